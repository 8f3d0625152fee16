package radius

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// attempts are what is in work. A client that repeats a request under a new identifier, as equipment does that changes over to
// another of its addresses, joins the attempt instead of asking the person again. One attempt has one answer: only the request that
// came last gets it, as nobody waits for those before it any more, and one yes lets nobody else in.
type attempts struct {
	key  [32]byte // of this process
	mu   sync.Mutex
	open map[[32]byte]*attempt
}

type attempt struct {
	done   chan struct{}
	last   int // who came last
	answer answer
}

// once runs work for the first of requests that are one attempt. ok is false where a later one gets the answer.
func (a *attempts) once(ctx context.Context, key [32]byte, work func() answer) (_ answer, ok bool) {
	a.mu.Lock()
	at, joins := a.open[key]
	if !joins {
		at = &attempt{done: make(chan struct{})}
		a.open[key] = at
	}
	at.last++
	turn := at.last
	a.mu.Unlock()
	if joins {
		select {
		case <-at.done:
		case <-ctx.Done():
			return answer{}, false
		}
	} else {
		func() {
			defer func() {
				a.mu.Lock()
				delete(a.open, key)
				a.mu.Unlock()
				close(at.done)
			}()
			at.answer = work()
		}()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return at.answer, at.last == turn
}

// volatile are the attributes that differ where a request is repeated.
var volatile = map[radius.Type]bool{
	rfc2865.UserPassword_Type: true, rfc2865.ProxyState_Type: true, rfc2869.MessageAuthenticator_Type: true, rfc2869.EventTimestamp_Type: true,
}

// of names the attempt that a request belongs to: the same client, equipment, place of the person, State, name and password, and
// whatever else it says. repeats is false for one that says neither where the person is nor what it goes on with: another such
// request may be somebody else's.
func (a *attempts) of(r *request, password string) (key [32]byte, repeats bool) {
	mac := hmac.New(sha256.New, a.key[:])
	part := func(b []byte) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(b)))
		mac.Write(n[:])
		mac.Write(b)
	}
	part([]byte(r.client.id))
	part(r.from.Addr().AsSlice())
	part([]byte(password))
	for _, attribute := range r.Attributes {
		if !volatile[attribute.Type] {
			part(append([]byte{byte(attribute.Type)}, attribute.Attribute...))
		}
	}
	repeats = len(r.Get(rfc2865.CallingStationID_Type)) > 0 || len(r.Get(rfc2865.State_Type)) > 0
	return [32]byte(mac.Sum(nil)), repeats
}

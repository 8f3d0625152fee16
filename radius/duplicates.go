package radius

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// packetKey is what two packets have alike that are one request (RFC 5080 §2.2.2), and what they prove: a client whose authenticators
// are not random must not be given one person's answer for another.
type packetKey struct {
	from          string // address and port, or the connection
	identifier    byte
	authenticator [16]byte
	proves        [32]byte
}

// keyOf names the request that a packet is. The packet is whole.
func keyOf(from string, raw []byte) packetKey {
	proves := sha256.New()
	proves.Write(raw[:1]) // what it asks for
	for _, kind := range []radius.Type{rfc2865.UserName_Type, rfc2865.UserPassword_Type, rfc2865.State_Type, rfc2869.EAPMessage_Type} {
		attributes(raw, kind, func(value []byte, at int) { proves.Write(raw[at-2 : at+len(value)]) })
	}
	return packetKey{from: from, identifier: raw[1], authenticator: [16]byte(raw[4:20]), proves: [32]byte(proves.Sum(nil))}
}

// once names the request to the domain, so that after a restart, too, a packet that comes again finds what it asked for. Over TLS it may
// come again on another connection.
func (k packetKey) once(client nodkey.ApplicationID, tls bool) string {
	if tls {
		k.from = ""
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "radius %q %q %d %x %x", client, k.from, k.identifier, k.authenticator, k.proves)
	return hex.EncodeToString(sum.Sum(nil))
}

// duplicates remember what was answered, so that a packet that comes again gets the same answer and asks nobody twice. A request
// without an answer yet is remembered until it has one, answers for a time. Safe for concurrent use.
type duplicates struct {
	mu       sync.Mutex
	known    map[packetKey]*memory
	answered list.List // of packetKey, oldest first
	most     int       // answers in all
	keep     time.Duration
	now      func() time.Time
}

type memory struct {
	sum    [32]byte // of the whole packet
	answer []byte   // nil: none yet
	until  time.Time
	at     *list.Element
}

// The bounds on answers that are kept: as long as a client may repeat itself, and some 10 MB.
const (
	answersMax  = 32768
	answersKept = 30 * time.Second
)

func newDuplicates(now func() time.Time) *duplicates {
	return &duplicates{known: map[packetKey]*memory{}, most: answersMax, keep: answersKept, now: now}
}

// seen is what is known of a packet.
type seen int

const (
	seenNew     seen = iota
	seenWaiting      // drop it: the answer comes once it is there
	seenAnswered
	seenOther // the same request in other bytes, which must prove itself before it is answered
)

// look tells what is known of a packet. The same bytes have proved themselves when they came first.
func (d *duplicates) look(key packetKey, sum [32]byte) (seen, []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at(key, sum, false)
}

func (d *duplicates) at(key packetKey, sum [32]byte, proved bool) (seen, []byte) {
	m := d.known[key]
	switch {
	case m == nil || m.answer != nil && !d.now().Before(m.until):
		return seenNew, nil
	case !proved && m.sum != sum:
		return seenOther, nil
	case m.answer == nil:
		return seenWaiting, nil
	}
	return seenAnswered, m.answer
}

// begin remembers a proved packet, unless it came before.
func (d *duplicates) begin(key packetKey, sum [32]byte) (seen, []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop()
	if what, answer := d.at(key, sum, true); what != seenNew {
		return what, answer
	}
	d.forget(key)
	d.known[key] = &memory{sum: sum}
	return seenNew, nil
}

// end keeps the answer to a packet; nil forgets the packet, so that it may come again.
func (d *duplicates) end(key packetKey, answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.known[key]
	if m == nil {
		return
	}
	if answer == nil {
		d.forget(key)
		return
	}
	m.answer, m.until, m.at = answer, d.now().Add(d.keep), d.answered.PushBack(key)
	d.drop()
}

// drop forgets answers that are old or too many.
func (d *duplicates) drop() {
	now := d.now()
	for first := d.answered.Front(); first != nil; first = d.answered.Front() {
		key := first.Value.(packetKey)
		if d.answered.Len() <= d.most && now.Before(d.known[key].until) {
			return
		}
		d.forget(key)
	}
}

func (d *duplicates) forget(key packetKey) {
	if m := d.known[key]; m != nil && m.at != nil {
		d.answered.Remove(m.at)
	}
	delete(d.known, key)
}

func sumOf(raw []byte) [32]byte { return sha256.Sum256(raw) }

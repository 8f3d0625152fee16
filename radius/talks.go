package radius

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

// talk is a sign-in that goes over several packets. Whoever has its State goes on with it: the client that it was given to, for
// the same person, once.
type talk struct {
	client nodkey.ApplicationID
	name   string // User-Name, as it came
	until  time.Time
	step   step
	ask    asking
	eap    *eapTalk // nil: without EAP
}

// step is what the person was asked last.
type step int

const (
	stepPhone  step = iota // nothing: the phone is
	stepNumber             // to press Enter once the number is on its way
	stepCode               // for eight digits
)

// asking is a request of the domain's that a talk is about.
type asking struct {
	token  nodkey.Token
	id     nodkey.SignInID
	number string
	lang   string
	ends   time.Time
}

// The bounds of talks. They begin with a right password or, in EAP, with a client that has proved itself.
const (
	talksMax        = 16384
	talksOfClient   = 8192
	tunnelsMax      = 2048 // of talks, those with a TLS connection
	tunnelsOfClient = 1024 // any device begins one, and need not go on
	talkLife        = 5 * time.Minute
	tunnelLife      = time.Minute // until the next packet
)

// talks are found by State. Safe for concurrent use.
type talks struct {
	mu        sync.Mutex
	open      map[[16]byte]*talk
	of        map[nodkey.ApplicationID]int
	tunnels   int
	tunnelsOf map[nodkey.ApplicationID]int
	swept     time.Time
	now       func() time.Time
}

func newTalks(now func() time.Time) *talks {
	return &talks{open: map[[16]byte]*talk{}, of: map[nodkey.ApplicationID]int{}, tunnelsOf: map[nodkey.ApplicationID]int{}, now: now}
}

// put keeps a talk and gives its State; nil when there are too many.
func (t *talks) put(one *talk) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.Sub(t.swept) > time.Second || len(t.open) >= talksMax {
		t.sweep(now)
	}
	if len(t.open) >= talksMax || t.of[one.client] >= talksOfClient {
		return nil
	}
	var state [16]byte
	rand.Read(state[:])
	t.open[state] = one
	t.of[one.client]++
	return state[:]
}

// take gives a talk to the client and the person that have its State, and ends the State. Another's is not found, and stays.
func (t *talks) take(state []byte, client nodkey.ApplicationID, name string, eap bool) (*talk, bool) {
	if len(state) != 16 {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [16]byte(state)
	one := t.open[key]
	if one == nil || one.client != client || one.name != name || (one.eap != nil) != eap {
		return nil, false
	}
	t.remove(key, one)
	if !t.now().Before(one.until) {
		one.close(t)
		return nil, false
	}
	return one, true
}

func (t *talks) remove(key [16]byte, one *talk) {
	delete(t.open, key)
	if t.of[one.client]--; t.of[one.client] == 0 {
		delete(t.of, one.client)
	}
}

// sweep ends talks that nobody went on with. The lock is held.
func (t *talks) sweep(now time.Time) {
	t.swept = now
	for key, one := range t.open {
		if !now.Before(one.until) {
			t.remove(key, one)
			one.close(t)
		}
	}
}

// clear ends all.
func (t *talks) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, one := range t.open {
		t.remove(key, one)
		one.close(t)
	}
}

// openTunnel takes a place for a TLS connection of a client's if there is one.
func (t *talks) openTunnel(client nodkey.ApplicationID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	full := func() bool { return t.tunnels >= tunnelsMax || t.tunnelsOf[client] >= tunnelsOfClient }
	if full() {
		t.sweep(t.now())
	}
	if full() {
		return false
	}
	t.tunnels++
	t.tunnelsOf[client]++
	return true
}

// close ends a talk's connection. The lock of t is held.
func (one *talk) close(t *talks) {
	if one.eap != nil && one.eap.tunnel != nil {
		one.eap.tunnel.close()
		one.eap.tunnel = nil
		t.tunnels--
		if t.tunnelsOf[one.client]--; t.tunnelsOf[one.client] == 0 {
			delete(t.tunnelsOf, one.client)
		}
	}
}

// closeTunnel ends the connection of a talk that was taken.
func (t *talks) closeTunnel(one *talk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one.close(t)
}

package radius

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"layeh.com/radius"
)

// Config is what the server's configuration says to this door.
type Config struct {
	// Certificate is the server's, for EAP-TTLS and RadSec. Nil: neither is spoken.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// ClientCA is trusted for certificates that settings name by host name. Nil: only those named by their SHA-256.
	ClientCA *x509.CertPool
	// Observe is told of every packet. It must be quick. Nil: nobody is.
	Observe func(Exchange)
}

// Door answers RADIUS clients. Make one with [New]; it is safe for concurrent use.
type Door struct {
	config  Config
	apps    *nodkey.Applications
	log     *slog.Logger
	texts   *i18n.Bundle
	clients atomic.Pointer[clients]
	loads   sync.Map // nodkey.ApplicationID to *load
	open    atomic.Int64

	duplicates *duplicates
	attempts   attempts
	talks      *talks
	quiet      quiet
	patience   func(time.Duration) time.Duration // how long a span is, for tests
	work       sync.WaitGroup
}

// New makes a door without clients; see [Door.Refresh].
func New(config Config, apps *nodkey.Applications, log *slog.Logger, texts *i18n.Bundle) *Door {
	d := &Door{config: config, apps: apps, log: log, texts: texts, duplicates: newDuplicates(time.Now), talks: newTalks(time.Now),
		attempts: attempts{open: map[[32]byte]*attempt{}}, quiet: quiet{spans: map[string]*span{}, now: time.Now},
		patience: func(span time.Duration) time.Duration { return span }}
	rand.Read(d.attempts.key[:])
	d.clients.Store(&clients{})
	return d
}

// Refresh reads the applications anew. On an error those of before stay, and the error is a sentence for the operator.
func (d *Door) Refresh(ctx context.Context) error {
	all, err := d.apps.At(ctx, nodkey.DoorRADIUS)
	if err != nil {
		return err
	}
	fresh, err := newClients(all)
	if err != nil {
		return err
	}
	fresh.each(func(c *client) {
		held, _ := d.loads.LoadOrStore(c.id, newLoad())
		c.load = held.(*load)
	})
	d.clients.Store(fresh)
	return nil
}

// Waiting is how many requests have no answer yet.
func (d *Door) Waiting() int { return int(d.open.Load()) }

// link is where a packet came from and where its answer goes.
type link struct {
	from   netip.AddrPort
	name   string // of address and port, or of the connection
	tls    bool
	client *client // of a connection; nil over UDP
	send   func([]byte)
}

// take looks at what came in and goes on with it in the background, if at all. It does not keep raw.
func (d *Door) take(ctx context.Context, l link, raw []byte) {
	at, known := place{client: l.client}, l.client != nil
	if !l.tls {
		at, known = d.clients.Load().at(l.from.Addr())
	}
	if !known {
		d.tell(ctx, l, nil, notice{outcome: Unknown, why: "no application names this address"})
		return
	}
	c := at.client
	if c.load.full() {
		d.tell(ctx, l, c, notice{outcome: Busy, why: "too many packets at a time that are not proved"})
		return
	}
	raw, err := trim(raw)
	if err != nil {
		d.tell(ctx, l, c, notice{outcome: Malformed})
		return
	}
	code := radius.Code(raw[0])
	if code != radius.CodeAccessRequest && code != radius.CodeStatusServer {
		d.tell(ctx, l, c, notice{outcome: Malformed, why: "neither Access-Request nor Status-Server: " + code.String()})
		return
	}
	s := signOf(raw)
	if s.wrong || s.at == 0 && !l.tls {
		d.tell(ctx, l, c, notice{outcome: Unsigned, why: "no Message-Authenticator; set the client to send one"})
		return
	}
	key, sum := keyOf(l.name, raw), sumOf(raw)
	switch what, before := d.duplicates.look(key, sum); what {
	case seenWaiting:
		d.tell(ctx, l, c, notice{outcome: Dropped})
		return
	case seenAnswered:
		d.again(ctx, l, c, before)
		return
	}
	if !c.load.enter(&c.load.proving, provingMax) {
		d.tell(ctx, l, c, notice{outcome: Busy, why: "too many packets at a time that are not proved"})
		return
	}
	raw = append(make([]byte, 0, len(raw)), raw...)
	d.work.Go(func() {
		defer d.survive(ctx)
		d.serve(ctx, l, at, raw, s, key, sum)
	})
}

// survive keeps a fault over one packet from ending the server, as HTTP does.
func (d *Door) survive(ctx context.Context) {
	if fault := recover(); fault != nil {
		d.log.ErrorContext(ctx, "radius: a packet was not answered", "fault", fault, "stack", string(debug.Stack()))
	}
}

// serve proves a packet, answers it, and remembers the answer.
func (d *Door) serve(ctx context.Context, l link, at place, raw []byte, s sign, key packetKey, sum [32]byte) {
	c := at.client
	r, n := d.proved(ctx, l, at, raw, s)
	if r == nil {
		if ctx.Err() == nil {
			d.tell(ctx, l, c, n)
		}
		return
	}
	if d.open.Add(1) > openInAll || !c.load.enter(&c.load.open, openMax) {
		d.open.Add(-1)
		d.tell(ctx, l, c, notice{outcome: Busy, why: "too many requests at a time"})
		return
	}
	defer func() {
		c.load.leave(&c.load.open)
		d.open.Add(-1)
	}()
	r.once = key.once(c.id, l.tls)
	switch what, before := d.duplicates.begin(key, sum); what {
	case seenWaiting:
		d.tell(ctx, l, c, notice{outcome: Dropped})
		return
	case seenAnswered:
		d.again(ctx, l, c, before)
		return
	}
	var a answer
	var sealed []byte
	func() {
		defer func() { d.duplicates.end(key, sealed) }()
		a, sealed = d.answer(ctx, r)
	}()
	if ctx.Err() != nil && sealed == nil {
		return
	}
	d.tell(ctx, l, c, a.notice)
	if len(sealed) > 0 {
		l.send(sealed)
	}
}

// again answers a packet as before.
func (d *Door) again(ctx context.Context, l link, c *client, before []byte) {
	if len(before) == 0 {
		d.tell(ctx, l, c, notice{outcome: Dropped})
		return
	}
	d.tell(ctx, l, c, notice{outcome: Repeated})
	l.send(before)
}

// answer gives the sealed answer to a request; nil: none, and empty: none now or later.
func (d *Door) answer(ctx context.Context, r *request) (answer, []byte) {
	a := d.decide(ctx, r)
	switch {
	case a.passed:
		return a, []byte{}
	case a.code == 0:
		return a, nil
	}
	sealed, err := r.seal(a)
	if err != nil {
		a.notice = notice{method: a.notice.method, outcome: Failed, why: err.Error(), id: a.notice.id}
		return a, nil
	}
	return a, sealed
}

// radSecSecret is what packets over TLS are computed with (RFC 6614 §2.3): the connection protects them, and its certificate
// names the client.
const radSecSecret = "radsec"

func (d *Door) proved(ctx context.Context, l link, at place, raw []byte, s sign) (*request, notice) {
	defer at.client.load.leave(&at.client.load.proving)
	return d.prove(ctx, l, at, raw, s)
}

// prove makes a request of a packet whose sender is a client; nil and why not otherwise.
func (d *Door) prove(ctx context.Context, l link, at place, raw []byte, s sign) (*request, notice) {
	c := at.client
	select {
	case c.load.proofs <- struct{}{}:
	case <-ctx.Done():
		return nil, notice{}
	}
	defer func() { <-c.load.proofs }()
	anonymous := nodkey.Caller{Source: l.from.Addr().Unmap()}
	var secret []byte
	var caller nodkey.Caller
	var err error
	if l.tls {
		secret = []byte(radSecSecret)
		caller, err = apart(func() (nodkey.Caller, error) {
			return d.apps.CallerOf(ctx, anonymous, c.id, nodkey.DoorRADIUS, func(nodkey.ApplicationInfo) bool {
				return s.at == 0 || signed(raw, s, secret)
			})
		})
	} else {
		caller, err = apart(func() (nodkey.Caller, error) {
			return d.apps.CallerBy(ctx, anonymous, c.id, nodkey.DoorRADIUS, func(one []byte) bool {
				right := signed(raw, s, one)
				if right {
					secret = one
				}
				return right
			})
		})
	}
	switch e := nodkey.AsError(err); {
	case err == nil:
	case e.Kind == nodkey.Unauthenticated || e.Kind == nodkey.Limited:
		return nil, notice{outcome: Forged, why: "the Message-Authenticator does not fit: compare the secret"}
	default:
		return nil, notice{outcome: Failed, why: err.Error()}
	}
	p, err := radius.Parse(raw, secret)
	if err != nil {
		return nil, notice{outcome: Malformed}
	}
	r := &request{Packet: p, client: c, caller: caller, from: l.from, tls: l.tls, eapOnly: at.eapOnly && !l.tls}
	room := 0
	for _, state := range r.proxyStates() {
		room += 2 + len(state)
	}
	switch {
	case room > proxyRoom:
		return nil, notice{outcome: Malformed, why: "no answer would have room for that much Proxy-State"}
	case s.at == 0 && r.eap() != nil:
		return nil, notice{outcome: Unsigned, why: "EAP without a Message-Authenticator"}
	}
	return r, notice{}
}

// turn waits until the domain may be asked for a client: one client does not keep it from the others.
func (d *Door) turn(ctx context.Context, c *client) bool {
	select {
	case c.load.turns <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *Door) endTurn(c *client) { <-c.load.turns }

// errNoCertificate is what RadSec cannot do without.
var errNoCertificate = errors.New("radius over TLS needs a certificate")

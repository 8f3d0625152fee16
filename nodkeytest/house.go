package nodkeytest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bus"
	"github.com/nodkey/nodkey/proof"
)

// Where a House says that it is.
const (
	PhoneHost   = "phone.house.test"
	PhoneOrigin = "https://phone.house.test"
)

// House is a server without doors: the domain's services on a store, with a clock that a test moves, honest but fast
// password hashing, and the real checks of JWS and WebAuthn.
type House struct {
	*nodkey.Services
	Clock     *Clock
	Passwords *Passwords
	Policy    nodkey.Policy
	Ports     nodkey.Ports
	Site      nodkey.Site
	Master    [32]byte
}

// OpenHouse opens the services on a store.
func OpenHouse(ctx context.Context, store nodkey.Store, clock *Clock, policy nodkey.Policy) (*House, error) {
	h := &House{Clock: clock, Passwords: &Passwords{}, Policy: policy, Site: nodkey.Site{
		ServerName: "Aldermere", Operator: "Aldermere Savings", App: "Aldermere Client Portal", PhoneOrigin: PhoneOrigin, ServiceDesk: "0800 4711",
	}}
	rand.Read(h.Master[:])
	h.Ports = nodkey.Ports{Store: store, Clock: clock, Bus: bus.New(), Passwords: h.Passwords, JOSE: proof.JOSE{}}
	var err error
	if h.Ports.WebAuthn, err = proof.NewWebAuthn(PhoneHost, PhoneOrigin, ""); err != nil {
		return nil, err
	}
	h.Services, err = h.Second(ctx)
	return h, err
}

// Second opens the services once more on the same store: another server of the same house.
func (h *House) Second(ctx context.Context) (*nodkey.Services, error) {
	return nodkey.Open(ctx, h.Ports, h.Site, h.Policy, PhoneHost, h.Master)
}

// Desk is an operator.
func (h *House) Desk() nodkey.Caller { return nodkey.Operator("desk") }

// Browser is somebody's browser: what it sends of itself, and the cookies that it holds.
type Browser struct {
	house   *House
	From    netip.Addr
	Known   nodkey.Token
	SignIn  nodkey.Token
	Session nodkey.Token
}

// NewBrowser is a browser at an address that has never been here.
func (h *House) NewBrowser(address string) *Browser {
	return &Browser{house: h, From: netip.MustParseAddr(address)}
}

// Anonymous is the browser before its session cookie is looked at.
func (b *Browser) Anonymous() nodkey.Caller {
	return nodkey.Caller{Source: b.From, Agent: "Firefox on Windows", Browser: b.Known, Locale: "en"}
}

// Caller is the browser with its session, if that still stands for anything.
func (b *Browser) Caller(ctx context.Context) (nodkey.Caller, error) {
	return b.house.Sessions.Caller(ctx, b.Anonymous(), b.Session)
}

// Begin types name and password and keeps the cookie that follows.
func (b *Browser) Begin(ctx context.Context, name, password string) error {
	entry, err := b.house.SignIns.Begin(ctx, b.Anonymous(), name, password)
	if err != nil {
		return err
	}
	b.SignIn, b.Session = entry.SignIn, entry.Session
	return nil
}

// FirstPhone activates a phone by the session of the moment, and ends with it active. The session stays.
func (b *Browser) FirstPhone(ctx context.Context, pin string) (*PhoneKey, error) {
	c, err := b.Caller(ctx)
	if err != nil {
		return nil, err
	}
	banner, err := b.house.Activations.Start(ctx, c)
	if err != nil {
		return nil, err
	}
	key, receipt, err := NewPhone(b.house.Services, b.house.Clock, "Pixel 8").Activate(ctx, banner.Code, Making{PIN: pin})
	if err == nil && receipt.State != "active" {
		err = fmt.Errorf("the phone is %q", receipt.State)
	}
	return key, err
}

// Choose asks the phone with this key, none: all of them, in the place of the request of the moment.
func (b *Browser) Choose(ctx context.Context, key string) error {
	w, err := b.Wait(ctx)
	if err != nil {
		return err
	}
	return b.house.SignIns.Choose(ctx, b.Anonymous(), b.SignIn, nodkey.KeyID(key), w.Request)
}

// Again sends a request that ran out once more.
func (b *Browser) Again(ctx context.Context) error {
	return b.house.SignIns.Again(ctx, b.Anonymous(), b.SignIn)
}

// Wait reads the waiting page.
func (b *Browser) Wait(ctx context.Context) (nodkey.Waiting, error) {
	return b.house.SignIns.Wait(ctx, b.SignIn)
}

// Challenge asks for what a phone without a connection answers.
func (b *Browser) Challenge(ctx context.Context) (nodkey.OfflineCode, error) {
	return b.house.SignIns.Challenge(ctx, b.Anonymous(), b.SignIn)
}

// Respond types a phone's code.
func (b *Browser) Respond(ctx context.Context, code string) error {
	return b.house.SignIns.Respond(ctx, b.Anonymous(), b.SignIn, code)
}

// Finish collects the session of an approved sign-in.
func (b *Browser) Finish(ctx context.Context) error {
	done, err := b.house.SignIns.Finish(ctx, b.Anonymous(), b.SignIn)
	if err != nil {
		return err
	}
	b.Session, b.Known = done.Session, done.Browser
	return nil
}

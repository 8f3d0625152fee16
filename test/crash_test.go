package test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

const (
	kills        = 100
	crashSigners = 3 // people who sign in, one after the other
	crashPIN     = "8259"
	crashMore    = "7193"
)

// TestKillLosesNothingAcknowledged kills the server at any moment while people sign in, activate phones and change PINs
// and passwords, a hundred times. Whatever was acknowledged is there after the next start, and nothing is there by half.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	c := newCrash(t)
	for range kills {
		c.round()
		if t.Failed() {
			break
		}
	}
	c.consistent()
	if out := string(c.server.run("", "audit", "verify")); !strings.Contains(out, "The log is whole") {
		t.Errorf("audit verify: %s", out)
	}
	t.Logf("acknowledged in %d lives: %d decisions, %d sessions, %d activations, %d PINs, %d passwords", kills,
		c.decisions.Load(), c.sessions.Load(), c.activations.Load(), c.pins.Load(), c.passwords.Load())
	for what, n := range map[string]int64{"decision": c.decisions.Load(), "session": c.sessions.Load(), "activation": c.activations.Load(), "PIN": c.pins.Load(), "password": c.passwords.Load()} {
		if n == 0 {
			t.Errorf("no %s was acknowledged: this tells nothing", what)
		}
	}
}

// crash is the world of the test. People live on through the server's lives.
type crash struct {
	t        *testing.T
	server   *server
	database string
	http     *http.Client
	killing  atomic.Bool
	people   []*crashPerson

	decisions, sessions, activations, pins, passwords atomic.Int64

	mu   sync.Mutex
	owed []func(context.Context) error // what must hold after the next start
}

// crashPerson has a phone and does one thing again and again.
type crashPerson struct {
	name, password string
	wanted         string // a password whose change was not acknowledged
	phone          *client.Phone
	pin, other     string // other: a PIN whose change was not acknowledged
	changes        int    // of the PIN, acknowledged
	desk           *webUser
	key            string
	prepare, act   func(context.Context, *crashPerson) error

	entering *webUser // a sign-in that waits for its yes
	number   string   // of what is prepared, or the code of a further phone
	asked    string   // the password that was asked for
}

func newCrash(t *testing.T) *crash {
	dir := filepath.Join(t.TempDir(), "data")
	c := &crash{t: t, database: filepath.Join(dir, "nodkey.db"), http: client.NewHTTPClient(nil)}
	c.server = serve(t, map[string]string{"data_dir": dir, "policy.max_keys": "20"})
	type step = func(context.Context, *crashPerson) error
	acts := [][2]step{{c.offerPhone, c.addPhone}, {func(context.Context, *crashPerson) error { return nil }, c.changePIN}, {c.askPassword, c.changePassword}}
	for range crashSigners {
		acts = append(acts, [2]step{c.begin, c.enter})
	}
	for i, steps := range acts {
		p := &crashPerson{name: fmt.Sprintf("person%d", i), password: "seven green bottles", pin: crashPIN, prepare: steps[0], act: steps[1]}
		c.server.addUser(p.name, "", p.password)
		c.must(c.join(t.Context(), p))
		c.people = append(c.people, p)
	}
	return c
}

func (c *crash) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// join activates a person's first phone and signs in with it.
func (c *crash) join(ctx context.Context, p *crashPerson) error {
	desk := newWebUser(c.server.portal, c.http)
	if err := desk.post(ctx, "/", "/sign-in", "username", p.name, "password", p.password); err != nil {
		return err
	}
	code, err := desk.code(ctx, "/")
	if err != nil {
		return err
	}
	if p.phone, err = client.New(client.Config{HTTP: c.http}, client.State{}); err != nil {
		return err
	}
	key, err := c.activate(ctx, p.phone, code)
	if err != nil {
		return err
	}
	p.key = key.ID
	return errors.Join(c.begin(ctx, p), c.enter(ctx, p))
}

func (c *crash) activate(ctx context.Context, phone *client.Phone, code string) (client.Key, error) {
	offer, err := phone.Lookup(ctx, c.server.phone, code)
	if err != nil {
		return client.Key{}, err
	}
	return phone.Activate(ctx, offer, crashPIN, "Pixel 8")
}

// begin signs in as far as the password goes.
func (c *crash) begin(ctx context.Context, p *crashPerson) (err error) {
	p.entering = newWebUser(c.server.portal, c.http)
	if err := p.entering.post(ctx, "/sign-in/wait", "/sign-in", "username", p.name, "password", p.password); err != nil {
		return err
	}
	p.number, err = p.entering.number(ctx, "/sign-in/wait")
	return err
}

// enter says yes on the phone. It owes that the yes, once acknowledged, opens the portal, and that an open session stays.
func (c *crash) enter(ctx context.Context, p *crashPerson) error {
	if err := c.approve(ctx, p, "sign_in", p.number); err != nil {
		return err
	}
	desk := p.entering
	c.decisions.Add(1)
	open := func(ctx context.Context) error {
		got, err := desk.get(ctx, "/security")
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("a session of %s is lost: %d to %s", p.name, got.status, got.location)
		}
		return err
	}
	finish := func(ctx context.Context) error {
		got, err := desk.get(ctx, "/sign-in/wait")
		if err == nil && got.location != "/" {
			err = fmt.Errorf("an approved sign-in of %s is lost: %d %s", p.name, got.status, got.says())
		}
		return err
	}
	if rand.N(2) == 0 && p.desk != nil { // come back for it in the server's next life
		c.owe(finish, open)
		return nil
	}
	if err := finish(ctx); err != nil {
		return err // the cookie may have been lost with the answer: that was no acknowledgement
	}
	c.sessions.Add(1)
	c.owe(open)
	p.desk = desk
	return nil
}

func (c *crash) owe(checks ...func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owed = append(c.owed, checks...)
}

// approve says yes to the newest request of a kind.
func (c *crash) approve(ctx context.Context, p *crashPerson, kind, number string) error {
	open, err := p.phone.Approvals(ctx)
	if err != nil {
		return err
	}
	for _, a := range open {
		if a.Kind == kind && a.Key.ID == p.key {
			out, err := p.phone.Approve(ctx, a, number, p.pin)
			if err == nil && out.State != "approved" {
				err = fmt.Errorf("a %s of %s is %s %s", kind, p.name, out.State, out.Cause)
			}
			return err
		}
	}
	return fmt.Errorf("the phone of %s is asked for no %s", p.name, kind)
}

// offerPhone takes a code for a further phone.
func (c *crash) offerPhone(ctx context.Context, p *crashPerson) error {
	if err := p.desk.post(ctx, "/security/add", "/activation"); err != nil {
		return err
	}
	var err error
	p.number, err = p.desk.code(ctx, "/security/add")
	return err
}

// addPhone activates a further phone, which the first says yes to, and removes it again, now or in the next life.
func (c *crash) addPhone(ctx context.Context, p *crashPerson) error {
	phone, err := client.New(client.Config{HTTP: c.http}, client.State{})
	if err != nil {
		return err
	}
	key, err := c.activate(ctx, phone, p.number)
	if err != nil {
		c.owe(func(ctx context.Context) error { return c.resume(ctx, phone) })
		return err
	}
	remove := func(ctx context.Context) error { return phone.RemoveKey(ctx, key.ID) }
	is := func(state ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			k, err := phone.KeyState(ctx, key.ID)
			if err == nil && !strings.Contains(strings.Join(state, " "), k.State) {
				err = fmt.Errorf("a phone of %s is %s, not %v", p.name, k.State, state)
			}
			return err
		}
	}
	number, err := p.desk.number(ctx, "/security/add")
	if err == nil {
		err = c.approve(ctx, p, "key_add", number)
	}
	if err != nil {
		c.owe(is("approve", "active"), remove) // the yes may have counted, its answer being lost
		return err
	}
	c.activations.Add(1)
	if rand.N(2) == 0 {
		if err := phone.RemoveKey(ctx, key.ID); err != nil {
			c.owe(is("active", "removed"), remove)
			return err
		}
		c.owe(func(context.Context) error { return c.isRemoved(key.ID) })
		return nil
	}
	c.owe(is("active"), remove)
	return nil
}

// resume sends a submission again whose answer was lost: it arrives, the first time or the second.
func (c *crash) resume(ctx context.Context, phone *client.Phone) error {
	if len(phone.PendingKeys()) == 0 {
		return nil // it never got as far as sending it
	}
	keys, err := phone.Resume(ctx)
	if err != nil {
		return fmt.Errorf("a submission with a lost answer: %w", err)
	}
	for _, k := range keys {
		err = errors.Join(err, phone.RemoveKey(ctx, k.ID))
	}
	return err
}

// changePIN swaps between two PINs. After a lost answer either may count; the next change finds out.
func (c *crash) changePIN(ctx context.Context, p *crashPerson) error {
	next := crashMore
	if p.pin == crashMore {
		next = crashPIN
	}
	p.other = next
	if err := p.phone.ChangePIN(ctx, p.key, p.pin, next); err != nil {
		return err
	}
	p.pin, p.other = next, ""
	p.changes++
	c.pins.Add(1)
	return nil
}

// askPassword asks for the other one of two passwords.
func (c *crash) askPassword(ctx context.Context, p *crashPerson) error {
	next := "brown paper parcels"
	if p.password == next {
		next = "seven green bottles"
	}
	if err := p.desk.post(ctx, "/change", "/password", "password", p.password, "new_password", next, "repeat", next); err != nil {
		return err
	}
	var err error
	p.number, err = p.desk.number(ctx, "/change")
	p.asked = next
	return err
}

func (c *crash) changePassword(ctx context.Context, p *crashPerson) error {
	next := p.asked
	p.wanted = next
	if err := c.approve(ctx, p, "password_change", p.number); err != nil {
		return err
	}
	p.password, p.wanted = next, ""
	c.passwords.Add(1)
	return nil
}

// round is one life of the server.
func (c *crash) round() {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	var ready, busy sync.WaitGroup
	ready.Add(len(c.people))
	for _, p := range c.people {
		busy.Go(func() {
			err := p.prepare(ctx, p)
			ready.Done()
			ready.Wait()
			for err == nil && ctx.Err() == nil {
				if err = p.act(ctx, p); err == nil {
					err = p.prepare(ctx, p)
				}
			}
			if !c.killing.Load() {
				c.t.Errorf("before the kill: %s: %v", p.name, err)
			}
		})
	}
	ready.Wait()
	time.Sleep(rand.N(100 * time.Millisecond)) // any moment will do
	c.killing.Store(true)
	c.must(c.server.process.Process.Kill())
	<-c.server.exited
	cancel()
	busy.Wait()
	c.http.CloseIdleConnections()
	c.forgetTries()
	c.server.start()
	c.killing.Store(false)
	for _, check := range c.owed {
		if err := check(c.t.Context()); err != nil {
			c.t.Errorf("after the restart: %v", err)
		}
	}
	c.owed = nil
	for _, p := range c.people {
		c.must(c.remember(c.t.Context(), p))
	}
}

// remember finds out what became of a change whose answer was lost: the old or the new, and nothing else.
func (c *crash) remember(ctx context.Context, p *crashPerson) error {
	if p.wanted != "" {
		err := newWebUser(c.server.portal, c.http).post(ctx, "/sign-in/wait", "/sign-in", "username", p.name, "password", p.wanted)
		if err == nil {
			p.password = p.wanted
		}
		p.wanted = ""
	}
	if p.name == "person2" { // the one who changes passwords: the acknowledged one counts
		if err := newWebUser(c.server.portal, c.http).post(ctx, "/sign-in/wait", "/sign-in", "username", p.name, "password", p.password); err != nil {
			return fmt.Errorf("the password of %s is neither the old one nor the new one: %w", p.name, err)
		}
	}
	if p.other == "" {
		return nil
	}
	switch n := c.changedPINs(p); n {
	case p.changes:
	case p.changes + 1:
		p.pin = p.other
	default:
		return fmt.Errorf("the PIN of %s was changed %d times, not %d or one more", p.name, n, p.changes)
	}
	if err := p.phone.ChangePIN(ctx, p.key, p.pin, p.pin); err != nil {
		return fmt.Errorf("the PIN of %s is not the one that the audit log tells of: %w", p.name, err)
	}
	p.other, p.changes = "", c.changedPINs(p)
	return nil
}

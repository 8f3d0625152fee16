package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

// handIn is a submission that some phone has ready.
type handIn struct {
	key     *nodkeytest.PhoneKey
	request wire.SubmitRequest
	user    nodkey.UserID
	code    wire.Code
	digits  string
}

// activating is what the machine knows of two users, their sessions and the phones around them.
type activating struct {
	house
	people  []*person
	phones  []*nodkeytest.Phone
	codes   []wire.Code
	users   map[wire.Code]nodkey.UserID
	pending []*handIn
	taken   map[wire.Code]string // code → the one key that it led to
	yes     map[string]bool      // keys that an active key said yes to
}

func TestActivationsHoldInEveryOrder(t *testing.T) {
	for name, policy := range map[string]func(*nodkey.Policy){
		"at once": byPassword, "with digits": withDigits,
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, func(p *nodkey.Policy) { policy(p); p.MaxKeys = 2 })
			rapid.Check(t, func(rt *rapid.T) {
				m := &activating{house: h, people: []*person{h.add(rt), h.add(rt)}, users: map[wire.Code]nodkey.UserID{},
					taken: map[wire.Code]string{}, yes: map[string]bool{}}
				for i := range 4 {
					m.phones = append(m.phones, h.phone(fmt.Sprintf("Phone %d", i)))
				}
				rt.Repeat(map[string]func(*rapid.T){
					"": m.check, "visit": m.visit, "start": m.start, "make": m.makeKey, "submit": m.submit, "submit twice": m.submit,
					"confirm": m.confirm, "cancel": m.cancel, "sign out": m.signOut, "not mine": m.notMine, "answer": m.answer,
					"sign in": m.signIn, "time": m.time, "tick": m.tick,
				})
			})
		})
	}
}

func (m *activating) anyone(rt *rapid.T) *person {
	return m.people[rapid.IntRange(0, 1).Draw(rt, "who")]
}

func (m *activating) visit(rt *rapid.T) {
	p := m.anyone(rt)
	p.browser = m.NewBrowser(m.address())
	_ = p.browser.Begin(m.ctx, p.name, password) // which may be refused, or wait for a phone
}

func (m *activating) start(rt *rapid.T) {
	p := m.anyone(rt)
	m.Clock.Advance(time.Millisecond)
	c := p.caller(rt)
	b, err := m.Activations.Start(m.ctx, c)
	if err != nil {
		return
	}
	if b.State != nodkey.BannerOpen || c.Session().UserID != p.id {
		rt.Fatalf("%+v", b)
	}
	m.codes, m.users[b.Code] = append(m.codes, b.Code), p.id
}

func (m *activating) makeKey(rt *rapid.T) {
	if len(m.codes) == 0 {
		return
	}
	code := rapid.SampledFrom(m.codes).Draw(rt, "code")
	phone := m.phones[rapid.IntRange(0, 3).Draw(rt, "phone")]
	o, err := phone.Lookup(m.ctx, code)
	if err != nil {
		if !nodkey.HasKey(err, "activation.used") && !nodkey.HasKey(err, "activation.expired") {
			rt.Fatalf("looking up: %v", err)
		}
		return
	}
	if o.User.ID != string(m.users[code]) {
		rt.Fatalf("the offer is for %s", o.User.ID)
	}
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		rt.Fatal(err)
	}
	m.pending = append(m.pending, &handIn{key: k, request: request, user: m.users[code], code: code})
}

func (m *activating) submit(rt *rapid.T) {
	if len(m.pending) == 0 {
		return
	}
	in := rapid.SampledFrom(m.pending).Draw(rt, "submission")
	before := m.taken[in.code]
	r, err := in.key.Phone.Submit(m.ctx, in.key, in.request)
	if err != nil {
		if before == in.key.ID {
			rt.Fatalf("the accepted submission, repeated: %v", err)
		}
		return
	}
	if before != "" && before != in.key.ID {
		rt.Fatal("two keys by one activation")
	}
	m.taken[in.code] = in.key.ID
	if r.Digits != "" {
		in.digits = r.Digits
	}
}

func (m *activating) confirm(rt *rapid.T) {
	p := m.anyone(rt)
	digits := "0000000"
	if len(m.pending) > 0 && rapid.Bool().Draw(rt, "right") {
		digits = rapid.SampledFrom(m.pending).Draw(rt, "digits").digits
	}
	_ = m.Activations.Confirm(m.ctx, p.caller(rt), digits)
}

func (m *activating) cancel(rt *rapid.T) {
	_ = m.Activations.Cancel(m.ctx, m.anyone(rt).caller(rt))
}

func (m *activating) signOut(rt *rapid.T) {
	if err := m.Sessions.SignOut(m.ctx, m.anyone(rt).caller(rt)); err != nil {
		rt.Fatal(err)
	}
}

func (m *activating) notMine(rt *rapid.T) {
	if len(m.pending) > 0 {
		in := rapid.SampledFrom(m.pending).Draw(rt, "key")
		err := m.Activations.NotMine(m.ctx, m.anyone(rt).caller(rt), nodkey.KeyID(in.key.ID))
		if err == nil && m.state(rt, in) != nodkey.KeyRemoved {
			rt.Fatal("not mine, but still there")
		}
	}
}

// answer lets a key that says that it is active decide whatever is open for it.
func (m *activating) answer(rt *rapid.T) {
	for _, in := range m.pending {
		open, err := in.key.Open(m.ctx)
		if err != nil {
			continue
		}
		for _, s := range open {
			if rapid.Bool().Draw(rt, "no") {
				_, _ = in.key.Answer(m.ctx, s, nodkeytest.Answer{No: "mistake"})
				continue
			}
			number := ""
			for _, p := range m.people {
				if b, err := m.Activations.Current(m.ctx, p.caller(rt)); err == nil && p.id == in.user && s.Kind == "key_add" {
					number = b.Number
				}
				if w, err := p.browser.Wait(m.ctx); err == nil && p.id == in.user && s.Kind == "sign_in" {
					number = w.Number
				}
			}
			got, err := in.key.Answer(m.ctx, s, nodkeytest.Answer{PIN: pin, Number: number})
			if err == nil && got.State == "approved" && s.Kind == "key_add" {
				if m.state(rt, in) != nodkey.KeyActive {
					rt.Fatal("a yes by a key that is not active")
				}
				m.yes[s.NewKey.ID] = true
			}
		}
	}
}

func (m *activating) signIn(rt *rapid.T) {
	p := m.anyone(rt)
	if p.browser.SignIn != "" {
		_ = p.browser.Finish(m.ctx)
	}
}

func (m *activating) time(rt *rapid.T) {
	m.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 30, 170, 180, 600}).Draw(rt, "seconds")) * time.Second)
}

func (m *activating) tick(rt *rapid.T) {
	if err := m.Upkeep.Tick(m.ctx); err != nil {
		rt.Fatal(err)
	}
}

func (m *activating) state(rt *rapid.T, in *handIn) nodkey.KeyState {
	c, err := in.key.Caller(m.ctx)
	if nodkey.HasKey(err, "proof.wrong") {
		return nodkey.KeyRemoved // it never arrived
	}
	if err != nil {
		rt.Fatal(err)
	}
	_, states, err := m.Approvals.Look(m.ctx, []nodkey.Caller{c})
	if err != nil {
		rt.Fatal(err)
	}
	return states[0]
}

// check holds after every step.
func (m *activating) check(rt *rapid.T) {
	for _, p := range m.people {
		d, err := m.Users.Show(m.ctx, m.Desk(), p.name)
		if err != nil {
			rt.Fatal(err)
		}
		if len(d.Keys) > m.Policy.MaxKeys {
			rt.Fatalf("%d keys", len(d.Keys))
		}
		first, phones := 0, map[string]bool{}
		for _, k := range d.Keys {
			code := wire.Code("")
			for c, id := range m.taken {
				if id == string(k.ID) {
					code = c
				}
			}
			if code == "" || m.users[code] != p.id {
				rt.Fatalf("a key by no activation of this user's: %s", k.ID)
			}
			if phones[k.Phone.ID] {
				rt.Fatal("twice on one phone")
			}
			phones[k.Phone.ID] = true
			if k.State == nodkey.KeyActive && !m.yes[string(k.ID)] {
				first++
			}
		}
		if first > 1 {
			rt.Fatalf("%d active keys that no other one said yes to", first)
		}
	}
	for _, in := range m.pending {
		if m.taken[in.code] != in.key.ID {
			continue
		}
		r, err := in.key.Receipt(m.ctx)
		if err != nil {
			rt.Fatal(err)
		}
		if state := m.state(rt, in); r.State != string(state) || (r.Digits != "") != (state == nodkey.KeyConfirm) {
			rt.Fatalf("the receipt says %q with %q, the key is %s", r.State, r.Digits, state)
		}
	}
}

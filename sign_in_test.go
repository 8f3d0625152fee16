package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

func TestASignInWithANod(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	if s := c.Session(); s == nil || s.Level != nodkey.Full || string(s.KeyID) != p.key.ID {
		t.Fatalf("%+v", s)
	}
}

func TestStatementsFitAQRCodeWithEveryNumberOfKeys(t *testing.T) {
	for _, most := range []int{1, 3, 10} {
		h := start(t, func(p *nodkey.Policy) { p.MaxKeys, p.Devices = most, nodkey.DevicesAll })
		p := h.join(t)
		p.browser.From = p.browser.From.Next()
		c := p.enter(t)
		for i := 1; i < most; i++ {
			p.addPhone(t, c, "My second telephone of forty characters.")
		}
		s := p.newestRaw(t, "Firefox auf Windows ü")
		if len(s) > wire.MaxStatement {
			t.Errorf("%d keys: %d characters", most, len(s))
		}
	}
}

func (p *person) newestRaw(t *testing.T, agent string) string {
	c := p.browser.Anonymous()
	c.Agent = agent
	if _, err := p.SignIns.Begin(p.ctx, c, p.name, password); err != nil {
		t.Fatal(err)
	}
	k, err := p.key.Caller(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.Approvals.Open(p.ctx, []nodkey.Caller{k}, false)
	if err != nil {
		t.Fatal(err)
	}
	return list.Statements[0]
}

func TestTheStatementSpeaksALanguage(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for given, want := range map[string]string{
		"de": "de", "pt-BR": "pt-BR", "": "en", "de_DE": "en", "x-very-long-tag-indeed": "en", "d\u202ee": "en",
	} {
		c := p.browser.Anonymous()
		c.Locale = given
		h.Clock.Advance(time.Second)
		if _, err := h.SignIns.Begin(h.ctx, c, p.name, password); err != nil {
			t.Fatal(err)
		}
		if got := p.newest(t).Locale; got != want {
			t.Errorf("%q became %q", given, got)
		}
	}
	_, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "eve", Locale: "no language"})
	is(t, err, "user.locale", "a user's language")
}

func TestASignInIsAskedAgainForAQuarterOfAnHour(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.ask(t)
	again := func() error { return h.SignIns.Again(h.ctx, p.browser.Anonymous(), p.browser.SignIn) }
	is(t, again(), "sign_in.over", "while the first request waits")
	h.Clock.Advance(nodkey.SignInLife - time.Minute)
	is(t, again(), "", "a minute before the end")
	s := p.newest(t)
	if s.Exp-s.Iat != time.Minute.Milliseconds() {
		t.Errorf("the request lives %d ms, beyond its sign-in", s.Exp-s.Iat)
	}
	h.Clock.Advance(time.Minute)
	is(t, again(), "sign_in.over", "at the end")
}

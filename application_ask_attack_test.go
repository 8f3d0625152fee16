package nodkey_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// app adds an application that asks over HTTP, and gives its caller.
func (h house) app(t failer, id string, change func(*nodkey.NewApplication)) nodkey.Caller {
	t.Helper()
	in := nodkey.NewApplication{ID: id, Name: "Till of " + id, Doors: []nodkey.Door{nodkey.DoorAPI}}
	if change != nil {
		change(&in)
	}
	secret, _ := h.newApp(t, in)
	c, err := h.Applications.Caller(h.ctx, h.anybody(), nodkey.ApplicationID(id), nodkey.DoorAPI, secret)
	if err != nil {
		t.Fatalf("the application: %v", err)
	}
	return c
}

// asks is a request of an application that shows the number.
func (p *person) asks() nodkey.Asking {
	return nodkey.Asking{User: p.name, Kind: nodkey.ApproveConfirm, Text: "Pay 250.00 EUR to Anna", Shown: true, Source: netip.MustParseAddr(p.address())}
}

// agree says yes to the newest request.
func (p *person) agree(t failer, number string, by nodkeytest.Answer) nodkeytest.Statement {
	t.Helper()
	s := p.newest(t)
	by.Number = number
	if got, err := p.key.Answer(p.ctx, s, by); err != nil || got.State != "approved" {
		t.Fatalf("the yes: %+v, %v", got, err)
	}
	return s
}

var byPIN = nodkeytest.Answer{PIN: pin}

func (p *person) requests(t failer, c nodkey.Caller, in nodkey.Asking) nodkey.Asked {
	t.Helper()
	p.Clock.Advance(time.Minute)
	asked, err := p.Applications.Ask(p.ctx, c, in)
	if err != nil {
		t.Fatalf("asking: %v", err)
	}
	return asked
}

func TestARequestIsItsOwnApplicationsAlone(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	asked := p.requests(t, bank, p.asks())
	everything := func(who string, c nodkey.Caller, token nodkey.Token, want string) {
		t.Helper()
		_, err := h.Applications.Look(h.ctx, c, token)
		is(t, err, want, "%s looks", who)
		_, err = h.Applications.Await(h.ctx, c, token)
		is(t, err, want, "%s waits", who)
		is(t, h.Applications.Cancel(h.ctx, c, token), want, "%s cancels", who)
		_, err = h.Applications.Challenge(h.ctx, c, token)
		is(t, err, want, "%s asks for a code", who)
		is(t, h.Applications.Respond(h.ctx, c, token, "12345678"), want, "%s types a code", who)
		_, err = h.Applications.Collect(h.ctx, c, token)
		is(t, err, want, "%s collects", who)
	}
	browser := h.NewBrowser(h.address())
	check := func(when string) {
		t.Helper()
		everything("another application "+when, wiki, asked.Token, "sign_in.unknown")
		everything("another application by its id "+when, wiki, h.tokenOf(t, wiki, asked.ID), "sign_in.unknown")
		everything("a token that is none "+when, bank, "none", "sign_in.unknown")
		everything("no token "+when, bank, "", "sign_in.unknown")
		everything("a browser "+when, browser.Anonymous(), asked.Token, "application.wrong")
		everything("a session "+when, p.caller(t), asked.Token, "application.wrong")
		// The browsers' calls know no application's request: above all, none becomes a session.
		_, err := h.SignIns.Finish(h.ctx, browser.Anonymous(), asked.Token)
		is(t, err, "sign_in.unknown", "a session of it %s", when)
		_, err = h.SignIns.Finish(h.ctx, bank, asked.Token)
		is(t, err, "sign_in.unknown", "a session of it for the application %s", when)
		_, err = h.SignIns.Wait(h.ctx, asked.Token)
		is(t, err, "sign_in.unknown", "a browser's waiting page %s", when)
		_, err = h.SignIns.Challenged(h.ctx, asked.Token)
		is(t, err, "sign_in.unknown", "a browser's code %s", when)
		for _, c := range []nodkey.Caller{browser.Anonymous(), bank} {
			is(t, h.SignIns.Again(h.ctx, c, asked.Token), "sign_in.unknown", "again %s", when)
			is(t, h.SignIns.Choose(h.ctx, c, asked.Token, "", ""), "sign_in.unknown", "choosing %s", when)
		}
		is(t, h.SignIns.Cancel(h.ctx, browser.Anonymous(), asked.Token), "sign_in.unknown", "cancelling %s", when)
	}
	p.enter(t)
	check("while it waits")
	p.agree(t, asked.Number, byPIN)
	check("after the yes")
	proof, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	if err != nil || proof.User != p.id || proof.Name != p.name {
		t.Errorf("%+v, %v", proof, err)
	}
	check("after it was collected")

	// Nor is a browser's sign-in any application's.
	p.Clock.Advance(time.Minute)
	p.begin(t, browser)
	everything("an application with a browser's token", bank, browser.SignIn, "sign_in.unknown")
	p.yes(t, browser)
	everything("an application with a browser's token, approved", bank, browser.SignIn, "sign_in.unknown")
	is(t, browser.Finish(h.ctx), "", "the browser's own session")
}

// tokenOf is what a door makes of a request's id for an application.
func (h house) tokenOf(t failer, c nodkey.Caller, id nodkey.SignInID) nodkey.Token {
	t.Helper()
	token, err := h.Applications.TokenOf(c, id)
	is(t, err, "", "the token of an id")
	return token
}

func TestAnApplicationFindsItsRequestByTheID(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	for _, key := range []string{"", "order-7"} {
		in := p.asks()
		in.Idempotency = key
		asked := p.requests(t, bank, in)
		if got := h.tokenOf(t, bank, asked.ID); got != asked.Token {
			t.Errorf("key %q: the token of the id is another one", key)
		}
		if h.tokenOf(t, wiki, asked.ID) == asked.Token {
			t.Errorf("key %q: another application is given the token", key)
		}
		is(t, h.Applications.Cancel(h.ctx, bank, asked.Token), "", "cancelling")
	}
	_, err := h.Applications.TokenOf(h.NewBrowser(h.address()).Anonymous(), "an id")
	is(t, err, "application.wrong", "a browser")
}

func TestAYesIsCollectedOnce(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	asked := p.requests(t, bank, p.asks())
	_, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	is(t, err, "sign_in.over", "before the yes")
	p.agree(t, asked.Number, byPIN)
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, errs[i] = h.Applications.Collect(h.ctx, bank, asked.Token) })
	}
	wg.Wait()
	got := 0
	for _, err := range errs {
		if err == nil {
			got++
		} else {
			is(t, err, "sign_in.done", "another")
		}
	}
	if got != 1 {
		t.Errorf("collected %d times", got)
	}
	late := p.requests(t, bank, p.asks())
	p.agree(t, late.Number, byPIN)
	h.Clock.Advance(nodkey.SignInLife)
	_, err = h.Applications.Collect(h.ctx, bank, late.Token)
	is(t, err, "sign_in.over", "a quarter of an hour later")
}

func TestWhoCannotBeAskedIsAnsweredAlike(t *testing.T) {
	h := start(t, byPassword)
	member, outside, phoneless := h.join(t), h.join(t), h.add(t)
	suspended := h.join(t)
	suspended.Clock.Advance(time.Minute)
	asked := suspended.requests(t, h.app(t, "open", nil), suspended.asks())
	for range nodkey.PINTriesInARow {
		suspended.key.Answer(h.ctx, suspended.newest(t), nodkeytest.Answer{PIN: "0000", Number: asked.Number})
	}
	for _, p := range []*person{member, phoneless, suspended} {
		is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining")
	}
	bank := h.app(t, "bank", func(a *nodkey.NewApplication) { a.Groups = []string{"staff", "admins"} })
	text := func(s string) *string { return &s }
	refusals := map[string]nodkey.Asking{}
	for who, name := range map[string]string{"nobody": "nobody.at.all", "what is no name": "no such/name", "a long name": strings.Repeat("x", 5000), "no name": "",
		"out of the groups": outside.name, "without a phone": phoneless.name, "with a suspended phone": suspended.name} {
		for _, kind := range []nodkey.ApprovalKind{nodkey.ApproveSignIn, nodkey.ApproveConfirm} {
			refusals[fmt.Sprint(who, ", ", kind)] = nodkey.Asking{User: name, Kind: kind, Text: "Pay 1 EUR", Shown: true}
		}
		refusals[who+", with the right password"] = nodkey.Asking{User: name, Kind: nodkey.ApproveSignIn, Password: text(password), Shown: true}
		refusals[who+", for a code"] = nodkey.Asking{User: name, Kind: nodkey.ApproveSignIn, CodeOnly: true}
		refusals[who+", with a key of idempotency"] = nodkey.Asking{User: name, Kind: nodkey.ApproveSignIn, Shown: true, Idempotency: strings.ReplaceAll("k-"+who, " ", "-")}
	}
	refusals["a wrong password"] = nodkey.Asking{User: member.name, Kind: nodkey.ApproveSignIn, Password: text("wrong"), Shown: true}
	refusals["an empty password"] = nodkey.Asking{User: member.name, Kind: nodkey.ApproveSignIn, Password: text(""), Shown: true}
	refusals["a password without end"] = nodkey.Asking{User: member.name, Kind: nodkey.ApproveSignIn, Password: text(strings.Repeat("p", 300)), Shown: true}
	refusals["another's phone"] = nodkey.Asking{User: member.name, Kind: nodkey.ApproveSignIn, Shown: true, Key: nodkey.KeyID(outside.key.ID)}
	for what, in := range refusals {
		h.Clock.Advance(10 * time.Minute)
		in.Source = netip.MustParseAddr(h.address())
		before := h.Passwords.Verified.Load()
		got, err := h.Applications.Ask(h.ctx, bank, in)
		if !nodkey.HasKey(err, "application.denied") || len(err.(*nodkey.Error).Args) != 0 || got != (nodkey.Asked{}) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if n := h.Passwords.Verified.Load() - before; in.Password != nil && n != 1 || in.Password == nil && n != 0 {
			t.Errorf("%s: %d passwords were computed", what, n)
		}
	}
	for _, p := range []*person{outside, phoneless} {
		if n := len(h.actions(t, p.id, "sign_in.asked")); n != 0 && p != outside {
			t.Errorf("%d requests", n)
		}
		_, err := h.Applications.Phones(h.ctx, bank, p.name)
		is(t, err, "application.denied", "the phones of %s", p.name)
	}
	if open, err := outside.key.Open(h.ctx); err != nil || len(open) != 0 {
		t.Errorf("who is out of the groups is asked %d times, %v", len(open), err)
	}
	_, err := h.Applications.Phones(h.ctx, bank, "nobody.at.all")
	is(t, err, "application.denied", "the phones of nobody")
	if list, err := h.Applications.Phones(h.ctx, bank, member.name); err != nil || len(list) != 1 || list[0].KeyID != nodkey.KeyID(member.key.ID) || list[0].Phone.Platform != "" {
		t.Errorf("%+v, %v", list, err)
	}
	reasons := map[string]bool{}
	rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{Action: "application.denied"}, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		_, reason, _ := strings.Cut(row.Detail, `"reason":"`)
		reasons[strings.Trim(reason, `"}`)] = true
	}
	for _, want := range []string{"unknown", "password", "group", "no_phone", "suspended", "phone"} {
		if !reasons[want] {
			t.Errorf("the log does not say %s, only %v", want, reasons)
		}
	}
	member.requests(t, bank, member.asks()) // who may be asked is
}

// TestATextFitsForEverybodyOrForNobody keeps an answer about a text from telling of a person.
func TestATextFitsForEverybodyOrForNobody(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { byPassword(p); allAtOnce(p) })
	long, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "long", DisplayName: strings.Repeat("&<", 40), Password: password, Locale: "zh-Hant-HK-x"})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{house: h, name: "long", id: long.User.ID, browser: h.NewBrowser(h.address())}
	if p.key, _, err = h.phone("A phone").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	another := p.addPhone(t, p.enter(t), "Another")
	bank := h.app(t, "bank", func(a *nodkey.NewApplication) { a.Name = strings.Repeat("銀", 40) })
	till := h.app(t, "till", nil)
	fitted, refused := 0, 0
	for n := 1; n <= nodkey.AskTextMax; n++ {
		for _, app := range []nodkey.Caller{bank, till} {
			for _, letter := range []string{"x", "ä", "円", "<"} {
				h.Clock.Advance(15 * time.Minute)
				in := nodkey.Asking{User: "long", Kind: nodkey.ApproveConfirm, Text: strings.Repeat(letter, n), Shown: true, With: "Firefox on Windows", Source: netip.MustParseAddr("2001:db8:1111:2222:3333:4444:5555:6666")}
				asked, err := h.Applications.Ask(h.ctx, app, in)
				nobody := in
				nobody.User = "nobody"
				_, none := h.Applications.Ask(h.ctx, app, nobody)
				switch {
				case err == nil && nodkey.HasKey(none, "application.denied"):
					s, err := p.key.Newest(h.ctx)
					if err != nil { // the statement is so full that one phone is asked: the one in use
						s, err = another.Newest(h.ctx)
					}
					if err != nil {
						t.Fatal(err)
					}
					if fitted++; s.Text != in.Text || s.App != app.Application().Name || asked.Number == "" {
						t.Fatalf("the phone is shown %q of %s", s.Text, s.App)
					}
				case nodkey.HasKey(err, "application.text_long") && nodkey.HasKey(none, "application.text_long"):
					refused++
				default:
					t.Fatalf("%d of %s: %v, for nobody %v", n, letter, err, none)
				}
			}
		}
		if n > 12 {
			n += 12
		}
	}
	if fitted < 20 || refused < 20 {
		t.Errorf("%d fitted, %d did not", fitted, refused)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	for what, c := range map[string]struct {
		bend func(*nodkey.Asking)
		want string
	}{
		"no kind":                           {func(a *nodkey.Asking) { a.Kind = "" }, "application.request"},
		"a password's change":               {func(a *nodkey.Asking) { a.Kind = nodkey.ApprovePasswordChange }, "application.request"},
		"another phone":                     {func(a *nodkey.Asking) { a.Kind = nodkey.ApproveKeyAdd }, "application.request"},
		"no text":                           {func(a *nodkey.Asking) { a.Text = "" }, "application.text"},
		"a text of two lines":               {func(a *nodkey.Asking) { a.Text = "Pay\n1 EUR" }, "application.text"},
		"a text that turns":                 {func(a *nodkey.Asking) { a.Text = "Pay \u202e001 EUR" }, "application.text"},
		"a text that hides":                 {func(a *nodkey.Asking) { a.Text = "Pay 1\u200b000 EUR" }, "application.text"},
		"a text that is broken":             {func(a *nodkey.Asking) { a.Text = "Pay \xff" }, "application.text"},
		"a text with a blank":               {func(a *nodkey.Asking) { a.Text = "Pay 1 EUR " }, "application.text"},
		"a text without end":                {func(a *nodkey.Asking) { a.Text = strings.Repeat("x", nodkey.AskTextMax+1) }, "application.text"},
		"such words of where":               {func(a *nodkey.Asking) { a.With = "Firefox\nSafari" }, "application.text"},
		"a moment":                          {func(a *nodkey.Asking) { a.Life = time.Second }, "application.request"},
		"a day":                             {func(a *nodkey.Asking) { a.Life = 24 * time.Hour }, "application.request"},
		"less than nothing":                 {func(a *nodkey.Asking) { a.Life = -time.Minute }, "application.request"},
		"a key of idempotency with a blank": {func(a *nodkey.Asking) { a.Idempotency = "a b" }, "application.request"},
		"one without end":                   {func(a *nodkey.Asking) { a.Idempotency = strings.Repeat("k", 201) }, "application.request"},
	} {
		in := p.asks()
		c.bend(&in)
		_, err := h.Applications.Ask(h.ctx, bank, in)
		is(t, err, c.want, "%s", what)
	}
	for who, c := range map[string]nodkey.Caller{"nobody": {}, "a browser": p.browser.Anonymous(), "a session": p.enter(t), "a phone": p.phoneCaller(t), "an operator": h.Desk()} {
		_, err := h.Applications.Ask(h.ctx, c, p.asks())
		is(t, err, "application.wrong", "%s asks", who)
		_, err = h.Applications.Phones(h.ctx, c, p.name)
		is(t, err, "application.wrong", "%s asks for phones", who)
	}
}

package nodkey_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

func TestTheNumberRule(t *testing.T) {
	both, typed := nodkey.ApproveSignIn, nodkey.ApproveConfirm
	for name, c := range map[string]struct {
		matching, plain, shown, codeOnly bool
		codes                            string
		kind                             nodkey.ApprovalKind
		want                             string
		number, woken                    bool
	}{
		"shown":                              {true, false, true, false, nodkey.CodesAny, both, "", true, true},
		"shown by one that is plain":         {true, true, true, false, nodkey.CodesAny, both, "", true, true},
		"plain":                              {true, true, false, false, nodkey.CodesAny, both, "", false, true},
		"neither":                            {true, false, false, false, nodkey.CodesAny, both, "", true, false},
		"neither, and no codes":              {true, false, false, false, nodkey.CodesOff, both, "application.number", false, false},
		"neither, and scanned codes":         {true, false, false, false, nodkey.CodesScanned, both, "application.number", false, false},
		"neither, for a text":                {true, false, false, false, nodkey.CodesAny, typed, "application.number", false, false},
		"a code":                             {true, false, false, true, nodkey.CodesAny, both, "", true, false},
		"a code of one that is plain":        {true, true, false, true, nodkey.CodesAny, both, "", true, false},
		"a code where there are none":        {true, true, true, true, nodkey.CodesOff, both, "code.disabled", false, false},
		"no numbers in this house":           {false, false, false, false, nodkey.CodesAny, both, "", false, true},
		"no numbers in this house, a code":   {false, false, true, true, nodkey.CodesAny, both, "", false, false},
		"a text, plain":                      {true, true, false, false, nodkey.CodesAny, typed, "", false, true},
		"a text, shown, in scanned codes":    {true, false, true, false, nodkey.CodesScanned, typed, "", true, true},
		"a text, for a code that is scanned": {true, false, false, true, nodkey.CodesScanned, typed, "", true, false},
	} {
		h := start(t, func(p *nodkey.Policy) { byPassword(p); p.NumberMatching, p.Codes = c.matching, c.codes })
		p := h.join(t)
		app := h.app(t, "vpn", func(a *nodkey.NewApplication) { a.Plain = c.plain })
		in := p.asks()
		in.Kind, in.Shown, in.CodeOnly = c.kind, c.shown, c.codeOnly
		h.Clock.Advance(time.Hour)
		asked, err := h.Applications.Ask(h.ctx, app, in)
		is(t, err, c.want, "%s", name)
		if err != nil {
			continue
		}
		s := p.newest(t)
		if s.Number != c.number || asked.Notified != c.woken || (asked.Number != "") != (c.shown && c.number) {
			t.Errorf("%s: the phone is asked for a number %v, woken %v, and the application shows %q", name, s.Number, asked.Notified, asked.Number)
		}
		if woken := p.wakes(t); woken != c.woken {
			t.Errorf("%s: the phone was woken: %v", name, woken)
		}
	}
}

// wakes reports whether the newest request woke the phone.
func (p *person) wakes(t failer) bool {
	t.Helper()
	list, err := p.Approvals.Open(p.ctx, []nodkey.Caller{p.phoneCaller(t)}, true)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return slices.Contains(list.Statements, p.newest(t).JWS)
}

func TestATypedCodeIsNoYesToAText(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	asked := p.requests(t, bank, p.asks())
	code, err := h.Applications.Challenge(h.ctx, bank, asked.Token)
	if err != nil || code.Digits != "" {
		t.Fatalf("the digits are %q, %v", code.Digits, err)
	}
	s, err := p.key.Read(code.Statement)
	if err != nil || s.Text != p.asks().Text || !wire.IsChallenge(s.Challenge) || !s.FitsKind() {
		t.Fatalf("%+v, %v", s, err)
	}
	typed, err := p.key.TypedCode(s.Challenge, p.key.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Applications.Respond(h.ctx, bank, asked.Token, typed), "code.wrong", "what the digits alone lead to")
	is(t, h.Applications.Respond(h.ctx, bank, asked.Token, p.scanned(t, code)), "", "what the whole statement leads to")
	proof, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	if err != nil || proof.Factor != nodkey.FactorCode {
		t.Errorf("%+v, %v", proof, err)
	}
}

func TestIdempotency(t *testing.T) {
	h := start(t, byPassword)
	p, q := h.join(t), h.join(t)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	in := p.asks()
	in.Idempotency = "order-4711"
	first := p.requests(t, bank, in)
	var wg sync.WaitGroup
	again, errs := make([]nodkey.Asked, 20), make([]error, 20)
	for i := range again {
		wg.Go(func() { again[i], errs[i] = h.Applications.Ask(h.ctx, bank, in) })
	}
	wg.Wait()
	same := first
	same.Again = true
	for i, a := range again {
		if errs[i] != nil || a != same {
			t.Errorf("again: %+v, %v, at first %+v", a, errs[i], first)
		}
	}
	if n := len(h.actions(t, p.id, "sign_in.asked")); n != 1 {
		t.Errorf("asked %d times", n)
	}
	for what, bend := range map[string]func(*nodkey.Asking){
		"another text": func(a *nodkey.Asking) { a.Text = "Pay 9250.00 EUR to Anna" }, "another person": func(a *nodkey.Asking) { a.User = q.name },
		"another kind": func(a *nodkey.Asking) { a.Kind = nodkey.ApproveSignIn }, "no number": func(a *nodkey.Asking) { a.CodeOnly = true },
		"another place": func(a *nodkey.Asking) { a.Source = netip.Addr{} },
	} {
		other := in
		bend(&other)
		_, err := h.Applications.Ask(h.ctx, bank, other)
		is(t, err, "application.idempotency", "%s", what)
	}
	theirs := p.requests(t, wiki, in)
	if theirs.ID == first.ID || theirs.Token == first.Token {
		t.Error("another application's key is the same")
	}
	p.agree(t, theirs.Number, byPIN) // the newest
	right, wrong := password, "wrong"
	in.Idempotency, in.Password = "order-4712", &right
	first = p.requests(t, bank, in)
	in.Password = &wrong
	_, err := h.Applications.Ask(h.ctx, bank, in)
	is(t, err, "application.denied", "the same with a wrong password")
	in.Password = &right
	same = first
	same.Again = true
	if again, err := h.Applications.Ask(h.ctx, bank, in); err != nil || again != same {
		t.Errorf("%+v, %v", again, err)
	}
	for i, key := range []string{"race-1", "race-2", "race-3"} { // the first of all comes at once from everywhere
		h.Clock.Advance(time.Hour)
		in.Idempotency, in.Password = key, nil
		for j := range again {
			wg.Go(func() { again[j], errs[j] = h.Applications.Ask(h.ctx, bank, in) })
		}
		wg.Wait()
		fresh := 0
		for j, a := range again {
			if !a.Again {
				fresh++
			}
			same, a.Again = again[0], false
			if same.Again = false; errs[j] != nil || a != same {
				t.Errorf("race %d: %+v, %v, and %+v", i, a, errs[j], same)
			}
		}
		if fresh != 1 {
			t.Errorf("race %d: %d of them asked", i, fresh)
		}
	}
}

func TestApplicationsWakePhonesNoMoreThanStrangers(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	woken := 0
	apps := []nodkey.Caller{h.app(t, "bank", nil), h.app(t, "wiki", func(a *nodkey.NewApplication) { a.Plain = true })}
	h.Clock.Advance(time.Hour)
	for i := range 30 { // through every door, with every kind, and from a browser in between
		h.Clock.Advance(nodkey.ApprovalLife)
		in := p.asks()
		in.Kind, in.Shown = []nodkey.ApprovalKind{nodkey.ApproveSignIn, nodkey.ApproveConfirm}[i%2], i%3 == 0
		app := apps[i%2]
		if app.Application().ID == "bank" {
			in.Shown = true
		}
		asked, err := h.Applications.Ask(h.ctx, app, in)
		if nodkey.HasKey(err, "application.slow") {
			continue
		}
		is(t, err, "", "request %d", i)
		if asked.Notified {
			woken++
		}
		if i%5 == 0 && p.notified(t, h.NewBrowser(h.address())) {
			woken++
		}
	}
	if woken > 7 { // six, and one in four hours
		t.Errorf("the phone was woken %d times in an hour and a half without a yes", woken)
	}
}

func TestNotMeAtAnApplication(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	for _, from := range []netip.Addr{netip.MustParseAddr("203.0.113.9"), {}} {
		in := p.asks()
		in.Source = from
		asked := p.requests(t, bank, in)
		if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonNotMe}); err != nil {
			t.Fatal(err)
		}
		w, err := h.Applications.Look(h.ctx, bank, asked.Token)
		if err != nil || w.State != nodkey.SignInDenied || w.Cause != nodkey.ReasonNotMe || w.Again || w.Choices != nil {
			t.Errorf("%+v, %v", w, err)
		}
		_, err = h.Applications.Collect(h.ctx, bank, asked.Token)
		is(t, err, "sign_in.over", "a no")
	}
	c := p.enter(t)
	list, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, m := range list.Messages {
		if m.Notice != nil && m.Notice.Kind == nodkey.NoticeRequestRefused {
			refused++
			if m.Notice.With != "Till of bank" {
				t.Errorf("the notice says %+v", m.Notice)
			}
		}
	}
	if refused != 2 {
		t.Errorf("%d notices", refused)
	}
	// A yes that was not theirs is taken back before it is collected.
	asked := p.requests(t, bank, p.asks())
	s := p.agree(t, asked.Number, byPIN)
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), nodkey.ApprovalID(s.ID)), "", "taking it back")
	_, err = h.Applications.Collect(h.ctx, bank, asked.Token)
	is(t, err, "sign_in.over", "what was taken back")

	// Nor is one that was collected told again, as of an answer that was lost.
	asked = p.requests(t, bank, p.asks())
	s = p.agree(t, asked.Number, byPIN)
	if _, err = h.Applications.Collect(h.ctx, bank, asked.Token); err != nil {
		t.Fatal(err)
	}
	is(t, h.Applications.Collected(h.ctx, bank, asked.Token, time.Minute), "", "told again")
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), nodkey.ApprovalID(s.ID)), "", "taking it back")
	is(t, h.Applications.Collected(h.ctx, bank, asked.Token, time.Minute), "application.denied", "what was collected and taken back")
	w, err := h.Applications.Look(h.ctx, bank, asked.Token)
	if err != nil || w.State != nodkey.SignInDone || w.Cause != "" {
		t.Errorf("it is %+v, %v", w, err)
	}
}

func TestWhoLostTheRightInBetween(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { byPassword(p); allAtOnce(p) })
	p := h.join(t)
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining")
	bank := h.app(t, "bank", func(a *nodkey.NewApplication) { a.Groups = []string{"staff"} })
	asked := p.requests(t, bank, p.asks())
	p.agree(t, asked.Number, byPIN)
	is(t, h.Users.LeaveGroup(h.ctx, h.Desk(), p.name, "staff"), "", "leaving")
	_, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	is(t, err, "application.denied", "a group left after the yes")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining again")
	is(t, func() error { _, err := h.Applications.Collect(h.ctx, bank, asked.Token); return err }(), "", "nothing was used up by the refusal")

	asked = p.requests(t, bank, p.asks())
	p.agree(t, asked.Number, byPIN)
	_, err = h.Users.NewFirstCode(h.ctx, h.Desk(), p.name, true) // the phones are lost
	is(t, err, "", "removing the phones")
	_, err = h.Applications.Collect(h.ctx, bank, asked.Token)
	is(t, err, "application.denied", "a phone removed after the yes")
}

// TestTheRoomOfAText holds what docs/applications.md promises, for the person with the most room to take.
func TestTheRoomOfAText(t *testing.T) {
	h := start(t, byPassword)
	for name, room := range map[string][4]int{"Aldermere VPN": {140, 114, 46, 38}, strings.Repeat("n", 40): {113, 87, 37, 29}} {
		app := h.app(t, strings.ToLower(name[:5]), func(a *nodkey.NewApplication) { a.Name = name })
		for i, most := range room {
			from := netip.MustParseAddr([]string{"203.0.113.24", "2001:db8:1111:2222:3333:4444:5555:6666"}[i%2])
			for n, want := range map[int]string{most: "application.denied", most + 1: "application.text_long"} {
				if n > nodkey.AskTextMax {
					want = "application.text"
				}
				h.Clock.Advance(time.Hour)
				_, err := h.Applications.Ask(h.ctx, app, nodkey.Asking{User: "nobody", Kind: nodkey.ApproveConfirm, Text: strings.Repeat([]string{"x", "円"}[i/2], n), Shown: true, Source: from})
				is(t, err, want, "%d characters beside %s at %s", n, name, from)
			}
		}
	}
}

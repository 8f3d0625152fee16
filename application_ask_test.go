package nodkey_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestAnApplicationIsShownByItsName(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	in := p.asks()
	in.With = "the till at Anna's"
	asked := p.requests(t, bank, in)
	s := p.newest(t)
	if s.Kind != "confirm" || s.App != "Till of bank" || s.Text != in.Text || s.Address != in.Source.String() || s.With != in.With || s.Known || !s.FitsKind() {
		t.Errorf("%+v", s.Statement)
	}
	w, err := h.Applications.Look(h.ctx, bank, asked.Token)
	if err != nil || w.State != nodkey.SignInPending || w.Number != asked.Number || !w.ExpiresAt.Equal(asked.ExpiresAt) || w.Remaining != nodkey.ApprovalLife {
		t.Errorf("%+v, %v", w, err)
	}
	p.agree(t, asked.Number, byPIN)
	proof, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	if err != nil || proof.Display != "Mara Lindqvist" || proof.Factor != "pin" || proof.Kind != nodkey.ApproveConfirm || proof.Text != in.Text || string(proof.KeyID) != p.key.ID || !proof.At.Equal(h.Clock.Now().Truncate(time.Millisecond)) {
		t.Errorf("%+v, %v", proof, err)
	}
	if got := h.actions(t, p.id, "application."); !slices.Equal(got, []string{"application.collected"}) {
		t.Errorf("the log says %v", got)
	}
}

func TestAPasswordAndAPhone(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	vpn := h.app(t, "vpn", nil)
	p.enter(t)
	right := password
	in := nodkey.Asking{User: strings.ToUpper(p.name), Password: &right, Kind: nodkey.ApproveSignIn, Shown: true, Life: 30 * time.Second}
	for range 30 { // a right password is not used up by being right
		asked := p.requests(t, vpn, in)
		if s := p.newest(t); s.Kind != "sign_in" || s.Address != "" || s.Exp-s.Iat != 30_000 {
			t.Fatalf("%+v", s.Statement)
		}
		p.agree(t, asked.Number, byPIN)
		if _, err := h.Applications.Collect(h.ctx, vpn, asked.Token); err != nil {
			t.Fatal(err)
		}
	}
	wrong := "wrong"
	in.Password = &wrong
	slow := 0
	for range 30 {
		_, err := h.Applications.Ask(h.ctx, vpn, in)
		if nodkey.HasKey(err, "sign_in.slow") {
			slow++
		} else if !nodkey.HasKey(err, "application.slow") {
			is(t, err, "application.denied", "a guess")
		}
	}
	if slow == 0 {
		t.Error("30 guesses were not slowed down")
	}
	p.enter(t) // and the person's own browser is not
}

func TestACodeWhereThePhoneIsOffline(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	vpn := h.app(t, "vpn", nil)
	asked := p.requests(t, vpn, nodkey.Asking{User: p.name, Kind: nodkey.ApproveSignIn, CodeOnly: true, Life: 30 * time.Second})
	code, err := h.Applications.Challenge(h.ctx, vpn, asked.Token)
	if err != nil || len(code.Digits) != 6 || code.Left != nodkey.ChallengeTries {
		t.Fatalf("%+v, %v", code, err)
	}
	h.Clock.Advance(4 * time.Minute) // longer than the request would have waited
	is(t, h.Applications.Respond(h.ctx, vpn, asked.Token, wrong(0, p.typed(t, code))), "code.wrong", "a wrong one")
	is(t, h.Applications.Respond(h.ctx, vpn, asked.Token, p.typed(t, code)), "", "the right one")
	if proof, err := h.Applications.Collect(h.ctx, vpn, asked.Token); err != nil || proof.Factor != nodkey.FactorCode {
		t.Errorf("%+v, %v", proof, err)
	}
}

func TestWaitingForAnAnswer(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	asked := p.requests(t, bank, p.asks())
	type answer struct {
		w   nodkey.Waiting
		err error
	}
	got := make(chan answer, 1)
	go func() {
		w, err := h.Applications.Await(h.ctx, bank, asked.Token)
		got <- answer{w, err}
	}()
	p.agree(t, asked.Number, byPIN)
	if a := <-got; a.err != nil || a.w.State != nodkey.SignInApproved {
		t.Errorf("%+v", a)
	}
	other := p.requests(t, bank, p.asks())
	ctx, cancel := context.WithCancel(h.ctx)
	go func() {
		w, err := h.Applications.Await(ctx, bank, other.Token)
		got <- answer{w, err}
	}()
	cancel()
	if a := <-got; a.err == nil {
		t.Errorf("nobody waits any more: %+v", a)
	}
	is(t, h.Applications.Cancel(h.ctx, bank, other.Token), "", "cancelling")
	if w, err := h.Applications.Await(h.ctx, bank, other.Token); err != nil || w.State != nodkey.SignInCancelled {
		t.Errorf("%+v, %v", w, err)
	}
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 0 {
		t.Errorf("the phone still shows %d, %v", len(open), err)
	}
}

func TestOnePhoneOfSeveral(t *testing.T) {
	h := start(t, allAtOnceByPassword)
	p := h.join(t)
	other := p.addPhone(t, p.enter(t), "Old phone")
	bank := h.app(t, "bank", nil)
	p.requests(t, bank, p.asks())
	if s := p.newest(t); len(s.Keys) != 2 {
		t.Errorf("all are asked: %v", s.Keys)
	}
	in := p.asks()
	in.Key = nodkey.KeyID(other.ID)
	p.requests(t, bank, in)
	if s, err := other.Newest(h.ctx); err != nil || !slices.Equal(s.Keys, []string{other.ID}) {
		t.Errorf("one is asked: %+v, %v", s.Keys, err)
	}
}

func allAtOnceByPassword(p *nodkey.Policy) { byPassword(p); allAtOnce(p) }

func TestTheOperatorAsks(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	desk, err := h.Applications.AsOperator(h.Desk())
	if err != nil {
		t.Fatal(err)
	}
	asked := p.requests(t, desk, p.asks())
	if s := p.newest(t); s.App != "Aldermere" {
		t.Errorf("%s asks", s.App)
	}
	p.agree(t, asked.Number, byPIN)
	if _, err := h.Applications.Collect(h.ctx, desk, asked.Token); err != nil {
		t.Error(err)
	}
	rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{UserID: p.id, Action: "sign_in.asked"}, 0, 1)
	if err != nil || len(rows) != 1 || rows[0].Actor != "operator:desk" || !strings.Contains(rows[0].Detail, `"application":"operator"`) {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestAdmittingASession(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	h.app(t, "wiki", func(a *nodkey.NewApplication) { a.Doors, a.Groups = nodkey.Doors(), []string{"staff"} })
	c := p.enter(t)
	_, err := h.Applications.Admit(h.ctx, c, "wiki")
	is(t, err, "application.denied", "out of the groups")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining")
	got, err := h.Applications.Admit(h.ctx, c, "wiki")
	if err != nil || got.User != p.id || got.Name != p.name || !slices.Equal(got.Groups, []string{"staff"}) || got.Factor != "pin" || string(got.KeyID) != p.key.ID || got.At.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = h.Applications.Admit(h.ctx, c, "nobody")
	is(t, err, "application.unknown", "no such application")
	_, err = h.Applications.Admit(h.ctx, p.browser.Anonymous(), "wiki")
	is(t, err, "session.none", "nobody")
	other := h.add(t)
	_, err = h.Applications.Admit(h.ctx, other.visit(t), "wiki")
	is(t, err, "session.restricted", "a restricted session")
	is(t, h.Sessions.End(h.ctx, c, c.Session().ID), "", "signing out")
	_, err = h.Applications.Admit(h.ctx, c, "wiki")
	is(t, err, "session.none", "a session that has ended")
}

func TestAKnownBrowserBringsAnApplicationItsOwnBudget(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	secret, _ := h.newApp(t, nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorAPI}})
	for _, b := range []*nodkeytest.Browser{p.browser, h.NewBrowser(h.address())} {
		c, err := h.Applications.Caller(h.ctx, b.Anonymous(), "wiki", nodkey.DoorAPI, secret)
		if err != nil {
			t.Fatal(err)
		}
		p.requests(t, c, p.asks())
		if s := p.newest(t); s.Known != (b == p.browser) {
			t.Errorf("known %v", s.Known)
		}
	}
}

func TestABrowserOnItsWayToAnApplication(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	wiki := h.app(t, "wiki", nil)
	h.Clock.Advance(time.Minute)
	entry, err := h.SignIns.BeginFor(h.ctx, p.browser.Anonymous(), "wiki", p.name, password)
	if err != nil {
		t.Fatal(err)
	}
	p.browser.SignIn = entry.SignIn
	if s := p.newest(t); s.App != "Till of wiki" || s.Kind != "sign_in" || s.Text != "" {
		t.Errorf("%+v", s.Statement)
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	is(t, p.browser.Again(h.ctx), "", "sending it again")
	if s := p.newest(t); s.App != "Till of wiki" {
		t.Errorf("again it is %s who asks", s.App)
	}
	p.yes(t, p.browser)
	_, err = h.Applications.Collect(h.ctx, wiki, entry.SignIn)
	is(t, err, "sign_in.unknown", "the application takes what is the browser's")
	is(t, p.browser.Finish(h.ctx), "", "the session")
	if _, err := h.Applications.Admit(h.ctx, p.caller(t), "wiki"); err != nil {
		t.Error(err)
	}
	_, err = h.SignIns.BeginFor(h.ctx, p.browser.Anonymous(), "nobody", p.name, password)
	is(t, err, "application.unknown", "on the way to nobody")
	_, err = h.SignIns.BeginFor(h.ctx, p.browser.Anonymous(), "wiki", p.name, "wrong")
	is(t, err, "sign_in.wrong", "a wrong password")
}

package nodkey_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestTheWayToAnApplication(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	in := wants()
	in.Ask, in.Hint, in.Scopes = true, p.name, []string{"openid", "email", "openid"}
	token := h.opens(t, in)
	p.browser.Known = h.stands(t, p.browser.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody).Browser
	is(t, h.Grants.Agree(h.ctx, p.browser.Anonymous(), token), "grant.not_ready", "agreeing before signing in")
	c := p.enter(t)
	_, err := h.Grants.Issue(h.ctx, c, token)
	is(t, err, "grant.not_ready", "without consent")
	step := h.stands(t, c, token, nodkey.GrantConsent, "")
	want := nodkey.GrantStep{State: nodkey.GrantConsent, Application: "wiki", Name: "Aldermere Wiki", Door: nodkey.DoorOIDC, Scopes: []string{"openid", "email"}, Hint: p.name,
		Return: "/oidc/return", ExpiresAt: step.ExpiresAt}
	if !reflect.DeepEqual(step, want) || step.ExpiresAt.Sub(h.Clock.Now()) > 10*time.Minute {
		t.Errorf("%+v", step)
	}
	is(t, h.Grants.Agree(h.ctx, c, token), "", "agreeing")
	is(t, h.Grants.Agree(h.ctx, c, token), "", "agreeing once more")
	issued, err := h.Grants.Issue(h.ctx, c, token)
	if err != nil || string(issued.Data) != string(in.Data) {
		t.Fatalf("%+v, %v", issued, err)
	}
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an address")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "a group")
	g, err := h.Grants.Redeem(h.ctx, wiki, issued.Code, nil)
	if err != nil {
		t.Fatal(err)
	}
	session := c.Session()
	wantGrant := nodkey.Grant{ID: g.ID, Application: "wiki", Door: nodkey.DoorOIDC, User: p.id, Name: p.name, Display: "Mara Lindqvist", Locale: g.Locale,
		Email: "mara@example.com", EmailVerified: true, Groups: []string{"staff"}, Factor: "pin", KeyID: nodkey.KeyID(p.key.ID), AuthTime: g.AuthTime,
		Scopes: []string{"openid", "email"}, Data: in.Data, SID: string(session.ID), CreatedAt: g.CreatedAt, ExpiresAt: session.ExpiresAt}
	if !reflect.DeepEqual(g, wantGrant) || g.AuthTime.After(h.Clock.Now()) || g.AuthTime.Before(h.Clock.Now().Add(-time.Minute)) {
		t.Errorf("%+v", g)
	}
	access, expires, err := h.Grants.Access(h.ctx, wiki, g.ID, []string{"openid"}, 5*time.Minute)
	if err != nil || expires.Sub(h.Clock.Now()) > 5*time.Minute {
		t.Fatal(expires, err)
	}
	seen, scopes, until, err := h.Grants.Look(h.ctx, wiki, access)
	wantGrant.Email, wantGrant.EmailVerified = "", false // of which the token has no scope
	if err != nil || !reflect.DeepEqual(seen, wantGrant) || !slices.Equal(scopes, []string{"openid"}) || !until.Equal(expires) {
		t.Errorf("%+v, %v, %v, %v", seen, scopes, until, err)
	}
	_, expires, err = h.Grants.Access(h.ctx, wiki, g.ID, nil, 48*time.Hour)
	if err != nil || !expires.Equal(session.ExpiresAt) {
		t.Errorf("a token until %s, %v: its session ends at %s", expires, err, session.ExpiresAt)
	}
	// The same again needs no consent; more does.
	h.stands(t, c, h.opens(t, in), nodkey.GrantReady, "")
	in.Scopes = []string{"openid", "groups"}
	more := h.opens(t, in)
	h.stands(t, c, more, nodkey.GrantConsent, "")
	is(t, h.Grants.Agree(h.ctx, c, more), "", "agreeing to more")
	in.AskAgain, in.Scopes = true, []string{"openid", "email", "groups"}
	again := h.opens(t, in)
	h.stands(t, c, again, nodkey.GrantConsent, "")
	is(t, h.Grants.Agree(h.ctx, c, again), "", "agreeing again")
	h.stands(t, c, again, nodkey.GrantReady, "")
	list, err := h.Grants.Consents(h.ctx, c)
	if err != nil || len(list) != 1 || list[0].Name != "Aldermere Wiki" || !slices.Equal(list[0].Scopes, []string{"openid", "email", "groups"}) {
		t.Errorf("%+v, %v", list, err)
	}
	is(t, h.Grants.Withdraw(h.ctx, c, "wiki"), "", "withdrawing")
	is(t, h.Grants.Withdraw(h.ctx, c, "<none>"), "", "withdrawing what there is not")
	h.counts(t, access, false)
	in.AskAgain = false
	h.stands(t, c, h.opens(t, in), nodkey.GrantConsent, "")
	if got := h.actions(t, p.id, "consent."); !slices.Equal(got, []string{"consent.withdrawn", "consent.withdrawn", "consent.given", "consent.given", "consent.given"}) {
		t.Errorf("the log says %v", got)
	}
}

func TestARefusalIsPassedOn(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, func(in *nodkey.NewApplication) { in.Groups = []string{"staff"} })
	p := h.join(t)
	in := wants()
	token := h.opens(t, in)
	refuse := func(c nodkey.Caller, token nodkey.Token, reason string) {
		t.Helper()
		is(t, h.Grants.Refuse(h.ctx, c, token), "", "refusing")
		is(t, h.Grants.Refuse(h.ctx, c, token), "", "refusing again")
		if step := h.stands(t, c, token, nodkey.GrantReady, ""); step.Return != in.Return {
			t.Errorf("%+v", step)
		}
		issued, err := h.Grants.Issue(h.ctx, c, token)
		if err != nil || !issued.Refused || issued.Code != "" || issued.Reason != reason || string(issued.Data) != string(in.Data) {
			t.Errorf("%+v, %v", issued, err)
		}
	}
	p.browser.Known = h.stands(t, p.browser.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody).Browser
	refuse(p.browser.Anonymous(), token, "refused") // nobody is signed in: they turn back
	c := p.enter(t)
	token = h.opens(t, in)
	h.stands(t, c, token, nodkey.GrantDenied, nodkey.GrantGroup)
	_, err := h.Grants.Issue(h.ctx, c, token)
	is(t, err, "grant.not_ready", "somebody of another group")
	refuse(c, token, nodkey.GrantGroup)
	if got := h.actions(t, p.id, "grant."); !slices.Equal(got, []string{"grant.refused"}) {
		t.Errorf("the log says %v", got)
	}
}

func TestWhoMustSignInFirst(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	p, other := h.join(t), h.join(t)
	ask := func(change func(*nodkey.GrantRequest)) nodkey.Token {
		in := wants()
		change(&in)
		return h.opens(t, in)
	}
	c := p.enter(t)
	h.Clock.Advance(20 * time.Minute)
	maxAge := func(d time.Duration) nodkey.Token {
		return ask(func(in *nodkey.GrantRequest) { in.MaxAge = d })
	}
	h.stands(t, c, maxAge(-1), nodkey.GrantReady, "")
	h.stands(t, c, maxAge(21*time.Minute), nodkey.GrantReady, "")
	waiting := map[string]nodkey.Token{
		"max_age": maxAge(19 * time.Minute), "max_age=0": maxAge(0),
		"prompt=login": ask(func(in *nodkey.GrantRequest) { in.Again = true }),
	}
	for name, token := range waiting {
		h.stands(t, c, token, nodkey.GrantSignIn, nodkey.GrantAge)
		_, err := h.Grants.Issue(h.ctx, c, token)
		is(t, err, "grant.not_ready", "%s", name)
	}
	again := p.enter(t)
	h.Clock.Advance(3 * time.Minute)
	for name, token := range waiting {
		h.stands(t, again, token, nodkey.GrantReady, "")
		if _, err := h.Grants.Issue(h.ctx, again, token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that was made after that sign-in needs another.
	h.stands(t, again, maxAge(0), nodkey.GrantSignIn, nodkey.GrantAge)

	theirs := ask(func(in *nodkey.GrantRequest) { in.User, in.Hint = other.name, p.name })
	if step := h.stands(t, again, theirs, nodkey.GrantSignIn, nodkey.GrantOther); step.User != other.name || step.Hint != other.name {
		t.Errorf("%+v", step)
	}
	_, err := h.Grants.Issue(h.ctx, again, theirs)
	is(t, err, "grant.not_ready", "somebody else")
	h.stands(t, again, ask(func(in *nodkey.GrantRequest) { in.User = p.name }), nodkey.GrantReady, "")

	// A password alone goes nowhere.
	fresh := h.add(t)
	h.stands(t, fresh.visit(t), ask(func(*nodkey.GrantRequest) {}), nodkey.GrantDenied, nodkey.GrantRestricted)

	token := ask(func(*nodkey.GrantRequest) {})
	h.stands(t, again, token, nodkey.GrantReady, "")
	p.suspend(t)
	h.stands(t, again, token, nodkey.GrantSignIn, nodkey.GrantPhone)

	token = ask(func(*nodkey.GrantRequest) {})
	h.Clock.Advance(10 * time.Minute)
	h.stands(t, other.enter(t), token, nodkey.GrantOver, "")
	h.stands(t, again, "unknown", nodkey.GrantOver, "")
	h.stands(t, again, "", nodkey.GrantOver, "")
}

// A page behind a reverse proxy is used as the portal is; an application that keeps its own session is not.
func TestUseBehindAProxyKeepsTheSession(t *testing.T) {
	for door, keeps := range map[nodkey.Door]bool{nodkey.DoorForward: true, nodkey.DoorOIDC: false} {
		h := start(t, byPassword)
		wiki := h.wiki(t, func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{door} })
		p := h.join(t)
		p.enter(t)
		in := wants()
		in.Door = door
		g, err := h.Grants.Redeem(h.ctx, wiki, p.codeFor(t, in), nil)
		if err != nil {
			t.Fatal(err)
		}
		access, _, err := h.Grants.Access(h.ctx, wiki, g.ID, nil, 12*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			h.Clock.Advance(20 * time.Minute)
			_, _, _, err = h.Grants.Look(h.ctx, h.anybody(), access)
		}
		if keeps != (err == nil) {
			t.Errorf("%s: after an hour of use %v", door, err)
		}
	}
}

func TestAGrantWithoutABrowser(t *testing.T) {
	h := start(t, byPassword)
	bank := h.wiki(t, func(in *nodkey.NewApplication) {
		in.ID, in.Doors = "bank", []nodkey.Door{nodkey.DoorCIBA, nodkey.DoorOIDC}
	})
	p := h.join(t)
	asked := p.requests(t, bank, p.asks())
	_, _, err := h.Grants.Collect(h.ctx, bank, asked.Token, []string{"openid"})
	is(t, err, "sign_in.over", "before the yes")
	p.agree(t, asked.Number, byPIN)
	_, _, err = h.Grants.Collect(h.ctx, bank, asked.Token, []string{"open id"})
	is(t, err, "grant.scopes", "scopes that are none")
	g, evidence, err := h.Grants.Collect(h.ctx, bank, asked.Token, []string{"openid"})
	if err != nil || g.User != p.id || g.SID != "" || g.Door != nodkey.DoorCIBA || g.Factor != "pin" || evidence.Evidence == "" {
		t.Fatalf("%+v, %v", g, err)
	}
	_, _, err = h.Grants.Collect(h.ctx, bank, asked.Token, []string{"openid"})
	is(t, err, "sign_in.done", "the second time")
	// The tokens are of the one endpoint that both doors have.
	tokens := h.at(t, "bank", nodkey.DoorOIDC)
	access, _, err := h.Grants.Access(h.ctx, tokens, g.ID, nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p.signIn(t, h.NewBrowser(h.address()))
	h.Clock.Advance(40 * time.Minute)
	h.counts(t, access, true) // it hangs on no session
	disowned := nodkey.ApprovalID("")
	h.view(t, func(tx nodkey.Tx) error {
		signIn, err := tx.SignIn(asked.ID)
		disowned = signIn.ApprovalID
		return err
	})
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), disowned), "", "not me")
	h.counts(t, access, false)
}

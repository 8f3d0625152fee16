package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// testOf finds the test request among a key's open ones.
func testOf(t failer, k *nodkeytest.PhoneKey, p *person) nodkeytest.Statement {
	t.Helper()
	open, err := k.Open(p.ctx)
	if err != nil {
		t.Fatalf("open requests: %v", err)
	}
	for _, s := range open {
		if s.Kind == "test" {
			return s
		}
	}
	t.Fatalf("no test among %d requests", len(open))
	return nodkeytest.Statement{}
}

func TestThePortalSendsATestToOnePhone(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	c := p.enter(t)
	second := p.addPhone(t, c, "Pixel 9")
	signIn, w := p.ask(t)
	for what, id := range map[string]string{"another user's": other.key.ID, "no key at all": "x", "nothing": ""} {
		_, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(id))
		is(t, err, "key.unknown", "%s", what)
	}
	_, err := h.Approvals.AskTest(h.ctx, h.NewBrowser(h.address()).Anonymous(), nodkey.KeyID(second.ID))
	is(t, err, "session.none", "of nobody")

	wake, cancel := h.Ports.Bus.Subscribe(h.Approvals.Topics([]nodkey.Caller{phoneOf(t, second, p)})...)
	defer cancel()
	id, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(second.ID))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-wake:
	default:
		t.Error("the phone is not woken")
	}
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil || change.ID != id || change.Kind != nodkey.ApproveTest || len(change.Number) != 2 || len(change.Phones) != 1 || change.Phones[0].Name != "Pixel 9" {
		t.Errorf("the page waits for %+v, %v", change, err)
	}
	s := testOf(t, second, p)
	if !s.Number || len(s.Keys) != 1 || s.Keys[0] != second.ID {
		t.Errorf("the statement is %+v", s.Statement)
	}
	if woken, err := h.Approvals.Open(h.ctx, []nodkey.Caller{phoneOf(t, second, p)}, true); err != nil || len(woken.Statements) != 1 {
		t.Errorf("the stream has %d requests, %v", len(woken.Statements), err)
	}
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 1 || open[0].ID != signIn.ID {
		t.Errorf("the phone that is not tested sees %d requests, %v", len(open), err)
	}
	in, err := p.key.Decision(s, nodkeytest.Answer{PIN: pin, Number: change.Number})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Send(h.ctx, s.ID, in)
	is(t, err, "approval.none", "answered by the phone that is not tested")
	if got, err := second.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil || got.State != "approved" {
		t.Errorf("%+v, %v", got, err)
	}
	if change, err = h.Approvals.Change(h.ctx, c); err != nil || change.State != nodkey.ApprovalApproved {
		t.Errorf("afterwards the page says %+v, %v", change, err)
	}
	if got, err := p.key.Answer(h.ctx, signIn, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
		t.Errorf("the sign-in that was open all the while: %+v, %v", got, err)
	}

	for want, a := range map[string]nodkeytest.Answer{nodkey.ReasonNotMe: {No: "not_me"}, nodkey.ReasonMistake: {No: "mistake"}, nodkey.ReasonWrongNumber: {PIN: pin, Number: "xx"}} {
		h.Clock.Advance(time.Second)
		if _, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(second.ID)); err != nil {
			t.Fatal(err)
		}
		if got, err := second.Answer(h.ctx, testOf(t, second, p), a); err != nil || got.State != "denied" {
			t.Errorf("%s: %+v, %v", want, got, err)
		}
		if change, err := h.Approvals.Change(h.ctx, c); err != nil || change.State != nodkey.ApprovalDenied || change.Cause != want {
			t.Errorf("%s: the page says %+v, %v", want, change, err)
		}
	}
}

func phoneOf(t failer, k *nodkeytest.PhoneKey, p *person) nodkey.Caller {
	t.Helper()
	c, err := k.Caller(p.ctx)
	if err != nil {
		t.Fatalf("the phone: %v", err)
	}
	return c
}

func TestATestNeedsAFullSessionAndAnActivePhone(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	restricted := p.visit(t)
	_, err := h.Approvals.AskTest(h.ctx, restricted, "x")
	is(t, err, "session.restricted", "before there is a phone")
	p.key, _, err = h.phone("Pixel 8").Activate(h.ctx, h.code(t, restricted), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Approvals.AskTest(h.ctx, restricted, nodkey.KeyID(p.key.ID))
	is(t, err, "session.restricted", "with the password alone")
	c := p.signIn(t, h.NewBrowser(h.address()))
	waiting, _, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(waiting.ID))
	is(t, err, "key.pending", "of a phone that waits for its yes")
	if _, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(p.key.ID)); err != nil {
		t.Fatal(err)
	}
	if r, err := waiting.Receipt(h.ctx); err != nil || r.State != "approve" {
		t.Errorf("the phone that waits for its yes is %q after a test, %v", r.State, err)
	}
	s := testOf(t, p.key, p)
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	for range nodkey.PINTriesInARow {
		_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: change.Number})
	}
	is(t, err, "key.suspended", "five wrong PINs")
	_, err = h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "key.suspended", "of a suspended phone")
	is(t, h.Keys.RemoveOwn(h.ctx, p.phoneCaller(t)), "", "removing")
	_, err = h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(p.key.ID))
	if !nodkey.HasKey(err, "key.unknown") && !nodkey.HasKey(err, "session.none") {
		t.Errorf("of a removed phone: %v", err)
	}
}

func TestOnePhoneHasOneTestAtATime(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	here := p.enter(t)
	there := p.signIn(t, h.NewBrowser(h.address()))
	key := nodkey.KeyID(p.key.ID)
	first, err := h.Approvals.AskTest(h.ctx, here, key)
	if err != nil {
		t.Fatal(err)
	}
	wake, cancel := h.Ports.Bus.Subscribe(h.Approvals.Topic(first))
	defer cancel()
	h.Clock.Advance(time.Second)
	second, err := h.Approvals.AskTest(h.ctx, there, key)
	if err != nil {
		t.Fatal(err)
	}
	told := func(wake <-chan struct{}) {
		t.Helper()
		select {
		case <-wake:
		default:
			t.Error("the page that waited is not told")
		}
	}
	told(wake)
	wake, cancelSecond := h.Ports.Bus.Subscribe(h.Approvals.Topic(second))
	defer cancelSecond()
	if change, err := h.Approvals.Change(h.ctx, here); err != nil || change.State != nodkey.ApprovalCancelled {
		t.Errorf("the first: %+v, %v", change, err)
	}
	h.Clock.Advance(time.Second)
	own, err := p.key.AskTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	told(wake)
	if change, err := h.Approvals.Change(h.ctx, there); err != nil || change.State != nodkey.ApprovalCancelled {
		t.Errorf("the second: %+v, %v", change, err)
	}
	if open := p.all(t); len(open) != 1 || open[0].ID != own.ID {
		t.Errorf("%d are open", len(open))
	}
	if _, err := h.Approvals.AskTest(h.ctx, here, key); err != nil {
		t.Fatal(err)
	}
	is(t, h.Approvals.CancelChange(h.ctx, here), "", "cancelling")
	if open := p.all(t); len(open) != 0 {
		t.Errorf("%d are open after cancelling", len(open))
	}
}

// Tests neither use up what wakes the phones for sign-ins nor renew it.
func TestTestsAreOutsideTheBudgetOfSignIns(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	test := func(a nodkeytest.Answer) {
		t.Helper()
		h.Clock.Advance(time.Second)
		if _, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(p.key.ID)); err != nil {
			t.Fatal(err)
		}
		change, err := h.Approvals.Change(h.ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		a.Number = change.Number
		if _, err := p.key.Answer(h.ctx, testOf(t, p.key, p), a); err != nil {
			t.Fatal(err)
		}
	}
	for range 12 {
		test(nodkeytest.Answer{No: "not_me"})
	}
	h.Clock.Advance(5 * time.Minute)
	stranger := func() *nodkeytest.Browser { return h.NewBrowser(h.address()) }
	for round := range 3 {
		if !p.notified(t, stranger()) {
			t.Errorf("after the tests a stranger's request %d does not wake", round)
		}
		h.Clock.Advance(nodkey.ApprovalLife)
	}
	test(nodkeytest.Answer{PIN: pin})
	if p.notified(t, stranger()) {
		t.Error("a yes to a test renewed the budget of strangers")
	}
	if !p.notified(t, p.browser) {
		t.Error("the user's own browser does not wake")
	}
}

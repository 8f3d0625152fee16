package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// tested gives the last test of a key as it is kept.
func tested(t *testing.T, k *nodkeytest.PhoneKey, p *person) nodkey.PushTest {
	t.Helper()
	state, err := k.PushState(p.ctx)
	if err != nil || state.Test == nil {
		t.Fatalf("the last test: %+v, %v", state, err)
	}
	return *state.Test
}

func TestATestOfTheNotificationsIsMeasuredFromAskingToTheWordOfThePhone(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	c := p.enter(t)
	h.subscribe(t, p.key, "https://push.example/one")
	for what, ask := range map[string]func() (string, error){
		"by the phone": func() (string, error) { s, err := p.key.AskPushTest(h.ctx); return s.ID, err },
		"by the portal": func() (string, error) {
			id, err := h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(p.key.ID))
			return string(id), err
		},
	} {
		h.Clock.Advance(time.Minute)
		asked := h.Clock.Now()
		id, err := ask()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		wake, cancel := h.Ports.Bus.Subscribe(h.Approvals.Topic(nodkey.ApprovalID(id)))
		m := h.take(t, 1)[0]
		if string(m.Payload) != id || m.Left != nodkey.PushTestLife {
			t.Errorf("%s: %+v", what, m)
		}
		h.Clock.Advance(time.Second)
		h.settle(t, m, nodkey.PushDelivered, 0)
		if !woken(wake) {
			t.Errorf("%s: the page does not hear that it is sent", what)
		}
		h.Clock.Advance(time.Second)
		p.seen(t, p.key, id, nodkey.SeenReceived, "")
		if !woken(wake) {
			t.Errorf("%s: the page does not hear that it arrived", what)
		}
		cancel()
		h.Clock.Advance(time.Second)
		p.seen(t, p.key, id, nodkey.SeenOpened, "")
		want := nodkey.PushTest{KeyID: nodkey.KeyID(p.key.ID), ApprovalID: nodkey.ApprovalID(id), AskedAt: asked, AcceptedAt: asked.Add(time.Second), ReceivedAt: asked.Add(2 * time.Second)}
		if got := tested(t, p.key, p); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
		if state, err := h.Keys.PushStateOf(h.ctx, c, nodkey.KeyID(p.key.ID)); err != nil || state.Test == nil || *state.Test != want || len(state.Channels) != 1 {
			t.Errorf("%s: the portal says %+v, %v", what, state, err)
		}
	}
	// It outlives its approval.
	h.Clock.Advance(365 * 24 * time.Hour)
	if _, err := h.Upkeep.Purge(h.ctx); err != nil {
		t.Fatal(err)
	}
	if rows := nodkeytest.Dump(t, h.path)["deliveries"]; len(rows) != 0 {
		t.Errorf("deliveries of a year ago: %v", rows)
	}
	if got := tested(t, p.key, p); got.ReceivedAt.IsZero() {
		t.Errorf("a year later: %+v", got)
	}
}

func TestATestOfTheNotificationsOpensNothing(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	c := p.enter(t)
	if _, err := h.Users.AskPasswordChange(h.ctx, c, password, "ein anderes langes Wort"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(p.key.ID)); err != nil {
		t.Fatal(err)
	}
	if change, err := h.Approvals.Change(h.ctx, c); err != nil || change.Kind != nodkey.ApprovePasswordChange || change.State != nodkey.ApprovalOpen {
		t.Errorf("the change that waits: %+v, %v", change, err)
	}
	h.Clock.Advance(time.Millisecond)
	if _, err := h.Users.AskPasswordChange(h.ctx, c, password, "noch ein langes Wort"); err != nil {
		t.Fatal(err)
	}
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 2 || open[1].Kind != "push_test" {
		t.Errorf("a later change ends the test: %d are open, %v", len(open), err)
	}
	h.Clock.Advance(time.Millisecond)
	s, err := p.key.AskPushTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind != "push_test" || s.Number || len(s.Keys) != 1 || s.Challenge != "" || !s.FitsKind() || s.Exp-s.Iat != nodkey.PushTestLife.Milliseconds() {
		t.Errorf("the statement: %+v", s.Statement)
	}
	before := nodkeytest.Dump(t, h.path, "used_proofs")
	for what, a := range map[string]nodkeytest.Answer{
		"a yes by PIN": {PIN: pin}, "a wrong PIN": {PIN: "1111"}, "a biometric": {}, "a no": {No: nodkey.ReasonNotMe},
	} {
		_, err := p.key.Answer(h.ctx, s, a)
		is(t, err, "decision.kind", "%s", what)
	}
	is(t, h.Approvals.Disown(h.ctx, phoneOf(t, p.key, p), nodkey.ApprovalID(s.ID)), "approval.disown", "taking back a yes")
	nodkeytest.Unchanged(t, "an answer to a test of the notifications", before, nodkeytest.Dump(t, h.path, "used_proofs"))
	// A stream would bring it to an app that is open: then it shows nothing about notifications.
	if list, _, err := h.Approvals.Look(h.ctx, []nodkey.Caller{phoneOf(t, p.key, p)}); err != nil || len(list.Statements) != 1 {
		t.Errorf("the stream has %d statements, %v; want the change alone", len(list.Statements), err)
	}
	open, err := p.key.Open(h.ctx)
	if err != nil || len(open) != 2 || open[0].ID != s.ID {
		t.Errorf("asked for, there are %d, %v; want the newest test and the change", len(open), err)
	}
}

func TestOfAKeysTestsTheNewestCounts(t *testing.T) {
	h := startPush(t, nil)
	p, other := h.join(t), h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.subscribe(t, second, "https://push.example/two")
	ask := func(k *nodkeytest.PhoneKey) string {
		t.Helper()
		h.Clock.Advance(time.Second)
		s, err := k.AskPushTest(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	old, own, of := ask(p.key), ask(p.key), ask(second)
	p.seen(t, p.key, old, nodkey.SeenReceived, "") // late
	if got := tested(t, p.key, p); string(got.ApprovalID) != own || !got.ReceivedAt.IsZero() {
		t.Errorf("the receipt of an older test counts for the newest: %+v", got)
	}
	p.seen(t, second, own, nodkey.SeenReceived, "approval.none")
	other.seen(t, other.key, own, nodkey.SeenReceived, "approval.none")
	p.seen(t, p.key, of, nodkey.SeenReceived, "approval.none")
	if a, b := tested(t, p.key, p), tested(t, second, p); !a.ReceivedAt.IsZero() || !b.ReceivedAt.IsZero() {
		t.Errorf("one phone's receipt counts for another: %+v, %+v", a, b)
	}
	h.Clock.Advance(nodkey.PushTestLife)
	p.seen(t, p.key, own, nodkey.SeenReceived, "")
	if got := tested(t, p.key, p); !got.ReceivedAt.Equal(h.Clock.Now()) {
		t.Errorf("one that comes late still says how late: %+v", got)
	}
	for _, m := range h.take(t, 0) {
		t.Errorf("a test that is over is sent: %+v", m)
	}
}

func TestATestNeedsAWayToThePhone(t *testing.T) {
	off := start(t, nil)
	p := off.join(t)
	_, err := p.key.AskPushTest(off.ctx)
	is(t, err, "push.off", "without any channel")
	if state, err := p.key.PushState(off.ctx); err != nil || len(state.Channels) != 0 || state.Test != nil {
		t.Errorf("%+v, %v", state, err)
	}

	h := startPush(t, nil)
	p = h.join(t)
	other := h.join(t)
	c := p.enter(t)
	before := nodkeytest.Dump(t, h.path)
	_, err = p.key.AskPushTest(h.ctx)
	is(t, err, "push.none", "without a subscription")
	_, err = h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "push.none", "from the portal")
	for what, id := range map[string]string{"another's": other.key.ID, "none": "x", "nothing": ""} {
		_, err = h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(id))
		is(t, err, "key.unknown", "%s", what)
		_, err = h.Keys.PushStateOf(h.ctx, c, nodkey.KeyID(id))
		is(t, err, "key.unknown", "%s", what)
	}
	_, err = h.Approvals.AskPushTest(h.ctx, h.NewBrowser(h.address()).Anonymous(), nodkey.KeyID(p.key.ID))
	is(t, err, "session.none", "from nobody")
	_, err = h.Keys.AskPushTest(h.ctx, c)
	is(t, err, "proof.missing", "from no phone")
	_, err = h.Keys.PushState(h.ctx, c)
	is(t, err, "proof.missing", "from no phone")
	nodkeytest.Unchanged(t, "a test that cannot be", before, nodkeytest.Dump(t, h.path))

	h.subscribe(t, p.key, "https://push.example/one")
	asked := phoneOf(t, p.key, p)
	for range 2 {
		_, err = h.Keys.AskPushTest(h.ctx, asked)
	}
	is(t, err, "proof.replayed", "the same proof again")
	sent := 0
	for ; sent < 1000; sent++ { // whoever has a session may not make a phone ring for ever
		if _, err = h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(p.key.ID)); nodkey.HasKey(err, "user.slow") {
			break
		}
	}
	is(t, err, "user.slow", "tests without end")
	if sent < 5 || sent > 15 {
		t.Errorf("%d tests are sent at once", sent)
	}
	if _, err = p.key.AskTest(h.ctx); err != nil {
		t.Errorf("other changes are slowed down with them: %v", err)
	}

	hook := startPush(t, nil, nodkey.ChannelWebhook)
	p = hook.join(t)
	if _, err := p.key.AskPushTest(hook.ctx); err != nil {
		t.Errorf("with a webhook every phone has a way: %v", err)
	}
	if state, err := p.key.PushState(hook.ctx); err != nil || len(state.Channels) != 1 || state.Channels[0].Service != "webhook" || state.Channels[0].Since.IsZero() {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestTheDeskSeesHowEachPhoneIsReached(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.subscribe(t, p.key, "https://push.example/one")
	s, err := p.key.AskPushTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.seen(t, p.key, s.ID, nodkey.SeenReceived, "")
	err = h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		for range nodkey.CodeTriesInARow {
			if _, err := tx.ReserveCodeTry(nodkey.KeyID(second.ID), nodkey.CodeTriesInARow); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	d, err := h.Users.Show(h.ctx, h.Desk(), p.name)
	if err != nil {
		t.Fatal(err)
	}
	one, two := d.Delivery[nodkey.KeyID(p.key.ID)], d.Delivery[nodkey.KeyID(second.ID)]
	if len(one.Push.Channels) != 1 || one.Push.Test == nil || one.Push.Test.ReceivedAt.IsZero() || one.CodesOff || !one.Push.Now.Equal(h.Clock.Now()) {
		t.Errorf("the first phone: %+v", one)
	}
	if len(two.Push.Channels) != 0 || two.Push.Test != nil || !two.CodesOff {
		t.Errorf("the second phone: %+v", two)
	}
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	if d, err = h.Users.Show(h.ctx, h.Desk(), p.name); err != nil || d.Delivery[nodkey.KeyID(second.ID)].CodesOff {
		t.Errorf("unlocked: %+v, %v", d.Delivery, err)
	}
}

// A page keeps its caller for as long as its stream lasts, and goes on asking with it.
func TestWhoseSessionHasEndedIsToldNothingMoreOfATest(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	c := p.enter(t)
	_, err := h.Approvals.AskPushTest(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "", "a test")
	_, err = h.Keys.PushStateOf(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "", "what became of it")
	is(t, h.Sessions.SignOut(h.ctx, c), "", "signing out")
	state, err := h.Keys.PushStateOf(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "session.none", "after the session")
	if len(state.Channels) != 0 || state.Test != nil {
		t.Errorf("after the session: %+v", state)
	}
}

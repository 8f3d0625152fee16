package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// reaches checks how far the waiting page says that the request came, phone by phone.
func (p *person) reaches(t *testing.T, what string, want ...nodkey.Reach) nodkey.Waiting {
	t.Helper()
	w, err := p.browser.Wait(p.ctx)
	if err != nil || len(w.Phones) != len(want) {
		t.Fatalf("%s: the page has %+v, %v", what, w.Phones, err)
	}
	for i, x := range w.Phones {
		if x.Reach != want[i] || x.At.IsZero() != (want[i] == nodkey.ReachNone) {
			t.Errorf("%s: the request came to %s as %q at %s, want %q", what, x.Name, x.Reach, x.At, want[i])
		}
	}
	return w
}

// woken reports whether somebody was woken since the last look.
func woken(wake <-chan struct{}) bool {
	select {
	case <-wake:
		return true
	default:
		return false
	}
}

func (p *person) seen(t *testing.T, k *nodkeytest.PhoneKey, id string, step nodkey.SeenStep, want string) {
	t.Helper()
	is(t, k.Seen(p.ctx, id, step), want, "%s", step)
}

func TestTheWaitingPageTellsHowFarTheRequestCame(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	s, w := p.ask(t)
	wake, cancel := h.Ports.Bus.Subscribe(h.SignIns.Topic(w))
	defer cancel()
	p.reaches(t, "at once", nodkey.ReachQueued)
	m := h.take(t, 1)[0]
	h.settle(t, m, nodkey.PushRetry, 0)
	p.reaches(t, "after a try that failed", nodkey.ReachQueued)
	if woken(wake) {
		t.Error("the page is woken by what changes nothing")
	}
	h.Clock.Advance(2 * time.Second)
	m = h.take(t, 1)[0]
	for _, step := range []struct {
		what  string
		do    func()
		reach nodkey.Reach
	}{
		{"accepted", func() { h.settle(t, m, nodkey.PushDelivered, 0) }, nodkey.ReachSent},
		{"received", func() { p.seen(t, p.key, s.ID, nodkey.SeenReceived, "") }, nodkey.ReachArrived},
		{"shown", func() { p.seen(t, p.key, s.ID, nodkey.SeenShown, "") }, nodkey.ReachShown},
		{"opened", func() { p.seen(t, p.key, s.ID, nodkey.SeenOpened, "") }, nodkey.ReachOpened},
	} {
		h.Clock.Advance(time.Second)
		step.do()
		if !woken(wake) {
			t.Errorf("%s: the page is not woken", step.what)
		}
		if w := p.reaches(t, step.what, step.reach); !w.Phones[0].At.Equal(h.Clock.Now()) {
			t.Errorf("%s at %s, want %s", step.what, w.Phones[0].At, h.Clock.Now())
		}
	}
	at := h.Clock.Now()
	h.Clock.Advance(time.Second)
	for _, again := range []nodkey.SeenStep{nodkey.SeenOpened, nodkey.SeenReceived, nodkey.SeenShown} {
		p.seen(t, p.key, s.ID, again, "")
	}
	if w := p.reaches(t, "said again", nodkey.ReachOpened); !w.Phones[0].At.Equal(at) || woken(wake) {
		t.Errorf("said again it is of %s, want %s, and wakes nobody", w.Phones[0].At, at)
	}
	p.seen(t, p.key, s.ID, "", "seen.what")
	p.seen(t, p.key, s.ID, "approved", "seen.what")
}

func TestWhatNobodyTakesIsNotSent(t *testing.T) {
	for what, c := range map[string]struct {
		outcome nodkey.PushOutcome
		want    nodkey.Reach
	}{"refused": {nodkey.PushRefused, nodkey.ReachFailed}, "gone": {nodkey.PushGone, nodkey.ReachFailed}, "delivered": {nodkey.PushDelivered, nodkey.ReachSent}} {
		h := startPush(t, nil)
		p := h.join(t)
		h.subscribe(t, p.key, "https://push.example/one")
		p.ask(t)
		h.settle(t, h.take(t, 1)[0], c.outcome, 0)
		p.reaches(t, what, c.want)
	}
	h := startPush(t, nil)
	p := h.join(t)
	s, _ := p.ask(t)
	p.reaches(t, "a phone without a channel", nodkey.ReachNone)
	p.seen(t, p.key, s.ID, nodkey.SeenOpened, "")
	p.reaches(t, "which was opened all the same", nodkey.ReachOpened)
}

func TestThePageSpeaksOfOtherWaysOnceNoPhoneConfirms(t *testing.T) {
	h := startPush(t, allAtOnce)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Hour)
	s, w := p.ask(t)
	by := w.AskedAt.Add(nodkey.ConfirmWithin)
	if w.Unconfirmed || !w.ConfirmBy.Equal(by) {
		t.Errorf("at once: %t, %s", w.Unconfirmed, w.ConfirmBy)
	}
	h.Clock.Advance(nodkey.ConfirmWithin - time.Millisecond)
	if w := p.reaches(t, "just before", nodkey.ReachNone, nodkey.ReachNone); w.Unconfirmed {
		t.Error("it gives up too early")
	}
	h.Clock.Advance(time.Millisecond)
	if w := p.reaches(t, "then", nodkey.ReachNone, nodkey.ReachNone); !w.Unconfirmed || !w.ConfirmBy.Equal(by) {
		t.Errorf("after %s: %t, %s", nodkey.ConfirmWithin, w.Unconfirmed, w.ConfirmBy)
	}
	p.seen(t, second, s.ID, nodkey.SeenReceived, "")
	if w := p.reaches(t, "confirmed", nodkey.ReachNone, nodkey.ReachArrived); w.Unconfirmed || !w.ConfirmBy.IsZero() {
		t.Errorf("once a phone has it: %t, %s", w.Unconfirmed, w.ConfirmBy)
	}
	p.yes(t, p.browser)
	if w, err := p.browser.Wait(h.ctx); err != nil || w.Unconfirmed || !w.ConfirmBy.IsZero() {
		t.Errorf("after the yes: %+v, %v", w, err)
	}
	if err := p.browser.Finish(h.ctx); err != nil {
		t.Fatal(err)
	}
	c := p.caller(t)
	// A change, or a test, that waits says the same.
	if _, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(second.ID)); err != nil {
		t.Fatal(err)
	}
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil || len(change.Phones) != 1 || change.Unconfirmed || !change.ConfirmBy.Equal(change.AskedAt.Add(nodkey.ConfirmWithin)) {
		t.Errorf("the change: %+v, %v", change, err)
	}
	wake, cancel := h.Ports.Bus.Subscribe(h.Approvals.Topic(change.ID))
	defer cancel()
	p.seen(t, second, string(change.ID), nodkey.SeenShown, "")
	if change, err = h.Approvals.Change(h.ctx, c); err != nil || change.Phones[0].Reach != nodkey.ReachShown || !change.ConfirmBy.IsZero() || !woken(wake) {
		t.Errorf("the change: %+v, %v", change, err)
	}
}

func TestWordOfARequestThatIsOverIsKeptAndWakesNobody(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	s, w := p.ask(t)
	h.Clock.Advance(nodkey.ApprovalLife)
	wake, cancel := h.Ports.Bus.Subscribe(h.SignIns.Topic(w), h.Approvals.Topic(nodkey.ApprovalID(s.ID)))
	defer cancel()
	p.seen(t, p.key, s.ID, nodkey.SeenReceived, "")
	if woken(wake) {
		t.Error("somebody is woken")
	}
	if rows := nodkeytest.Dump(t, h.path)["deliveries"]; len(rows) != 1 {
		t.Errorf("kept: %v", rows)
	}
}

func TestOnlyThePhoneItselfSaysThatARequestReachedIt(t *testing.T) {
	h := startPush(t, allAtOnce)
	p, thief := h.join(t), h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Hour)
	s, _ := p.ask(t)
	before := nodkeytest.Dump(t, h.path)
	thief.seen(t, thief.key, s.ID, nodkey.SeenOpened, "approval.none")
	p.seen(t, p.key, "AAAAAAAAAAAAAAAAAAAAAA", nodkey.SeenOpened, "approval.none")
	p.seen(t, p.key, "", nodkey.SeenOpened, "approval.none")
	is(t, h.Approvals.Seen(h.ctx, p.browser.Anonymous(), nodkey.ApprovalID(s.ID), nodkey.SeenOpened), "proof.missing", "a browser")
	is(t, h.Approvals.Seen(h.ctx, h.Desk(), nodkey.ApprovalID(s.ID), nodkey.SeenOpened), "proof.missing", "the operator")
	nodkeytest.Unchanged(t, "what nobody may say", before, nodkeytest.Dump(t, h.path))
	p.reaches(t, "after all that", nodkey.ReachNone, nodkey.ReachNone)

	// A phone that its person no longer has says nothing of another's.
	p.seen(t, second, s.ID, nodkey.SeenOpened, "")
	p.reaches(t, "of the second phone", nodkey.ReachNone, nodkey.ReachOpened)
	// A request that a phone is not asked about, though it is the same person's.
	test, err := p.key.AskTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.seen(t, second, test.ID, nodkey.SeenOpened, "approval.none")

	c := phoneOf(t, p.key, p)
	is(t, h.Approvals.Seen(h.ctx, c, nodkey.ApprovalID(s.ID), nodkey.SeenReceived), "", "the first time")
	is(t, h.Approvals.Seen(h.ctx, c, nodkey.ApprovalID(s.ID), nodkey.SeenOpened), "proof.replayed", "the same proof again")
	p.reaches(t, "after a replay", nodkey.ReachArrived, nodkey.ReachOpened)
}

func TestAPhoneThatIsNotActiveSaysNothing(t *testing.T) {
	h := startPush(t, allAtOnce)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Hour)
	s, w := p.ask(t)
	for range nodkey.PINTriesInARow {
		p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "1111", Number: w.Number})
	}
	p.seen(t, p.key, s.ID, nodkey.SeenOpened, "key.suspended")
	gone := phoneOf(t, second, p)
	is(t, h.Keys.RemoveOwn(h.ctx, phoneOf(t, second, p)), "", "removing the second phone")
	is(t, h.Approvals.Seen(h.ctx, gone, nodkey.ApprovalID(s.ID), nodkey.SeenOpened), "key.removed", "a removed phone")
	if rows := nodkeytest.Dump(t, h.path)["deliveries"]; len(rows) != 0 {
		t.Errorf("kept: %v", rows)
	}
}

func TestAFloodOfWordsIsBoundedAndHindersNoOtherPhone(t *testing.T) {
	h := startPush(t, allAtOnce)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Hour)
	s, w := p.ask(t)
	n := 0
	for ; n < 1000; n++ {
		err := p.key.Seen(h.ctx, s.ID, nodkey.SeenOpened)
		if nodkey.HasKey(err, "user.slow") {
			break
		}
		is(t, err, "", "word %d", n)
	}
	if n < 60 || n > 500 {
		t.Errorf("after %d words it is too much", n)
	}
	before := nodkeytest.Dump(t, h.path)
	for range 50 {
		p.seen(t, p.key, s.ID, nodkey.SeenOpened, "user.slow")
	}
	nodkeytest.Unchanged(t, "words over the limit", before, nodkeytest.Dump(t, h.path))
	p.seen(t, second, s.ID, nodkey.SeenOpened, "")
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
		t.Errorf("the answer of the phone that said too much: %+v, %v", got, err)
	}
}

func TestEachChannelHasItsOwnMessageAndOneIsEnough(t *testing.T) {
	h := startPush(t, nil, nodkey.ChannelWebPush, nodkey.ChannelNtfy, nodkey.ChannelWebhook)
	p := h.join(t)
	topic := nodkey.Subscription{Endpoint: "https://ntfy.example/secret"}
	for channel, s := range map[string]nodkey.Subscription{nodkey.ChannelWebPush: subscriptionAt(t, "https://push.example/one"), nodkey.ChannelNtfy: topic} {
		is(t, p.key.Subscribe(h.ctx, channel, s), "", "%s", channel)
	}
	s, _ := p.ask(t)
	push, ntfy, hook := h.take(t, 1)[0], h.takeOf(t, "n", 1)[0], h.takeOf(t, "webhook", 1)[0]
	for _, m := range []nodkey.PushMessage{push, ntfy, hook} {
		if m.KeyID != nodkey.KeyID(p.key.ID) || string(m.ApprovalID) != s.ID || m.Left <= 0 {
			t.Errorf("%s: %+v", m.Channel, m.Notice)
		}
		if told := m.User + m.Phone + m.Locale; (told == "") != (m.Channel == nodkey.ChannelWebPush) {
			t.Errorf("%s is told %q", m.Channel, told)
		}
	}
	if push.Channel != nodkey.ChannelWebPush || ntfy.Channel != nodkey.ChannelNtfy || hook.Channel != nodkey.ChannelWebhook ||
		ntfy.To.Endpoint != topic.Endpoint || len(ntfy.To.Auth)+len(ntfy.To.P256DH) != 0 || hook.To.Endpoint != "" ||
		hook.User != p.name || hook.Phone != "Pixel 8" || hook.Locale != "en" {
		t.Errorf("the messages: %+v, %+v, %+v", push, ntfy, hook)
	}
	h.settle(t, push, nodkey.PushRefused, 0)
	p.reaches(t, "one channel failed", nodkey.ReachQueued)
	h.settle(t, ntfy, nodkey.PushGone, 0)
	p.reaches(t, "two channels failed", nodkey.ReachQueued)
	h.settle(t, hook, nodkey.PushDelivered, 0)
	p.reaches(t, "the third has it", nodkey.ReachSent)
	if n := h.outbox(t); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	state, err := p.key.PushState(h.ctx)
	if err != nil || len(state.Channels) != 2 || state.Channels[0].Channel != nodkey.ChannelWebPush || state.Channels[1].Channel != nodkey.ChannelWebhook {
		t.Errorf("once the topic is gone: %+v, %v", state, err)
	}
}

func TestWhatMayBeSubscribedTo(t *testing.T) {
	h := startPush(t, nil, nodkey.ChannelNtfy)
	p := h.join(t)
	whole, topic := subscriptionAt(t, "https://push.example/one"), nodkey.Subscription{Endpoint: "https://ntfy.example/secret"}
	keyed, secret := topic, topic
	keyed.P256DH, secret.Auth = whole.P256DH, whole.Auth
	for i, c := range []struct {
		channel string
		s       nodkey.Subscription
		want    string
	}{
		{nodkey.ChannelWebPush, whole, "push.off"},
		{nodkey.ChannelWebhook, topic, "push.channel"},
		{"", whole, "push.channel"},
		{"sms", topic, "push.channel"},
		{nodkey.ChannelNtfy, keyed, "push.p256dh"},
		{nodkey.ChannelNtfy, secret, "push.auth"},
		{nodkey.ChannelNtfy, nodkey.Subscription{}, "push.endpoint"},
		{nodkey.ChannelNtfy, topic, ""},
	} {
		is(t, p.key.Subscribe(h.ctx, c.channel, c.s), c.want, "%d: %q", i, c.channel)
	}
	is(t, h.Keys.Unsubscribe(h.ctx, phoneOf(t, p.key, p), nodkey.ChannelWebhook), "push.channel", "unsubscribing")
	is(t, h.Keys.Unsubscribe(h.ctx, phoneOf(t, p.key, p), nodkey.ChannelWebPush), "", "another channel than is there")
	if n := len(nodkeytest.Dump(t, h.path)["subscriptions"]); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	is(t, h.Keys.Unsubscribe(h.ctx, phoneOf(t, p.key, p), nodkey.ChannelNtfy), "", "unsubscribing")
	if n := len(nodkeytest.Dump(t, h.path)["subscriptions"]); n != 0 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestASubscriptionHandedOverByAThiefTellsThemNothing(t *testing.T) {
	h := startPush(t, nil)
	p, thief := h.join(t), h.join(t)
	const stolen = "https://push.example/victim"
	h.subscribe(t, p.key, stolen)
	h.subscribe(t, thief.key, stolen)
	s, w := p.ask(t)
	bait, _ := thief.ask(t)
	for _, m := range h.take(t, 2) {
		// Both messages go to the victim's browser: each carries one id, and only its owner's names a request that can be seen.
		if m.To.Endpoint != stolen || string(m.Payload) != map[nodkey.KeyID]string{nodkey.KeyID(p.key.ID): s.ID, nodkey.KeyID(thief.key.ID): bait.ID}[m.KeyID] {
			t.Errorf("a message of %s to %s: %s", m.KeyID, m.To.Endpoint, m.Payload)
		}
		if m.KeyID == nodkey.KeyID(thief.key.ID) {
			h.settle(t, m, nodkey.PushGone, 0) // even if it is said to be gone, the victim's stays
		} else {
			h.settle(t, m, nodkey.PushDelivered, 0)
		}
	}
	p.seen(t, p.key, bait.ID, nodkey.SeenReceived, "approval.none")
	thief.seen(t, thief.key, s.ID, nodkey.SeenReceived, "approval.none")
	p.reaches(t, "the victim's page", nodkey.ReachSent)
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 1 || open[0].ID != s.ID {
		t.Errorf("the victim's phone shows %d requests, %v", len(open), err)
	}
	if state, err := p.key.PushState(h.ctx); err != nil || len(state.Channels) != 1 || state.Channels[0].Failing {
		t.Errorf("the victim's channel: %+v, %v", state, err)
	}
	if state, err := thief.key.PushState(h.ctx); err != nil || len(state.Channels) != 0 {
		t.Errorf("the thief's channel: %+v, %v", state, err)
	}
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestASubscriptionThatItsServiceRefusesIsFailing(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	says := func(what string, want bool) nodkey.PushChannel {
		t.Helper()
		state, err := p.key.PushState(h.ctx)
		if err != nil || len(state.Channels) != 1 || state.Channels[0].Failing != want {
			t.Fatalf("%s: %+v, %v, want failing %t", what, state, err, want)
		}
		return state.Channels[0]
	}
	round := func(outcome nodkey.PushOutcome) {
		t.Helper()
		h.Clock.Advance(time.Hour)
		p.ask(t)
		h.settle(t, h.take(t, 1)[0], outcome, 0)
	}
	if c := says("at first", false); !c.AcceptedAt.IsZero() || !c.RefusedAt.IsZero() || c.Service != "s" || !c.Since.Equal(h.Clock.Now()) {
		t.Errorf("%+v", c)
	}
	round(nodkey.PushRefused)
	says("refused once, lately", true)
	h.Clock.Advance(24 * time.Hour)
	says("refused once, a day ago", false)
	round(nodkey.PushRefused)
	round(nodkey.PushRefused)
	h.Clock.Advance(30 * 24 * time.Hour)
	says("refused three times in a row", true)
	round(nodkey.PushDelivered)
	if c := says("then accepted", false); !c.AcceptedAt.Equal(h.Clock.Now()) || !c.RefusedAt.Before(c.AcceptedAt) {
		t.Errorf("%+v", c)
	}
	for i := range 3 {
		round(nodkey.PushRefused)
		says(fmt.Sprint("refused again, ", i), true)
	}
	h.subscribe(t, p.key, "https://push.example/two")
	says("with a new subscription", false)
}

package nodkey_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// inbox is all that a phone does in the message centre, by fresh proofs.
func (p *person) inbox(t failer, k *nodkeytest.PhoneKey, r nodkey.Reference) map[string]func() error {
	with := func(call func(nodkey.Caller) error) func() error {
		return func() error {
			p.Clock.Advance(time.Millisecond)
			return call(phoneOf(t, k, p))
		}
	}
	return map[string]func() error{
		"listing": with(func(c nodkey.Caller) error {
			_, err := p.Messages.List(p.ctx, c, nodkey.MessageQuery{})
			return err
		}),
		"searching": with(func(c nodkey.Caller) error {
			_, err := p.Messages.List(p.ctx, c, nodkey.MessageQuery{Search: "question"})
			return err
		}),
		"reading": with(func(c nodkey.Caller) error {
			_, err := p.Messages.Read(p.ctx, c, r, "")
			return err
		}),
		"closing":   with(func(c nodkey.Caller) error { return p.Messages.Close(p.ctx, c, r) }),
		"reopening": with(func(c nodkey.Caller) error { return p.Messages.Reopen(p.ctx, c, r) }),
		"answering": func() error { return k.Reply(p.ctx, r, "It works now.") },
		"settings": with(func(c nodkey.Caller) error {
			_, err := p.Messages.Settings(p.ctx, c)
			return err
		}),
	}
}

// shutFor checks that a key gets nothing but this error, and that none of what it tried left a trace in the message.
func (p *person) shutFor(t failer, k *nodkeytest.PhoneKey, r nodkey.Reference, want, when string) {
	t.Helper()
	entries := func() (n int, m nodkey.SealedMessage) {
		p.view(t, func(tx nodkey.Tx) (err error) {
			m, err = tx.MessageByReference(r)
			return err
		})
		return m.Entries, m
	}
	before, _ := entries()
	for what, call := range p.inbox(t, k, r) {
		is(t, call(), want, "%s %s", what, when)
	}
	if after, m := entries(); after != before || !m.Unread || m.Status != nodkey.MessageAnswered {
		t.Errorf("%s: the message is %+v now", when, m)
	}
}

// letter is a message of the desk's, unread.
func (p *person) letter(t failer) nodkey.Reference {
	t.Helper()
	p.Clock.Advance(time.Second)
	r, err := p.MessageDesk.Post(p.ctx, p.Desk(), p.name, nodkey.Posting{Category: "other", Texts: map[string]nodkey.MessageText{"en": hello}})
	if err != nil {
		t.Fatalf("the desk writes: %v", err)
	}
	return r
}

func (p *person) open(t failer, k *nodkeytest.PhoneKey) {
	t.Helper()
	p.Clock.Advance(time.Second)
	if err := k.OpenMessages(p.ctx, nodkeytest.Answer{PIN: pin}); err != nil {
		t.Fatalf("opening the message centre: %v", err)
	}
}

// A signature alone reads nothing: not before a yes, not while the question is open, not after a no or a wrong PIN.
func TestASignatureAloneReadsNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	r := p.letter(t)
	p.shutFor(t, p.key, r, "messages.closed", "by signature alone")
	s, err := p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.shutFor(t, p.key, r, "messages.closed", "while it is asked")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"})
	is(t, err, "pin.wrong", "a wrong PIN")
	p.shutFor(t, p.key, r, "messages.closed", "after a wrong PIN")
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{No: nodkey.ReasonMistake}); err != nil || got.State != "denied" {
		t.Errorf("a no: %+v, %v", got, err)
	}
	p.shutFor(t, p.key, r, "messages.closed", "after a no")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin})
	is(t, err, "approval.denied", "a yes after the no")
	// What else this key says yes to opens nothing.
	for kind, ask := range asksOwn {
		if kind == "pin_change" {
			continue
		}
		other, err := ask(p.key, h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.key.Answer(h.ctx, other, nodkeytest.Answer{PIN: pin}); err != nil {
			t.Fatal(err)
		}
		p.shutFor(t, p.key, r, "messages.closed", "after a yes to a "+kind)
	}
	p.enter(t)
	p.shutFor(t, p.key, r, "messages.closed", "after a yes to a sign-in")
	// The count needs no opening, and is all that there is without one.
	if n, err := h.Messages.Unread(h.ctx, p.phoneCaller(t)); err != nil || n == 0 {
		t.Errorf("%d unread, %v", n, err)
	}
	s, err = p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{}); err != nil || got.State != "approved" {
		t.Fatalf("by biometric: %+v, %v", got, err)
	}
	for what, call := range p.inbox(t, p.key, r) {
		if what == "answering" {
			continue // the others close and reopen meanwhile
		}
		is(t, call(), "", "%s once it is open", what)
	}
	is(t, p.inbox(t, p.key, r)["reopening"](), "", "reopening")
	is(t, p.inbox(t, p.key, r)["answering"](), "", "answering")
}

// An opening is one key's: not another key's of the same user, nor one's of another user, whoever answers.
func TestAnOpeningIsOneKeysAlone(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	r, theirs := p.letter(t), other.letter(t)
	p.open(t, p.key)
	p.shutFor(t, second, r, "messages.closed", "another key of the same user")
	other.shutFor(t, other.key, theirs, "messages.closed", "another user's key")
	for what, call := range p.inbox(t, p.key, theirs) {
		if what == "listing" || what == "searching" || what == "settings" {
			continue
		}
		is(t, call(), "message.unknown", "%s another user's message", what)
	}
	other.shutFor(t, other.key, theirs, "messages.closed", "after an open key tried it")

	// Nobody else answers the statement, and its answer opens nothing else.
	s, err := second.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*nodkeytest.PhoneKey{"another key of the user": p.key, "another user's": other.key} {
		in, err := k.Decision(s, nodkeytest.Answer{PIN: pin})
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Send(h.ctx, s.ID, in)
		is(t, err, "approval.none", "answered by %s", name)
		in.Decision = ""
		_, err = k.Send(h.ctx, s.ID, in)
		is(t, err, "request.jws", "answered without a decision by %s", name)
	}
	mine, err := second.Decision(s, nodkeytest.Answer{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Send(h.ctx, s.ID, mine)
	is(t, err, "request.jws", "a decision that another key hands in")
	p.shutFor(t, second, r, "messages.closed", "after all of that")
	if s.Kind != "messages_open" || len(s.Keys) != 1 || s.Keys[0] != second.ID || s.Number || s.Es != nil || s.NewKey != nil || s.Item != "" {
		t.Errorf("the statement is %+v", s.Statement)
	}
	if woken, err := h.Approvals.Open(h.ctx, []nodkey.Caller{phoneOf(t, second, p), p.phoneCaller(t)}, true); err != nil || len(woken.Statements) != 0 {
		t.Errorf("it wakes %d phones, %v", len(woken.Statements), err)
	}
	for name, c := range map[string]nodkey.Caller{"a session": p.enter(t), "nobody": p.key.Phone.Caller(), "an operator": h.Desk()} {
		_, err := h.Keys.AskMessages(h.ctx, c)
		is(t, err, "proof.missing", "%s asks", name)
		is(t, h.Messages.Shut(h.ctx, c), "proof.missing", "%s shuts", name)
	}
}

// Ten minutes from the yes by the server's clock, whatever is read meanwhile, and over at once when it is shut.
func TestAnOpeningEnds(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	r := p.letter(t)
	p.open(t, p.key)
	opened := h.Clock.Now()
	list := p.inbox(t, p.key, r)["listing"]
	for h.Clock.Now().Before(opened.Add(nodkey.OpeningLife - time.Minute)) {
		h.Clock.Advance(30 * time.Second)
		is(t, list(), "", "%s after the yes", h.Clock.Now().Sub(opened))
	}
	h.Clock.Advance(opened.Add(nodkey.OpeningLife).Sub(h.Clock.Now()) - 2*time.Millisecond)
	is(t, list(), "", "a moment before the end") // the call takes a millisecond
	h.Clock.Advance(time.Millisecond)
	p.shutFor(t, p.key, r, "messages.closed", "after ten minutes")

	p.open(t, p.key)
	is(t, list(), "", "open again")
	is(t, p.key.ShutMessages(h.ctx), "", "shutting")
	p.shutFor(t, p.key, r, "messages.closed", "after it was shut")
	is(t, p.key.ShutMessages(h.ctx), "", "shutting again")
	if n := len(h.actions(t, p.id, "messages.shut")); n != 1 {
		t.Errorf("%d audit rows tell that it was shut", n)
	}
	c := p.phoneCaller(t)
	is(t, h.Messages.Shut(h.ctx, c), "", "shutting")
	is(t, h.Messages.Shut(h.ctx, c), "proof.replayed", "the same request again")
}

// A decision opens once: repeated after the end or after a shut, and by as many machines at once as you like.
func TestAReplayedDecisionOpensNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	r := p.letter(t)
	s, err := p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.key.Decision(s, nodkeytest.Answer{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	again := func(when string) {
		t.Helper()
		if got, err := p.key.Send(h.ctx, s.ID, in); err != nil || got.State != "approved" {
			t.Errorf("the decision %s: %+v, %v", when, got, err)
		}
	}
	again("at first")
	is(t, p.inbox(t, p.key, r)["listing"](), "", "listing")
	h.Clock.Advance(9 * time.Minute)
	again("within the ten minutes")
	h.Clock.Advance(2 * time.Minute)
	p.shutFor(t, p.key, r, "messages.closed", "eleven minutes after the yes, two after its repetition")
	again("after the end")
	p.shutFor(t, p.key, r, "messages.closed", "after a repetition")
	p.open(t, p.key)
	is(t, p.key.ShutMessages(h.ctx), "", "shutting")
	again("after a shut")
	p.shutFor(t, p.key, r, "messages.closed", "after a repetition of an older yes")

	// The newest question counts; an older one opens nothing.
	old, err := p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	if _, err := p.key.AskMessages(h.ctx); err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Answer(h.ctx, old, nodkeytest.Answer{PIN: pin})
	is(t, err, "approval.cancelled", "a yes to the older question")
	late, err := p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	_, err = p.key.Answer(h.ctx, late, nodkeytest.Answer{PIN: pin})
	is(t, err, "approval.expired", "a yes that comes too late")
	p.shutFor(t, p.key, r, "messages.closed", "after both")
}

// Whatever ends a key ends its opening, and none comes back with the key.
func TestAnOpeningGoesWithItsKey(t *testing.T) {
	h := start(t, nil)
	suspend := func(k *nodkeytest.PhoneKey) {
		t.Helper()
		s, err := k.AskTest(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for range nodkey.PINTriesInARow {
			if _, err = k.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"}); err == nil {
				t.Fatal("a wrong PIN is right")
			}
		}
	}
	p := h.join(t)
	r := p.letter(t)
	p.open(t, p.key)
	suspend(p.key)
	p.shutFor(t, p.key, r, "key.suspended", "of a suspended key")
	_, err := p.key.AskMessages(h.ctx)
	is(t, err, "key.suspended", "asking")
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	p.shutFor(t, p.key, r, "messages.closed", "of a key that was unlocked")
	suspend(p.key)
	is(t, p.key.ShutMessages(h.ctx), "", "shutting what is shut, of a suspended key")
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}

	p.open(t, p.key)
	c := p.enter(t)
	waiting, _, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	p.shutFor(t, waiting, r, "key.pending", "of a key that waits for its yes")
	_, err = waiting.AskMessages(h.ctx)
	is(t, err, "key.pending", "asking")

	// Its yes taken back.
	s, err := p.key.AskMessages(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	is(t, p.inbox(t, p.key, r)["listing"](), "", "listing")
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), nodkey.ApprovalID(s.ID)), "", "taking the yes back")
	p.shutFor(t, p.key, r, "messages.closed", "after its yes was taken back")
	p.open(t, p.key)
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), nodkey.ApprovalID(s.ID)), "", "taking an older yes back")
	is(t, p.inbox(t, p.key, r)["listing"](), "", "listing after an older yes was taken back")

	c2 := p.phoneCaller(t) // proved itself before it was removed
	is(t, h.Keys.RemoveOwn(h.ctx, p.phoneCaller(t)), "", "removing")
	_, err = h.Messages.List(h.ctx, c2, nodkey.MessageQuery{})
	is(t, err, "key.removed", "with a proof of before")
	p.shutFor(t, p.key, r, "key.removed", "of a removed key")
	_, err = p.key.AskMessages(h.ctx)
	is(t, err, "key.removed", "asking")
	if rows := h.rawRows(t, "message_openings"); rows != 0 {
		t.Errorf("%d openings are left", rows)
	}
}

// Shutting beside a hundred readers: who began after it reads nothing.
func TestShutHoldsAgainstReadersBesideIt(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.letter(t)
	for round := range 5 {
		p.open(t, p.key)
		ctx, cancel := context.WithCancel(h.ctx)
		var wg sync.WaitGroup
		for range 8 {
			c := p.phoneCaller(t)
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{}); err != nil && !nodkey.HasKey(err, "messages.closed") {
						t.Errorf("listing: %v", err)
					}
				}
			})
		}
		is(t, p.key.ShutMessages(h.ctx), "", "shutting in round %d", round)
		_, err := h.Messages.List(h.ctx, p.phoneCaller(t), nodkey.MessageQuery{})
		is(t, err, "messages.closed", "listing after it in round %s", fmt.Sprint(round))
		cancel()
		wg.Wait()
	}
}

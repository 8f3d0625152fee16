package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// reopen starts the house again after its site changed.
func (h house) reopen(t failer, change func(*nodkey.Site)) {
	t.Helper()
	change(&h.Site)
	var err error
	if h.House.Services, err = h.Second(h.ctx); err != nil {
		t.Fatalf("opening it again: %v", err)
	}
}

// What nothing leaves by gets no summaries, is asked for no address, and has no code sent to it; what waited for it comes to an end.
func TestAChannelThatIsClosed(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), nil)
	waiting := p.post(t, inEnglish, "")
	h.settled(t, nodkey.PushDelivered, h.due(t, nodkey.SummaryEmail)...)
	h.reopen(t, func(s *nodkey.Site) { s.NoSMS = true })
	c := p.enter(t)
	if got := h.Contacts.Channels(); !slices.Equal(got, []nodkey.SummaryChannel{nodkey.SummaryEmail}) {
		t.Errorf("open are %v", got)
	}
	if s, err := h.Messages.Settings(h.ctx, c); err != nil || s.Delivery != nodkey.DeliverEmail {
		t.Errorf("summaries go by %s, %v", s.Delivery, err)
	}
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummarySMS, "+41 79 123 45 99"), "contact.closed", "a code for a number")
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "another@example.net"), "", "a code for an e-mail address")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummarySMS, "+41 79 123 45 98"), "", "the desk keeps numbers all the same")
	later := p.post(t, inEnglish, "")
	for r, want := range map[nodkey.Reference][]nodkey.SummaryChannel{waiting: {nodkey.SummaryEmail, nodkey.SummarySMS}, later: {nodkey.SummaryEmail}} {
		thread, err := h.MessageDesk.Read(h.ctx, h.Desk(), r)
		var got []nodkey.SummaryChannel
		for _, s := range thread.Summaries {
			got = append(got, s.Channel)
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("summaries by %v, want %v; %v", got, want, err)
		}
	}
	if n, err := h.Summaries.Expire(h.ctx); n != 0 || err != nil {
		t.Errorf("%d ended at once, %v", n, err)
	}
	h.settled(t, nodkey.PushDelivered, h.due(t, nodkey.SummaryEmail)...)
	h.Clock.Advance(3 * 24 * time.Hour)
	for i, want := range []int{1, 0} {
		if n, err := h.Summaries.Expire(h.ctx); n != want || err != nil {
			t.Errorf("%d ended the %d. time, want %d; %v", n, i, want, err)
		}
	}
	thread, err := h.MessageDesk.Read(h.ctx, h.Desk(), waiting)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range thread.Summaries {
		if want := map[nodkey.SummaryChannel]nodkey.SummaryState{nodkey.SummaryEmail: nodkey.SummarySent, nodkey.SummarySMS: nodkey.SummaryFailed}[s.Channel]; s.State != want {
			t.Errorf("%s: %s %q, want %s", s.Channel, s.State, s.Failure, want)
		}
	}
}

// A code before the first phone goes by what is open, and where nothing is, the desk has to help.
func TestACodeBeforeTheFirstPhoneGoesByWhatIsOpen(t *testing.T) {
	h := start(t, byContact)
	_, c := h.known(t)
	h.reopen(t, func(s *nodkey.Site) { s.NoEmail = true })
	if proof, err := h.Contacts.Proof(h.ctx, c); err != nil || len(proof.Ways) != 1 || proof.Ways[0].Channel != nodkey.SummarySMS {
		t.Errorf("%+v, %v", proof.Ways, err)
	}
	is(t, h.Contacts.AskProof(h.ctx, c, nodkey.SummaryEmail), "contact.absent", "a code by e-mail")
	is(t, h.Contacts.AskProof(h.ctx, c, nodkey.SummarySMS), "", "a code by SMS")
	h.reopen(t, func(s *nodkey.Site) { s.NoSMS = true })
	if proof, err := h.Contacts.Proof(h.ctx, c); err != nil || len(proof.Ways) != 0 {
		t.Errorf("%+v, %v", proof.Ways, err)
	}
}

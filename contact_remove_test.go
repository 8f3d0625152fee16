package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// An address goes with a phone's yes alone; it is told, and what would have gone there stays in the message centre.
func TestAnAddressIsRemovedByAPhonesYesAndTold(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	_, err := h.Contacts.AskRemove(h.ctx, c, nodkey.SummaryEmail)
	is(t, err, "contact.absent", "none")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an address")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummarySMS, "+41791234567"), "", "a number")
	settings, err := h.Messages.Settings(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	settings.Delivery = nodkey.DeliverBoth
	is(t, h.Messages.SaveSettings(h.ctx, c, settings), "", "both ways")
	for _, m := range append(h.due(t, nodkey.SummaryEmail), h.due(t, nodkey.SummarySMS)...) {
		h.settled(t, nodkey.PushDelivered, m)
	}

	if _, err := h.Contacts.AskRemove(h.ctx, c, nodkey.SummaryEmail); err != nil {
		t.Fatal(err)
	}
	asked := p.newest(t)
	if asked.Kind != string(nodkey.ApproveContactRemove) || asked.Item != "mara@example.com" || !asked.FitsKind() {
		t.Errorf("the phone is asked %+v", asked)
	}
	if _, err := p.key.Answer(h.ctx, asked, nodkeytest.Answer{No: nodkey.ReasonMistake}); err != nil {
		t.Fatal(err)
	}
	if got := p.addresses(t, c); len(got) != 2 {
		t.Fatalf("after a no: %q", got)
	}
	h.Clock.Advance(time.Second)
	if _, err := h.Contacts.AskRemove(h.ctx, c, nodkey.SummaryEmail); err != nil {
		t.Fatal(err)
	}
	p.sayYes(t, c)
	if got := p.addresses(t, c); !slices.Equal(got, []string{"+41791234567 …67"}) {
		t.Errorf("%q", got)
	}
	to := map[string]int{}
	for _, m := range append(h.due(t, nodkey.SummaryEmail), h.due(t, nodkey.SummarySMS)...) {
		to[m.To]++
		h.settled(t, nodkey.PushDelivered, m)
	}
	if to["mara@example.com"] != 1 || to["+41791234567"] != 1 {
		t.Errorf("told: %v", to)
	}
	if !slices.ContainsFunc(p.notices(t, c), func(n nodkey.AccountNotice) bool {
		return n.Kind == nodkey.NoticeContactRemoved && n.Contact == "m…@example.com" && n.Action == nodkey.ActAskDesk
	}) {
		t.Errorf("%+v", p.notices(t, c))
	}
	if s, err := h.Messages.Settings(h.ctx, c); err != nil || s.Delivery != nodkey.DeliverSMS {
		t.Errorf("the delivery is %s, %v", s.Delivery, err)
	}
	is(t, h.Contacts.Remove(h.ctx, h.Desk(), p.name, nodkey.SummarySMS), "", "the desk takes the number away")
	is(t, h.Contacts.Remove(h.ctx, h.Desk(), p.name, nodkey.SummarySMS), "contact.absent", "once more")
	is(t, h.Contacts.Remove(h.ctx, c, p.name, nodkey.SummarySMS), "operator.only", "no operator")
	if s, err := h.Messages.Settings(h.ctx, c); err != nil || s.Delivery != nodkey.DeliverCentre {
		t.Errorf("the delivery is %s, %v", s.Delivery, err)
	}
	for _, action := range []string{"contact.removed", "contact_remove.asked"} {
		if !slices.Contains(h.actions(t, p.id, "contact"), action) {
			t.Errorf("the log lacks %s", action)
		}
	}
}

// A yes to a removal removes what the phone showed, and nothing that came after it.
func TestAYesRemovesNoOtherAddressThanItShowed(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "old@example.com"), "", "an address")
	if _, err := h.Contacts.AskRemove(h.ctx, c, nodkey.SummaryEmail); err != nil {
		t.Fatal(err)
	}
	asked := p.newest(t)
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "new@example.com"), "", "another address")
	is(t, p.says(asked, change.Number), "approval.cancelled", "the yes")
	if got := p.addresses(t, c); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// Who has the password alone takes nothing away.
func TestARestrictedSessionRemovesNoAddress(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an address")
	c := p.visit(t)
	_, err := h.Contacts.AskRemove(h.ctx, c, nodkey.SummaryEmail)
	is(t, err, "session.restricted", "by password")
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"), "session.restricted", "another address")
	_, err = h.Contacts.Trying(h.ctx, c, nodkey.SummaryEmail)
	is(t, err, "session.restricted", "a look")
}

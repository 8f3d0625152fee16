package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// toldOf gives the subjects of what is due for a person's address now, and settles it as sent.
func (h house) toldOf(t failer, channel nodkey.SummaryChannel) (subjects []nodkey.SummarySubject) {
	t.Helper()
	list := h.due(t, channel)
	for _, m := range list {
		subjects = append(subjects, m.Summary.Subject)
	}
	h.settled(t, nodkey.PushDelivered, list...)
	return subjects
}

// A mail server is away while somebody uses a stolen session: whatever they do there with the notice of their own coming, its
// person hears of it.
func TestASessionCannotTakeBackWhatTheServerTellsOfIt(t *testing.T) {
	for name, hide := range map[string]func(*person, nodkey.Caller, nodkey.Reference) error{
		"reading": func(p *person, c nodkey.Caller, r nodkey.Reference) error {
			_, err := p.Messages.Read(p.ctx, c, r, "")
			return err
		},
		"putting away": func(p *person, c nodkey.Caller, r nodkey.Reference) error { return p.Messages.Close(p.ctx, c, r) },
		"another delivery": func(p *person, c nodkey.Caller, _ nodkey.Reference) error {
			return p.Messages.SaveSettings(p.ctx, c, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverCentre})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, nil)
			p := h.join(t)
			p.reached(t, p.enter(t), func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail })
			thief := p.signIn(t, h.NewBrowser("198.51.100.7"))
			box := p.box(t, thief, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageSecurity, Unread: true}})
			if len(box.Messages) != 1 {
				t.Fatalf("the notice: %+v", box.Messages)
			}
			if err := hide(p, thief, box.Messages[0].Reference); err != nil {
				t.Fatal(err)
			}
			h.Clock.Advance(time.Hour)
			told := map[nodkey.SummarySubject]int{}
			for _, s := range h.toldOf(t, nodkey.SummaryEmail) {
				told[s]++
			}
			if told[nodkey.SubjectSecurity] != 1 {
				t.Errorf("its person was told of %v", told)
			}
		})
	}
}

// Whoever turns summaries off sets quiet hours that never end with the same press: the address that loses them is told at once.
func TestQuietHoursDoNotSilenceThatSummariesAreTurnedOff(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail })
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverCentre, QuietFrom: 8 * 60, QuietTo: 8*60 - 1}), "", "off")
	if told := h.toldOf(t, nodkey.SummaryEmail); len(told) != 1 {
		t.Errorf("the address was told of %v", told)
	}
}

// Turning summaries off and on again and again buries no box under notices and runs up nobody's bill.
func TestTurningSummariesOffAndOnIsBounded(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	turned, sms := 0, 0
	for i := range 10 * 60 {
		delivery := []nodkey.SummaryDelivery{nodkey.DeliverCentre, nodkey.DeliverSMS}[i%2]
		same := p.settings(t, c).Delivery == delivery
		err := h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "en", Delivery: delivery})
		if err == nil && !same {
			turned++
		} else if !same {
			is(t, err, "user.slow", "turning")
		}
		h.Clock.Advance(time.Second)
		sms += len(h.toldOf(t, nodkey.SummarySMS))
	}
	if turned < 2 || turned > 12 || sms > 10 {
		t.Errorf("turned %d times, and %d text messages", turned, sms)
	}
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "de", Delivery: p.settings(t, c).Delivery}), "", "what turns nothing")
}

func (p *person) settings(t failer, c nodkey.Caller) nodkey.MessageSettings {
	t.Helper()
	s, err := p.Messages.Settings(p.ctx, c)
	if err != nil {
		t.Fatalf("the settings: %v", err)
	}
	return s
}

// A user has a code sent to another number each time: there is an end to that for a day.
func TestCodesAreNoWayToSendTextMessagesWithoutEnd(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	sent := 0
	for i := range 24 * 4 {
		h.Clock.Advance(15 * time.Minute)
		err := h.Contacts.Ask(h.ctx, p.enter(t), nodkey.SummarySMS, fmt.Sprintf("+88161%08d", i))
		if err == nil {
			sent++
		} else {
			is(t, err, "contact.soon", "another number")
		}
		h.codes(t, nodkey.SummarySMS)
	}
	if sent < 10 || sent > 20 {
		t.Errorf("%d codes to numbers of one's choice in a day", sent)
	}
}

// Many users have codes sent at once: those that are over what leaves at a time wait, and are not lost.
func TestCodesOfAllUsersLeaveAtARate(t *testing.T) {
	h := start(t, nil)
	const users = 66
	for i := range users {
		is(t, h.Contacts.Ask(h.ctx, h.join(t).enter(t), nodkey.SummarySMS, fmt.Sprintf("+88161%08d", i)), "", "a code")
	}
	if n := len(h.codes(t, nodkey.SummarySMS)); n != 60 {
		t.Errorf("%d at once", n)
	}
	if n := len(h.codes(t, nodkey.SummarySMS)); n != 0 {
		t.Errorf("%d more at once", n)
	}
	h.Clock.Advance(time.Minute)
	if n := len(h.codes(t, nodkey.SummarySMS)); n != users-60 {
		t.Errorf("%d a minute later", n)
	}
}

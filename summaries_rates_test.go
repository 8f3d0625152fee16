package nodkey_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// Rates bound what one person gets and what goes out in all; what is over them waits and is not lost.
func TestRatesOfSummaries(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	for range 8 {
		p.post(t, inEnglish, "")
	}
	got := 0
	for i, want := range []int{5, 0, 1, 0} {
		list := h.due(t, nodkey.SummarySMS)
		if got += len(list); i != 2 && len(list) != want {
			t.Errorf("%d taken the %d. time", len(list), i)
		}
		h.settled(t, nodkey.PushDelivered, list...)
		if i == 1 {
			h.Clock.Advance(13 * time.Minute)
		}
	}
	for range 60 {
		h.Clock.Advance(13 * time.Minute)
		list := h.due(t, nodkey.SummarySMS)
		got += len(list)
		h.settled(t, nodkey.PushDelivered, list...)
	}
	if got != 8 {
		t.Errorf("%d of 8 went out", got)
	}
	// In all.
	h = start(t, nil)
	users := h.crowd(t, 100)
	for _, u := range users {
		name := strings.Replace(string(u), "-", "", 1)
		is(t, h.Contacts.Set(h.ctx, h.Desk(), name, nodkey.SummarySMS, "+4179"+name[len(name)-5:]+"00"), "", "a number")
		err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
			return tx.SaveMessageSettings(nodkey.MessageSettings{UserID: u, First: "en", Delivery: nodkey.DeliverSMS, Announcements: true})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.announce(t, holiday)
	h.sendAll(t)
	if n := len(h.due(t, nodkey.SummarySMS)); n != 60 {
		t.Errorf("%d at once", n)
	}
	// What concerns somebody's security does not wait behind them.
	p = h.join(t)
	p.reached(t, p.enter(t), func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverSMS })
	h.Clock.Advance(3 * time.Second)
	p.signIn(t, h.NewBrowser("198.51.100.7"))
	list, _, err := h.Summaries.Take(h.ctx, nodkey.SummarySMS, 2)
	if err != nil || len(list) != 2 || list[0].Summary.Kind != nodkey.MessageSecurity || list[1].Summary.Kind != nodkey.MessageAnnouncement {
		t.Errorf("%+v, %v", list, err)
	}
	h.due(t, nodkey.SummarySMS)
	h.Clock.Advance(10 * time.Second)
	if n := len(h.due(t, nodkey.SummarySMS)); n != 10 {
		t.Errorf("%d ten seconds later", n)
	}
}

// How much leaves in all is for the operator to say: both a minute's worth at once, and what follows.
func TestTheRateInAllIsTheOperators(t *testing.T) {
	for rate, want := range map[int][2]int{1: {60, 3}, 2: {120, 6}} {
		h := start(t, func(p *nodkey.Policy) { p.EmailRate = rate })
		for i, u := range h.crowd(t, 90) {
			name := strings.Replace(string(u), "-", "", 1)
			is(t, h.Contacts.Set(h.ctx, h.Desk(), name, nodkey.SummaryEmail, fmt.Sprintf("box%d@example.net", i)), "", "an address")
		}
		h.announce(t, holiday)
		h.sendAll(t) // and each has a notice of their address
		for i, n := range want {
			left := 0
			for list := h.due(t, nodkey.SummaryEmail); len(list) > 0; list = h.due(t, nodkey.SummaryEmail) {
				h.settled(t, nodkey.PushDelivered, list...)
				left += len(list)
			}
			if left != n {
				t.Errorf("at %d a second %d left the %d. time, want %d", rate, left, i, n)
			}
			h.Clock.Advance(3 * time.Second)
		}
	}
}

// Unread messages are spoken of again by their priority, until they are read or that is switched off.
func TestReminders(t *testing.T) {
	const day = 24 * time.Hour
	for priority, want := range map[nodkey.Priority][]int{nodkey.PriorityLow: nil, nodkey.PriorityNormal: {4}, nodkey.PriorityHigh: {2, 7}, nodkey.PriorityUrgent: {1, 3, 7}} {
		h := start(t, nil)
		p := h.join(t)
		c := p.enter(t)
		p.reached(t, c, func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail })
		p.post(t, inEnglish, priority)
		h.settled(t, nodkey.PushDelivered, h.due(t, nodkey.SummaryEmail)...)
		var got []int
		for n := 1; n <= 20; n++ {
			h.Clock.Advance(day)
			if _, err := h.Summaries.Remind(h.ctx); err != nil {
				t.Fatal(err)
			}
			for _, m := range h.due(t, nodkey.SummaryEmail) {
				if m.Summary.Subject != nodkey.SubjectReminder || m.Summary.Reason != nodkey.SummaryReminder {
					t.Errorf("%+v", m.Summary)
				}
				got = append(got, n)
				h.settled(t, nodkey.PushDelivered, m)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: on the days %v, want %v", priority, got, want)
		}
	}
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, func(s *nodkey.MessageSettings) { s.Reminders = false })
	p.post(t, inEnglish, nodkey.PriorityUrgent)
	h.settled(t, nodkey.PushDelivered, h.due(t, nodkey.SummaryEmail)...)
	h.Clock.Advance(3 * day)
	if _, err := h.Summaries.Remind(h.ctx); err != nil || len(h.due(t, nodkey.SummaryEmail)) != 0 {
		t.Errorf("reminders are off: %v", err)
	}
	if n, err := h.Summaries.Remind(h.ctx); err != nil || n != 0 {
		t.Errorf("looked at %d again, %v", n, err)
	}
}

// The first name is all that leaves of a name, and where it cannot be told, nothing does.
func TestTheFirstName(t *testing.T) {
	for display, want := range map[string]string{
		"Mara Lindqvist": "Mara", "Lindqvist, Mara": "Mara", "佐藤 美咲": "美咲", "佐藤美咲": "", "佐藤　美咲": "美咲", "Mara": "Mara", "김 민준": "민준", "Lindqvist,": "",
	} {
		h := start(t, nil)
		p := h.join(t)
		c := p.enter(t)
		err := h.Ports.Store.Update(context.Background(), func(tx nodkey.Tx) error {
			user, err := tx.User(p.id)
			user.DisplayName = display
			if err != nil {
				return err
			}
			return tx.SaveUser(user)
		})
		if err != nil {
			t.Fatal(err)
		}
		p.reached(t, c, nil)
		p.post(t, inEnglish, "")
		if list := h.due(t, nodkey.SummaryEmail); len(list) != 1 || list[0].Summary.FirstName != want {
			t.Errorf("%s: %+v", display, list)
		}
	}
}

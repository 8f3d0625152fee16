package nodkey_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// reached gives a person addresses, and settings that send to both.
func (p *person) reached(t failer, c nodkey.Caller, change func(*nodkey.MessageSettings)) {
	t.Helper()
	is(t, p.Contacts.Set(p.ctx, p.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an e-mail address")
	is(t, p.Contacts.Set(p.ctx, p.Desk(), p.name, nodkey.SummarySMS, "+41 79 123 45 67"), "", "a number")
	s := nodkey.MessageSettings{First: "de", Second: "en", Delivery: nodkey.DeliverBoth, Account: true, Announcements: true, Reminders: true}
	if change != nil {
		change(&s)
	}
	is(t, p.Messages.SaveSettings(p.ctx, c, s), "", "the settings")
	p.quiet(t, c)
	p.due(t, nodkey.SummaryEmail) // what there is of the addresses themselves was read meanwhile
	p.due(t, nodkey.SummarySMS)
}

func (h house) due(t failer, channel nodkey.SummaryChannel) []nodkey.SummaryMessage {
	t.Helper()
	list, _, err := h.Summaries.Take(h.ctx, channel, 100)
	if err != nil {
		t.Fatalf("taking: %v", err)
	}
	return list
}

// settled settles messages in one way.
func (h house) settled(t failer, outcome nodkey.PushOutcome, list ...nodkey.SummaryMessage) {
	t.Helper()
	var sent []nodkey.SentSummary
	for _, m := range list {
		sent = append(sent, nodkey.SentSummary{SummaryMessage: m, Outcome: outcome})
	}
	if err := h.Summaries.Settle(h.ctx, sent); err != nil {
		t.Fatalf("settling: %v", err)
	}
}

func (p *person) post(t failer, texts map[string]nodkey.MessageText, priority nodkey.Priority) nodkey.Reference {
	t.Helper()
	p.Clock.Advance(time.Second)
	r, err := p.MessageDesk.Post(p.ctx, p.Desk(), p.name, nodkey.Posting{Category: "account", Priority: priority, Texts: texts})
	if err != nil {
		t.Fatalf("posting: %v", err)
	}
	return r
}

var inEnglish = map[string]nodkey.MessageText{"en": {Subject: "Your new card", Text: "The number of your card ends in 4711."}}

// The type that leaves the house has room for no text.
func TestASummaryHasNoFieldForAText(t *testing.T) {
	want := map[string]reflect.Kind{"Kind": reflect.String, "Reason": reflect.String, "Subject": reflect.String, "Reference": reflect.String,
		"FirstName": reflect.String, "Language": reflect.String, "Path": reflect.String}
	kind := reflect.TypeFor[nodkey.Summary]()
	for i := range kind.NumField() {
		f := kind.Field(i)
		if want[f.Name] != f.Type.Kind() {
			t.Errorf("%s %s: may that leave the house?", f.Name, f.Type)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if len(nodkey.SummarySubjects()) < 6 {
		t.Error("subjects are missing")
	}
}

// Every kind of message, through every channel: nothing of what it says, of its subject, of the family name, of a file's name or
// of what a notice holds is in what leaves.
func TestNoWordOfAMessageLeavesTheHouse(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	p.post(t, inEnglish, "")
	r := p.write(t, c, draft)
	f, err := h.MessageDesk.Upload(h.ctx, h.Desk(), p.name, "Geheim.txt", strings.NewReader("file words"))
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), r, "de", nodkey.Answer{Text: "Unter Dokumente.", Files: []nodkey.FileID{f.ID}}), "", "the desk's answer")
	h.announce(t, holiday)
	h.sendAll(t)
	fresh := h.NewBrowser("198.51.100.7")
	p.signIn(t, fresh)
	subjects := map[nodkey.SummarySubject]int{}
	for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
		for _, m := range h.due(t, channel) {
			left := fmt.Sprintf("%+v", m.Summary)
			for _, secret := range []string{"card", "4711", "question", "statements", "Dokumente", "Geheim", "Closed", "Montag", "Tuesday", "Lindqvist", "198.51", "Firefox", "Pixel", p.name, string(p.id)} {
				if strings.Contains(left, secret) {
					t.Errorf("%q is in %s", secret, left)
				}
			}
			if m.Summary.FirstName != "Mara" || m.Summary.Language != "de" && m.Summary.Language != "en" || m.Summary.Path != "/messages/"+m.Summary.Reference {
				t.Errorf("%s", left)
			}
			if want := map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "mara@example.com", nodkey.SummarySMS: "+41791234567"}[channel]; m.To != want {
				t.Errorf("to %s", m.To)
			}
			subjects[m.Summary.Subject]++
		}
	}
	for _, s := range []nodkey.SummarySubject{nodkey.SubjectTicket, nodkey.SubjectReply, nodkey.SubjectAnnouncement, nodkey.SubjectSecurity} {
		if subjects[s] != 2 {
			t.Errorf("%s went out %d times", s, subjects[s])
		}
	}
}

// The first language, and the second only where the operator wrote no first.
func TestTheLanguageOfASummary(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail })
	in := func(languages ...string) map[string]nodkey.MessageText {
		texts := map[string]nodkey.MessageText{}
		for _, l := range languages {
			texts[l] = hello
		}
		return texts
	}
	for _, try := range []struct {
		texts map[string]nodkey.MessageText
		want  string
	}{{in("de", "en", "ja"), "de"}, {in("en", "ja"), "en"}, {in("ja"), "de"}} {
		r := p.post(t, try.texts, "")
		a := holiday
		a.Texts = try.texts
		h.announce(t, a)
		h.sendAll(t)
		list := h.due(t, nodkey.SummaryEmail)
		if len(list) != 2 || list[0].Summary.Language != try.want || list[1].Summary.Language != try.want {
			t.Errorf("written in %d languages: %+v", len(try.texts), list)
		}
		if want := map[string]string{"de": "de", "en": "en"}[try.want]; len(try.texts) > 1 && p.read(t, c, r).Entries[0].Language != want {
			t.Errorf("the message is in %s", p.read(t, c, r).Entries[0].Language)
		}
		h.settled(t, nodkey.PushDelivered, list...)
		h.Clock.Advance(25 * time.Minute)
		c = p.enter(t)
	}
}

// The settings decide whether anything goes out, and a message that was read meanwhile is not spoken of.
func TestWhatIsSentFollowsTheSettings(t *testing.T) {
	for name, try := range map[string]struct {
		change     func(*nodkey.MessageSettings)
		email, sms int
		announced  int
	}{
		"both":            {nil, 1, 1, 1},
		"centre only":     {func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverCentre }, 0, 0, 0},
		"e-mail":          {func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail }, 1, 0, 1},
		"sms":             {func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverSMS }, 0, 1, 0},
		"no announcement": {func(s *nodkey.MessageSettings) { s.Announcements = false }, 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, nil)
			p := h.join(t)
			c := p.enter(t)
			p.reached(t, c, try.change)
			p.post(t, inEnglish, "")
			if e, s := len(h.due(t, nodkey.SummaryEmail)), len(h.due(t, nodkey.SummarySMS)); e != try.email || s != try.sms {
				t.Errorf("%d by e-mail, %d by SMS", e, s)
			}
			h.announce(t, holiday)
			h.sendAll(t)
			if n := len(h.due(t, nodkey.SummaryEmail)); n != try.announced {
				t.Errorf("%d announced by e-mail", n)
			}
			if page := p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}}); len(page.Messages) != 1 {
				t.Errorf("the centre has %d announcements", len(page.Messages))
			}
		})
	}
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverEmail}, nodkey.MessageSecurity), "message.security", "security off")
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverBoth, Reminders: true}, nodkey.MessageAccount, nodkey.MessageAnnouncement), "", "all else off")
	if s, err := h.Messages.Settings(h.ctx, c); err != nil || s.Account || s.Announcements {
		t.Errorf("%+v, %v", s, err)
	}
	for name, s := range map[string]nodkey.MessageSettings{
		"no language": {Delivery: nodkey.DeliverEmail}, "a first that there is not": {First: "fr", Delivery: nodkey.DeliverEmail},
		"a second that there is not": {First: "en", Second: "fr", Delivery: nodkey.DeliverEmail}, "no delivery": {First: "en"},
		"a zone that there is not": {First: "en", Delivery: nodkey.DeliverEmail, Zone: "Mars/Olympus"}, "the machine's zone": {First: "en", Delivery: nodkey.DeliverEmail, Zone: "Local"},
		"a path for a zone": {First: "en", Delivery: nodkey.DeliverEmail, Zone: "../../etc/passwd"}, "an hour that there is not": {First: "en", Delivery: nodkey.DeliverEmail, QuietTo: 1440},
	} {
		is(t, h.Messages.SaveSettings(h.ctx, c, s), "message.settings", "%s", name)
	}
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverEmail}, "ticket"), "message.settings", "tickets off")
	r := p.post(t, inEnglish, "")
	p.read(t, c, r)
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d of a message that is read", n)
	}
	thread, err := h.MessageDesk.Read(h.ctx, h.Desk(), r)
	if err != nil || len(thread.Summaries) != 2 || thread.Summaries[0].State != nodkey.SummaryDropped || thread.Summaries[0].Failure != "read" {
		t.Errorf("the desk sees %+v, %v", thread.Summaries, err)
	}
}

// Quiet hours are the person's own; what concerns their security does not wait.
func TestQuietHours(t *testing.T) {
	h := start(t, nil) // 9:00 UTC in March
	p := h.join(t)
	c := p.enter(t)
	quiet := func(from, to int, zone string) func(*nodkey.MessageSettings) {
		return func(s *nodkey.MessageSettings) {
			s.Delivery, s.QuietFrom, s.QuietTo, s.Zone = nodkey.DeliverEmail, from, to, zone
		}
	}
	p.reached(t, c, quiet(17*60, 19*60, "Asia/Tokyo")) // 9:00 UTC is 18:00 there
	p.post(t, inEnglish, "")
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d in quiet hours", n)
	}
	p.signIn(t, h.NewBrowser("198.51.100.7"))
	list := h.due(t, nodkey.SummaryEmail)
	if len(list) != 1 || list[0].Summary.Kind != nodkey.MessageSecurity {
		t.Errorf("of the new browser: %+v", list)
	}
	h.settled(t, nodkey.PushDelivered, list...)
	h.Clock.Advance(time.Hour)
	list = h.due(t, nodkey.SummaryEmail)
	if len(list) != 1 {
		t.Errorf("%d after quiet hours", len(list))
	}
	h.settled(t, nodkey.PushDelivered, list...)
	// Over midnight, and set only after the message had come.
	c = p.enter(t)
	p.post(t, inEnglish, "")
	s := nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverEmail}
	quiet(8*60, 7*60, "")(&s)
	is(t, h.Messages.SaveSettings(h.ctx, c, s), "", "other hours")
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d in the new quiet hours", n)
	}
	next := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	h.Clock.Advance(next.Sub(h.Clock.Now()) - time.Millisecond)
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d a moment too early", n)
	}
	h.Clock.Advance(time.Millisecond)
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 1 {
		t.Errorf("%d at seven", n)
	}
}

// Workers that die leave what they had to be sent again; a service that is down for a day loses nothing; and it ends.
func TestSummariesAreTakenAndSettled(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, func(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail })
	r := p.post(t, inEnglish, "")
	wake, cancel := h.Summaries.Wake()
	defer cancel()
	first := h.due(t, nodkey.SummaryEmail)
	if len(first) != 1 || first[0].Attempt != 1 {
		t.Fatalf("%+v", first)
	}
	if n := len(h.due(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d while another has it", n)
	}
	h.Clock.Advance(2 * time.Minute) // that one died
	again := h.due(t, nodkey.SummaryEmail)
	if len(again) != 1 || again[0].Attempt != 2 || again[0].ID != first[0].ID {
		t.Fatalf("%+v", again)
	}
	down := 0
	for range 24 * 60 { // the server is down for a day
		h.settled(t, nodkey.PushRetry, again...)
		again = nil
		h.Clock.Advance(time.Minute)
		if again = h.due(t, nodkey.SummaryEmail); len(again) > 0 {
			down++
		}
	}
	if down < 10 || down > 40 {
		t.Errorf("tried %d times in a day", down)
	}
	for range 2 * 60 {
		if len(again) > 0 {
			break
		}
		h.Clock.Advance(time.Minute)
		again = h.due(t, nodkey.SummaryEmail)
	}
	if len(again) != 1 {
		t.Fatal("it is lost")
	}
	h.settled(t, nodkey.PushDelivered, again...)
	h.settled(t, nodkey.PushDelivered, again...) // settled twice changes nothing
	thread, err := h.MessageDesk.Read(h.ctx, h.Desk(), r)
	if err != nil || len(thread.Summaries) != 1 || thread.Summaries[0].State != nodkey.SummarySent {
		t.Errorf("%+v, %v", thread.Summaries, err)
	}
	// Refused for good, with what the service said as one line.
	r = p.post(t, inEnglish, "")
	select {
	case <-wake:
	default:
		t.Error("nobody was told of a new summary")
	}
	list := h.due(t, nodkey.SummaryEmail)
	if err := h.Summaries.Settle(h.ctx, []nodkey.SentSummary{{SummaryMessage: list[0], Outcome: nodkey.PushRefused, Failure: "550 5.1.1 <mara@example.com>:\r\n no \x1b[31msuch\u202e user " + strings.Repeat("x", 5000)}}); err != nil {
		t.Fatal(err)
	}
	thread, err = h.MessageDesk.Read(h.ctx, h.Desk(), r)
	if err != nil || thread.Summaries[0].State != nodkey.SummaryFailed || !strings.HasPrefix(thread.Summaries[0].Failure, "550 5.1.1 … no [31msuch user x") || len(thread.Summaries[0].Failure) > 210 {
		t.Errorf("%+v, %v", thread.Summaries, err)
	}
	// A service that is never there again: after three days it has failed.
	r = p.post(t, inEnglish, "")
	for range 4 * 24 {
		h.settled(t, nodkey.PushRetry, h.due(t, nodkey.SummaryEmail)...)
		h.Clock.Advance(time.Hour)
	}
	thread, err = h.MessageDesk.Read(h.ctx, h.Desk(), r)
	if err != nil || thread.Summaries[0].State != nodkey.SummaryFailed {
		t.Errorf("%+v, %v", thread.Summaries, err)
	}
	_, _, err = h.Summaries.Take(h.ctx, "fax", 1)
	is(t, err, "contact.channel", "a channel that there is not")
}

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
	h.Clock.Advance(10 * time.Second)
	if n := len(h.due(t, nodkey.SummarySMS)); n != 10 {
		t.Errorf("%d ten seconds later", n)
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

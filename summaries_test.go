package nodkey_test

import (
	"fmt"
	"reflect"
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
	p.settled(t, nodkey.PushDelivered, p.due(t, nodkey.SummaryEmail)...) // what there is of the addresses themselves
	p.settled(t, nodkey.PushDelivered, p.due(t, nodkey.SummarySMS)...)
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
	if err != nil || len(thread.Summaries) != 2 {
		t.Errorf("the desk sees %+v, %v", thread.Summaries, err)
	}
	for _, s := range thread.Summaries {
		if taken := s.Channel == nodkey.SummaryEmail; taken != (s.State == nodkey.SummaryDropped && s.Failure == "read") {
			t.Errorf("the desk sees %+v", s)
		}
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

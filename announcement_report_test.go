package nodkey_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/nodkey/nodkey"
)

// Before anything is sent, the desk hears who would read it in which language, and which names nobody has.
func TestTheDeskHearsWhomATextReaches(t *testing.T) {
	h := start(t, nil)
	h.crowd(t, 1001) // more than a transaction takes; they speak English
	var readers []*person
	for _, s := range []nodkey.MessageSettings{{First: "de"}, {First: "ja", Second: "de"}, {First: "ja", Second: "en"}, {First: "ja"}} {
		p := h.join(t)
		s.Delivery = nodkey.DeliverCentre
		is(t, h.Messages.SaveSettings(h.ctx, p.enter(t), s), "", "the settings")
		readers = append(readers, p)
	}
	ask := func(to, languages []string) nodkey.Readership {
		t.Helper()
		r, err := h.Announcements.Readership(h.ctx, h.Desk(), to, languages)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	sees := func(what string, got nodkey.Readership, users int, reads, missing map[string]int, unknown ...string) {
		t.Helper()
		if got.Users != users || !maps.Equal(got.Reads, reads) || !maps.Equal(got.Missing, missing) || !slices.Equal(got.Unknown, unknown) {
			t.Errorf("%s: %+v", what, got)
		}
	}
	sees("everybody, in English", ask(nil, []string{"en"}), 1005, map[string]int{"en": 1005}, map[string]int{"de": 1, "ja": 2})
	sees("everybody, in two", ask(nil, []string{"en", "de"}), 1005, map[string]int{"en": 1003, "de": 2}, map[string]int{"ja": 1})
	sees("a list", ask([]string{readers[3].name, "nobody", "crowd00001", readers[3].name, "no such/name"}, []string{"de", "ja"}),
		2, map[string]int{"ja": 1, "de": 1}, map[string]int{"en": 1}, "nobody", "no such/name")
	if r := ask([]string{}, []string{"en"}); r.Users != 0 {
		t.Errorf("an empty list reaches %+v", r)
	}
	_, err := h.Announcements.Readership(h.ctx, h.Desk(), nil, nil)
	is(t, err, "message.languages", "no language")
	_, err = h.Announcements.Readership(h.ctx, h.Desk(), nil, []string{"fr"})
	is(t, err, "message.languages", "another language")
	_, err = h.Announcements.Readership(h.ctx, h.Desk(), make([]string, 200_001), []string{"en"})
	is(t, err, "announcement.many", "a long list")
	_, err = h.Announcements.Readership(h.ctx, readers[0].browser.Anonymous(), nil, []string{"en"})
	is(t, err, "operator.only", "a stranger")
}

// The desk sees how far an announcement has come, and which letters about it came to nothing.
func TestTheDeskSeesWhatBecameOfAnAnnouncement(t *testing.T) {
	h := start(t, nil)
	users := h.crowd(t, 250)
	p := h.join(t)
	p.verify(t, nodkey.SummaryEmail, "mara@example.com")
	id := h.announce(t, holiday)
	report := func() nodkey.AnnouncementReport {
		t.Helper()
		r, err := h.Announcements.Show(h.ctx, h.Desk(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := report(); r.State != nodkey.AnnouncementSending || r.Sent != 0 || r.Counts.Messages != 0 || r.Users != 251 || r.Texts["de"] != holiday.Texts["de"] {
		t.Errorf("at first: %+v", r)
	}
	if _, _, err := h.Announcements.Send(h.ctx); err != nil {
		t.Fatal(err)
	}
	if r := report(); r.Sent != 200 || r.Counts.Messages != 200 || r.Counts.Unread != 200 || r.State != nodkey.AnnouncementSending {
		t.Errorf("half way: %+v", r)
	}
	h.sendAll(t)
	taken, _, err := h.Summaries.Take(h.ctx, nodkey.SummaryEmail, 10)
	taken = slices.DeleteFunc(taken, func(m nodkey.SummaryMessage) bool { return m.Summary.Kind != nodkey.MessageAnnouncement })
	if err != nil || len(taken) != 1 {
		t.Fatalf("%d letters are taken: %v", len(taken), err)
	}
	if r := report(); r.Counts.Summaries[nodkey.SummaryEmail][nodkey.SummaryWaiting] != 1 || len(r.Failures) != 0 {
		t.Errorf("with a letter on its way: %+v", r)
	}
	is(t, h.Summaries.Settle(h.ctx, []nodkey.SentSummary{{SummaryMessage: taken[0], Outcome: nodkey.PushRefused, Failure: "no such mailbox"}}), "", "the refusal")
	c := p.enter(t)
	p.read(t, c, p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}}).Messages[0].Reference)
	r := report()
	if r.State != nodkey.AnnouncementDone || r.Sent != 251 || r.Counts.Messages != len(users)+1 || r.Counts.Unread != len(users) || r.Counts.Summaries[nodkey.SummaryEmail][nodkey.SummaryFailed] != 1 {
		t.Errorf("at the end: %+v", r)
	}
	if len(r.Failures) != 1 || r.Failures[0].User != p.name || r.Failures[0].Failure != "no such mailbox" || r.Failures[0].Reference.Number == 0 {
		t.Errorf("failures: %+v", r.Failures)
	}
	list, err := h.Announcements.Progress(h.ctx, h.Desk())
	if err != nil || len(list) != 1 || list[0].Users != 251 || list[0].Sent != 251 || !slices.Equal(list[0].Languages, []string{"en", "de"}) || list[0].Subject != "Closed on Monday" {
		t.Errorf("the list: %+v, %v", list, err)
	}
	_, err = h.Announcements.Progress(h.ctx, c)
	is(t, err, "operator.only", "a user")
	_, err = h.Announcements.Show(h.ctx, h.Desk(), "none")
	is(t, err, "announcement.unknown", "one that there is not")
	_, err = h.Announcements.Show(h.ctx, c, id)
	is(t, err, "operator.only", "a user")
}

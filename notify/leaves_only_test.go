package notify

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/mailserver"
)

// Every kind of message goes out by every way there is, in three languages: tickets from both sides, answers, notices, announcements,
// reminders. No sentence of any of them is in what left, no file, no name but the first, nobody's address but the one that it
// goes to, and no code but in the one message that is for it.
func TestNothingButSummariesLeaves(t *testing.T) {
	h := &leaving{texting: newTexting(t), post: mailserver.Start(t, false), secrets: map[string]string{}}
	h.carry(t, emailTo(t, h.post, func(c *EmailConfig) { c.Now = h.Clock.Now }))
	var people []*resident
	for i, name := range [][3]string{{"en", "Mara", "Lindqvist"}, {"de", "Jürgen", "Vogelsang"}, {"ja", "美咲", "佐藤"}} {
		h.notices(name[0])
		p := h.settles(i+1, name[0], name[1], name[2])
		p.lives()
		people = append(people, p)
	}
	_, err := h.Announcements.Announce(t.Context(), h.Desk(), nodkey.Announcing{Category: "account", Texts: map[string]nodkey.MessageText{
		"en": {Subject: h.hide("an announcement", "Closed for zqholiday"), Text: h.hide("an announcement", "We are closed on Monday. Come on *Tuesday*!")},
		"de": {Subject: h.hide("an announcement", "zqFeiertag"), Text: h.hide("an announcement", "Am Montag ist geschlossen. Kommen Sie am Dienstag!")},
		"ja": {Subject: h.hide("an announcement", "zq休業のお知らせ"), Text: h.hide("an announcement", "月曜日は休業いたします。火曜日にお越しください。")},
	}})
	h.must(err)
	for more := true; more; {
		_, more, err = h.Announcements.Send(t.Context())
		h.must(err)
	}
	for range 30 { // over the rates
		h.rest()
		h.Clock.Advance(15 * time.Minute)
	}
	before := len(h.left()[people[0].mobile])
	for range 8 { // over the reminders
		h.Clock.Advance(24 * time.Hour)
		for n := 1; n > 0; {
			n, err = h.Summaries.Remind(t.Context())
			h.must(err)
		}
		for range 10 {
			h.rest()
			h.Clock.Advance(15 * time.Minute)
		}
	}
	left := h.left()
	if n := len(left[people[0].mobile]); n <= before {
		t.Error("no reminder went out")
	}
	for to, texts := range left {
		for _, text := range texts {
			if found := h.leaks(text); len(found) > 0 {
				t.Errorf("%s got %q:\n%s", to, found, text)
			}
		}
	}
	if found := h.leaks("Well: We\nare closed on Monday."); len(found) != 1 {
		t.Errorf("a sentence that left would be found as %q", found)
	}
	for _, p := range people {
		p.told(left)
	}
	h.codes(left, people)
	for _, secret := range []string{"zq", "example.com", "4179555", "Lindqvist"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}

// told checks that what there is in somebody's box was told of by both ways: nothing is hidden by not being sent.
func (p *resident) told(left map[string][]string) {
	t := p.h.t
	t.Helper()
	var box []nodkey.SealedMessage
	p.h.must(p.h.Ports.Store.View(t.Context(), func(tx nodkey.Tx) (err error) {
		box, err = tx.MessagesOf(p.id, nodkey.MessageFilter{}, nil, 100)
		return err
	}))
	both := map[nodkey.MessageKind]int{}
	for _, m := range box {
		link := fmt.Sprintf("/messages/%d-%04d", m.Year, m.Number)
		if strings.Contains(strings.Join(left[p.email], "\n"), link) && strings.Contains(strings.Join(left[p.mobile], "\n"), link) {
			both[m.Kind]++
		}
	}
	for kind, least := range map[nodkey.MessageKind]int{nodkey.MessageTicket: 2, nodkey.MessageSecurity: 4, nodkey.MessageAccount: 1, nodkey.MessageAnnouncement: 1} {
		if both[kind] < least {
			t.Errorf("%s was told of %d of the kind %s by both ways, of a box of %d", p.name, both[kind], kind, len(box))
		}
	}
}

// codes checks that a code is in the one message that is for it, with nothing of its person.
func (h *leaving) codes(left map[string][]string, people []*resident) {
	code := regexp.MustCompile(`(?m)^(?:Your code: |Ihr Code: |確認コード：)?(\d{6})\r?$`)
	seen := map[string]string{}
	for to, texts := range left {
		for _, text := range texts {
			found := code.FindStringSubmatch(text)
			if found == nil {
				continue
			}
			seen[found[1]] = to
			for _, name := range []string{"Mara", "Jürgen", "美咲", "/messages/"} {
				if strings.Contains(text, name) {
					h.t.Errorf("with a code left %q:\n%s", name, text)
				}
			}
		}
	}
	if len(seen) != 2*len(people) {
		h.t.Errorf("%d codes left: %v", len(seen), seen)
	}
	for to, texts := range left {
		for _, text := range texts {
			for number, mine := range seen {
				if mine != to && strings.Contains(text, number) {
					h.t.Errorf("%s got the code for %s:\n%s", to, mine, fmt.Sprint(text))
				}
			}
		}
	}
}

package nodkey_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// posted gives a person a message and takes its summary for e-mail.
func (p *person) posted(t failer) (nodkey.Reference, nodkey.SummaryMessage) {
	t.Helper()
	r := p.post(t, inEnglish, "")
	list := p.due(t, nodkey.SummaryEmail)
	if len(list) != 1 {
		t.Fatalf("%d summaries", len(list))
	}
	return r, list[0]
}

func byEmail(s *nodkey.MessageSettings) { s.Delivery = nodkey.DeliverEmail }

func (h house) bounced(token nodkey.BounceToken, why string) error {
	_, err := h.Summaries.Bounced(h.ctx, h.Desk(), token, why)
	return err
}

// fates are what became of a message's summaries.
func (h house) fates(t failer, r nodkey.Reference) (list []string) {
	t.Helper()
	thread, err := h.MessageDesk.Read(h.ctx, h.Desk(), r)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, s := range thread.Summaries {
		list = append(list, strings.TrimSpace(string(s.State)+" "+s.Failure))
	}
	return list
}

// A letter that comes back is marked as failed, with the reason and without the address.
func TestALetterThatComesBack(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), byEmail)
	r, m := p.posted(t)
	h.settled(t, nodkey.PushDelivered, m)
	of, err := h.Summaries.Bounced(h.ctx, h.Desk(), m.Bounce, "5.1.1 smtp; 550 5.1.1 <mara@example.com>: mailbox of Mara\r\nunknown \x1b[31m")
	if err != nil || of != r {
		t.Fatalf("of %s: %v", of, err)
	}
	if got := h.fates(t, r); !slices.Equal(got, []string{"failed 5.1.1 smtp; 550 5.1.1 … mailbox of … unknown [31m"}) {
		t.Errorf("%q", got)
	}
	if got := h.actions(t, p.id, "summary."); got[0] != "summary.bounced" {
		t.Errorf("the log says %q", got)
	}
	is(t, h.bounced(m.Bounce, "again"), "summary.ended", "the same report again")
	if got := h.fates(t, r); strings.Contains(got[0], "again") {
		t.Errorf("the first reason is gone: %q", got)
	}
	// Upper and lower case are the mail servers'.
	r, m = p.posted(t)
	h.settled(t, nodkey.PushDelivered, m)
	is(t, h.bounced(nodkey.BounceToken(strings.ToUpper(string(m.Bounce))), "x"), "", "in upper case")
	if got := h.fates(t, r); got[0] != "failed x" {
		t.Errorf("%q", got)
	}
}

// A report may be here before the answer of the server that took the letter is written down; then it is not sent again.
func TestALetterThatComesBackBeforeItIsSettled(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), byEmail)
	r, m := p.posted(t)
	is(t, h.bounced(m.Bounce, "no such user"), "", "a report at once")
	h.settled(t, nodkey.PushDelivered, m)
	h.Clock.Advance(time.Hour)
	if got := h.fates(t, r); !slices.Equal(got, []string{"failed no such user"}) || len(h.due(t, nodkey.SummaryEmail)) != 0 {
		t.Errorf("%q", got)
	}
}

// tokenLetters are those of base32 (RFC 4648 §6), in lower case.
const tokenLetters = "abcdefghijklmnopqrstuvwxyz234567"

// A token is good for its own summary; whoever changes it has none.
func TestForgedReportsOfLettersThatCameBack(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	p.reached(t, p.enter(t), byEmail)
	mine, m := p.posted(t)
	h.settled(t, nodkey.PushDelivered, m)
	other.reached(t, other.enter(t), byEmail)
	theirs, m2 := other.posted(t)
	h.settled(t, nodkey.PushDelivered, m2)
	good, good2 := string(m.Bounce), string(m2.Bounce)
	if len(good) > 48 || strings.Contains(good, strings.ToLower(string(p.id))) || strings.Trim(good, tokenLetters) != "" {
		t.Errorf("the token %s", good)
	}
	for i := range good {
		for _, c := range []byte("a7") {
			if good[i] == c {
				continue
			}
			forged := []byte(good)
			forged[i] = c
			is(t, h.bounced(nodkey.BounceToken(forged), "x"), "summary.bounce", "%s", forged)
		}
	}
	// Of the last character three bits count; what differs in the others is another token, too.
	last := strings.IndexByte(tokenLetters, good[len(good)-1])
	for spare := 1; spare < 4; spare++ {
		forged := good[:len(good)-1] + tokenLetters[last^spare:last^spare+1]
		is(t, h.bounced(nodkey.BounceToken(forged), "x"), "summary.bounce", "%s", forged)
	}
	for _, forged := range []string{"", good[:len(good)-1], good + "a", good[:26] + good2[26:], good2[:20] + good[20:], strings.Repeat("a", len(good)),
		" " + good[1:], good[:len(good)-1] + "=", good[:len(good)-1] + "\n", strings.Repeat(good, 1<<16), "ſ" + good[2:]} {
		is(t, h.bounced(nodkey.BounceToken(forged), "x"), "summary.bounce", "%.60q", forged)
	}
	for _, r := range []nodkey.Reference{mine, theirs} {
		if got := h.fates(t, r); !slices.Equal(got, []string{"sent"}) {
			t.Errorf("%s: %q", r, got)
		}
	}
	is(t, h.bounced(m2.Bounce, "x"), "", "the other's own")
	if got := h.fates(t, mine); !slices.Equal(got, []string{"sent"}) {
		t.Errorf("one user's report changed another's summary: %q", got)
	}
	_, err := h.Summaries.Bounced(h.ctx, p.enter(t), m.Bounce, "x")
	is(t, err, "operator.only", "a user's report")
	// Another installation's token.
	h2 := start(t, nil)
	is(t, h2.bounced(m.Bounce, "x"), "summary.bounce", "another house's")
}

// A service that takes nothing at all is no failure of any summary: all keep their place, their rates and their tries.
func TestWhatAServiceThatIsAwayLeavesKeepsItsPlace(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), byEmail)
	var want []string
	for range 4 {
		want = append(want, p.post(t, inEnglish, "").String())
	}
	for range 40 { // for hours, as often as somebody tries
		for _, m := range h.due(t, nodkey.SummaryEmail) {
			if m.Attempt != 1 {
				t.Fatalf("the %d. try of %s", m.Attempt, m.Summary.Reference)
			}
			if err := h.Summaries.Settle(h.ctx, []nodkey.SentSummary{{SummaryMessage: m, Away: true, Failure: "connection refused"}}); err != nil {
				t.Fatal(err)
			}
		}
		h.Clock.Advance(time.Minute)
	}
	var got []string
	for _, m := range h.due(t, nodkey.SummaryEmail) {
		got = append(got, m.Summary.Reference)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// But not for ever.
	h.Clock.Advance(3 * 24 * time.Hour)
	r := p.post(t, inEnglish, "")
	for _, m := range h.due(t, nodkey.SummaryEmail) {
		if m.Summary.Reference != r.String() {
			t.Errorf("%s after three days", m.Summary.Reference)
		}
	}
}

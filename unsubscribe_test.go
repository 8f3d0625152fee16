package nodkey_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// unsubscribing gives the token of the one letter about an announcement that a person gets.
func (p *person) unsubscribing(t failer) nodkey.UnsubscribeToken {
	t.Helper()
	p.announce(t, holiday)
	p.sendAll(t)
	list := p.due(t, nodkey.SummaryEmail)
	if len(list) != 1 || list[0].Unsubscribe == "" {
		t.Fatalf("the letters: %+v", list)
	}
	p.settled(t, nodkey.PushDelivered, list...)
	p.settled(t, nodkey.PushDelivered, p.due(t, nodkey.SummarySMS)...)
	return list[0].Unsubscribe
}

// One press ends letters about announcements, by every channel, and nothing else; the announcements still come to the centre.
func TestUnsubscribingEndsAnnouncementsOnly(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	token := p.unsubscribing(t)
	if on, err := h.Messages.Subscribed(h.ctx, token); err != nil || !on {
		t.Errorf("before: %t, %v", on, err)
	}
	before, err := h.Messages.Settings(h.ctx, c)
	is(t, err, "", "the settings")
	h.announce(t, holiday) // on its way already
	h.sendAll(t)
	is(t, h.Messages.Unsubscribe(h.ctx, nodkey.Caller{}, token), "", "unsubscribing without a session")
	is(t, h.Messages.Unsubscribe(h.ctx, nodkey.Caller{}, token), "", "and again")
	after, err := h.Messages.Settings(h.ctx, c)
	is(t, err, "", "the settings")
	before.Announcements = false
	if after != before {
		t.Errorf("the settings are %+v now, want %+v", after, before)
	}
	if got := h.actions(t, p.id, "message_settings."); len(got) != 2 || got[0] != "message_settings.unsubscribed" {
		t.Errorf("the log says %q", got)
	}
	h.announce(t, holiday)
	h.sendAll(t)
	p.post(t, inEnglish, "")
	for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
		for _, m := range h.due(t, channel) {
			if m.Summary.Kind == nodkey.MessageAnnouncement {
				t.Errorf("%s still goes out by %s", m.Summary.Reference, channel)
			}
			if m.Unsubscribe != "" {
				t.Errorf("a %s by %s can be unsubscribed from", m.Summary.Kind, channel)
			}
		}
	}
	if n := len(p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}}).Messages); n != 3 {
		t.Errorf("%d announcements in the centre", n)
	}
	is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: "de", Delivery: nodkey.DeliverBoth, Announcements: true}), "", "switching them on again")
	if on, err := h.Messages.Subscribed(h.ctx, token); err != nil || !on {
		t.Errorf("after switching on: %t, %v", on, err)
	}
}

// A token goes into e-mail only, and only about announcements: also when they are spoken of again.
func TestOnlyLettersAboutAnnouncementsHaveAToken(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	p.post(t, inEnglish, "")
	p.signIn(t, h.NewBrowser("198.51.100.7")) // a security notice
	h.announce(t, holiday)
	h.sendAll(t)
	count := func(what string, email int) {
		t.Helper()
		for channel, want := range map[nodkey.SummaryChannel]int{nodkey.SummaryEmail: email, nodkey.SummarySMS: 0} {
			n, list := 0, h.due(t, channel)
			for _, m := range list {
				if m.Unsubscribe != "" {
					n++
				}
			}
			h.settled(t, nodkey.PushDelivered, list...)
			if n != want {
				t.Errorf("%s: %d tokens by %s, want %d", what, n, channel, want)
			}
		}
	}
	count("three messages", 1)
	h.Clock.Advance(4*24*time.Hour + time.Hour)
	if _, err := h.Summaries.Remind(h.ctx); err != nil {
		t.Fatal(err)
	}
	count("reminders", 1)
}

// What is not a token of this installation's, whole and not too old, changes nothing and says nothing; all refusals are the same.
func TestForgedUnsubscribeTokens(t *testing.T) {
	h, elsewhere := start(t, nil), start(t, nil)
	p, q := h.join(t), h.join(t)
	c := p.enter(t)
	p.reached(t, c, nil)
	token := p.unsubscribing(t)
	stranger := elsewhere.join(t)
	stranger.reached(t, stranger.enter(t), nil)
	foreign := stranger.unsubscribing(t)
	raw, err := base64.RawURLEncoding.DecodeString(string(token))
	if err != nil {
		t.Fatal(err)
	}
	code := base64.RawURLEncoding.EncodeToString
	tries := map[string]nodkey.UnsubscribeToken{
		"none": "", "a word": "unsubscribe", "another installation's": foreign, "a user's id": nodkey.UnsubscribeToken(p.id),
		"cut short": token[:len(token)-2], "something behind it": token + "AA", "twice": token + token, "a line break": token[:8] + "\n" + token[8:],
		"a megabyte": nodkey.UnsubscribeToken(strings.Repeat("A", 1<<20)), "zeros": nodkey.UnsubscribeToken(code(make([]byte, len(raw)))),
		"its hash alone": nodkey.UnsubscribeToken(code(raw[:16])), "with an id in the clear": nodkey.UnsubscribeToken(code(append(raw[:20:20], q.id...))),
	}
	for i := range raw {
		bent := append([]byte(nil), raw...)
		bent[i] ^= 1
		tries["bit of byte "+string(rune('A'+i))] = nodkey.UnsubscribeToken(code(bent))
	}
	for name, bad := range tries {
		_, err := h.Messages.Subscribed(h.ctx, bad)
		is(t, err, "message.unsubscribe", "%s", name)
		is(t, h.Messages.Unsubscribe(h.ctx, c, bad), "message.unsubscribe", "%s", name)
	}
	if s, err := h.Messages.Settings(h.ctx, c); err != nil || !s.Announcements {
		t.Errorf("a forged token counted: %+v, %v", s, err)
	}
	if s := token.String(); strings.Contains(s, string(token)) {
		t.Error("a log would hold the token")
	}
}

// It says nothing of the user, and tokens of one user and two days have nothing in common that a reader of both could find.
func TestAnUnsubscribeTokenSaysNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), nil)
	first := p.unsubscribing(t)
	h.Clock.Advance(25 * time.Hour)
	second := p.unsubscribing(t)
	raws := [2][]byte{}
	for i, token := range []nodkey.UnsubscribeToken{first, second} {
		raw, err := base64.RawURLEncoding.DecodeString(string(token))
		if err != nil {
			t.Fatal(err)
		}
		raws[i] = raw
		for _, secret := range []string{string(p.id), p.name, "Mara", "mara", "example"} {
			if strings.Contains(string(raw), secret) || strings.Contains(string(token), secret) {
				t.Errorf("%q is in the token", secret)
			}
		}
	}
	same := 0
	for i := range raws[0] {
		if raws[0][i] == raws[1][i] {
			same++
		}
	}
	if len(raws[0]) != len(raws[1]) || same > 6 { // by chance about one in 256
		t.Errorf("%d of %d bytes are the same", same, len(raws[0]))
	}
}

// It holds for a year, survives new data keys, and ends with its user.
func TestHowLongAnUnsubscribeTokenHolds(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), nil)
	token := p.unsubscribing(t)
	if _, err := h.DataKeys.Rotate(h.ctx, h.Desk()); err != nil {
		t.Fatal(err)
	}
	holds := func(what, want string) {
		t.Helper()
		_, err := h.Messages.Subscribed(h.ctx, token)
		is(t, err, want, "%s", what)
	}
	holds("new data keys", "")
	h.Clock.Advance(365 * 24 * time.Hour)
	holds("a year", "")
	h.Clock.Advance(3 * 24 * time.Hour)
	holds("a year and three days", "message.unsubscribe")
	is(t, h.Messages.Unsubscribe(h.ctx, nodkey.Caller{}, token), "message.unsubscribe", "too late")
	h.Clock.Advance(-400 * 24 * time.Hour)
	holds("a clock that was set back", "message.unsubscribe")
	h.Clock.Advance(35 * 24 * time.Hour)
	holds("the clock set right", "")
	is(t, h.Users.Remove(h.ctx, h.Desk(), p.name), "", "removing the user")
	holds("its user gone", "message.unsubscribe")
	is(t, h.Messages.Unsubscribe(h.ctx, nodkey.Caller{}, token), "message.unsubscribe", "its user gone")
}

// However many press at once, and however often, one change is written down.
func TestUnsubscribingManyTimesAtOnce(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.reached(t, p.enter(t), nil)
	token := p.unsubscribing(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := h.Messages.Unsubscribe(h.ctx, nodkey.Caller{}, token); err != nil {
				t.Errorf("unsubscribing: %v", err)
			}
		})
	}
	all.Wait()
	n := 0
	for _, a := range h.actions(t, p.id, "message_settings.") {
		if a == "message_settings.unsubscribed" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d times in the log", n)
	}
}

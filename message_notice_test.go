package nodkey_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// notices lists a box's notices, newest first.
func (p *person) notices(t failer, c nodkey.Caller) (list []nodkey.AccountNotice) {
	t.Helper()
	page := p.box(t, c, nodkey.MessageQuery{Limit: 100})
	slices.SortStableFunc(page.Messages, func(a, b nodkey.Message) int { return b.CreatedAt.Compare(a.CreatedAt) })
	for _, m := range page.Messages {
		if m.Notice != nil {
			list = append(list, *m.Notice)
		}
	}
	return list
}

// What happens to an account is told to its person, as data: what, when, from where, and the one thing to do about it.
func TestWhatHappensToAnAccountIsTold(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	joined := h.Clock.Now()
	c := p.enter(t)
	got := p.notices(t, c)
	if len(got) != 2 || got[0].Kind != nodkey.NoticeNewBrowser || got[1].Kind != nodkey.NoticeKeyAdded {
		t.Fatalf("after the first sign-in: %+v", got)
	}
	if n := got[1]; n.Phone != "Pixel 8" || n.Action != nodkey.ActRemoveKey || n.Subject != p.key.ID || !n.At.Equal(joined) || n.From == "" {
		t.Errorf("the new phone: %+v", n)
	}
	if n := got[0]; n.From != p.browser.From.String() || n.With != "Firefox on Windows" || n.Action != nodkey.ActEndSession || n.Subject != string(c.Session().ID) {
		t.Errorf("the new browser: %+v", n)
	}
	c = p.enter(t)
	if n := len(p.notices(t, c)); n != 2 {
		t.Errorf("the same browser again: %d notices", n)
	}

	// A request that was not theirs; an open page hears of it.
	wake, cancel := h.Ports.Bus.Subscribe(h.Messages.Topics(p.id)...)
	defer cancel()
	stranger := h.NewBrowser("198.51.100.7")
	h.Clock.Advance(time.Second)
	if err := stranger.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonNotMe}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-wake:
	default:
		t.Error("nobody was told of the notice")
	}
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeRequestRefused || n.From != "198.51.100.7" || n.With != "Firefox on Windows" || n.Action != nodkey.ActChangePassword {
		t.Errorf("the refused request: %+v", n)
	}
	h.Clock.Advance(time.Second)
	if err := stranger.Begin(h.ctx, p.name, password); err == nil {
		if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonMistake}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.notices(t, c)); n != 3 {
		t.Errorf("a mistake is told: %d notices", n)
	}

	// Another phone, and its end.
	h.Clock.Advance(time.Minute)
	second := p.addPhone(t, c, "Tablet")
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeKeyAdded || n.Phone != "Tablet" || n.Subject != second.ID {
		t.Errorf("the second phone: %+v", n)
	}
	phone, err := second.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	is(t, h.Keys.RemoveOwn(h.ctx, phone), "", "removing it")
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeKeyRemoved || n.Phone != "Tablet" || n.Action != nodkey.ActAskDesk {
		t.Errorf("its end: %+v", n)
	}

	// A new password, from the portal and from the desk.
	h.Clock.Advance(time.Second)
	if _, err := h.Users.AskPasswordChange(h.ctx, c, password, "ein ganz neues Wort"); err != nil {
		t.Fatal(err)
	}
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil {
		t.Fatal(err)
	}
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticePasswordChanged || n.Action != nodkey.ActEndOthers {
		t.Errorf("the new password: %+v", n)
	}
	before := len(p.notices(t, c))
	h.Clock.Advance(time.Second)
	is(t, h.Users.SetPassword(h.ctx, h.Desk(), p.name, "noch ein neues Wort"), "", "the desk's")
	p.open(t, p.key)
	again, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.notices(t, again)); n != before+1 {
		t.Errorf("%d notices, want %d", n, before+1)
	}
	for _, m := range p.box(t, again, nodkey.MessageQuery{Limit: 100}).Messages {
		if m.Kind != nodkey.MessageSecurity || m.Subject != "" || m.Status != nodkey.MessageOpen || !m.Unread {
			t.Errorf("%+v", m)
		}
		is(t, h.Messages.Reply(h.ctx, again, m.Reference, nodkey.Answer{Text: "x"}), "message.signature", "answering unsigned")
	}
}

// A notice cannot be answered, and can be put away.
func TestNoticesAreNotAnswered(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	m := p.box(t, c, nodkey.MessageQuery{}).Messages[0]
	is(t, h.Messages.Reply(h.ctx, c, m.Reference, nodkey.Answer{Text: "x"}), "message.no_reply", "answering")
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), m.Reference, "en", nodkey.Answer{Text: "x"}), "message.no_reply", "the desk answers")
	is(t, h.MessageDesk.SetStatus(h.ctx, h.Desk(), m.Reference, nodkey.MessageClosed), "message.no_reply", "the desk moves")
	is(t, h.Messages.Close(h.ctx, c, m.Reference), "", "putting it away")
	if got := p.read(t, c, m.Reference); got.Status != nodkey.MessageClosed || got.Unread || len(got.Entries) != 0 {
		t.Errorf("%+v", got)
	}
}

// When what happened is undone with its transaction, its notice is, too; when it happens, so does the notice.
func TestANoticeIsInTheTransactionOfWhatItTells(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	count := func() (keys, notices int) {
		h.view(t, func(tx nodkey.Tx) error {
			list, err := tx.KeysOf(p.id)
			if err != nil {
				return err
			}
			for _, k := range list {
				if k.State == nodkey.KeyRemoved {
					keys++
				}
			}
			rows, err := tx.MessagesOf(p.id, nodkey.MessageFilter{Kind: nodkey.MessageSecurity}, nil, 100)
			notices = len(rows)
			return err
		})
		return keys, notices
	}
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if keys, notices := count(); keys != 0 || notices != 1 {
		t.Fatalf("%d removed, %d notices", keys, notices)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, phone), "", "removing")
	is(t, h.Keys.RemoveOwn(h.ctx, phone), "proof.replayed", "the same request again")
	if keys, notices := count(); keys != 1 || notices != 2 {
		t.Errorf("%d removed, %d notices", keys, notices)
	}
}

// Every notice has its words in every language, made of what a notice holds.
func TestEveryNoticeHasItsSentences(t *testing.T) {
	kinds := nodkey.NoticeKinds()
	if len(kinds) < 13 {
		t.Fatalf("%v", kinds)
	}
	for _, language := range nodkey.Languages() {
		raw, err := os.ReadFile("i18n/messages." + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var said map[string]string
		if err := json.Unmarshal(raw, &said); err != nil {
			t.Fatal(err)
		}
		need := func(key string) {
			t.Helper()
			if said[key] == "" {
				t.Errorf("%s: there is no sentence %s", language, key)
			}
			for _, found := range placeholder.FindAllStringSubmatch(said[key], -1) {
				if !slices.Contains(nodkey.NoticeArgs(), found[1]) {
					t.Errorf("%s: %s needs %s, which no notice has", language, key, found[1])
				}
			}
		}
		for _, kind := range kinds {
			for _, part := range []string{".title", ".happened", ".next"} {
				need(string(kind) + part)
			}
		}
		for _, action := range []nodkey.NoticeAction{nodkey.ActAskDesk, nodkey.ActChangePassword, nodkey.ActEndOthers, nodkey.ActEndSession, nodkey.ActRemoveKey, nodkey.ActSettings} {
			need(string(action))
		}
		for _, subject := range nodkey.SummarySubjects() {
			need(string(subject))
			if len(placeholder.FindAllString(said[string(subject)], -1)) > 0 {
				t.Errorf("%s: a subject line with a placeholder: %s", language, said[string(subject)])
			}
		}
		for _, c := range nodkey.DefaultCategories() {
			need(c.Key)
			for _, topic := range c.Topics {
				need(topic.Key)
			}
		}
	}
}

func TestCategoriesOfAnOperator(t *testing.T) {
	name := map[string]string{"en": "Loans"}
	for why, list := range map[string][]nodkey.MessageCategory{
		"an id with a space":     {{ID: "a b", Names: name}},
		"no id":                  {{Names: name}},
		"an id twice":            {{ID: "a", Names: name}, {ID: "a", Names: name}},
		"no name":                {{ID: "a"}},
		"no English name":        {{ID: "a", Names: map[string]string{"de": "Kredite"}}},
		"a name of two lines":    {{ID: "a", Names: map[string]string{"en": "a\nb"}}},
		"a language of nobody's": {{ID: "a", Names: map[string]string{"en": "a", "xx": "b"}}},
		"a topic without a name": {{ID: "a", Names: name, Topics: []nodkey.MessageTopic{{ID: "t"}}}},
		"too many":               slices.Repeat([]nodkey.MessageCategory{{ID: "a", Names: name}}, 31),
	} {
		if nodkey.CheckCategories(list) == nil {
			t.Errorf("%s is taken", why)
		}
	}
	h := start(t, nil)
	h.Site.Categories = []nodkey.MessageCategory{{ID: "loans", Names: name, Topics: []nodkey.MessageTopic{{ID: "new", Names: name}}}}
	var err error
	if h.House.Services, err = h.Second(h.ctx); err != nil {
		t.Fatal(err)
	}
	p := h.join(t)
	c := p.enter(t)
	_, err = h.Messages.Write(h.ctx, c, draft)
	is(t, err, "message.category", "a category that the operator does not have")
	p.write(t, c, nodkey.Draft{Category: "loans", Topic: "new", MessageText: hello})
	if got := h.Messages.Categories(); len(got) != 1 || got[0].ID != "loans" {
		t.Errorf("%+v", got)
	}
}

// docs/messages.md tells of every kind of notice.
func TestEveryNoticeIsDocumented(t *testing.T) {
	raw, err := os.ReadFile("docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range nodkey.NoticeKinds() {
		if !strings.Contains(string(raw), "`"+string(kind)+"`") {
			t.Errorf("docs/messages.md has nothing of %s", kind)
		}
	}
}

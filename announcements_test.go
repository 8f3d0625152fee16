package nodkey_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

var holiday = nodkey.Announcing{Category: "other", Texts: map[string]nodkey.MessageText{
	"en": {Subject: "Closed on Monday", Text: "We are back on Tuesday."},
	"de": {Subject: "Am Montag geschlossen", Text: "Am Dienstag sind wir wieder da."},
}}

// crowd makes users who have nothing but a name.
func (h house) crowd(t failer, n int) []nodkey.UserID {
	t.Helper()
	var ids []nodkey.UserID
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		ids = nil
		for i := range n {
			id := nodkey.UserID(fmt.Sprintf("crowd-%05d", i))
			ids = append(ids, id)
			if err := tx.InsertUser(nodkey.User{ID: id, Name: fmt.Sprintf("crowd%05d", i), DisplayName: "Crowd", CreatedAt: h.Clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("a crowd: %v", err)
	}
	return ids
}

// announced counts the messages of an announcement's that each user has.
func (h house) announced(t failer, users []nodkey.UserID, id nodkey.AnnouncementID) (with, twice int) {
	t.Helper()
	h.view(t, func(tx nodkey.Tx) error {
		for _, u := range users {
			rows, err := tx.MessagesOf(u, nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}, nil, 10)
			if err != nil {
				return err
			}
			n := 0
			for _, r := range rows {
				if r.AnnouncementID == id {
					n++
				}
			}
			if n > 0 {
				with++
			}
			if n > 1 {
				twice++
			}
		}
		return nil
	})
	return with, twice
}

func (h house) announce(t failer, in nodkey.Announcing) nodkey.AnnouncementID {
	t.Helper()
	id, err := h.Announcements.Announce(h.ctx, h.Desk(), in)
	if err != nil {
		t.Fatalf("announcing: %v", err)
	}
	return id
}

func (h house) announcement(t failer, id nodkey.AnnouncementID) nodkey.Announcement {
	t.Helper()
	list, err := h.Announcements.List(h.ctx, h.Desk())
	at := slices.IndexFunc(list, func(a nodkey.Announcement) bool { return a.ID == id })
	if err != nil || at < 0 {
		t.Fatalf("%s is not in the list: %v", id, err)
	}
	return list[at]
}

// Each reads it in their own language, or the second, or one that there is.
func TestAnAnnouncementIsReadInItsReadersLanguage(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	h.announce(t, holiday)
	if n := h.sendAll(t); n != 1 {
		t.Fatalf("%d messages", n)
	}
	m := p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}}).Messages[0]
	for page, want := range map[string]string{"de-AT": "de", "en": "en", "fr": "en", "": "en"} { // until somebody chooses
		c.Locale = page
		if thread := p.read(t, c, m.Reference); thread.Language != want || thread.Entries[0].Language != want {
			t.Errorf("on a page in %q it is in %q", page, thread.Language)
		}
	}
	c.Locale = "de"
	for _, want := range []struct{ first, second, language, subject string }{
		{"en", "", "en", "Closed on Monday"}, {"de", "en", "de", "Am Montag geschlossen"}, {"ja", "de", "de", "Am Montag geschlossen"}, {"ja", "", "en", "Closed on Monday"},
	} {
		is(t, h.Messages.SaveSettings(h.ctx, c, nodkey.MessageSettings{First: want.first, Second: want.second, Delivery: nodkey.DeliverCentre}), "", "the settings")
		thread := p.read(t, c, m.Reference)
		if thread.Subject != want.subject || thread.Language != want.language || thread.Entries[0].Language != want.language || !slices.Equal(thread.Languages, []string{"de", "en"}) {
			t.Errorf("%s, then %s: %+v", want.first, want.second, thread)
		}
	}
	other, err := h.Messages.Read(h.ctx, c, m.Reference, "de")
	if err != nil || other.Subject != "Am Montag geschlossen" || other.Entries[0].Text != "Am Dienstag sind wir wieder da." {
		t.Errorf("asked for in German: %+v, %v", other, err)
	}
	if page := p.box(t, c, nodkey.MessageQuery{Search: "tuesday"}); len(page.Messages) != 1 {
		t.Errorf("a search finds %+v", page.Messages)
	}
	texts, err := h.Announcements.Texts(h.ctx, h.Desk(), h.announce(t, holiday))
	if err != nil || texts["de"] != holiday.Texts["de"] || len(texts) != 2 {
		t.Errorf("%+v, %v", texts, err)
	}
}

// dyingStore kills who writes after some messages of a transaction.
type dyingStore struct {
	nodkey.Store
	after int
	kill  func()
}

func (s dyingStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	return s.Store.Update(ctx, func(tx nodkey.Tx) error { return change(&dyingTx{Tx: tx, left: s.after, kill: s.kill}) })
}

type dyingTx struct {
	nodkey.Tx
	left int
	kill func()
}

func (t *dyingTx) InsertMessage(m nodkey.SealedMessage) error {
	if t.left--; t.left < 0 {
		t.kill()
	}
	return t.Tx.InsertMessage(m)
}

// Those who send die in the middle, several run at once, and each user has it once.
func TestAnAnnouncementKilledInTheMiddle(t *testing.T) {
	h := start(t, nil)
	users := h.crowd(t, 2500)
	id := h.announce(t, holiday)
	// Three die with a chunk half made; somebody else goes on after each.
	for range 3 {
		dying, kill := context.WithCancel(h.ctx)
		ports := h.Ports
		ports.Store = dyingStore{Store: h.Ports.Store, after: 60, kill: kill}
		doomed, err := nodkey.Open(h.ctx, ports, h.Site, h.Policy, nodkeytest.PhoneHost, h.Master)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := doomed.Announcements.Send(dying); !errors.Is(err, context.Canceled) {
			t.Fatalf("it did not die: %v", err)
		}
		if with, _ := h.announced(t, users, id); with%200 != 0 {
			t.Fatalf("%d messages: a part of a chunk is there", with)
		}
		if _, _, err := h.Announcements.Send(h.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if a := h.announcement(t, id); a.Sent != 600 || a.State != nodkey.AnnouncementSending {
		t.Errorf("%+v", a)
	}
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, s := range []*nodkey.Services{h.Services, second, h.Services} {
		all.Go(func() {
			for more := true; more; {
				var err error
				if _, more, err = s.Announcements.Send(h.ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if with, twice := h.announced(t, users, id); with != len(users) || twice != 0 {
		t.Errorf("%d of %d have it, %d twice", with, len(users), twice)
	}
	if a := h.announcement(t, id); a.Sent != len(users) || a.State != nodkey.AnnouncementDone || a.EndedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	if n := h.sendAll(t); n != 0 {
		t.Errorf("%d more, once it was done", n)
	}
	// A position that was lost, as by restoring a backup, doubles nothing either.
	h.tamper(t, "UPDATE announcements SET state = 'sending', position = ''")
	h.sendAll(t)
	if with, twice := h.announced(t, users, id); with != len(users) || twice != 0 {
		t.Errorf("sent again, %d have it, %d twice", with, twice)
	}
}

// It waits for its time, stops where it is told to, and goes on from there, to those on its list alone.
func TestAnAnnouncementIsStoppedAndResumed(t *testing.T) {
	h := start(t, nil)
	users := h.crowd(t, 700)
	var names []string
	for i := range 650 {
		names = append(names, fmt.Sprintf("crowd%05d", 649-i))
	}
	in := holiday
	in.To, in.At = append(names, names[0]), h.Clock.Now().Add(time.Hour)
	id := h.announce(t, in)
	if n := h.sendAll(t); n != 0 {
		t.Fatalf("%d before its time", n)
	}
	h.Clock.Advance(time.Hour)
	send := func(want int) {
		t.Helper()
		if n, more, err := h.Announcements.Send(h.ctx); err != nil || !more || n != want {
			t.Fatalf("a chunk of %d, %t, %v", n, more, err)
		}
	}
	send(200)
	is(t, h.Announcements.Resume(h.ctx, h.Desk(), id), "announcement.state", "resuming what is being sent")
	is(t, h.Announcements.Stop(h.ctx, h.Desk(), id), "", "stopping")
	is(t, h.Announcements.Stop(h.ctx, h.Desk(), id), "announcement.state", "stopping again")
	if n := h.sendAll(t); n != 0 {
		t.Errorf("%d while it is stopped", n)
	}
	is(t, h.Announcements.Resume(h.ctx, h.Desk(), id), "", "going on")
	send(200)
	if n := h.sendAll(t); n != 250 {
		t.Errorf("%d after it went on", n)
	}
	if with, twice := h.announced(t, users[:650], id); with != 650 || twice != 0 {
		t.Errorf("%d of the list have it, %d twice", with, twice)
	}
	if with, _ := h.announced(t, users[650:], id); with != 0 {
		t.Errorf("%d who are not on the list have it", with)
	}
	is(t, h.Announcements.Stop(h.ctx, h.Desk(), "none"), "announcement.unknown", "one that there is not")
	want := []string{"announcement.done", "announcement.sent", "announcement.sent", "announcement.sent", "announcement.resumed", "announcement.stopped", "announcement.sent", "announcement.started", "announcement.made"}
	if got := h.actions(t, "", "announcement."); !slices.Equal(got, want) {
		t.Errorf("the log says %q", got)
	}
}

// Nothing is sent of an announcement that cannot be meant, whatever of it was stored.
func TestAnAnnouncementWithAMistakeSendsNothing(t *testing.T) {
	h := start(t, nil)
	users := h.crowd(t, 450)
	var names []string
	for i := range 450 {
		names = append(names, fmt.Sprintf("crowd%05d", i))
	}
	for name, c := range map[string]struct {
		change func(*nodkey.Announcing)
		want   string
	}{
		"an unknown name at the end": {func(a *nodkey.Announcing) { a.To = append(slices.Clone(names), "nobody") }, "user.unknown"},
		"an empty list":              {func(a *nodkey.Announcing) { a.To = []string{} }, "announcement.nobody"},
		"no text":                    {func(a *nodkey.Announcing) { a.Texts = nil }, "message.languages"},
		"a language of nobody's":     {func(a *nodkey.Announcing) { a.Texts = map[string]nodkey.MessageText{"xx": hello} }, "message.languages"},
		"a header in the subject": {func(a *nodkey.Announcing) {
			a.Texts = map[string]nodkey.MessageText{"en": hello, "de": {Subject: "a\r\nBcc: b", Text: "x"}}
		}, "message.subject"},
		"one text missing": {func(a *nodkey.Announcing) { a.Texts = map[string]nodkey.MessageText{"en": hello, "de": {Subject: "a"}} }, "message.text"},
		"a priority":       {func(a *nodkey.Announcing) { a.Priority = "now" }, "message.priority"},
		"a category":       {func(a *nodkey.Announcing) { a.Category = "none" }, "message.category"},
		"too long a list":  {func(a *nodkey.Announcing) { a.To = make([]string, 200_001) }, "announcement.many"},
	} {
		in := holiday
		c.change(&in)
		_, err := h.Announcements.Announce(h.ctx, h.Desk(), in)
		is(t, err, c.want, "%s", name)
	}
	if n := h.sendAll(t); n != 0 {
		t.Errorf("%d messages", n)
	}
	if with, _ := h.announced(t, users, ""); with != 0 {
		t.Errorf("%d users have something", with)
	}
}

// Sending holds no more than a chunk: the heap does not grow with the users.
func TestSendingToManyKeepsMemoryFlat(t *testing.T) {
	h := start(t, nil)
	h.crowd(t, 6000)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	h.announce(t, holiday)
	if _, _, err := h.Announcements.Send(h.ctx); err != nil {
		t.Fatal(err)
	}
	before := heap()
	h.sendAll(t)
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes over 5,800 messages", grown)
	}
}

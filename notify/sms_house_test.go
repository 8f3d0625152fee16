package notify

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// watched counts the times that there was nothing to take, so that a test need not wait for nothing to come.
type watched struct {
	Summaries
	mu    sync.Mutex
	taken int // and not settled
	idle  int
}

func (w *watched) Take(ctx context.Context, channel nodkey.SummaryChannel, limit int) ([]nodkey.SummaryMessage, bool, error) {
	w.mu.Lock()
	resting := w.taken == 0
	w.mu.Unlock()
	list, more, err := w.Summaries.Take(ctx, channel, limit)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken += len(list)
	if resting && len(list) == 0 && err == nil {
		w.idle++
	}
	return list, more, err
}

func (w *watched) Settle(ctx context.Context, sent []nodkey.SentSummary) error {
	err := w.Summaries.Settle(ctx, sent)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken -= len(sent)
	return err
}

func (w *watched) rests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.idle
}

// texting is a house whose text messages go to a gateway.
type texting struct {
	*house
	gateway *smsGateway
	lines   []*watched
	log     *nodkeytest.Log
}

func newTexting(t *testing.T) *texting {
	t.Helper()
	h := &texting{house: newHouse(t), gateway: newSMSGateway(t), log: &nodkeytest.Log{}}
	h.carry(t, newSMSCarrier(t, smsConfig(t, h.gateway.URL, func(c *SMSConfig) { c.Log, c.Now = slog.New(slog.NewTextHandler(h.log, nil)), h.Clock.Now })))
	return h
}

// carry runs a courier for a carrier until the test ends.
func (h *texting) carry(t *testing.T, carrier Carrier) {
	t.Helper()
	line := &watched{Summaries: h.Summaries}
	h.lines = append(h.lines, line)
	courier := &Courier{Summaries: line, Codes: h.Contacts, Carrier: carrier, Log: slog.New(slog.NewTextHandler(h.log, nil)), Now: h.Clock.Now, Observe: func(Carried) {}}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := courier.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
}

// number is the one of a user's.
func number(i int) string { return fmt.Sprintf("+4179555%04d", i) }

// reader adds a user who wants summaries by SMS. What is to be told of the number itself is not waited for.
func (h *texting) reader(i int, change func(*nodkey.MessageSettings)) string {
	h.t.Helper()
	name := fmt.Sprint("reader", i)
	added, err := h.Users.Add(h.t.Context(), h.Desk(), nodkey.NewUser{Name: name, DisplayName: "Jürgen Vogt", Password: housePassword})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Contacts.Set(h.t.Context(), h.Desk(), name, nodkey.SummarySMS, number(i)); err != nil {
		h.t.Fatal(err)
	}
	s := nodkey.MessageSettings{UserID: added.User.ID, First: "de", Delivery: nodkey.DeliverSMS, Account: true, Announcements: true, Reminders: true}
	if change != nil {
		change(&s)
	}
	if err := h.Ports.Store.Update(h.t.Context(), func(tx nodkey.Tx) error { return tx.SaveMessageSettings(s) }); err != nil {
		h.t.Fatal(err)
	}
	return name
}

func (h *texting) post(name string) {
	h.t.Helper()
	h.Clock.Advance(time.Second)
	if _, err := h.MessageDesk.Post(h.t.Context(), h.Desk(), name, nodkey.Posting{Category: "account", Texts: map[string]nodkey.MessageText{"en": {Subject: "Your new card", Text: "It ends in 4711."}}}); err != nil {
		h.t.Fatal(err)
	}
}

// rest waits until the couriers have looked, with nothing on its way, and found nothing; it gives what has come until then: the texts for
// each number.
func (h *texting) rest() map[string][]string {
	h.t.Helper()
	for _, line := range h.lines {
		for before := line.rests(); line.rests() < before+2; {
			h.Ports.Bus.Publish("summaries")
			time.Sleep(time.Millisecond)
		}
	}
	h.gateway.mu.Lock()
	defer h.gateway.mu.Unlock()
	texts := map[string][]string{}
	for _, body := range h.gateway.bodies {
		form, err := url.ParseQuery(body)
		if err != nil {
			h.t.Fatal(err)
		}
		texts[form.Get("to")] = append(texts[form.Get("to")], form.Get("text"))
	}
	return texts
}

// One person gets five at once and five an hour; the rest waits, and nothing is lost.
func TestOnePersonGetsNoFloodOfTexts(t *testing.T) {
	h := newTexting(t)
	name := h.reader(1, nil)
	for range 8 {
		h.post(name)
	}
	for i, want := range []int{5, 5, 6, 7, 8, 8} {
		if n := len(h.rest()[number(1)]); n != want {
			t.Errorf("%d texts the %d. time, and not %d", n, i, want)
		}
		if i > 0 {
			h.Clock.Advance(12 * time.Minute)
		}
	}
	for _, text := range h.rest()[number(1)] {
		if !strings.HasPrefix(text, "Aldermere Savings:\nGuten Tag Jürgen.\nSie haben eine neue Nachricht: ") || strings.Contains(text, "4711") {
			t.Errorf("it says %q", text)
		}
	}
}

// In all one text leaves a second, with sixty at once; what concerns security goes first when there is room again.
func TestAllTogetherSendNoFloodOfTexts(t *testing.T) {
	h := newTexting(t)
	const people = 75
	for i := range people {
		h.reader(i, nil)
	}
	if _, err := h.Announcements.Announce(h.t.Context(), h.Desk(), nodkey.Announcing{Category: "account", Texts: map[string]nodkey.MessageText{"de": {Subject: "Feiertag", Text: "Wir haben geschlossen."}}}); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if _, more, err = h.Announcements.Send(h.t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n int) {
		for _, texts := range h.rest() {
			n += len(texts)
		}
		return n
	}
	if n := count(); n != 60 {
		t.Errorf("%d at once", n)
	}
	// Of their account they hear before the others of the holiday.
	if err := h.Contacts.Set(h.t.Context(), h.Desk(), "reader74", nodkey.SummaryEmail, "reader@example.com"); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	if n := count(); n != 61 {
		t.Errorf("%d a second later", n)
	}
	if texts := h.rest()[number(74)]; len(texts) == 0 || !strings.Contains(texts[len(texts)-1], "Sicherheit Ihres Kontos") {
		t.Errorf("the next one says %q", texts)
	}
	h.Clock.Advance(5 * time.Second)
	if n := count(); n != 66 {
		t.Errorf("%d after five more", n)
	}
	h.Clock.Advance(time.Minute)
	if n := count(); n != people+1 {
		t.Errorf("%d in the end", n)
	}
}

// Nobody is woken by a text in the hours that they want quiet, in their own time zone, but for their account's security.
func TestTextsKeepQuietHours(t *testing.T) {
	h := newTexting(t)
	h.Clock.Set(time.Date(2030, 3, 1, 20, 0, 0, 0, time.UTC)) // five in the morning in Tokyo
	name := h.reader(1, func(s *nodkey.MessageSettings) {
		s.First, s.QuietFrom, s.QuietTo, s.Zone = "ja", 22*60, 7*60, "Asia/Tokyo"
	})
	h.post(name)
	if texts := h.rest(); len(texts) != 0 {
		t.Errorf("in quiet hours there came %q", texts)
	}
	if err := h.Contacts.Set(h.t.Context(), h.Desk(), name, nodkey.SummaryEmail, "reader@example.com"); err != nil {
		t.Fatal(err)
	}
	if texts := h.rest()[number(1)]; len(texts) != 1 || !strings.Contains(texts[0], "セキュリティ") {
		t.Errorf("of their security there came %q", texts)
	}
	h.Clock.Set(time.Date(2030, 3, 1, 22, 0, 0, 0, time.UTC).Add(-time.Millisecond))
	if n := len(h.rest()[number(1)]); n != 1 {
		t.Errorf("%d texts a moment too early", n)
	}
	h.Clock.Advance(time.Millisecond)
	if texts := h.rest()[number(1)]; len(texts) != 2 || !strings.Contains(texts[1], "新しいメッセージ") {
		t.Errorf("at seven there came %q", texts)
	}
}

// What the gateway refuses is told to the operator, and neither number nor text.
func TestTheOperatorSeesWhatTheGatewaySaid(t *testing.T) {
	h := newTexting(t)
	h.gateway.as(refusing(t))
	name := h.reader(1, nil)
	h.post(name)
	h.rest()
	page, err := h.MessageDesk.List(t.Context(), h.Desk(), nodkey.MessageFilter{Kind: nodkey.MessageTicket}, "", 10)
	if err != nil || len(page.Messages) != 1 {
		t.Fatal(page, err)
	}
	thread, err := h.MessageDesk.Read(t.Context(), h.Desk(), page.Messages[0].Reference)
	if err != nil || len(thread.Summaries) != 1 {
		t.Fatal(thread, err)
	}
	if s := thread.Summaries[0]; s.State != nodkey.SummaryFailed || s.Failure != "127.0.0.1 answered 422" {
		t.Errorf("it shows %+v", s)
	}
	hushed(t, "the log", h.log.String())
	if !strings.Contains(h.log.String(), "status=422") {
		t.Errorf("the log says %s", h.log)
	}
}

// refusing answers that a message is not to be had, and repeats what it was asked.
func refusing(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		if _, err := fmt.Fprint(w, "no such number: +41795550001 ", r.Header); err != nil {
			t.Error(err)
		}
	}
}

package nodkey_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/nodkeytest/mailserver"
	"github.com/nodkey/nodkey/notify"
)

const (
	leavingPortal   = "https://portal.aldermere.example"
	leavingOperator = "Aldermere Savings"
)

// wayOut is a channel with its real adapter, and a service behind it that keeps all that it is told.
type wayOut struct {
	channel nodkey.SummaryChannel
	open    func(*testing.T, *i18n.Bundle) (carrier notify.Carrier, left func() []string)
}

// waysOut are all ways out of the house. What left is given raw and as a reader sees it.
var waysOut = []wayOut{{nodkey.SummaryEmail, openEmail}, {nodkey.SummarySMS, openSMS}}

func speaker(texts *i18n.Bundle) func(string) letter.Speaker {
	return func(language string) letter.Speaker { return texts.For(language) }
}

func openEmail(t *testing.T, texts *i18n.Bundle) (notify.Carrier, func() []string) {
	s := mailserver.Start(t, false)
	e, err := notify.NewEmail(notify.EmailConfig{
		Server: s.Addr, Security: notify.MailStartTLS, From: &mail.Address{Name: leavingOperator, Address: "no-reply@aldermere.example"}, Bounces: "bounces@aldermere.example",
		Host: "portal.aldermere.example", Roots: s.Roots, Now: time.Now, Speaker: speaker(texts),
		Writer: letter.Writer{Portal: leavingPortal, Operator: leavingOperator, Name: func(string) string { return "Aldermere Client Portal" }},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, func() (left []string) {
		for _, l := range s.Taken() {
			m, err := l.Read()
			if err != nil {
				t.Fatal(err)
			}
			var heads []string
			for name, values := range m.Header {
				for _, v := range values {
					words, err := new(mime.WordDecoder).DecodeHeader(v)
					if err != nil {
						t.Fatal(err)
					}
					heads = append(heads, name+": "+words)
				}
			}
			body := m.Body
			if m.Header.Get("Content-Transfer-Encoding") == "base64" {
				body = base64.NewDecoder(base64.StdEncoding, body)
			} else {
				body = quotedprintable.NewReader(body)
			}
			text, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			left = append(left, strings.Join([]string{l.From, l.To, strings.Join(heads, "\n"), string(text), string(l.Raw)}, "\n"))
		}
		return left
	}
}

func openSMS(t *testing.T, texts *i18n.Bundle) (notify.Carrier, func() []string) {
	var mu sync.Mutex
	var left []string
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		left = append(left, fmt.Sprintf("%s %v %v", r.URL, r.Header, r.Form))
	}))
	t.Cleanup(gateway.Close)
	s, err := notify.NewSMS(notify.SMSConfig{
		URL: gateway.URL, Method: http.MethodPost, Format: "form", Fields: "to={to}&text={text}&coding={coding}&id={id}", CodingGSM: "0", CodingUCS2: "8", TokenHeader: "Authorization",
		Texts: letter.Texter{Portal: leavingPortal, Operator: leavingOperator}, Speaker: speaker(texts), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, func() []string { mu.Lock(); defer mu.Unlock(); return append([]string(nil), left...) }
}

// secrets are what must not leave: texts of which no window of twelve characters may, and words that may not at all.
type secrets struct {
	texts, words []string
	frame        []string // sentences that summaries are made of: what is in them anyway tells nothing
}

const window = 12

func (s *secrets) in(left string) (found []string) {
	for _, w := range s.words {
		if strings.Contains(left, w) {
			found = append(found, w)
		}
	}
	for _, text := range s.texts {
		runes := []rune(text)
		for i := 0; i+window <= len(runes); i++ {
			w := string(runes[i : i+window])
			if strings.Contains(left, w) && !s.framed(w) {
				found = append(found, w)
				break
			}
		}
	}
	return found
}

func (s *secrets) framed(w string) bool {
	for _, f := range s.frame {
		if strings.Contains(f, w) {
			return true
		}
	}
	return false
}

// leave carries all that is due on a channel, by its adapter, and tells each subject's number.
func (h house) leave(t *testing.T, c notify.Carrier, subjects map[nodkey.SummarySubject]int) {
	t.Helper()
	for _, m := range h.due(t, c.Channel()) {
		if outcome, err := c.Summary(h.ctx, m); outcome != nodkey.PushDelivered {
			t.Fatalf("%s: %v", outcome, err)
		}
		h.settled(t, nodkey.PushDelivered, m)
		subjects[m.Summary.Subject]++
	}
}

// TestNoSentenceOfAnyMessageLeavesTheHouse sends every kind of message, in every language, through every channel's real adapter, and looks
// at what its service was told.
func TestNoSentenceOfAnyMessageLeavesTheHouse(t *testing.T) {
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range waysOut {
		for _, language := range nodkey.Languages() {
			t.Run(string(way.channel)+" "+language, func(t *testing.T) {
				carrier, left := way.open(t, texts)
				everythingLeaves(t, texts, language, carrier, left)
			})
		}
	}
}

// proseOf is what people write, in each language; none of it is in any catalogue.
var proseOf = map[string][2]string{
	"en": {"Standing order 88341 for the Rosewood flat", "Quarterly rent of 2,140 francs was declined by Harbourlight Bank yesterday."},
	"de": {"Dauerauftrag 88341 für die Wohnung im Rosenweg", "Die Quartalsmiete von 2140 Franken hat die Hafenlichtbank gestern abgewiesen."},
	"ja": {"ローズウッド物件の自動送金88341番の件", "四半期分の賃料二千百四十フランは昨日ハーバーライト銀行に拒否されました。"},
}

func everythingLeaves(t *testing.T, texts *i18n.Bundle, language string, carrier notify.Carrier, left func() []string) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	channel := carrier.Channel()
	p.reached(t, c, func(s *nodkey.MessageSettings) {
		s.First, s.Second, s.Delivery = language, "", nodkey.DeliverEmail
		if channel == nodkey.SummarySMS {
			s.Delivery = nodkey.DeliverSMS
		}
	})
	subjects := map[nodkey.SummarySubject]int{}
	pause := func() { // long enough for every rate
		h.leave(t, carrier, subjects)
		h.Clock.Advance(3 * time.Hour)
		h.leave(t, carrier, subjects)
		c = p.enter(t)
	}
	know := &secrets{words: []string{"Lindqvist", p.name, string(p.id), "Pixel 8", "198.51.100.77", "Zanzibar", "Lynx on Haiku", "kontoauszug-geheim", "q…@secret.example", "Taschentelefon"}, frame: frame(t)}
	for _, words := range proseOf {
		know.texts = append(know.texts, words[0], words[1])
	}
	wrote := map[string]nodkey.MessageText{}
	for lang, words := range proseOf {
		wrote[lang] = nodkey.MessageText{Subject: words[0], Text: words[1]}
	}

	// Tickets, answers, files.
	p.post(t, wrote, nodkey.PriorityUrgent)
	pause()
	mine := p.write(t, c, nodkey.Draft{Category: "account", MessageText: wrote[language], Files: []nodkey.FileID{p.upload(t, c, "kontoauszug-geheim.txt", "what the file says").ID}})
	f, err := h.MessageDesk.Upload(h.ctx, h.Desk(), p.name, "kontoauszug-geheim-2.txt", strings.NewReader("file words"))
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), mine, language, nodkey.Answer{Text: proseOf[language][1], Files: []nodkey.FileID{f.ID}}), "", "the desk's answer")
	pause()
	// Announcements.
	h.announce(t, nodkey.Announcing{Category: "other", Texts: wrote})
	h.sendAll(t)
	pause()
	// Every notice there is, also those that nothing raises yet.
	for _, kind := range nodkey.NoticeKinds() {
		n := nodkey.AccountNotice{Kind: kind, From: "198.51.100.77", With: "Lynx on Haiku", Phone: "Taschentelefon", Contact: "q…@secret.example", Subject: "subject-of-" + string(kind)}
		is(t, h.Messages.Raise(h.ctx, p.id, n), "", "%s", kind)
		for _, lang := range texts.Langs() {
			for _, part := range []string{".title", ".happened", ".next"} {
				know.texts = append(know.texts, texts.For(lang).T(string(kind)+part, n.Args()))
			}
		}
		know.words = append(know.words, "subject-of-"+string(kind))
		pause()
	}
	// Reminders of all of it.
	for range 9 {
		h.Clock.Advance(24 * time.Hour)
		if _, err := h.Summaries.Remind(h.ctx); err != nil {
			t.Fatal(err)
		}
		pause()
	}
	for _, s := range nodkey.SummarySubjects() {
		if subjects[s] == 0 {
			t.Errorf("%s never left", s)
		}
	}
	all := left()
	total := 0
	for _, n := range subjects {
		total += n
	}
	if len(all) != total || total < len(nodkey.NoticeKinds())+3 {
		t.Errorf("%d left, %d were handed out", len(all), total)
	}
	for _, one := range all {
		if found := know.in(one); len(found) > 0 {
			t.Fatalf("%q left the house in\n%s", found, one)
		}
		if !strings.Contains(one, "/messages/2026-") || !strings.Contains(one, "Mara") && channel == nodkey.SummaryEmail {
			t.Fatalf("this is no summary:\n%s", one)
		}
	}
	h.oldAddressTold(t, p, carrier, left, know)
	h.codesLeave(t, p, carrier, left, know)
}

// oldAddressTold replaces the address: the old one is told that something happened, and not where summaries go now.
func (h house) oldAddressTold(t *testing.T, p *person, carrier notify.Carrier, left func() []string, know *secrets) {
	t.Helper()
	before, channel := len(left()), carrier.Channel()
	was := map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "mara@example.com", nodkey.SummarySMS: "+41791234567"}[channel]
	is := map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "zqbox@example.org", nodkey.SummarySMS: "+41795557788"}[channel]
	if err := h.Contacts.Set(h.ctx, h.Desk(), p.name, channel, is); err != nil {
		t.Fatal(err)
	}
	h.leave(t, carrier, map[nodkey.SummarySubject]int{})
	told := map[bool]int{}
	for _, one := range left()[before:] {
		old := strings.Contains(one, was)
		if told[old]++; old == strings.Contains(one, is) {
			t.Errorf("both addresses, or neither, are in\n%s", one)
		}
		if found := know.in(one); len(found) > 0 {
			t.Errorf("%q left the house in\n%s", found, one)
		}
	}
	if told[true] != 1 || told[false] != 1 {
		t.Errorf("told were %d times the old address, %d times the new one", told[true], told[false])
	}
}

// codesLeave sends a code: it is in its own message alone, and that says nothing of its person.
func (h house) codesLeave(t *testing.T, p *person, carrier notify.Carrier, left func() []string, know *secrets) {
	t.Helper()
	before := left()
	address := map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "new@example.net", nodkey.SummarySMS: "+41791112233"}[carrier.Channel()]
	h.Clock.Advance(time.Hour)
	is(t, h.Contacts.Ask(h.ctx, p.enter(t), carrier.Channel(), address), "", "asking for a code")
	list, err := h.Contacts.TakeCodes(h.ctx, carrier.Channel(), 9)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d codes, %v", len(list), err)
	}
	if outcome, err := carrier.Code(h.ctx, list[0]); outcome != nodkey.PushDelivered {
		t.Fatalf("%s: %v", outcome, err)
	}
	after := left()[len(before):]
	if len(after) != 1 || !strings.Contains(after[0], string(list[0].Code)) {
		t.Fatalf("not one message with the code: %q", after)
	}
	if found := know.in(after[0]); len(found) > 0 || strings.Contains(after[0], "Mara") {
		t.Errorf("%q left the house with a code:\n%s", found, after[0])
	}
	for _, one := range before {
		if strings.Contains(one, string(list[0].Code)) && !strings.Contains(list[0].To, string(list[0].Code)) {
			t.Errorf("the code is in a summary:\n%s", one)
		}
	}
}

// frame gives the sentences that summaries are made of, in all languages, with nothing filled in.
func frame(t *testing.T) (sentences []string) {
	t.Helper()
	for _, lang := range nodkey.Languages() {
		for _, catalogue := range []string{"mail", "messages"} {
			raw, err := os.ReadFile("i18n/" + catalogue + "." + lang + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var said map[string]any
			if err := json.Unmarshal(raw, &said); err != nil {
				t.Fatal(err)
			}
			for key, sentence := range said {
				if catalogue == "mail" || strings.HasPrefix(key, "summary.") {
					sentences = append(sentences, fmt.Sprint(sentence))
				}
			}
		}
	}
	return sentences
}

// The test above could not fail if it saw nothing: it finds a window, and a word.
func TestWhatLeavesIsLookedAt(t *testing.T) {
	s := &secrets{texts: []string{"Quarterly rent of 2,140 francs"}, words: []string{"Lindqvist"}, frame: []string{"Sign in to read it"}}
	for text, want := range map[string]int{"the rent of 2,140 f": 1, "rent of 2,1": 0, "Hello Lindqvist": 1, "Sign in to read it": 0} {
		if got := s.in(text); len(got) != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

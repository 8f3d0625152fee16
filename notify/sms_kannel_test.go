package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/kannel"
)

const smsPatience = 20 * time.Second

// newKannel starts a real gateway.
func newKannel(t *testing.T) *kannel.Gateway {
	t.Helper()
	log := &nodkeytest.Log{}
	g, err := kannel.Start(log, "..")
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the gateway says\n%s", log)
		}
	})
	return g
}

// byKannel is how docs/sms.md speaks to it.
func byKannel(g *kannel.Gateway) func(*SMSConfig) {
	return func(c *SMSConfig) {
		c.URL, c.Method, c.Fields = g.Address, "GET", "username={user}&password={password}&from={from}&to={to}&text={text}&coding={coding}&charset=UTF-8"
		c.User, c.Password, c.From, c.CodingGSM, c.CodingUCS2, c.Accepted = kannel.User, kannel.Password, "Aldermere", "0", "2", "^[03]: "
	}
}

// Every summary and a code, in every language, arrive at a handset as they were written: in the right coding, and in as many parts as were
// counted.
func TestWhatHandsetsGet(t *testing.T) {
	g := newKannel(t)
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]letter.SMS{} // by number
	send := func(s *SMS, lang string, subject nodkey.SummarySubject, name string) {
		t.Helper()
		to := fmt.Sprintf("+4179555%04d", len(want))
		m := nodkey.SummaryMessage{ID: nodkey.SummaryID(to), Channel: nodkey.SummarySMS, To: to, Summary: smsSummary(lang).Summary}
		m.Summary.Subject, m.Summary.FirstName = subject, name
		var sms letter.SMS
		var outcome nodkey.PushOutcome
		var err error
		if subject != "" {
			sms = s.config.Texts.Summary(texts.For(lang), m.Summary)
			outcome, err = s.Summary(t.Context(), m)
		} else {
			code := nodkey.ContactCode{ID: nodkey.ContactTryID(to), Channel: nodkey.SummarySMS, To: to, Code: nodkey.Token(fmt.Sprintf("%06d", len(want))), Language: lang, Left: 10 * time.Minute}
			sms = s.config.Texts.Code(texts.For(lang), code)
			outcome, err = s.Code(t.Context(), code)
		}
		if outcome != nodkey.PushDelivered || err != nil {
			t.Fatalf("%v, %v", outcome, err)
		}
		want[strings.TrimPrefix(to, "+")] = sms
	}
	usual := newSMSCarrier(t, smsConfig(t, "", byKannel(g)))
	odd := newSMSCarrier(t, smsConfig(t, "", func(c *SMSConfig) {
		byKannel(g)(c)
		c.Texts.Operator = `€uro [Bank] {A} ~^|\ Ålesund, Ñuñoa & Überlingen? 100% "ja"` // the whole extension table
		c.Texts.Portal = "https://p.example"
	}))
	long := newSMSCarrier(t, smsConfig(t, "", func(c *SMSConfig) {
		byKannel(g)(c)
		c.Texts.Portal = "https://" + strings.Repeat("portal.", 30) + "example"
	}))
	for _, lang := range texts.Langs() {
		for _, subject := range append(nodkey.SummarySubjects(), "") {
			send(usual, lang, subject, "Jürgen")
			send(odd, lang, subject, "美咲")
			send(long, lang, subject, "Zoë 😀")
		}
	}
	got, err := g.Texts(len(want), smsPatience)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[int]int{}
	for _, x := range got {
		w, sent := want[x.To]
		delete(want, x.To)
		coding := 0
		if w.Unicode {
			coding = 8
		}
		if !sent || x.Text != w.Text || x.Coding != coding || x.Parts != w.Parts || x.From != "Aldermere" {
			t.Errorf("there came %+v\nand not    %+v", x, w)
		}
		parts[coding*100+x.Parts]++
	}
	if len(want) != 0 {
		t.Errorf("there did not come %v", want)
	}
	for _, kind := range []int{1, 2, 801, 804} { // one part and several, in both codings
		if parts[kind] == 0 {
			t.Errorf("nothing came as %d: %v", kind, parts)
		}
	}
}

// A gateway that does not know us takes nothing from us, and says so; one that is off keeps what waits in the house.
func TestAGatewayThatRefusesUsOrIsOff(t *testing.T) {
	g := newKannel(t)
	wrong := newSMSCarrier(t, smsConfig(t, "", func(c *SMSConfig) {
		byKannel(g)(c)
		c.Password = "another"
	}))
	outcome, err := wrong.Summary(t.Context(), smsSummary("en"))
	if outcome != nodkey.PushRetry || err == nil || !strings.Contains(err.Error(), "answered 403") {
		t.Errorf("a wrong password: %v, %v", outcome, err)
	}
	s := newSMSCarrier(t, smsConfig(t, "", byKannel(g)))
	g.Stop()
	if outcome, err := s.Summary(t.Context(), smsSummary("en")); outcome != nodkey.PushRetry || err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a gateway that is off: %v, %v", outcome, err)
	}
	if err := g.Again(); err != nil {
		t.Fatal(err)
	}
	if outcome, err := s.Summary(t.Context(), smsSummary("de")); outcome != nodkey.PushDelivered || err != nil {
		t.Errorf("one that is on again: %v, %v", outcome, err)
	}
	texts, err := g.Texts(1, smsPatience)
	if err != nil || len(texts) != 1 || !strings.Contains(texts[0].Text, "Guten Tag Jürgen.") {
		t.Errorf("%+v, %v", texts, err)
	}
}

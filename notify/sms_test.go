package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/ports"
)

const smsSecret = "hush-hush & more"

// smsGateway answers what it is told to, and remembers what it was asked.
type smsGateway struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []*http.Request
	bodies []string
	answer http.HandlerFunc
}

func newSMSGateway(t *testing.T) *smsGateway {
	t.Helper()
	g := &smsGateway{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		g.seen, g.bodies = append(g.seen, r), append(g.bodies, string(body))
		answer := g.answer
		g.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// asked counts requests, and gives the newest with its body.
func (g *smsGateway) asked() (n int, newest *http.Request, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n = len(g.seen); n > 0 {
		newest, body = g.seen[n-1], g.bodies[n-1]
	}
	return n, newest, body
}

func (g *smsGateway) as(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

func smsConfig(t *testing.T, address string, change func(*SMSConfig)) SMSConfig {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := SMSConfig{
		URL: address, Method: "POST", Format: "form", Fields: "to={to}&text={text}&coding={coding}", TokenHeader: "Authorization", CodingGSM: "0", CodingUCS2: "8",
		Texts:   letter.Texter{Portal: "https://portal.example.com", Operator: "Aldermere Savings"},
		Speaker: func(lang string) letter.Speaker { return texts.For(lang) }, Log: slog.New(slog.DiscardHandler), Now: time.Now, Timeout: 5 * time.Second,
	}
	if change != nil {
		change(&c)
	}
	return c
}

func newSMSCarrier(t *testing.T, c SMSConfig) *SMS {
	t.Helper()
	s, err := NewSMS(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func smsSummary(lang string) nodkey.SummaryMessage {
	return nodkey.SummaryMessage{ID: "s1", Channel: nodkey.SummarySMS, To: "+41795550142", Attempt: 1, Summary: nodkey.Summary{
		Kind: nodkey.MessageTicket, Reason: nodkey.SummaryNew, Subject: nodkey.SubjectTicket, Reference: "2026-0412", FirstName: "Jürgen", Language: lang, Path: "/messages/2026-0412"}}
}

func smsCode() nodkey.ContactCode {
	return nodkey.ContactCode{ID: "c1", Channel: nodkey.SummarySMS, To: "+41795550142", Code: "042137", Language: "en", Left: 10 * time.Minute}
}

const smsInEnglish = "Aldermere Savings:\nHello Jürgen.\nYou have a new message: 2026-0412\nSign in to read it:\nhttps://portal.example.com/messages/2026-0412"

func TestAGatewayIsSentWhatItsFieldsSay(t *testing.T) {
	g := newSMSGateway(t)
	for name, c := range map[string]struct {
		change func(*SMSConfig)
		lang   string
		query  url.Values // of the address or the form
		json   string
		header map[string]string
	}{
		"a form": {nil, "en", url.Values{"to": {"+41795550142"}, "text": {smsInEnglish}, "coding": {"0"}}, "", map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Authorization": ""}},
		"an address": {func(c *SMSConfig) {
			c.Method, c.URL = "GET", c.URL+"/send?route=9"
			c.Fields, c.User, c.Password, c.From = "user={user}&key={password}&dest={number}&msg={text}&parts={parts}&sender={from}&note=a%26b+{id}", "nodkey", smsSecret, "Alder & Co"
		}, "en", url.Values{"route": {"9"}, "user": {"nodkey"}, "key": {smsSecret}, "dest": {"41795550142"}, "msg": {smsInEnglish}, "parts": {"1"}, "sender": {"Alder & Co"}, "note": {"a&b " + smsID("summary", "s1")}}, "",
			map[string]string{"Content-Type": "", "Authorization": ""}},
		"JSON": {func(c *SMSConfig) {
			c.Format, c.Fields, c.Token = "json", `{"messages":[{"to":["{to}"],"text":"{text}","dcs":"{coding}","n":2,"ref":"{id}"}],"dry":false}`, "tok"
		}, "ja", nil, `{"dry":false,"messages":[{"dcs":8,"n":2,"ref":"` + smsID("summary", "s1") + `","text":"新しいメッセージがあります（2026-0412）\nhttps://portal.example.com/messages/2026-0412","to":["+41795550142"]}]}`,
			map[string]string{"Content-Type": "application/json", "Authorization": "Bearer tok"}},
		"codings that are words": {func(c *SMSConfig) {
			c.Format, c.Fields, c.CodingGSM, c.CodingUCS2 = "json", `{"to":"{number}","text":"{text}","unicode":"{coding}","as":"type {coding}"}`, "false", "true"
		}, "ja", nil, `{"as":"type true","text":"新しいメッセージがあります（2026-0412）\nhttps://portal.example.com/messages/2026-0412","to":"41795550142","unicode":true}`, nil},
		"a header of its own": {func(c *SMSConfig) { c.TokenHeader, c.Token, c.User, c.Password = "X-Api-Key", "tok", "nodkey", "word" }, "en", url.Values{"to": {"+41795550142"}, "text": {smsInEnglish}, "coding": {"0"}}, "",
			map[string]string{"X-Api-Key": "tok", "Authorization": "Basic bm9ka2V5OndvcmQ="}},
	} {
		s := newSMSCarrier(t, smsConfig(t, g.URL, c.change))
		if outcome, err := s.Summary(t.Context(), smsSummary(c.lang)); err != nil || outcome != nodkey.PushDelivered {
			t.Fatalf("%s: %v, %v", name, outcome, err)
		}
		_, r, body := g.asked()
		raw := body
		if r.Method == "GET" {
			raw = r.URL.RawQuery
		}
		if c.query != nil {
			if got, err := url.ParseQuery(raw); err != nil || fmt.Sprint(got) != fmt.Sprint(c.query) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		if c.json != "" {
			var got, want any
			if err := errors.Join(json.Unmarshal([]byte(body), &got), json.Unmarshal([]byte(c.json), &want)); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %s, %v", name, body, err)
			}
		}
		for header, want := range c.header {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
	}
}

// Whatever is in a text stays in the field that it is for.
func TestNothingInATextMakesAnotherField(t *testing.T) {
	g := newSMSGateway(t)
	for _, evil := range []string{`a&to=+1900`, `a","to":"+1900`, "a{to}{password}", `\`, "a\u2028b", "😀<>&'\""} {
		for _, format := range []string{"form", "json"} {
			s := newSMSCarrier(t, smsConfig(t, g.URL, func(c *SMSConfig) {
				c.Texts.Operator, c.Format = evil, format
				if format == "json" {
					c.Fields = `{"to":"{to}","text":"{text}","coding":"{coding}"}`
				}
			}))
			m := smsSummary("en")
			if outcome, err := s.Summary(t.Context(), m); outcome != nodkey.PushDelivered || err != nil {
				t.Fatal(outcome, err)
			}
			_, _, body := g.asked()
			want := s.config.Texts.Summary(s.config.Speaker("en"), m.Summary).Text
			var to, text any
			if format == "json" {
				var got map[string]any
				if err := json.Unmarshal([]byte(body), &got); err != nil || len(got) != 3 {
					t.Errorf("%s, %v", body, err)
				}
				to, text = got["to"], got["text"]
			} else {
				got, err := url.ParseQuery(body)
				if err != nil || len(got) != 3 || len(got["to"]) != 1 {
					t.Errorf("%s, %v", body, err)
				}
				to, text = got.Get("to"), got.Get("text")
			}
			if to != m.To || text != want {
				t.Errorf("%s: to %v, text %v", format, to, text)
			}
		}
	}
}

func TestWhatAGatewaysAnswersMean(t *testing.T) {
	g := newSMSGateway(t)
	log := &nodkeytest.Log{}
	s := newSMSCarrier(t, smsConfig(t, g.URL, func(c *SMSConfig) {
		c.Log, c.Accepted, c.Again = slog.New(slog.NewTextHandler(log, nil)), `^[03]: |"status":"queued"`, `(?i)try again`
	}))
	echo := func() string { // the worst that a gateway may say
		_, _, body := g.asked()
		text, _ := url.QueryUnescape(body)
		return text
	}
	for name, c := range map[string]struct {
		status int
		body   string
		header string
		want   nodkey.PushOutcome
		away   bool
		after  time.Duration
	}{
		"accepted":            {200, "0: Accepted for delivery", "", nodkey.PushDelivered, false, 0},
		"202":                 {202, `{"status":"queued"}`, "", nodkey.PushDelivered, false, 0},
		"a yes that is a no":  {200, "ERR 12", "", nodkey.PushRefused, false, 0},
		"a yes that is later": {200, "Please TRY AGAIN later", "", nodkey.PushRetry, false, 0},
		"a no that is later":  {400, "Throttled, try again", "", nodkey.PushRetry, false, 0},
		"a bad number":        {400, "0: no", "", nodkey.PushRefused, false, 0},
		"422":                 {422, "", "", nodkey.PushRefused, false, 0},
		"410":                 {410, "", "", nodkey.PushRefused, false, 0},
		"a wrong password":    {401, "", "", nodkey.PushRetry, true, 0},
		"no money":            {402, "", "", nodkey.PushRetry, true, 0},
		"not routable, or us": {403, "", "", nodkey.PushRetry, false, 0},
		"a wrong path":        {404, "", "", nodkey.PushRetry, false, 0},
		"a redirect":          {302, "", "", nodkey.PushRetry, false, 0},
		"too slow":            {408, "", "", nodkey.PushRetry, false, 0},
		"too many":            {429, "", "90", nodkey.PushRetry, true, 90 * time.Second},
		"asks for a year":     {429, "", "31536000", nodkey.PushRetry, true, time.Hour},
		"broken":              {500, "", "", nodkey.PushRetry, false, 0},
		"broken behind":       {502, "", "", nodkey.PushRetry, true, 0},
		"down":                {503, "", "7", nodkey.PushRetry, true, 7 * time.Second},
		"down, in words":      {503, "Temporal failure, try again later.", "", nodkey.PushRetry, true, 0},
		"slow behind":         {504, "", "", nodkey.PushRetry, true, 0},
		"another of its own":  {599, "", "", nodkey.PushRetry, false, 0},
	} {
		g.as(func(w http.ResponseWriter, _ *http.Request) {
			if c.header != "" {
				w.Header().Set("Retry-After", c.header)
			}
			w.Header().Set("Location", "/elsewhere?"+url.QueryEscape(echo()))
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body, "\n", echo())
		})
		before, _, _ := g.asked()
		outcome, err := s.Summary(t.Context(), smsSummary("en"))
		var away *Away
		if outcome != c.want || (err == nil) != (c.want == nodkey.PushDelivered) || errors.As(err, &away) != c.away || c.away && away.After != c.after {
			t.Errorf("%s: %v, %v, %+v", name, outcome, err, away)
		}
		code, err2 := s.Code(t.Context(), smsCode())
		if code != c.want {
			t.Errorf("%s: a code: %v, %v", name, code, err2)
		}
		if n, _, _ := g.asked(); n != before+2 {
			t.Errorf("%s: asked %d times", name, n-before)
		}
		hushed(t, name, fmt.Sprint(err, err2, log.String()))
		if err != nil && !strings.Contains(err.Error(), fmt.Sprint(c.status)) {
			t.Errorf("%s: the error does not say what was answered: %v", name, err)
		}
	}
}

// hushed finds what must not be in errors and logs.
func hushed(t *testing.T, name, said string) {
	t.Helper()
	for _, secret := range []string{"79555", "042137", "2026-0412", "Jürgen", "message:", "hush", "tok"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s: %q is in %s", name, secret, said)
		}
	}
}

// Nobody there, and nobody who answers, are two things: the second one may have the message.
func TestAGatewayThatIsNotThereOrDoesNotAnswer(t *testing.T) {
	g := newSMSGateway(t)
	secretly := func(c *SMSConfig) {
		c.Method, c.Fields, c.User, c.Password, c.Token, c.Timeout = "GET", "to={to}&text={text}&u={user}&p={password}&t={token}", "hush", smsSecret, "tok", time.Minute
	}
	release := make(chan struct{})
	defer close(release)
	// Whoever waits for a gateway that does not answer stops when it has the message, not by a clock: a busy machine has not sent it yet.
	stop := func() {}
	for name, c := range map[string]struct {
		address string
		answer  http.HandlerFunc
		away    bool
		says    string
	}{
		"nobody there":        {"http://" + ports.Nobody(t), nil, true, "connection refused"},
		"a certificate":       {"https://" + strings.TrimPrefix(newTLSServer(t).URL, "https://"), nil, true, "certificate"},
		"plain where TLS is":  {strings.Replace(g.URL, "http://", "https://", 1), nil, true, "no connection"},
		"no answer":           {g.URL, func(http.ResponseWriter, *http.Request) { stop(); <-release }, false, "took the message and gave no answer"},
		"an end":              {g.URL, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "gave no answer"},
		"no HTTP, and echoes": {g.URL, hijacked(t), false, "gave no answer"},
	} {
		g.as(c.answer)
		s := newSMSCarrier(t, smsConfig(t, c.address, secretly))
		before, _, _ := g.asked()
		var ctx context.Context
		ctx, stop = context.WithCancel(t.Context())
		outcome, err := s.Summary(ctx, smsSummary("en"))
		var away *Away
		if outcome != nodkey.PushRetry || err == nil || errors.As(err, &away) != c.away || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, outcome, err)
		}
		hushed(t, name, fmt.Sprint(err))
		want := nodkey.PushRetry
		if !c.away {
			want = nodkey.PushRefused // it may be on its way: its person asks for another
		}
		ctx, stop = context.WithCancel(t.Context())
		if outcome, err := s.Code(ctx, smsCode()); outcome != want || err == nil {
			t.Errorf("%s: a code: %v, %v", name, outcome, err)
		}
		stop()
		if n, _, _ := g.asked(); !c.away && n != before+2 {
			t.Errorf("%s: asked %d times", name, n-before)
		}
	}
	// Ended from above, before anything went out.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if outcome, err := newSMSCarrier(t, smsConfig(t, g.URL, nil)).Summary(ended, smsSummary("en")); outcome != nodkey.PushRetry || err == nil {
		t.Error(outcome, err)
	}
}

func newTLSServer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// hijacked answers with what it was asked.
func hijacked(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(conn, "%s\r\n", r.URL.RequestURI())
		conn.Close()
	}
}

// The address is the operator's own choice: https, or this machine, with the certificate of their own authority.
func TestASMSGatewayWithTLS(t *testing.T) {
	g := newSMSGateway(t)
	secure := httptest.NewTLSServer(g.Config.Handler)
	defer secure.Close()
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s := newSMSCarrier(t, smsConfig(t, secure.URL, func(c *SMSConfig) { c.Roots = roots }))
	if outcome, err := s.Summary(t.Context(), smsSummary("de")); outcome != nodkey.PushDelivered || err != nil {
		t.Error(outcome, err)
	}
	for _, elsewhere := range []string{"http://192.0.2.1/send", "http://gateway.example.com/send", "https://user:word@gateway.example.com/", "ftp://127.0.0.1/"} {
		if setting, err := CheckSMS(smsConfig(t, elsewhere, nil)); setting != "url" || err == nil {
			t.Errorf("%s: %s, %v", elsewhere, setting, err)
		}
	}
}

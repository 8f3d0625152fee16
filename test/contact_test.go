package test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/mailserver"
)

// post is where a house's letters and text messages arrive.
type post struct {
	t       *testing.T
	server  *mailserver.Server
	gateway *httptest.Server
	texts   chan string // "+41…: text"
}

func openPost(t *testing.T) *post {
	t.Helper()
	p := &post{t: t, server: mailserver.Start(t, false), texts: make(chan string, 99)}
	p.gateway = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p.texts <- r.FormValue("to") + ": " + r.FormValue("text")
	}))
	t.Cleanup(p.gateway.Close)
	return p
}

// options make a server send here.
func (p *post) options(more map[string]string) map[string]string {
	out := map[string]string{"mail.server": p.server.Addr, "mail.security": "none", "mail.from": "Aldermere <no-reply@aldermere.example>", "sms.url": p.gateway.URL}
	for key, value := range more {
		out[key] = value
	}
	return out
}

// until waits for what has to come.
func (p *post) until(what string, come func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !come() {
		select {
		case <-look.C:
		case <-deadline.C:
			p.t.Fatalf("%s never came", what)
		}
	}
}

// letters are the subject lines and texts that came to an address.
func (p *post) letters(to string) (subjects, texts []string) {
	p.t.Helper()
	for _, l := range p.server.Taken() {
		if l.To != to {
			continue
		}
		m, err := l.Read()
		if err != nil {
			p.t.Fatal(err)
		}
		body := io.Reader(m.Body)
		switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			p.t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			p.t.Fatal(err)
		}
		subjects, texts = append(subjects, subject), append(texts, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return subjects, texts
}

var codeAlone = regexp.MustCompile(`(?m)^(\d{6})$`)

// mailed waits for the newest code in an address's letters, of which there are so many.
func (p *post) mailed(to string, letters int) (code string) {
	p.t.Helper()
	p.until("the letter with a code to "+to, func() bool {
		_, texts := p.letters(to)
		if len(texts) < letters {
			return false
		}
		found := codeAlone.FindStringSubmatch(texts[len(texts)-1])
		if found == nil {
			p.t.Fatalf("no code in\n%s", texts[len(texts)-1])
		}
		code = found[1]
		return true
	})
	return code
}

var codeInText = regexp.MustCompile(`(\d{6})`)

// texted waits for a text message with a code.
func (p *post) texted(to string) string {
	p.t.Helper()
	select {
	case text := <-p.texts:
		number, said, _ := strings.Cut(text, ": ")
		found := codeInText.FindStringSubmatch(said)
		if number != to || found == nil {
			p.t.Fatalf("this came: %s", text)
		}
		return found[1]
	case <-time.After(30 * time.Second):
		p.t.Fatal("no text message came")
		return ""
	}
}

func notTheCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// english is somebody who reads Nodkey in English.
var english = reader{lang: "en", name: maraName, displayName: "Mara Lindqvist", password: maraPassword, portal: "Client Portal"}

// everyLanguage walks with a reader of each language, side by side.
func everyLanguage(t *testing.T, walk func(*testing.T, reader)) {
	t.Helper()
	running(t)
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	for _, r := range append([]reader{english}, readers...) {
		t.Run(r.lang, func(t *testing.T) {
			t.Parallel()
			walk(t, r)
		})
	}
}

// receives is a reader's home that letters and text messages reach, in the language that the desk gave the account.
func (r reader) receives(t *testing.T, p *post, options map[string]string) *home {
	t.Helper()
	h := r.lives(t, p.options(options))
	h.run("", "user", "remove", r.name)
	h.run(r.password+"\n", "user", "add", r.name, "--display-name", r.displayName, "--locale", r.lang, "--password-stdin", "--json")
	return h
}

// TestAnAddressIsChangedWithCodeAndPhone changes an e-mail address that the desk knew, from its page to the letter that tells
// the old one; then a number, and the address goes.
func TestAnAddressIsChangedWithCodeAndPhone(t *testing.T) {
	everyLanguage(t, func(t *testing.T, r reader) {
		p := openPost(t)
		h := r.receives(t, p, nil)
		h.run("", "user", "contact", r.name, "--email", "old@example.net")
		h.settle()
		h.hand.Approve(h.asksFor(h.desk), maraPIN)
		h.desk.At("/")
		h.done(h.hand)
		before, _ := p.letters("old@example.net")

		h.desk.Go(h.server.portal + "/security")
		h.desk.Says("#contact-email", "o…\u2060@example.net")
		h.desk.Click("#contact-email")
		h.desk.Wait("#contact-have")
		r.look(t, h.desk, "portal-contact-email")
		h.desk.Type("#address", "new@example")
		h.desk.Click("#send-code")
		h.desk.Wait("#address-error")
		h.desk.Until("what was typed", `document.getElementById("address").value === "new@example"`)
		h.glance(t, h.desk, "portal-contact-email-wrong")
		h.desk.Type("#address", "new@example.com")
		h.desk.Click("#send-code")
		h.desk.Wait("#contact-code")
		h.desk.Says("#contact-code", "new@example.com")
		r.look(t, h.desk, "portal-contact-code")
		code := p.mailed("new@example.com", 1)
		h.desk.Click("#code-again")
		h.desk.Wait("#problem")
		h.glance(t, h.desk, "portal-contact-code-soon")
		h.desk.Type("#code", notTheCode(code))
		h.desk.Click("#check-code")
		h.desk.Wait("#code-error")
		h.glance(t, h.desk, "portal-contact-code-wrong")
		h.desk.Type("#code", code)
		h.desk.Click("#check-code")
		h.desk.At("/change")
		h.at(h.hand, "approval", "approval.contact_change.title", "approval-contact-change")
		h.hand.Says("[data-screen=approval]", "new@example.com")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.hand.Says(".lead", h.say.T("decided.approved.contact_change", nil))
		h.done(h.hand)
		h.desk.At("/messages/settings")
		h.desk.Says("#toast", h.say.T("toast.contact_changed", nil))
		h.desk.Says("main", "n…\u2060@example.com")
		p.until("the letter to the old address", func() bool {
			subjects, texts := p.letters("old@example.net")
			if len(subjects) <= len(before) {
				return false
			}
			last := len(subjects) - 1
			if want := h.say.T("summary.subject_security", nil); subjects[last] != want || strings.Contains(texts[last], "new@example.com") {
				t.Errorf("the old address is told %q, want %q:\n%s", subjects[last], want, texts[last])
			}
			return true
		})

		h.desk.Go(h.server.portal + "/messages/settings/email")
		h.desk.Click("#contact-remove")
		h.desk.Wait("#confirm")
		r.look(t, h.desk, "portal-contact-remove")
		h.desk.Click("#confirm-yes")
		h.desk.At("/change")
		h.at(h.hand, "approval", "approval.contact_remove.title", "approval-contact-remove")
		h.hand.Says("[data-screen=approval]", "new@example.com")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.hand.Says(".lead", h.say.T("decided.approved.contact_remove", nil))
		h.done(h.hand)
		h.desk.At("/messages/settings")
		h.desk.Says("#toast", h.say.T("toast.contact_removed", nil))
	})
}

// TestTheFirstPhoneIsActivatedByAContactOnRecord asks for a code by e-mail and by SMS, before there is a phone.
func TestTheFirstPhoneIsActivatedByAContactOnRecord(t *testing.T) {
	everyLanguage(t, func(t *testing.T, r reader) {
		p := openPost(t)
		h := r.receives(t, p, map[string]string{"policy.activation_first": "contact"})
		h.desk.SignIn(h.server.portal, r.name, r.password)
		h.desk.Wait("#proof[data-state=none]")
		r.look(t, h.desk, "portal-proof-none")
		h.run("", "user", "contact", r.name, "--email", "mara@example.com", "--phone", "+41791234567")
		h.desk.Go(h.server.portal + "/")
		h.desk.Wait("#proof[data-state=ways]")
		r.look(t, h.desk, "portal-proof-ways")
		if h.desk.Has("#activation") {
			t.Error("a phone can be activated without a code")
		}
		h.desk.Click("#proof input[value=phone]")
		h.desk.Click("#send-code")
		h.desk.Wait("#proof[data-state=code]")
		r.look(t, h.desk, "portal-proof-code")
		code := p.texted("+41791234567")
		h.desk.Type("#code", notTheCode(code))
		h.desk.Click("#check-code")
		h.desk.Wait("#code-error")
		h.glance(t, h.desk, "portal-proof-wrong")
		h.desk.Type("#code", code)
		h.desk.Click("#check-code")
		h.desk.Wait("#activation[data-state=offer]")
		h.hand.TypeCode(h.desk.Code())
		h.hand.CreatePIN(maraPIN)
		h.desk.Wait("#activated")
		p.until("the notice by e-mail", func() bool {
			subjects, _ := p.letters("mara@example.com")
			return len(subjects) > 0
		})
	})
}

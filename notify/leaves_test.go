package notify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/mailserver"
)

// leaving is a house of which everything that leaves is looked at.
type leaving struct {
	*texting
	post    *mailserver.Server
	secrets map[string]string // what must not leave, and what it is
}

// resident is somebody there, with an address and a number.
type resident struct {
	h                   *leaving
	name, email, mobile string
	lang                string
	id                  nodkey.UserID
	key                 *nodkeytest.PhoneKey
	desk                nodkey.Caller
}

func (h *leaving) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// hide remembers a text's sentences, and its words that are made up for this test.
func (h *leaving) hide(what, text string) string {
	for _, part := range regexp.MustCompile(`[.!?。！？\n]+\s*`).Split(text, -1) {
		if part = strings.TrimSpace(part); len([]rune(part)) >= 4 {
			h.secrets[part] = "a sentence of " + what
		}
	}
	for _, word := range regexp.MustCompile(`zq\w+`).FindAllString(text, -1) {
		h.secrets[word] = "a word of " + what
	}
	return text
}

// settles joins the house: an account that the desk makes, addresses, settings, a first phone.
func (h *leaving) settles(i int, lang, first, last string) *resident {
	h.t.Helper()
	ctx := h.t.Context()
	p := &resident{h: h, name: fmt.Sprint("zquser", i), email: fmt.Sprintf("box%d@example.com", i), mobile: number(i), lang: lang}
	display := first + " " + last
	if lang == "ja" {
		display = last + " " + first
	}
	added, err := h.Users.Add(ctx, h.Desk(), nodkey.NewUser{Name: p.name, DisplayName: display, Password: housePassword})
	h.must(err)
	p.id = added.User.ID
	h.must(p.wantsBoth())
	h.must(h.Contacts.Set(ctx, h.Desk(), p.name, nodkey.SummaryEmail, p.email))
	h.must(h.Contacts.Set(ctx, h.Desk(), p.name, nodkey.SummarySMS, p.mobile))
	b := h.NewBrowser("203.0.113.77")
	h.must(b.Begin(ctx, p.name, housePassword))
	c, err := b.Caller(ctx)
	h.must(err)
	banner, err := h.Activations.Start(ctx, c)
	h.must(err)
	p.key, _, err = nodkeytest.NewPhone(h.Services, h.Clock, "zqphone").Activate(ctx, banner.Code, nodkeytest.Making{PIN: "7294"})
	h.must(err)
	for secret, what := range map[string]string{p.name: "the user's name", last: "the family name", string(p.id): "the user's id", p.key.ID: "the key's id", "zqphone": "the phone's name",
		housePassword: "the password", "203.0.113.77": "an address", banner.Code.String(): "the activation code"} {
		h.secrets[secret] = what
	}
	return p
}

// signsIn signs in at a browser that was not seen before, or says no.
func (p *resident) signsIn(from string, no bool) nodkey.Caller {
	h, ctx := p.h, p.h.t.Context()
	h.t.Helper()
	h.secrets[from] = "an address"
	b := h.NewBrowser(from)
	h.must(b.Begin(ctx, p.name, housePassword))
	s, err := p.key.Newest(ctx)
	h.must(err)
	w, err := b.Wait(ctx)
	h.must(err)
	answer := nodkeytest.Answer{PIN: "7294", Number: w.Number}
	if no {
		answer = nodkeytest.Answer{No: "not_me"}
	}
	_, err = p.key.Answer(ctx, s, answer)
	h.must(err)
	if no {
		return nodkey.Caller{}
	}
	h.must(b.Finish(ctx))
	c, err := b.Caller(ctx)
	h.must(err)
	return c
}

// lives has every kind of message come to be that can.
func (p *resident) lives() {
	h, ctx := p.h, p.h.t.Context()
	h.t.Helper()
	p.signsIn("203.0.113.99", true)
	p.desk = p.signsIn("203.0.113.88", false)
	file, err := h.Messages.Upload(ctx, p.desk, "zqfile.txt", strings.NewReader(h.hide("a file", "The zqcontents of a file. They are nobody's business.")))
	h.must(err)
	h.secrets["zqfile"] = "a file's name"
	own, err := h.Messages.Write(ctx, p.desk, nodkey.Draft{Category: "account", MessageText: nodkey.MessageText{
		Subject: h.hide("a subject", "Where is my zqcard?"), Text: h.hide("a person's text", "I lost it on the train. Its number ends in zq4711.\nPlease block it!")}, Files: []nodkey.FileID{file.ID}})
	h.must(err)
	h.must(h.MessageDesk.Reply(ctx, h.Desk(), own, "en", nodkey.Answer{Text: h.hide("the desk's answer", "We have **blocked** it. See [the zqlist](https://bank.example/zqlink).\n\n- a new one comes by post")}))
	_, err = h.MessageDesk.Post(ctx, h.Desk(), p.name, nodkey.Posting{Category: "account", Priority: nodkey.PriorityUrgent, Texts: map[string]nodkey.MessageText{
		"en": {Subject: h.hide("a subject", "Your zqloan of 4,000"), Text: h.hide("the desk's text", "It is due on Friday. Call zqMiller.")},
		"ja": {Subject: h.hide("a subject", "融資zqのご案内"), Text: h.hide("the desk's text", "返済日は金曜日です。担当はzq山本です。")},
	}})
	h.must(err)
	for channel, to := range map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "other" + p.email, nodkey.SummarySMS: p.mobile[:len(p.mobile)-4] + "9" + p.mobile[len(p.mobile)-3:]} {
		h.must(h.Contacts.Ask(ctx, p.desk, channel, to))
		h.Clock.Advance(2 * time.Minute)
		h.rest()
	}
	settings, err := h.Messages.Settings(ctx, p.desk)
	h.must(err)
	for _, delivery := range []nodkey.SummaryDelivery{nodkey.DeliverSMS, nodkey.DeliverBoth} {
		settings.Delivery = delivery
		h.must(h.Messages.SaveSettings(ctx, p.desk, settings))
	}
	h.must(h.Users.SetPassword(ctx, h.Desk(), p.name, housePassword+"zq"))
	h.must(h.Contacts.Set(ctx, h.Desk(), p.name, nodkey.SummaryEmail, "new"+p.email))
	h.must(h.Contacts.Remove(ctx, h.Desk(), p.name, nodkey.SummaryEmail))
	h.must(h.Contacts.Set(ctx, h.Desk(), p.name, nodkey.SummaryEmail, p.email))
	h.must(p.wantsBoth()) // what is removed is not written to any more
}

func (p *resident) wantsBoth() error {
	s := nodkey.MessageSettings{UserID: p.id, First: p.lang, Delivery: nodkey.DeliverBoth, Account: true, Announcements: true, Reminders: true}
	return p.h.Ports.Store.Update(p.h.t.Context(), func(tx nodkey.Tx) error { return tx.SaveMessageSettings(s) })
}

// notices hides what the catalogues say of notices.
func (h *leaving) notices(lang string) {
	h.t.Helper()
	raw, err := os.ReadFile("../i18n/messages." + lang + ".json")
	h.must(err)
	var all map[string]any
	h.must(json.Unmarshal(raw, &all))
	n := 0
	for key, sentence := range all {
		text, plain := sentence.(string)
		if !plain || !strings.HasPrefix(key, "notice.") {
			continue
		}
		for _, part := range regexp.MustCompile(`\{\{[^}]*\}\}|[.。]`).Split(text, -1) {
			if part = strings.TrimSpace(part); len([]rune(part)) >= 10 {
				h.secrets[part] = key + " in " + lang
				n++
			}
		}
	}
	if n < 20 {
		h.t.Fatalf("%d sentences of notices in %s", n, lang)
	}
}

// left is all that left, as it was sent and as it is read, by whom it went to.
func (h *leaving) left() map[string][]string {
	h.t.Helper()
	out := map[string][]string{}
	for _, l := range h.post.Taken() {
		m, err := l.Read()
		h.must(err)
		body, err := io.ReadAll(m.Body)
		h.must(err)
		var read []byte
		switch m.Header.Get("Content-Transfer-Encoding") {
		case "base64":
			read, err = base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(string(body)))
		case "quoted-printable":
			read, err = io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(body))))
		default:
			read = body
		}
		h.must(err)
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		h.must(err)
		out[l.To] = append(out[l.To], subject+"\n"+string(read)+"\n"+string(l.Raw))
	}
	h.gateway.mu.Lock()
	defer h.gateway.mu.Unlock()
	for i, body := range h.gateway.bodies {
		form, err := url.ParseQuery(body)
		h.must(err)
		out[form.Get("to")] = append(out[form.Get("to")], fmt.Sprint(form.Get("text"), "\n", form, h.gateway.seen[i].URL, h.gateway.seen[i].Header))
	}
	return out
}

// leaks names what of the secrets is in a text.
func (h *leaving) leaks(text string) (found []string) {
	text = strings.Join(strings.Fields(text), " ")
	for secret, what := range h.secrets {
		if strings.Contains(text, strings.Join(strings.Fields(secret), " ")) {
			found = append(found, fmt.Sprintf("%s: %q", what, secret))
		}
	}
	return found
}

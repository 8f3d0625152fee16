package test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/kannel"
	"github.com/nodkey/nodkey/wire"
)

// handset is a person's, with the number that the desk has on record.
type handset struct {
	t       *testing.T
	gateway *kannel.Gateway
	number  string // without a plus sign
	seen    int
}

// next waits for the next text.
func (p *handset) next() kannel.Text {
	p.t.Helper()
	for late := time.Now().Add(30 * time.Second); ; {
		all, err := p.gateway.Texts(0, time.Second)
		if err != nil {
			p.t.Fatal(err)
		}
		var mine []kannel.Text
		for _, text := range all {
			if text.To == p.number {
				mine = append(mine, text)
			}
		}
		if len(mine) > p.seen {
			p.seen++
			return mine[p.seen-1]
		}
		if time.Now().After(late) {
			p.t.Fatalf("no text comes; there came %+v", all)
		}
		time.Sleep(20 * time.Millisecond) // the gateway says nothing of what is on its way
	}
}

// texted is what a handset shows in one part, in the default alphabet or, for Japanese, in UCS-2.
func (p *handset) texted(lang string) string {
	p.t.Helper()
	text := p.next()
	if want := map[string]int{"ja": 8}[lang]; text.Coding != want || text.Parts != 1 || text.From != "Aldermere" {
		p.t.Errorf("%s: %+v", lang, text)
	}
	return text.Text
}

// TestTextsReachHandsets goes from the code before the first phone to summaries of a ticket and of an announcement: through Kannel and a
// message centre, as handsets show them.
func TestTextsReachHandsets(t *testing.T) {
	log := &nodkeytest.Log{}
	gateway, err := kannel.Start(log, "..")
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the gateway says\n%s", log)
		}
	})
	s := serve(t, map[string]string{
		"policy.activation_first": "contact", "sms.url": gateway.Address, "sms.method": "GET",
		"sms.fields": "username={user}&password={password}&from={from}&to={to}&text={text}&coding={coding}&charset=UTF-8",
		"sms.user":   kannel.User, "sms.password": kannel.Password, "sms.from": "Aldermere", "sms.coding_ucs2": "2", "sms.accepted": "^[03]: ",
	})
	says := map[string]struct{ code, ticket, announcement string }{
		"en": {"Aldermere Savings:\nYour code: CODE\nIt is good for 10 minutes.\nNot asked for? Somebody knows your password: call the service desk.",
			"Aldermere Savings:\nHello Mara.\nYou have a new message: REF\nSign in to read it:\nLINK", "A new announcement for you: REF\n"},
		"de": {"Aldermere Savings:\nIhr Code: CODE\nEr gilt 10 Minuten.\nNicht angefordert? Dann kennt jemand Ihr Passwort. Rufen Sie den Service an.",
			"Aldermere Savings:\nGuten Tag Jonas.\nSie haben eine neue Nachricht: REF\nZum Lesen anmelden:\nLINK", "Eine neue Mitteilung für Sie: REF\n"},
		"ja": {"確認コード：CODE\n有効期間は10分です。\nお心当たりがない場合はパスワードが知られています。サービスデスクへご連絡ください。",
			"新しいメッセージがあります\nLINK", "新しいお知らせがあります\n"},
	}
	handsets := map[string]*handset{}
	for i, r := range append([]reader{english}, readers...) {
		p := &handset{t: t, gateway: gateway, number: fmt.Sprintf("4179555014%d", i)}
		handsets[r.lang] = p
		s.run(r.password+"\n", "user", "add", r.name, "--display-name", r.displayName, "--locale", r.lang, "--password-stdin", "--json")
		s.run("", "user", "contact", r.name, "--phone", "+"+p.number)
		s.activates(t, r, func() string {
			text := p.texted(r.lang)
			code := regexp.MustCompile(`\d{6}`).FindString(text)
			if want := strings.ReplaceAll(says[r.lang].code, "CODE", code); text != want {
				t.Errorf("%s: of a code the handset shows\n%s\nand not\n%s", r.lang, text, want)
			}
			return code
		})
		var sent struct{ Reference string }
		if err := json.Unmarshal(s.run("", "message", "send", "--to", r.name, "--subject", "The number of your card", "--body", "It ends in **4711**.", "--json"), &sent); err != nil || sent.Reference == "" {
			t.Fatalf("%v, %+v", err, sent)
		}
		link := s.portal + "/messages/" + sent.Reference
		if got, want := p.texted(r.lang), strings.NewReplacer("REF", sent.Reference, "LINK", link).Replace(says[r.lang].ticket); got != want {
			t.Errorf("%s: the handset shows\n%s\nand not\n%s", r.lang, got, want)
		}
		s.deskSees(t, sent.Reference, "sms")
	}
	s.run("", "message", "send", "--all", "--yes", "--wait", "--subject", "Closed on Monday", "--body", "Come on *Tuesday*.")
	for lang, p := range handsets {
		got := p.texted(lang)
		reference := regexp.MustCompile(`\d{4}-\d{4,}`).FindString(got)
		want := strings.ReplaceAll(says[lang].announcement, "REF", reference)
		if !strings.Contains(got, want) || !strings.HasSuffix(got, "\n"+s.portal+"/messages/"+reference) {
			t.Errorf("%s: of an announcement the handset shows\n%s", lang, got)
		}
	}
	// The operator tries it out; what the gateway says of a wrong password is told.
	trial := &handset{t: t, gateway: gateway, number: "41795550199"}
	for i, args := range [][]string{{"sms", "test", "+41 79 555 01 99"}, {"sms", "test", "+41795550199", "--unicode"}} {
		if said := string(s.run("", args...)); !strings.HasPrefix(said, "127.0.0.1 has taken it (status 202: 0: Accepted for delivery).") {
			t.Errorf("it says %s", said)
		}
		want := kannel.Text{From: "Aldermere", To: trial.number, Parts: 1, Coding: 8 * i, Text: "Aldermere Savings:\nThis tests how text messages leave. Do these signs look right? " + []string{"@ Ä ö ß é _ € [ ]", "@ Ä Ł 日本語 😀"}[i]}
		if i == 1 {
			want.Parts = 2
		}
		if got := trial.next(); got != want {
			t.Errorf("there came %+v, and not %+v", got, want)
		}
	}
	denied := exec.CommandContext(t.Context(), s.binary, "sms", "test", "+41795550199", "--sms-password", "another")
	denied.Env = s.env
	if out, err := denied.CombinedOutput(); err == nil || !strings.Contains(string(out), "127.0.0.1 did not take it: status 403: Authorization failed for sendsms") {
		t.Errorf("%v: %s", err, out)
	}
	for _, secret := range []string{"4179555", "4711", kannel.Password} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}

// activates takes a person from the password to summaries by SMS: a code to the number on record, a phone, a sign-in, the settings.
func (s *server) activates(t *testing.T, r reader, code func() string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	desk := newWebUser(s.portal, nil)
	must(desk.post(ctx, "/", "/sign-in", "username", r.name, "password", r.password))
	must(desk.post(ctx, "/", "/activation/contact", "way", "phone"))
	must(desk.post(ctx, "/", "/activation/contact/code", "code", code()))
	typed, err := desk.code(ctx, "/")
	must(err)
	phone, err := client.New(client.Config{HTTP: client.NewHTTPClient(nil), Facts: wire.PhoneFacts{Platform: "android", OSVersion: "16"}}, client.State{})
	must(err)
	offer, err := phone.Lookup(ctx, s.phone, typed)
	must(err)
	_, err = phone.Activate(ctx, offer, maraPIN, "Pixel 8")
	must(err)
	desk = newWebUser(s.portal, nil)
	must(desk.post(ctx, "/sign-in/wait", "/sign-in", "username", r.name, "password", r.password))
	number, err := desk.number(ctx, "/sign-in/wait")
	must(err)
	asked, err := phone.Approvals(ctx)
	must(err)
	if len(asked) != 1 {
		t.Fatalf("the phone is asked %d times", len(asked))
	}
	_, err = phone.Approve(ctx, asked[0], number, maraPIN)
	must(err)
	got, err := desk.get(ctx, "/sign-in/wait")
	must(err)
	if got.location != "/" {
		t.Fatalf("the sign-in leads to %q: %s", got.location, got.says())
	}
	must(desk.post(ctx, "/messages/settings", "/messages/settings", "first", r.lang, "second", "", "delivery", "sms", "account", "1", "announcements", "1", "reminders", "1",
		"quiet_from", "22:00", "quiet_to", "07:00", "zone", ""))
}

// deskSees waits until the desk sees that a summary was sent.
func (s *server) deskSees(t *testing.T, reference, channel string) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); ; {
		if said := string(s.run("", "message", "show", reference)); strings.Contains(said, channel) && strings.Contains(said, "sent") {
			return
		} else if time.Now().After(late) {
			t.Fatalf("the desk sees\n%s", said)
		}
	}
}

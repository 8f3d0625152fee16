package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
)

// settingsForm is what the page of the settings sends, with some fields replaced; "-" leaves one out.
func settingsForm(change ...string) []string {
	fields := []string{"first", "ja", "second", "en", "delivery", "email", "account", "1", "reminders", "1", "quiet_from", "22:00", "quiet_to", "07:00", "zone", "Asia/Tokyo"}
	for i := 0; i < len(change); i += 2 {
		at := len(fields)
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == change[i] {
				at = j
			}
		}
		switch {
		case change[i+1] == "-":
			fields = append(fields[:at], fields[at+2:]...)
		case at == len(fields):
			fields = append(fields, change[i], change[i+1])
		default:
			fields[at+1] = change[i+1]
		}
	}
	return fields
}

func (b *browser) settings() nodkey.MessageSettings {
	b.h.t.Helper()
	s, err := b.h.services.Messages.Settings(b.h.t.Context(), b.caller())
	must(b.h.t, err)
	s.UserID = ""
	return s
}

func TestSettingsAreSavedAndSaidSo(t *testing.T) {
	h, b := writer(t)
	must(t, h.services.Contacts.Set(t.Context(), h.operator, "ann", nodkey.SummarySMS, "+41 79 123 45 42"))
	page := b.get("/messages/settings")
	page.is(t, http.StatusOK)
	page.says(t, "whole messages are never sent by e-mail or SMS. Only a summary is.", "Always on", "There is no e-mail address of yours yet", "ends in …42",
		"These are the languages of messages and summaries.", "2026-0412", "No summary can go out by e-mail yet")
	for _, c := range []struct {
		form []string
		want nodkey.MessageSettings
	}{
		{settingsForm(), nodkey.MessageSettings{First: "ja", Second: "en", Delivery: nodkey.DeliverEmail, Account: true, Reminders: true, Zone: "Asia/Tokyo"}},
		{settingsForm("quiet", "1", "quiet_to", "06:30:00", "announcements", "1", "account", "-", "delivery", "both"),
			nodkey.MessageSettings{First: "ja", Second: "en", Delivery: nodkey.DeliverBoth, Announcements: true, Reminders: true, QuietFrom: 22 * 60, QuietTo: 6*60 + 30, Zone: "Asia/Tokyo"}},
		{settingsForm("second", "ja", "reminders", "-", "delivery", "sms", "zone", ""), nodkey.MessageSettings{First: "ja", Delivery: nodkey.DeliverSMS, Account: true}},
		{settingsForm("first", "de", "second", "", "delivery", "centre"), nodkey.MessageSettings{First: "de", Delivery: nodkey.DeliverCentre, Account: true, Reminders: true, Zone: "Asia/Tokyo"}},
	} {
		b.post("/messages/settings", c.form...).goes(t, "/messages/settings")
		if got := b.settings(); got != c.want {
			t.Errorf("saved %+v, want %+v", got, c.want)
		}
		saved := b.get("/messages/settings")
		saved.says(t, "Your message settings are saved.")
		if saved.first(t, `<button class="button button-main" id="save"( autofocus aria-describedby="toast")?`) == "" {
			t.Error("the focus is not on Save")
		}
		missing := c.want.Delivery == nodkey.DeliverEmail || c.want.Delivery == nodkey.DeliverBoth
		if strings.Contains(saved.body, `data-missing="email"`) != missing || strings.Contains(saved.body, `data-missing="phone"`) {
			t.Errorf("with %s the page says of missing addresses:\n%s", c.want.Delivery, saved.body)
		}
	}
	if again := b.get("/messages/settings"); strings.Contains(again.body, "autofocus") || strings.Contains(again.body, "are saved") {
		t.Error("it says so twice")
	}
}

func TestSettingsThatCannotBeMeant(t *testing.T) {
	h, b := writer(t)
	b.post("/messages/settings", settingsForm()...).goes(t, "/messages/settings")
	for name, change := range map[string][]string{
		"a language":            {"first", "xx"},
		"no first language":     {"first", ""},
		"a second language":     {"second", "<b>"},
		"a delivery":            {"delivery", "fax"},
		"no delivery":           {"delivery", ""},
		"a zone":                {"zone", "Europe/Nowhere"},
		"the machine's zone":    {"zone", "Local"},
		"a path as a zone":      {"zone", "../../etc/passwd"},
		"security off":          {"security", ""},
		"quiet hours of none":   {"quiet", "1", "quiet_to", "22:00"},
		"no time":               {"quiet", "1", "quiet_from", ""},
		"a time":                {"quiet", "1", "quiet_from", "25:00"},
		"a time that is a word": {"quiet", "1", "quiet_from", "<script>"},
		"a field left out":      {"zone", "-"},
	} {
		before := h.dump("limits", "audit_rows")
		got := b.post("/messages/settings", settingsForm(append([]string{"reminders", "-"}, change...)...)...)
		got.is(t, http.StatusBadRequest)
		plainWords(t, name, got)
		if name != "a field left out" && (!strings.Contains(got.body, `id="settings-form"`) || strings.Contains(got.body, `name="reminders" value="1" checked`)) {
			t.Errorf("%s: what was chosen is lost", name)
		}
		nodkeytest.Unchanged(t, name, before, h.dump("limits", "audit_rows"))
	}
}

func TestAnotherLanguageKeepsWhatWasChosen(t *testing.T) {
	_, b := writer(t)
	before := b.settings()
	page := b.post("/messages/settings", settingsForm("lang", "ja", "quiet", "1", "quiet_from", "21:15", "delivery", "both")...)
	page.is(t, http.StatusOK)
	page.says(t, "メッセージ設定", "セキュア・メッセージ配信", "第一言語")
	for _, part := range []string{`value="21:15"`, `value="both" checked`, `value="ja" selected`, `value="Asia/Tokyo" selected`, `name="quiet" value="1" checked`} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if b.settings() != before {
		t.Error("choosing a language saved something")
	}
}

// letterToken is what stands in the head of a letter about an announcement.
func (h *house) letterToken(name string) string {
	h.t.Helper()
	must(h.t, h.services.Contacts.Set(h.t.Context(), h.operator, name, nodkey.SummaryEmail, name+"@example.com"))
	_, err := h.services.Announcements.Announce(h.t.Context(), h.operator, nodkey.Announcing{Category: "other", To: []string{name},
		Texts: map[string]nodkey.MessageText{"en": {Subject: "Closed", Text: "On Monday."}}})
	must(h.t, err)
	_, _, err = h.services.Announcements.Send(h.t.Context())
	must(h.t, err)
	list, _, err := h.services.Summaries.Take(h.t.Context(), nodkey.SummaryEmail, 10)
	must(h.t, err)
	for _, m := range list {
		if m.Unsubscribe != "" {
			return string(m.Unsubscribe)
		}
	}
	h.t.Fatalf("no letter has a token: %+v", list)
	return ""
}

// One press of a mail service's button, without a cookie and from wherever it likes, ends letters about announcements; a visit
// ends nothing.
func TestUnsubscribingWithOneClick(t *testing.T) {
	h, b := writer(t)
	token := h.letterToken("ann")
	path := "/messages/unsubscribe?token=" + url.QueryEscape(token)
	visitor := h.browser()
	ask := visitor.get(path)
	ask.is(t, http.StatusOK)
	ask.says(t, "No more e-mails about announcements?")
	if strings.Contains(ask.body, "ann@") || strings.Contains(ask.body, `class="menu-name"`) {
		t.Errorf("the page says who it is:\n%s", ask.body)
	}
	visitor.send("HEAD", path, nil, nil).is(t, http.StatusOK)
	de := visitor.post(path, "lang", "de")
	de.is(t, http.StatusOK)
	de.says(t, "Keine E-\u2060Mails mehr über Mitteilungen an alle?")
	if !b.settings().Announcements {
		t.Fatal("a visit or a language ended them")
	}
	click := h.browser().send("POST", path, strings.NewReader("List-Unsubscribe=One-Click"), func(r *http.Request) {
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Origin", "https://mail.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	})
	click.is(t, http.StatusOK)
	click.says(t, "You get no more e-mails about announcements")
	want := b.settings()
	if want.Announcements || !want.Account || !want.Reminders {
		t.Errorf("the settings are %+v", want)
	}
	visitor.get(path).says(t, "Sie erhalten keine E-\u2060Mails mehr")
	visitor.post(path).is(t, http.StatusOK)
	if n := h.audited("message_settings.unsubscribed"); n != 1 {
		t.Errorf("%d times in the log", n)
	}
	if strings.Contains(h.log.String(), token) {
		t.Error("the log holds the token")
	}
}

func TestUnsubscribingWithoutAToken(t *testing.T) {
	h, b := writer(t)
	token := h.letterToken("ann")
	bent := map[bool]string{true: "B", false: "A"}[token[20] == 'A']
	before := h.dump()
	for name, path := range map[string]string{
		"none": "", "empty": "?token=", "forged": "?token=AAAAAAAA", "twice": "?token=" + token + "&token=" + token, "bent": "?token=" + token[:20] + bent + token[21:],
		"broken": "?token=%zz", "long": "?token=" + strings.Repeat("A", 4000),
	} {
		for _, method := range []string{"GET", "POST"} {
			got := b.send(method, "/messages/unsubscribe"+path, nil, nil)
			if got.status != http.StatusBadRequest {
				t.Errorf("%s by %s: %d", name, method, got.status)
			}
			plainWords(t, name, got)
		}
	}
	// No other route of the portal is asked from elsewhere.
	for _, path := range []string{"/messages/settings", "/messages/new", "/messages/unsubscribe/", "/messages/2026-0001/reply", "/messages/2026-0001/close"} {
		got := b.send("POST", path+"?token="+token, nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		if got.status != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, got.status)
		}
	}
	nodkeytest.Unchanged(t, "unsubscribing without a token", before, h.dump())
}

// Where nothing leaves by a way, it is there to be seen, cannot be chosen, and nobody is asked for an address.
func TestAWayThatIsClosedIsNotOffered(t *testing.T) {
	h := newHouseOf(t, doors.Options{Site: func(s *nodkey.Site) { s.NoEmail, s.NoSMS = true, true }})
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	page := b.get("/messages/settings")
	page.says(t, "This portal sends no e-mail", "This portal sends no text messages")
	for _, value := range []string{"email", "sms", "both"} {
		if page.first(t, `value="`+value+`"( disabled)? required`) == "" {
			t.Errorf("%s can be chosen", value)
		}
	}
	if page.first(t, `value="centre"( checked)? required`) == "" || strings.Contains(page.body, `href="/messages/settings/email"`) || strings.Contains(page.body, "data-missing") {
		t.Errorf("nothing is chosen, or an address is asked for:\n%s", page.body)
	}
	b.post("/messages/settings", settingsForm("delivery", "centre")...).goes(t, "/messages/settings")
	if got := b.settings().Delivery; got != nodkey.DeliverCentre {
		t.Errorf("saved %s", got)
	}
	asked := b.post("/messages/settings/email", "address", "ann@example.com")
	asked.is(t, http.StatusConflict)
	asked.says(t, "Nothing is sent from here that way")
}

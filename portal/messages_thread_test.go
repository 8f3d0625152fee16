package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestAThreadShowsWhatBothSidesWrote(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	r, err := h.services.Messages.Write(t.Context(), b.caller(), nodkey.Draft{Category: "access", Topic: "phone",
		MessageText: nodkey.MessageText{Subject: `About <b>you</b> & "me"`, Text: "First line\n\n<script>alert(1)</script> **not bold**"}})
	must(t, err)
	path := "/messages/" + r.String()
	must(t, h.services.MessageDesk.Reply(t.Context(), h.operator, r, "en", nodkey.Answer{Text: "# Yes\n\nIt *works*: [help](https://help.example/x), [bad](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n- one\n- two"}))
	if list := b.get("/messages?kind=ticket").box(t); len(list) != 1 || list[0] != r.String()+"*" {
		t.Errorf("the list: %v", list)
	}
	page := b.get(path)
	page.is(t, http.StatusOK)
	for _, part := range []string{"About &lt;b&gt;you&lt;/b&gt; &amp; &#34;me&#34;", "First line\n\n&lt;script&gt;alert(1)&lt;/script&gt; **not bold**", "<h3>Yes</h3>", "<em>works</em>",
		`href="https://help.example/x"`, "<li>one</li>", r.String(), "Sign-in and phone", "Answered", "Aldermere service desk", `id="close"`} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the thread lacks %q:\n%s", part, page.body)
		}
	}
	for _, part := range []string{"<script>alert", "javascript:", "<img src=x", `id="reopen"`} {
		if strings.Contains(page.body, part) {
			t.Errorf("the thread has %q", part)
		}
	}
	if got := b.get(path); !strings.Contains(got.body, `id="languages"`) || !strings.Contains(got.body, `form="reply-form"`) {
		t.Error("the thread has no language switch that keeps what is typed")
	}
	if list := b.get("/messages?kind=ticket").box(t); len(list) != 1 || list[0] != r.String() {
		t.Errorf("it was read: %v", list)
	}

	b.post(path+"/close").goes(t, "/messages")
	if got := b.get("/messages"); !strings.Contains(got.body, "The message is closed.") {
		t.Error("nothing is said of closing")
	}
	closed := b.get(path)
	if !strings.Contains(closed.body, `id="reopen"`) || !strings.Contains(closed.body, "This message is closed") {
		t.Errorf("a closed one:\n%s", closed.body)
	}
	b.post(path+"/close").goes(t, "/messages")
	b.post(path+"/reopen").goes(t, path)
	if got := b.get(path); !strings.Contains(got.body, "Being worked on") || !strings.Contains(got.body, "open again") {
		t.Errorf("a reopened one:\n%s", got.body)
	}
}

func TestAnAnnouncementIsReadInAnyOfItsLanguages(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	_, err := h.services.Announcements.Announce(t.Context(), h.operator, nodkey.Announcing{Category: "other", Texts: map[string]nodkey.MessageText{
		"en": {Subject: "Works on Sunday", Text: "We are **closed** on Sunday."}, "ja": {Subject: "日曜日の作業", Text: "日曜日は**休業**します。"}}})
	must(t, err)
	_, _, err = h.services.Announcements.Send(t.Context())
	must(t, err)
	path := "/messages/" + h.newest("ann", nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}).String()
	for query, want := range map[string]string{"": "Works on Sunday", "?lang=ja": "日曜日の作業", "?lang=en": "Works on Sunday", "?lang=de": "Works on Sunday", "?lang=xx": "Works on Sunday", "?lang=": "Works on Sunday"} {
		got := b.get(path + query)
		got.is(t, http.StatusOK)
		if !strings.Contains(got.body, ">"+want+"</h1>") || !strings.Contains(got.body, path+"?lang=") {
			t.Errorf("%s:\n%s", query, got.body)
		}
	}
	ja := b.get(path + "?lang=ja")
	if !strings.Contains(ja.body, `<h1 lang="ja">`) || !strings.Contains(ja.body, "<strong>休業</strong>") || !strings.Contains(ja.body, `<strong lang="ja" aria-current="true">日本語</strong>`) {
		t.Errorf("in Japanese:\n%s", ja.body)
	}
	if !strings.Contains(ja.body, `id="languages"`) {
		t.Error("an announcement has no language switch")
	}
	if strings.Contains(ja.body, `id="reply`) {
		t.Error("an announcement can be answered")
	}
	b.post(path+"/close").goes(t, "/messages")
	if got := b.get("/messages"); !strings.Contains(got.body, "The message is put away.") {
		t.Error("nothing is said of putting it away")
	}
	if got := b.get(path); !strings.Contains(got.body, "Take back into the list") {
		t.Errorf("put away:\n%s", got.body)
	}
}

// Each notice says what happened and has one button that does what is to be done, as long as there is something to do.
func TestANoticesButtonDoesIt(t *testing.T) {
	h := newHouse(t, nil)
	first, _ := h.activated("ann")
	own := h.notice("ann")
	b := h.signedIn("ann", first)
	page := b.get(own)
	for _, part := range []string{"A new phone is active", "Pixel of ann can confirm", "If that was not you, remove this phone now", "your last phone"} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the notice lacks %q:\n%s", part, page.body)
		}
	}
	act := func(a answer) (path string) {
		t.Helper()
		if n := strings.Count(a.body, `id="act"`); n != 1 {
			t.Fatalf("%d buttons:\n%s", n, a.body)
		}
		return a.first(t, `action="([^"]+)"><button class="button [a-z-]+" id="act"`)
	}
	// The session's own phone: its yes is asked for.
	if path := act(page); path != "/phones/"+keyOf(first)+"/remove" {
		t.Errorf("the button posts to %s", path)
	}

	// A further phone that is not the person's goes at once.
	h.clock.Advance(time.Second)
	spare := h.newPhone()
	offer, err := spare.Lookup(t.Context(), h.phone.String(), b.get("/security/add").code(t))
	must(t, err)
	_, err = spare.Activate(t.Context(), offer, pin, "Not hers")
	must(t, err)
	h.approve(first, b.get("/security/add").first(t, `data-number="(\d\d)"`))
	added := h.notice("ann")
	page = b.get(added)
	if path := act(page); path != "/phones/"+keyOf(spare)+"/not-mine" || !strings.Contains(page.body, "It goes at once") {
		t.Errorf("the button posts to %s:\n%s", path, page.body)
	}
	b.post(act(page)).goes(t, "/")
	if got := b.get("/security"); strings.Contains(got.body, keyOf(spare)) {
		t.Error("the phone still is one")
	}
	if page = b.get(added); strings.Contains(page.body, `id="act"`) || !strings.Contains(page.body, "removed already") {
		t.Errorf("once it is gone:\n%s", page.body)
	}

	// A browser.
	h.clock.Advance(time.Second)
	other := h.signedIn("ann", first)
	browsers := h.notice("ann")
	page = b.get(browsers)
	if !strings.Contains(page.body, "new browser") || !strings.Contains(page.body, "<dd>Firefox on Windows</dd>") || !strings.Contains(page.body, "<dd>127.0.0.1</dd>") {
		t.Fatalf("no notice of a new browser:\n%s", page.body)
	}
	if same := other.get(browsers); !strings.Contains(same.body, "reading this with") {
		t.Errorf("in the very browser:\n%s", same.body)
	}
	b.post(act(page)).goes(t, "/security")
	other.get("/messages").goes(t, "/sign-in")
	if page = b.get(browsers); strings.Contains(page.body, `id="act"`) || !strings.Contains(page.body, "signed out already") {
		t.Errorf("once it is signed out:\n%s", page.body)
	}

	// A request that was refused leads to the password; the password's change to the other browsers.
	h.clock.Advance(time.Second)
	h.asked("ann")
	open, err := first.Approvals(t.Context())
	must(t, err)
	_, err = first.Deny(t.Context(), open[0], "not_me")
	must(t, err)
	if page = b.get(h.notice("ann")); page.link(t, "act") != "/password" {
		t.Errorf("a refused request:\n%s", page.body)
	}
}

func TestEndingEveryOtherBrowser(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b, other := h.signedIn("ann", phone), h.signedIn("ann", phone)
	b.post("/browsers/end-others").goes(t, "/security")
	if got := b.get("/security"); !strings.Contains(got.body, "Every other browser is signed out.") {
		t.Errorf("nothing is said of it:\n%s", got.body)
	}
	other.get("/security").goes(t, "/sign-in")
	b.post("/browsers/end-others").goes(t, "/security")
}

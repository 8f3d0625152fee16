package test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// universal is a product that speaks to the Universal Prompt by Duo's client, and a person's browser.
type universal struct {
	*duoHouse
	product string // origin
	browser *webUser
}

// openUniversal starts both, by the settings of docs/doors/duo.md.
func openUniversal(t *testing.T) *universal {
	t.Helper()
	port := freePort(t)
	nobody := &duoHouse{server: &server{t: t}}
	settings := strings.Replace(nobody.inPage("vpn.json"), "https://vpn.example.com", "http://localhost:"+port, 1)
	u := &universal{duoHouse: openDuo(t, "mara", settings, false), product: "http://localhost:" + port}
	u.browser = newWebUser(u.portal, client.NewHTTPClient(u.roots))
	node := nodeDuo{talk(t, "nodejs", "node", "duo_universal.mjs")}
	node.sends(map[string]any{"ikey": u.ikey, "skey": u.skey, "host": "localhost:" + u.port, "root": u.root, "port": port})
	node.hears("listening")
	return u
}

// visits opens an address of the product's.
func (u *universal) visits(address string) (body, location string) {
	u.t.Helper()
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Get(address)
	u.must(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	u.must(err)
	return string(raw), answer.Header.Get("Location")
}

// begins goes from the product to the page that waits, and gives its path.
func (u *universal) begins(user string) (at string, page reply) {
	u.t.Helper()
	said, location := u.visits(u.product + "/login?user=" + user)
	path, ok := strings.CutPrefix(location, u.portal)
	if !ok {
		u.t.Fatalf("the product leads to %q and says %s", location, said)
	}
	got, err := u.browser.get(u.t.Context(), path)
	u.must(err)
	if strings.HasPrefix(got.location, u.product) {
		return got.location, got
	}
	page, err = u.browser.get(u.t.Context(), got.location)
	u.must(err)
	return got.location, page
}

var (
	onwardInPage = regexp.MustCompile(`id="go-on" href="([^"]+)"`)
	askedDigits  = regexp.MustCompile(`id="digits"[^>]*><span>(\d{3})</span><span>(\d{3})</span>`)
)

// arrives follows a page that leads on, and gives what the product says.
func (u *universal) arrives(page reply) string {
	u.t.Helper()
	m := onwardInPage.FindStringSubmatch(page.body)
	if m == nil {
		u.t.Fatalf("the page does not lead on: %d %s", page.status, page.says())
	}
	said, _ := u.visits(html.UnescapeString(m[1]))
	return said
}

func (u *universal) gets(path string) reply {
	u.t.Helper()
	got, err := u.browser.get(u.t.Context(), path)
	u.must(err)
	return got
}

func (u *universal) does(path string, fields ...string) reply {
	u.t.Helper()
	got, err := u.browser.send(u.t.Context(), http.MethodPost, path, fields...)
	u.must(err)
	return got
}

func TestDuosUniversalClientSignsIn(t *testing.T) {
	u := openUniversal(t)
	at, page := u.begins("mara")
	m := numberInPage.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("%s: the page shows no number: %d %s", at, page.status, page.says())
	}
	u.agrees(m[1])
	if said := u.arrives(u.gets(at)); said != "Hello mara: allow by duo_push" {
		t.Errorf("the product says %q", said)
	}

	// A no, and the way back with it.
	at, _ = u.begins("mara")
	u.refuses()
	if got := u.gets(at); !strings.Contains(got.body, "You said no") || !strings.Contains(got.body, "Back to SSH at Aldermere") {
		t.Errorf("after a no the page says %s", got.says())
	}
	if said := u.arrives(u.does(at, "do", "back")); said != "Not signed in: access_denied" {
		t.Errorf("the product says %q", said)
	}

	// A phone without a connection.
	at, _ = u.begins("mara")
	shown := u.gets(u.does(at, "do", "code").location)
	m = askedDigits.FindStringSubmatch(shown.body)
	if m == nil {
		t.Fatalf("the page shows no digits: %s", shown.says())
	}
	if wrong := u.does(at, "do", "type", "code", "00000000"); wrong.status != http.StatusForbidden || !strings.Contains(wrong.body, "That is not the right code.") {
		t.Errorf("a wrong code: %d %s", wrong.status, wrong.says())
	}
	if right := u.does(at, "do", "type", "code", u.codeFor(m[1]+m[2])); right.status != http.StatusSeeOther {
		t.Errorf("the right code: %d %s", right.status, right.says())
	}
	if said := u.arrives(u.gets(at)); said != "Hello mara: allow by passcode" {
		t.Errorf("the product says %q", said)
	}

	// Nobody that can be asked.
	back, _ := u.begins("lena")
	if said, _ := u.visits(back); said != "Not signed in: access_denied" {
		t.Errorf("the product says %q", said)
	}
	if log := u.log.String(); strings.Contains(log, u.skey) || strings.Contains(log, "eyJ") {
		t.Error("the log holds a secret or a token")
	}
}

// The page, in a real browser: it goes on by itself, and back to another site after a form.
func TestThePromptInABrowser(t *testing.T) {
	h := settled(t, map[string]string{"doors.open": "duo"})
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><link rel=\"icon\" href=\"data:,\"><title>VPN</title><h1>"+firstName(r.URL.Query())+"</h1>")
	}))
	t.Cleanup(product.Close)
	d := &duoHouse{server: h.server}
	ikey, skey := d.application("vpn", "Aldermere VPN", `{"duo_redirect_uris":["`+product.URL+`/duo-callback"]}`, false)
	begin := func() {
		t.Helper()
		h.desk.Go(h.portal + duoAuthorize(t, h.portal, ikey, skey, product.URL+"/duo-callback"))
		h.desk.Wait("#wait-number")
	}
	begin()
	h.desk.Says("#way", "Aldermere VPN")
	h.desk.Visit("portal-ask")
	h.phone.Wait("[data-screen=approval] #confirm")
	h.phone.Says("[data-screen=approval]", "Aldermere VPN")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.Says("h1", "duo_code")
	h.phone.Click("#done")

	begin()
	h.desk.Click("#use-code")
	h.desk.Wait("#digits")
	h.desk.Visit("portal-ask-code")
	h.desk.Click("#back-to-number")
	h.desk.Wait("#wait-number")
	h.desk.Click("#cancel")
	h.desk.Says("h1", "Sign-in cancelled")
	h.desk.Visit("portal-ask-over")
	h.desk.Click("#try-again")
	h.desk.Wait("#wait-number")
	h.desk.Click("#cancel")
	h.desk.Click("#go-back")
	h.desk.Says("h1", "error")
}

// firstName is which answer came back.
func firstName(q url.Values) string {
	for _, name := range []string{"duo_code", "error"} {
		if q.Has(name) {
			return name
		}
	}
	return "neither"
}

// duoAuthorize is the path that a product's browser comes with, signed as Duo's clients do, which speak to servers with TLS alone.
func duoAuthorize(t *testing.T, portal, ikey, skey, back string) string {
	t.Helper()
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	input := part(map[string]string{"alg": "HS512", "typ": "JWT"}) + "." + part(map[string]any{
		"response_type": "code", "scope": "openid", "client_id": ikey, "redirect_uri": back, "state": rand.Text(), "duo_uname": maraName, "use_duo_code_attribute": true,
		"iss": ikey, "aud": strings.Replace(portal, "http:", "https:", 1), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	mac := hmac.New(sha512.New, []byte(skey))
	mac.Write([]byte(input))
	return "/oauth/v1/authorize?" + url.Values{"client_id": {ikey}, "request": {input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}}.Encode()
}

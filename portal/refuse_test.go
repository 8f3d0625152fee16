package portal_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest"
)

// anyWay is a token that stands for nothing.
var anyWay = strings.Repeat("A", 43)

// forms are the paths that read fields. key and session stand for ids of the signed-in user.
var forms = []struct {
	path   string
	fields []string // name, a good value, …
	full   bool     // needs a full session
}{
	{"/sign-in", []string{"username", "ann", "password", rightPassword}, false},
	{"/first-visit", []string{"username", "ann", "code", "AAAA-BBBB-CCCC", "new_password", "brown paper parcels", "repeat", "brown paper parcels"}, false},
	{"/activation/confirm", []string{"digits", "123456"}, true},
	{"/phones/{key}/rename", []string{"name", "Another name"}, true},
	{"/password", []string{"password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels"}, true},
	{"/language", []string{"lang", "en", "return", "/"}, false},
	{"/messages/settings", []string{"first", "ja", "second", "", "delivery", "email", "quiet_from", "22:00", "quiet_to", "07:00", "zone", ""}, true},
	{"/sign-in/code", []string{"code", "1234 5678"}, false},
	{"/continue?to=" + anyWay, []string{"answer", "allow"}, false},
	{"/sign-in/device", []string{"device", "all", "request", "AAAAAAAAAAAAAAAAAAAAAA"}, false},
}

// bare are the paths whose forms have no fields, and what they need.
var bare = []string{
	"/sign-in/cancel", "/sign-in/again", "/sign-out", "/activation", "/activation/cancel", "/phones/{key}/remove", "/phones/{key}/not-mine", "/phones/{key}/test",
	"/phones/{key}/notify-test", "/browsers/{session}/end", "/change/cancel", "/sign-in/code/new",
	"/applications/wiki/withdraw", "/browsers/end-others", "/messages/2026-0001/close", "/messages/2026-0001/reopen",
}

// quiet are tables that a refusal may change: what counts against a source, and the log of it.
var quiet = []string{"limits", "audit_rows"}

// stage is a signed-in user with every id that paths need.
func stage(t *testing.T) (h *house, b *browser, fill func(string) string) {
	h = newHouse(t, nil)
	phone, _ := h.activated("ann")
	other := h.signedIn("ann", phone)
	b = h.signedIn("ann", phone)
	page := b.get("/security")
	key := page.first(t, `/phones/([\w-]+)/rename`)
	session := page.first(t, `/browsers/([\w-]+)/end`)
	_ = other
	return h, b, strings.NewReplacer("{key}", key, "{session}", session).Replace
}

func TestFormsThatDidNotArriveWholeChangeNothing(t *testing.T) {
	h, b, fill := stage(t)
	for _, f := range forms {
		good := url.Values{}
		for i := 0; i < len(f.fields); i += 2 {
			good.Set(f.fields[i], f.fields[i+1])
		}
		without := func(name string) string {
			v := url.Values{}
			for n, x := range good {
				if n != name {
					v[n] = x
				}
			}
			return v.Encode()
		}
		var many bytes.Buffer
		parts := multipart.NewWriter(&many)
		for n, x := range good {
			must(t, parts.WriteField(n, x[0]))
		}
		must(t, parts.Close())
		type sent struct{ media, body string }
		cases := map[string]sent{
			"empty":            {formType, ""},
			"JSON":             {"application/json", `{"username":"ann"}`},
			"no media type":    {"", good.Encode()},
			"multipart":        {parts.FormDataContentType(), many.String()},
			"broken escapes":   {formType, good.Encode() + "&x=%zz"},
			"semicolons":       {formType, strings.ReplaceAll(good.Encode(), "&", ";") + ";x=1"},
			"in the query":     {formType + "?", ""},
			"oversized":        {formType, good.Encode() + "&x=" + strings.Repeat("a", 70<<10)},
			"oversized fields": {formType, good.Encode() + strings.Repeat("&x=", 40<<10)},
		}
		for i := 0; i < len(f.fields); i += 2 {
			name := f.fields[i]
			cases["without "+name] = sent{formType, without(name)}
			cases["twice "+name] = sent{formType, good.Encode() + "&" + name + "=other"}
			cases["other case "+name] = sent{formType, without(name) + "&" + strings.ToUpper(name) + "=" + url.QueryEscape(good.Get(name))}
		}
		for what, c := range cases {
			for _, chunked := range []bool{false, true} {
				name := fmt.Sprintf("%s %s chunked=%v", f.path, what, chunked)
				before := h.dump()
				got := b.copy().send("POST", fill(f.path)+map[bool]string{true: "?" + good.Encode()}[what == "in the query"], body(c.body, chunked), func(r *http.Request) {
					r.Header.Set("Content-Type", strings.TrimSuffix(c.media, "?"))
				})
				want := http.StatusBadRequest
				if strings.HasPrefix(what, "oversized") {
					want = http.StatusRequestEntityTooLarge
				}
				if got.status != want {
					t.Errorf("%s: got %d, want %d", name, got.status, want)
				}
				plainWords(t, name, got)
				nodkeytest.Unchanged(t, name, before, h.dump())
			}
		}
	}
}

func body(text string, chunked bool) io.Reader {
	if chunked {
		return io.MultiReader(strings.NewReader(text)) // of unknown length
	}
	return strings.NewReader(text)
}

// plainWords checks that a refusal speaks to a person and gives nothing away.
func plainWords(t *testing.T, what string, a answer) {
	t.Helper()
	for _, inner := range []string{"SELECT", "sqlite", "goroutine", ".go:", "panic", "strict JSON", "<no value>", "%!", "MaxBytes", "http: "} {
		if strings.Contains(a.body, inner) {
			t.Errorf("%s: the answer says %q:\n%s", what, inner, a.body)
		}
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.Contains(a.body, "<main") {
		t.Errorf("%s: no page of ours:\n%s", what, a.body)
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	h, b, fill := stage(t)
	paths := append([]string{}, bare...)
	for _, f := range forms {
		paths = append(paths, f.path)
	}
	before := h.dump()
	for _, path := range paths {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Site ": "same-site", "Origin": "https://evil.example", "Origin ": h.phone.String(), "Origin  ": "null"} {
			got := b.copy().send("POST", fill(path), strings.NewReader("x=1"), func(r *http.Request) {
				r.Header.Set("Content-Type", formType)
				r.Header.Set(strings.TrimSpace(header), value)
			})
			if got.status != http.StatusForbidden || len(got.set) > 0 {
				t.Errorf("%s from %s: %s got %d and %d cookies", path, header, value, got.status, len(got.set))
			}
			plainWords(t, path, got)
		}
	}
	nodkeytest.Unchanged(t, "another site", before, h.dump())
}

func TestForeignHostsReachNoPage(t *testing.T) {
	h, b, _ := stage(t)
	before := h.dump()
	for host, want := range map[string]int{"evil.example": 421, "portal.nodkey.localhost": 421, h.portal.Host() + ".evil.example": 400, "a b": 400, "..": 400, "[::1": 400} {
		got := b.copy().send("POST", "/sign-out", nil, func(r *http.Request) { r.Host = host })
		if got.status != want || strings.Contains(got.body, "Aldermere") {
			t.Errorf("Host %q: got %d, want %d:\n%s", host, got.status, want, got.body)
		}
	}
	nodkeytest.Unchanged(t, "a foreign host", before, h.dump())
}

func TestOtherMethodsAreRefused(t *testing.T) {
	h, b, fill := stage(t)
	before := h.dump()
	paths := append([]string{"/", "/security", "/sign-in/wait", "/sign-in/state", "/sign-in/code/qr", "/activation/qr", "/desk"}, bare...)
	for _, f := range forms {
		paths = append(paths, f.path)
	}
	for _, path := range paths {
		for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			got := b.copy().send(method, fill(path), nil, nil)
			if got.status != http.StatusMethodNotAllowed && got.status != http.StatusForbidden {
				t.Errorf("%s %s: got %d", method, path, got.status)
			}
		}
	}
	for _, path := range []string{"/", "/security", "/sign-in/wait", "/sign-in/state", "/desk", "/no/such/path", "/messages", "/messages/2026-0001", "/messages/state"} {
		if got := b.copy().post(path); got.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: got %d", path, got.status)
		}
	}
	nodkeytest.Unchanged(t, "another method", before, h.dump())
}

func TestWithoutSessionNothingOpens(t *testing.T) {
	h, _, fill := stage(t)
	before := h.dump()
	for what, b := range map[string]*browser{
		"no cookie":          h.browser(),
		"an invented cookie": {h: h, cookies: map[string]string{"nodkey-portal-session": strings.Repeat("A", 43)}},
		"an odd cookie":      {h: h, cookies: map[string]string{"nodkey-portal-session": "' OR 1=1 --", "nodkey-portal-sign-in": "x", "nodkey-portal-browser": "%00"}},
	} {
		for _, path := range []string{"/", "/security", "/security/add", "/password", "/applications", "/change", "/phones/{key}/remove", "/phones/{key}/rename", "/phones/{key}/not-mine"} {
			if got := b.copy().get(fill(path)); got.status != http.StatusSeeOther || got.header.Get("Location") != "/sign-in" {
				t.Errorf("%s: GET %s got %d to %q", what, path, got.status, got.header.Get("Location"))
			}
		}
		for _, path := range []string{"/activation/state", "/activation/stream", "/activation/qr", "/change/state", "/change/stream", "/phones/{key}/notify-test/state", "/phones/{key}/notify-test/stream"} {
			if got := b.copy().get(fill(path)); got.status != http.StatusUnauthorized || !strings.Contains(got.body, `"gone"`) {
				t.Errorf("%s: GET %s got %d: %s", what, path, got.status, got.body)
			}
		}
		for _, path := range []string{"/sign-in/state", "/sign-in/stream"} {
			if got := b.copy().get(path); got.status != http.StatusNotFound || !strings.Contains(got.body, `"gone"`) {
				t.Errorf("%s: GET %s got %d: %s", what, path, got.status, got.body)
			}
		}
		for _, path := range []string{"/activation", "/activation/cancel", "/phones/{key}/remove", "/phones/{key}/not-mine", "/phones/{key}/test", "/phones/{key}/notify-test",
			"/browsers/{session}/end", "/change/cancel"} {
			if got := b.copy().post(fill(path)); got.status != http.StatusUnauthorized {
				t.Errorf("%s: POST %s got %d", what, path, got.status)
			}
		}
		for _, f := range forms {
			if f.full {
				if got := b.copy().post(fill(f.path), f.fields...); got.status != http.StatusUnauthorized {
					t.Errorf("%s: POST %s got %d", what, f.path, got.status)
				}
			}
		}
		for path, to := range map[string]string{"/sign-in/cancel": "/sign-in", "/sign-in/again": "/sign-in", "/sign-in/code/new": "/sign-in", "/sign-out": "/sign-in"} {
			b.copy().post(path).goes(t, to)
		}
	}
	nodkeytest.Unchanged(t, "nobody", before, h.dump())
}

func TestTwoCookiesOfOneNameAreNone(t *testing.T) {
	_, b, _ := stage(t)
	got := b.send("GET", "/security", nil, func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "nodkey-portal-session", Value: "planted"})
	})
	got.goes(t, "/sign-in")
}

func TestRestrictedSessionsMayDoLittle(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	full := h.signedIn("ann", phone)
	page := full.get("/security")
	key := page.first(t, `/phones/([\w-]+)/rename`)
	own := ""
	for _, m := range regexp.MustCompile(`data-session="([\w-]+)"`).FindAllStringSubmatch(page.body, -1) {
		if !strings.Contains(page.body, "/browsers/"+m[1]+"/end") {
			own = m[1] // the full session itself, which has no button to end it
		}
	}
	before := h.dump()
	for _, c := range []struct {
		path   string
		fields []string
	}{
		{"/phones/" + key + "/remove", nil},
		{"/phones/" + key + "/test", nil},
		{"/phones/" + key + "/notify-test", nil},
		{"/phones/" + key + "/rename", []string{"name", "Mine now"}},
		{"/browsers/" + own + "/end", nil},
		{"/activation", nil}, // the user has a phone by now
		{"/change/cancel", nil},
	} {
		got := restricted.copy().post(c.path, c.fields...)
		if got.status != http.StatusForbidden {
			t.Errorf("POST %s got %d", c.path, got.status)
		}
		plainWords(t, c.path, got)
	}
	for _, path := range []string{"/change/state", "/change/stream", "/phones/" + key + "/test", "/phones/" + key + "/notify-test", "/phones/" + key + "/notify-test/state", "/phones/" + key + "/notify-test/stream"} {
		if got := restricted.copy().get(path); got.status != http.StatusForbidden {
			t.Errorf("GET %s got %d", path, got.status)
		}
	}
	if got := restricted.copy().get("/security"); strings.Contains(got.body, own) {
		t.Error("a restricted session sees the user's other browsers")
	}
	nodkeytest.Unchanged(t, "a restricted session", before, h.dump())
}

func TestForeignIDsAreUnknown(t *testing.T) {
	h, ann, fill := stage(t)
	_ = ann
	phone, _ := h.activated("bob")
	bob := h.signedIn("bob", phone)
	before := h.dump()
	for _, path := range []string{"/phones/{key}/remove", "/phones/{key}/not-mine", "/phones/{key}/test", "/phones/{key}/notify-test", "/browsers/{session}/end",
		"/phones/{key}/rename"} {
		for what, id := range map[string]string{"ann's": fill(path), "no": strings.NewReplacer("{key}", strings.Repeat("A", 43), "{session}", "x").Replace(path),
			"odd": strings.NewReplacer("{key}", "%00%27", "{session}", "%2e%2e%2f").Replace(path)} {
			got := bob.copy().post(id, "name", "Taken over")
			if got.status != http.StatusNotFound {
				t.Errorf("POST %s with %s id: got %d", path, what, got.status)
			}
			if strings.Contains(got.body, "Pixel of ann") || strings.Contains(got.body, "Ann") {
				t.Errorf("POST %s with %s id tells bob about ann", path, what)
			}
		}
	}
	for _, path := range []string{"/phones/{key}/remove", "/phones/{key}/not-mine", "/phones/{key}/rename", "/phones/{key}/test", "/phones/{key}/notify-test",
		"/phones/{key}/notify-test/state", "/phones/{key}/notify-test/stream"} {
		if got := bob.copy().get(fill(path)); got.status != http.StatusNotFound || strings.Contains(got.body, "Pixel of ann") {
			t.Errorf("GET %s of another user: got %d\n%s", path, got.status, got.body)
		}
	}
	nodkeytest.Unchanged(t, "another user", before, h.dump())
}

package portal_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
)

// browser keeps cookies and follows no redirects.
type browser struct {
	h       *house
	cookies map[string]string
	seen    []string // every cookie value it was ever given
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// copy is the browser with the same cookies, as somebody who stole them would have it.
func (b *browser) copy() *browser {
	c := b.h.browser()
	for name, value := range b.cookies {
		c.cookies[name] = value
	}
	return c
}

type answer struct {
	status int
	header http.Header
	body   string
	set    []*http.Cookie
}

func (b *browser) send(method, path string, body io.Reader, change func(*http.Request)) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.portal.String()+path, body)
	must(b.h.t, err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if change != nil {
		change(r)
	}
	res, err := b.h.http.Do(r)
	must(b.h.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(b.h.t, err)
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
		b.seen = append(b.seen, c.Value)
	}
	return answer{res.StatusCode, res.Header, string(text), res.Cookies()}
}

func (b *browser) get(path string) answer {
	b.h.t.Helper()
	return b.send("GET", path, nil, nil)
}

const formType = "application/x-www-form-urlencoded"

func (b *browser) post(path string, fields ...string) answer {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.postRaw(path, formType, form.Encode())
}

func (b *browser) postRaw(path, media, body string) answer {
	b.h.t.Helper()
	return b.send("POST", path, strings.NewReader(body), func(r *http.Request) { r.Header.Set("Content-Type", media) })
}

func (a answer) goes(t testing.TB, to string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		t.Fatalf("got %d to %q, want a redirect to %s\n%s", a.status, a.header.Get("Location"), to, a.body)
	}
}

func (a answer) is(t testing.TB, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d, want %d\n%s", a.status, status, a.body)
	}
}

// first finds what a pattern's group matches.
func (a answer) first(t testing.TB, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("the page has no %s:\n%s", pattern, a.body)
	}
	return m[1]
}

var codeGroup = regexp.MustCompile(`id="code-group-\d">([0-9A-Z]{4})<`)

func (a answer) code(t testing.TB) string {
	t.Helper()
	var groups []string
	for _, m := range codeGroup.FindAllStringSubmatch(a.body, -1) {
		groups = append(groups, m[1])
	}
	if len(groups) != 5 {
		t.Fatalf("the page shows %d groups of a code:\n%s", len(groups), a.body)
	}
	return strings.Join(groups, "-")
}

const pin = "8259"

// newPhone is a phone in memory, on the house's clock.
func (h *house) newPhone() *client.Phone {
	h.t.Helper()
	phone, err := client.New(client.Config{HTTP: h.http, Now: h.clock.Now}, client.State{})
	must(h.t, err)
	return phone
}

// activated is a user with an active phone, and the browser (restricted session) that activated it.
func (h *house) activated(name string) (*client.Phone, *browser) {
	h.t.Helper()
	h.add(name)
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/")
	phone := h.newPhone()
	offer, err := phone.Lookup(h.t.Context(), h.phone.String(), b.get("/").code(h.t))
	must(h.t, err)
	key, err := phone.Activate(h.t.Context(), offer, pin, "Pixel of "+name)
	must(h.t, err)
	if key.State != "active" {
		h.t.Fatalf("the key is %s", key.State)
	}
	return phone, b
}

// asked begins a sign-in and gives the browser that waits and its number.
func (h *house) asked(name string) (*browser, string) {
	h.t.Helper()
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/sign-in/wait")
	return b, b.get("/sign-in/wait").first(h.t, `data-number="(\d\d)"`)
}

// approve says yes to the phone's newest request.
func (h *house) approve(phone *client.Phone, number string) client.Approval {
	h.t.Helper()
	open, err := phone.Approvals(h.t.Context())
	must(h.t, err)
	if len(open) == 0 {
		h.t.Fatal("the phone is asked nothing")
	}
	out, err := phone.Approve(h.t.Context(), open[0], number, pin)
	must(h.t, err)
	if out.State != "approved" {
		h.t.Fatalf("the request is %s", out.State)
	}
	return open[0]
}

// signedIn is a browser with a full session.
func (h *house) signedIn(name string, phone *client.Phone) *browser {
	h.t.Helper()
	b, number := h.asked(name)
	h.approve(phone, number)
	b.get("/sign-in/wait").goes(h.t, "/")
	b.get("/security").is(h.t, http.StatusOK)
	return b
}

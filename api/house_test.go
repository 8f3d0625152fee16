package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/web"
)

const pin = "480159"

// house is a server with this door.
type house struct {
	*doors.Server
	door *Door
}

func newHouse(t testing.TB, change func(*nodkey.Policy)) *house {
	t.Helper()
	h := &house{}
	// The phones of nodkeytest speak to the domain itself, and say so at their own address.
	site := func(s *nodkey.Site) { s.PhoneOrigin = nodkeytest.PhoneOrigin }
	h.Server = doors.Open(t, doors.Options{Policy: change, Site: site, Further: func(s *doors.Server) ([]web.Site, error) {
		h.door = New(s.Services.Applications, s.Logger, s.Texts)
		mux := http.NewServeMux()
		h.door.Routes(mux)
		return []web.Site{web.Door{Name: "api", Origin: s.Portal, Log: s.Logger, Fail: h.door.Fail, Allow: Allowances()}.Site(web.Routes(mux))}, nil
	}})
	h.Texts.OnMissing = func(lang, key string, err error) { t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	return h
}

// must is for what is no subject of the test.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// holder is a user with a phone.
type holder struct {
	*house
	name string
	id   nodkey.UserID
	key  *nodkeytest.PhoneKey
}

func (h *house) join(t testing.TB, name string) *holder {
	t.Helper()
	added, key, _ := h.Join(t, name, pin, "192.0.2.9")
	return &holder{house: h, name: name, id: added.User.ID, key: key}
}

// answers is what the phone says to the newest request.
func (p *holder) answers(t testing.TB, a nodkeytest.Answer) nodkeytest.Statement {
	t.Helper()
	s, err := p.key.Newest(t.Context())
	must(t, err)
	_, err = p.key.Answer(t.Context(), s, a)
	must(t, err)
	return s
}

// client is an application.
type client struct {
	*house
	id, secret string
}

func (h *house) app(t testing.TB, id string, change func(*nodkey.NewApplication)) *client {
	t.Helper()
	in := nodkey.NewApplication{ID: id, Name: "Till of " + id, Doors: []nodkey.Door{nodkey.DoorAPI}}
	if change != nil {
		change(&in)
	}
	added, err := h.Services.Applications.Add(t.Context(), h.Operator, in)
	must(t, err)
	return &client{house: h, id: id, secret: added.Secrets[0].Value}
}

// reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (a reply) read(t testing.TB, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// send sends a request; change may spoil it.
func (c *client) send(t testing.TB, method, path, body string, change func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.Portal.String()+path, strings.NewReader(body))
	must(t, err)
	r.SetBasicAuth(c.id, c.secret)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	res, err := c.HTTP.Do(r)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	return reply{res.StatusCode, res.Header, text}
}

func (c *client) post(t testing.TB, path, body string) reply {
	t.Helper()
	return c.send(t, http.MethodPost, path, body, nil)
}

func (c *client) get(t testing.TB, path string) reply {
	t.Helper()
	return c.send(t, http.MethodGet, path, "", nil)
}

// asks asks and expects to be let.
func (c *client) asks(t testing.TB, body string) approval {
	t.Helper()
	c.Clock.Advance(time.Minute)
	a := c.post(t, "/api/approvals", body)
	if a.status != http.StatusCreated {
		t.Fatalf("asking %s: %d %s", body, a.status, a.body)
	}
	var out approval
	a.read(t, &out)
	if want := "/api/approvals/" + out.ID; a.header.Get("Location") != want {
		t.Errorf("it is at %q, not at %q", a.header.Get("Location"), want)
	}
	return out
}

// is expects an approval in a state.
func (a reply) is(t testing.TB, state string) (out approval) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a.read(t, &out)
	if out.State != state {
		t.Fatalf("the state is %q, not %q", out.State, state)
	}
	return out
}

// refused expects an error.
func (a reply) refused(t testing.TB, what string, status int, key string) {
	t.Helper()
	var p problem
	if a.read(t, &p); a.status != status || p.Error.Key != key {
		t.Errorf("%s: %d %s, not %d %s", what, a.status, p.Error.Key, status, key)
	}
	if p.Error.Message == "" || p.Error.Kind == "" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: %s", what, a.body)
	}
	if (a.status == http.StatusUnauthorized) != (a.header.Get("WWW-Authenticate") != "") {
		t.Errorf("%s: WWW-Authenticate is %q", what, a.header.Get("WWW-Authenticate"))
	}
}

const (
	asksYes    = `{"user":"mara","kind":"confirm","text":"Pay 250.00 EUR to Anna","numberShown":true,"address":"192.0.2.7"}`
	asksSignIn = `{"user":"mara","kind":"sign_in","numberShown":true}`
)

package oidc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/oidc"
	"github.com/nodkey/nodkey/web"
)

const backPIN = "480159"

// backHouse is a server with both doors, for what extends OpenID Connect Core.
type backHouse struct {
	*doors.Server
	door  *oidc.Door
	calls *countingStore
	bus   nodkey.Bus
}

// countingStore counts what a store is asked.
type countingStore struct {
	nodkey.Store
	views, updates atomic.Int64
}

func (s *countingStore) View(ctx context.Context, read func(nodkey.Tx) error) error {
	s.views.Add(1)
	return s.Store.View(ctx, read)
}

func (s *countingStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	s.updates.Add(1)
	return s.Store.Update(ctx, change)
}

// newBackHouse starts one; change may be nil.
func newBackHouse(t testing.TB, change func(*nodkey.Policy)) *backHouse {
	t.Helper()
	h := &backHouse{}
	h.Server = doors.Open(t, doors.Options{Policy: change,
		Site:  func(s *nodkey.Site) { s.PhoneOrigin = nodkeytest.PhoneOrigin }, // whose phones speak to the domain itself
		Ports: func(p *nodkey.Ports) { h.bus, h.calls = p.Bus, &countingStore{Store: p.Store}; p.Store = h.calls },
		Further: func(s *doors.Server) ([]web.Site, error) {
			h.door = oidc.New(oidc.Config{
				Issuer: s.Portal, OIDC: true, CIBA: true,
				Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
				Page:   func(w http.ResponseWriter, _ *http.Request, f web.Failure) { http.Error(w, f.Key, f.Status) },
				SignOut: func(w http.ResponseWriter, _ *http.Request, app, path string) {
					fmt.Fprintf(w, "sign out of %q? %s", app, path)
				},
				Onward: func(w http.ResponseWriter, _ *http.Request, app, to string) { fmt.Fprintf(w, "on to %q: %s", app, to) },
			}, s.Services, s.Clock, s.Logger, s.Texts)
			mux := http.NewServeMux()
			h.door.Routes(mux)
			return []web.Site{web.Door{Name: "oidc", Origin: s.Portal, Log: s.Logger, Fail: h.door.Fail, Allow: h.door.Allowances()}.Site(web.Routes(mux))}, nil
		}})
	h.Texts.OnMissing = func(lang, key string, err error) { t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	return h
}

// works runs the door's workers until the test ends.
func (h *backHouse) works(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, work := range h.door.Workers() {
		all.Go(func() {
			if err := work(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); all.Wait() })
}

func need(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// backApp is an application.
type backApp struct {
	*backHouse
	id, secret string
}

// app adds an application of both doors with these settings, a JSON object; change may be nil.
func (h *backHouse) app(t testing.TB, id, settings string, change func(*nodkey.NewApplication)) *backApp {
	t.Helper()
	in := nodkey.NewApplication{ID: id, Name: "Till of " + id, Doors: []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorCIBA}, Settings: []byte(settings)}
	if change != nil {
		change(&in)
	}
	added, err := h.Services.Applications.Add(t.Context(), h.Operator, in)
	need(t, err)
	a := &backApp{backHouse: h, id: id}
	if len(added.Secrets) > 0 {
		a.secret = added.Secrets[0].Value
	}
	return a
}

// backReply is an answer of the server's.
type backReply struct {
	status int
	header http.Header
	text   string
	json   map[string]any // nil where it is none
}

func (h *backHouse) do(t testing.TB, r *http.Request) backReply {
	t.Helper()
	plain := *h.HTTP
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := plain.Do(r)
	need(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	need(t, err)
	out := backReply{status: answer.StatusCode, header: answer.Header, text: string(text)}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		need(t, json.Unmarshal(text, &out.json))
	}
	return out
}

// post posts a form, of pairs of name and value, as the application.
func (a *backApp) post(t testing.TB, path string, pairs ...string) backReply {
	t.Helper()
	return a.sends(t, path, formOf(pairs...), nil)
}

func formOf(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// sends posts a form; spoil may change the request.
func (a *backApp) sends(t testing.TB, path string, form url.Values, spoil func(*http.Request)) backReply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Portal.String()+path, strings.NewReader(form.Encode()))
	need(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a.secret != "" {
		r.SetBasicAuth(a.id, a.secret)
	}
	if spoil != nil {
		spoil(r)
	}
	return a.do(t, r)
}

// is expects an OAuth error.
func (r backReply) is(t testing.TB, status int, code, what string) {
	t.Helper()
	if got, _ := r.json["error"].(string); r.status != status || got != code {
		t.Errorf("%s: %d %s, not %d %s", what, r.status, r.text, status, code)
	}
	if !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
		t.Errorf("%s: it may be kept: %q", what, r.header.Get("Cache-Control"))
	}
}

// str gives a member of an answer that has to be a text.
func (r backReply) str(t testing.TB, member string) string {
	t.Helper()
	text, ok := r.json[member].(string)
	if !ok || text == "" {
		t.Fatalf("%d %s has no %s", r.status, r.text, member)
	}
	return text
}

// backPerson is a user with a phone, and a browser.
type backPerson struct {
	*backHouse
	name    string
	id      nodkey.UserID
	key     *nodkeytest.PhoneKey
	browser *nodkeytest.Browser
}

func (h *backHouse) join(t testing.TB, name string) *backPerson {
	t.Helper()
	added := h.Add(t, name)
	b := (&nodkeytest.House{Services: h.Services, Clock: h.Clock, Policy: h.Policy}).NewBrowser("127.0.0.1")
	need(t, b.Begin(t.Context(), name, doors.Password))
	c, err := b.Caller(t.Context())
	need(t, err)
	banner, err := h.Services.Activations.Start(t.Context(), c)
	need(t, err)
	key, receipt, err := nodkeytest.NewPhone(h.Services, h.Clock, "Pixel 8").Activate(t.Context(), banner.Code, nodkeytest.Making{PIN: backPIN})
	if err != nil || receipt.State != "active" {
		t.Fatalf("the phone: %q, %v", receipt.State, err)
	}
	h.Clock.Advance(time.Minute)
	b.Session = ""
	return &backPerson{backHouse: h, name: name, id: added.User.ID, key: key, browser: b}
}

// answers is what the phone says to the newest request.
func (p *backPerson) answers(t testing.TB, a nodkeytest.Answer) nodkeytest.Statement {
	t.Helper()
	s, err := p.key.Newest(t.Context())
	need(t, err)
	_, err = p.key.Answer(t.Context(), s, a)
	need(t, err)
	return s
}

// asks asks the phone of a user and expects to be let.
func (a *backApp) asks(t testing.TB, pairs ...string) backReply {
	t.Helper()
	a.Clock.Advance(time.Minute) // nobody is asked too often
	r := a.post(t, "/oidc/bc-authorize", append([]string{"scope", "openid"}, pairs...)...)
	if r.status != http.StatusOK {
		t.Fatalf("asking: %d %s", r.status, r.text)
	}
	return r
}

// polls asks the token endpoint what became of a request.
func (a *backApp) polls(t testing.TB, id string) backReply {
	t.Helper()
	return a.post(t, "/oidc/token", "grant_type", "urn:openid:params:grant-type:ciba", "auth_req_id", id)
}

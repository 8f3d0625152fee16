package oidc

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/web"
)

const (
	issuer   = "https://portal.house.test"
	password = "korrekt horse battery"
	pin      = "7294"
	callback = "https://wiki.example.com/cb"
	verifier = "a-verifier-of-forty-three-characters-or-more-0123"
)

// house is the door on the real domain, with one person, whose browser is a program and whose phone is, too.
type house struct {
	*nodkeytest.House
	t       testing.TB
	ctx     context.Context
	log     *nodkeytest.Log
	door    *Door
	handler http.Handler
	user    nodkey.UserID
	browser *nodkeytest.Browser
	key     *nodkeytest.PhoneKey
}

// openHouse makes one. Pages of the portal's are lines of text here.
func openHouse(t testing.TB) *house {
	t.Helper()
	store, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "nodkey.db"))
	must(t, err)
	t.Cleanup(func() { store.Close() })
	policy := nodkey.DefaultPolicy()
	policy.ActivationFirst = nodkey.FirstByPassword
	inner, err := nodkeytest.OpenHouse(t.Context(), store, nodkeytest.NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), policy)
	must(t, err)
	h := &house{House: inner, t: t, ctx: t.Context(), log: &nodkeytest.Log{}}
	texts, err := i18n.Load()
	must(t, err)
	origin, err := web.ParseOrigin(issuer)
	must(t, err)
	page := web.PlainFail(func(_ *http.Request, key string, _ map[string]any) string { return key })
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.door = New(Config{Issuer: origin, OIDC: true, CIBA: true, Client: http.DefaultClient, Page: page,
		SignOut: func(w http.ResponseWriter, _ *http.Request, app, path string) {
			_, _ = io.WriteString(w, "sign out? "+app+" "+path)
		},
		Onward: func(w http.ResponseWriter, _ *http.Request, app, address string) {
			_, _ = io.WriteString(w, "onward "+app+" "+address)
		}},
		h.Services, h.Clock, log, texts)
	mux := http.NewServeMux()
	h.door.Routes(mux)
	h.handler = web.Door{Name: "oidc", Origin: origin, Log: log, Fail: h.door.Fail, Allow: h.door.Allowances()}.Site(web.Routes(mux)).Handler
	h.moveIn()
	return h
}

// moveIn makes the person, and activates the phone.
func (h *house) moveIn() {
	h.t.Helper()
	added, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "mara", DisplayName: "Mara Lindqvist", Password: password})
	must(h.t, err)
	h.user = added.User.ID
	h.browser = h.NewBrowser("192.0.2.7")
	must(h.t, h.browser.Begin(h.ctx, "mara", password))
	h.key, err = h.browser.FirstPhone(h.ctx, pin)
	must(h.t, err)
	h.browser.Session = ""
}

// signIn signs the person in, in their browser.
func (h *house) signIn() {
	h.t.Helper()
	must(h.t, h.browser.Begin(h.ctx, "mara", password))
	w, err := h.browser.Wait(h.ctx)
	must(h.t, err)
	s, err := h.key.Newest(h.ctx)
	must(h.t, err)
	out, err := h.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	if err != nil || out.State != "approved" {
		h.t.Fatalf("%+v, %v", out, err)
	}
	must(h.t, h.browser.Finish(h.ctx))
}

// add adds an application, and gives its secret.
func (h *house) add(id, settings string, change ...func(*nodkey.NewApplication)) string {
	h.t.Helper()
	in := nodkey.NewApplication{ID: id, Name: "The " + id, Doors: []nodkey.Door{nodkey.DoorOIDC}, Settings: json.RawMessage(settings)}
	for _, c := range change {
		c(&in)
	}
	must(h.t, CheckSettings(in.Settings, in.Doors))
	added, err := h.Applications.Add(h.ctx, h.Desk(), in)
	must(h.t, err)
	if len(added.Secrets) == 0 {
		return ""
	}
	return added.Secrets[0].Value
}

func noSecret(in *nodkey.NewApplication) { in.NoSecret = true }

const wikiSettings = `{"redirect_uris": ["` + callback + `"]}`

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// json reads the body.
func (a answer) json() map[string]any {
	a.t.Helper()
	var out map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &out); err != nil {
		a.t.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
	return out
}

// is checks an OAuth error.
func (a answer) is(status int, code string) {
	a.t.Helper()
	if a.Code != status || a.json()["error"] != code {
		a.t.Errorf("%d %s, want %d %s", a.Code, a.Body, status, code)
	}
}

// leads gives where a redirect leads, and its parameters.
func (a answer) leads() (to string, with url.Values) {
	a.t.Helper()
	u, err := url.Parse(a.Header().Get("Location"))
	if err != nil || a.Code != http.StatusSeeOther {
		a.t.Fatalf("%d to %q: %s", a.Code, a.Header().Get("Location"), a.Body)
	}
	with = u.Query()
	u.RawQuery = ""
	return u.String(), with
}

// send sends a request; change may bend it.
func (h *house) send(method, path, body string, change ...func(*http.Request)) answer {
	h.t.Helper()
	r := httptest.NewRequest(method, issuer+path, strings.NewReader(body)).WithContext(h.ctx)
	r.RemoteAddr = "192.0.2.9:1"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return answer{w, h.t}
}

// visit is the person's browser.
func (h *house) visit(path string) answer {
	h.t.Helper()
	return h.send(http.MethodGet, path, "", func(r *http.Request) {
		r.RemoteAddr = h.browser.From.String() + ":1"
		for name, value := range map[string]nodkey.Token{h.door.visits.Session.Name(): h.browser.Session, h.door.visits.Browser.Name(): h.browser.Known} {
			if value != "" {
				r.AddCookie(&http.Cookie{Name: name, Value: string(value)})
			}
		}
	})
}

// request is an authorization request of wiki's; pairs change it, an empty value takes a parameter away.
func request(pairs ...string) url.Values {
	v := url.Values{"client_id": {"wiki"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {"st/at e"}, "nonce": {"n-0"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}}
	return changed(v, pairs)
}

func changed(v url.Values, pairs []string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

// walk takes the browser from the application to it back, and gives what it is sent back with. The person is signed in.
func (h *house) walk(v url.Values) url.Values {
	h.t.Helper()
	to, with := h.visit(authorizePath + "?" + v.Encode()).leads()
	if to != continuePath {
		h.t.Fatalf("authorize leads to %s %v", to, with)
	}
	return h.goOn(with.Get("to"))
}

// goOn is the portal's part, for somebody who is signed in, and the door's after it.
func (h *house) goOn(token string) url.Values {
	h.t.Helper()
	c, err := h.browser.Caller(h.ctx)
	must(h.t, err)
	step, err := h.Grants.Step(h.ctx, c, nodkey.Token(token))
	must(h.t, err)
	if step.State == nodkey.GrantConsent {
		must(h.t, h.Grants.Agree(h.ctx, c, nodkey.Token(token)))
	} else if step.State != nodkey.GrantReady {
		h.t.Fatalf("the request is at %+v", step)
	}
	to, with := h.visit(returnPath + "?to=" + token).leads()
	if to != callback || with.Get("iss") != issuer {
		h.t.Fatalf("it ends at %s %v", to, with)
	}
	return with
}

// redemption is wiki's token request for a code.
func redemption(code string, pairs ...string) url.Values {
	v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	return changed(v, pairs)
}

// post posts a form as an application with a secret; without one, as itself.
func (h *house) post(path, id, secret string, v url.Values) answer {
	h.t.Helper()
	return h.send(http.MethodPost, path, v.Encode(), func(r *http.Request) {
		if secret != "" {
			r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
		}
	})
}

// tokens takes the browser through, redeems its code, and gives the token response.
func (h *house) tokens(secret string, v url.Values) map[string]any {
	h.t.Helper()
	got := h.post(tokenPath, "wiki", secret, redemption(h.walk(v).Get("code")))
	if got.Code != http.StatusOK {
		h.t.Fatalf("%d %s", got.Code, got.Body)
	}
	return got.json()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

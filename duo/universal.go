package duo

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// Prompts are the pages of the Universal Prompt. They are the portal's, in its look and languages.
type Prompts struct {
	Ask     func(http.ResponseWriter, *http.Request, Prompt)
	Picture func(w http.ResponseWriter, r *http.Request, statement string)    // the square code of a statement
	Onward  func(w http.ResponseWriter, r *http.Request, app, address string) // leads to an application's address
	Fail    web.Fail
}

// Prompt is what a person's browser is shown of a request.
type Prompt struct {
	App     string
	Waiting nodkey.Waiting
	Code    *nodkey.OfflineCode // the digits that were asked for; nil: none
	Problem *nodkey.Error       // with the code that was typed, or with asking for one; nil: none
	Again   bool                // it has ended, and may be asked once more
	Version string              // of what is shown; what Poll says is another one when that has changed
	Action  string              // path and query that the forms are posted to, as do=code, type, cancel, again or back, and that shows what it has become
	Shown   string              // path and query that shows the code again
	Poll    string              // path and query that says where it stands
	Picture string              // path and query of the statement's square code
}

// universal is what the Universal Prompt needs beside.
type universal struct {
	prompts Prompts
	visits  web.Visits
	bind    web.Cookie // by which a browser is known that brought a request
}

// OpenPrompt opens the Universal Prompt, at the same origin as the door.
func (d *Door) OpenPrompt(origin web.Origin, pages Prompts) {
	d.prompts, d.visits, d.bind = pages, web.VisitsOf(origin), web.NewCookie(origin, "nodkey-duo-prompt", http.SameSiteLaxMode)
}

// universalSettings are what an operator says of an application that sends browsers.
type universalSettings struct {
	RedirectURIs []string `json:"duo_redirect_uris"` // where browsers may be sent back to; compared character by character
}

// parseUniversal reads and checks them.
func parseUniversal(raw json.RawMessage) (universalSettings, error) {
	var s universalSettings
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return universalSettings{}, fmt.Errorf("duo_redirect_uris must be a list of addresses")
	}
	for _, address := range s.RedirectURIs {
		u, err := url.Parse(address)
		if err != nil || len(address) > 1000 || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.Contains(address, "#") ||
			u.Scheme != "https" && (u.Scheme != "http" || !isHere(u.Hostname())) {
			return universalSettings{}, fmt.Errorf("duo_redirect_uris: each is an https address without a fragment, or http on the person's own machine")
		}
	}
	return s, nil
}

// isHere reports whether a host name is the machine of whoever opens it.
func isHere(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// universalRoutes adds the Universal Prompt's addresses to a mux.
func (d *Door) universalRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /oauth/v1/health_check", d.healthCheck)
	mux.HandleFunc("POST /oauth/v1/token", d.token)
	for pattern, do := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /oauth/v1/authorize": d.authorize, "GET /oauth/v1/prompt": d.promptShow, "POST /oauth/v1/prompt": d.promptAnswer,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); err != nil {
				d.failPage(w, r, err)
			}
		})
	}
	mux.HandleFunc("GET /oauth/v1/prompt/state", d.promptState)
	mux.HandleFunc("GET /oauth/v1/prompt/qr", d.promptPicture)
}

// failPage says on a page what went wrong.
func (d *Door) failPage(w http.ResponseWriter, r *http.Request, err error) {
	e := nodkey.AsError(err)
	f := web.Failure{Status: web.StatusOf(e.Kind), Kind: e.Kind.String(), Key: e.Key, Args: e.Args}
	if e.Kind == nodkey.Internal {
		f.Args = map[string]any{"Reference": web.Reference(r.Context())}
		d.log.ErrorContext(r.Context(), "duo: a page failed", "reference", web.Reference(r.Context()), "error", e.Err)
	}
	d.prompts.Fail(w, r, f)
}

// browserOf names a person's browser, which is known where it signed in to the portal before.
func (d *Door) browserOf(r *http.Request) nodkey.Caller {
	agent := web.AgentOf(r).String()
	c := nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Agent: agent, With: agent, Locale: web.WishedLanguage(r)}
	if token, ok := d.visits.Browser.Read(r); ok {
		c.Browser = nodkey.Token(token)
	}
	return c
}

// bound is the browser as the requests that it brought know it. Another browser is shown none of them, whatever address it opens.
func bound(cookie string) string {
	sum := sha256.Sum256([]byte("nodkey duo prompt\x00" + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizing is what an application asks for when it sends a browser.
type authorizing struct {
	ResponseType string  `json:"response_type"`
	Scope        string  `json:"scope"`
	ClientID     string  `json:"client_id"`
	RedirectURI  string  `json:"redirect_uri"`
	State        string  `json:"state"`
	Nonce        string  `json:"nonce"`
	User         string  `json:"duo_uname"`
	Issuer       string  `json:"iss"`
	Audience     string  `json:"aud"`
	Exp          float64 `json:"exp"`
	DuoCode      bool    `json:"use_duo_code_attribute"`
}

// The bounds on what an application hands in and is given back.
const (
	stateMin  = 16
	stateMost = 1024
	nonceMost = 1024
	userMost  = 256
)

// wrongWay is the answer to a browser that comes with what no application of this door has signed, or with what it may not ask for.
func wrongWay() *nodkey.Error { return &nodkey.Error{Kind: nodkey.BadInput, Key: "duo.request"} }

// authorize asks the person's phones, whose name an application has sent with their browser, and shows the browser the number. The
// application answers for the password.
func (d *Door) authorize(w http.ResponseWriter, r *http.Request) error {
	query, err := oneEach(r.URL.RawQuery)
	if err != nil {
		return wrongWay()
	}
	browser := d.browserOf(r)
	var in authorizing
	app, err := d.signerOf(r.Context(), browser, query["client_id"], query["request"], "", &in)
	if nodkey.HasKey(err, "application.wrong") {
		return wrongWay()
	}
	if err != nil {
		return err
	}
	settings, err := d.universalOf(app.Caller)
	if err != nil {
		return err
	}
	if !d.isAsked(in, query, settings) {
		return wrongWay()
	}
	cookie, ok := d.bind.Read(r)
	if !ok || len(cookie) != len(rand.Text()) {
		cookie = rand.Text()
	}
	d.bind.Set(w, cookie, nodkey.SignInLife)
	to := journey{Bind: bound(cookie), RedirectURI: in.RedirectURI, State: in.State, Nonce: in.Nonce, User: in.User, DuoCode: in.DuoCode}
	once := sha256.Sum256([]byte(query["request"] + "\x00" + cookie))
	return d.send(w, r, app, to, base64.RawURLEncoding.EncodeToString(once[:]))
}

// isAsked reports whether an application may ask for this.
func (d *Door) isAsked(in authorizing, query map[string]string, s universalSettings) bool {
	same := func(name, value string) bool { other, ok := query[name]; return !ok || other == value }
	return in.ResponseType == "code" && slices.Contains(strings.Fields(in.Scope), "openid") && in.ClientID == query["client_id"] && d.inTime(in.Exp) &&
		(in.Issuer == "" || in.Issuer == in.ClientID) && (in.Audience == "" || slices.Contains(d.urls(""), in.Audience)) &&
		len(in.State) >= stateMin && len(in.State) <= stateMost && len(in.Nonce) <= nonceMost && in.User != "" && len(in.User) <= userMost &&
		slices.Contains(s.RedirectURIs, in.RedirectURI) && same("redirect_uri", in.RedirectURI) && same("response_type", in.ResponseType)
}

// universalOf reads the settings of an application that calls.
func (d *Door) universalOf(c nodkey.Caller) (universalSettings, error) {
	raw, err := d.applications.Settings(c)
	if err != nil {
		return universalSettings{}, err
	}
	s, err := parseUniversal(raw)
	if err != nil {
		d.log.Warn("duo: an application's settings are not usable", "application", c.Application().ID, "error", err)
		return universalSettings{}, wrongWay()
	}
	return s, nil
}

// send asks, and sends the browser to the page that waits. once is the idempotency key, so that a page that is loaded again asks nobody
// again.
func (d *Door) send(w http.ResponseWriter, r *http.Request, app signer, to journey, once string) error {
	raw, err := d.applications.Settings(app.Caller)
	if err != nil {
		return err
	}
	settings, err := ParseSettings(raw)
	if err != nil {
		return wrongWay()
	}
	asked, err := d.applications.Ask(r.Context(), app.Caller, nodkey.Asking{User: to.User, Kind: nodkey.ApproveSignIn, Source: app.Source, With: app.With, Shown: true,
		Life: time.Duration(settings.Wait), Idempotency: once})
	if nodkey.HasKey(err, "application.denied") {
		http.Redirect(w, r, to.refused("The person cannot be asked."), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	to.Request, to.Exp = string(asked.ID), d.clock.Now().Add(nodkey.SignInLife).Unix()
	page, err := to.path(app, "/oauth/v1/prompt")
	if err != nil {
		return err
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
	return nil
}

// oneEach reads a query with each name once.
func oneEach(query string) (map[string]string, error) {
	if len(query) > 2*jwtMost {
		return nil, errJWT
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) != 1 {
			return nil, errJWT
		}
		out[name] = list[0]
	}
	return out, nil
}

package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// WebApplication is what a bench is told of an application of OpenID Connect and of one behind a proxy.
type WebApplication struct {
	ID, Secret  string
	RedirectURI string
	Behind      string // origin of the one behind the proxy
	Empty       string // path of an empty answer on the portal's host
}

// Visitor is one person with a phone and a signed-in browser, on the way to applications.
type Visitor struct {
	load *Load
	app  WebApplication
	kept string // the cookie of the application behind the proxy

	mu      sync.Mutex
	refresh []string // one for each worker
}

// OpenVisitor signs the first of the target's users in, in a browser that stays so.
func OpenVisitor(ctx context.Context, t Target, app WebApplication) (*Visitor, error) {
	t.Names = t.Names[:1]
	load, err := Open(ctx, t, 1)
	if err != nil {
		return nil, err
	}
	if _, err := load.people[0].signIn(ctx); err != nil {
		load.Close()
		return nil, err
	}
	return &Visitor{load: load, app: app}, nil
}

// Close hangs up.
func (v *Visitor) Close() { v.load.Close() }

func (v *Visitor) browser() *browser { return v.load.people[0].browser }

// wayMost is how many redirects lead from an application to the portal and back at most.
const wayMost = 8

// follow goes where the portal leads, by redirects and by pages that go on by themselves, until that is elsewhere.
func (v *Visitor) follow(ctx context.Context, path string) (*url.URL, error) {
	for range wayMost {
		location, err := v.leads(ctx, path)
		if err != nil {
			return nil, err
		}
		next, err := url.Parse(location)
		if err != nil {
			return nil, err
		}
		if next.Host != "" && next.Scheme+"://"+next.Host != v.browser().portal {
			return next, nil
		}
		path = next.RequestURI()
	}
	return nil, errors.New("the portal leads in circles")
}

func (v *Visitor) leads(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.browser().portal+path, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("X-Forwarded-For", v.browser().source)
	answer, err := v.browser().http.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	_, refresh, _ := strings.Cut(answer.Header.Get("Refresh"), "url=")
	if location := cmp.Or(answer.Header.Get("Location"), refresh); location != "" {
		return location, nil
	}
	return "", fmt.Errorf("%s leads nowhere: status %d", strings.SplitN(path, "?", 2)[0], answer.StatusCode)
}

// OpenTokens gets a refresh token for each worker.
func (v *Visitor) OpenTokens(ctx context.Context, workers int) error {
	ask := url.Values{"response_type": {"code"}, "client_id": {v.app.ID}, "redirect_uri": {v.app.RedirectURI}, "scope": {"openid offline_access"}, "state": {"s"}}
	for range workers {
		back, err := v.follow(ctx, "/oidc/authorize?"+ask.Encode())
		if err != nil {
			return err
		}
		token, err := v.token(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {v.app.RedirectURI}})
		if err != nil {
			return fmt.Errorf("%w (%s)", err, back.Query().Get("error_description"))
		}
		v.refresh = append(v.refresh, token)
	}
	return nil
}

// token calls the token endpoint and gives the refresh token of its answer.
func (v *Visitor) token(ctx context.Context, form url.Values) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.browser().portal+"/oidc/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(v.app.ID), url.QueryEscape(v.app.Secret))
	answer, err := v.load.transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	var said struct {
		Refresh string `json:"refresh_token"`
		ID      string `json:"id_token"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Refresh == "" || said.ID == "" {
		return "", fmt.Errorf("status %d from the token endpoint, without tokens", answer.StatusCode) // what it says may hold some
	}
	return said.Refresh, nil
}

// Refresh refreshes tokens, a chain for each worker, and tells how many a second.
func (v *Visitor) Refresh(ctx context.Context, lasting time.Duration) (float64, error) {
	return repeat(ctx, len(v.refresh), lasting, []func(int) error{func(worker int) error {
		v.mu.Lock()
		old := v.refresh[worker]
		v.mu.Unlock()
		next, err := v.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}})
		if err != nil {
			return err
		}
		v.mu.Lock()
		v.refresh[worker] = next
		v.mu.Unlock()
		return nil
	}})
}

// OpenForward brings the browser to the application behind the proxy.
func (v *Visitor) OpenForward(ctx context.Context) error {
	way, _, err := v.atHost(ctx, "/forward/at/sign-in?to=%2F", "")
	if err != nil {
		return err
	}
	portal, err := url.Parse(way.location)
	if err != nil {
		return err
	}
	back, err := v.follow(ctx, portal.RequestURI())
	if err != nil {
		return err
	}
	path := "/forward/at/" + strings.TrimPrefix(back.RequestURI(), "/.nodkey/")
	_, v.kept, err = v.atHost(ctx, path, way.cookies)
	return err
}

type atHost struct{ location, cookies string }

// atHost sends what a browser asks for at the application's host, as its proxy passes it on, and gives where that leads and the
// cookies that are kept then.
func (v *Visitor) atHost(ctx context.Context, path, cookies string) (atHost, string, error) {
	r, err := v.proxied(ctx, path, "/.nodkey/"+strings.TrimPrefix(path, "/forward/at/"), cookies)
	if err != nil {
		return atHost{}, "", err
	}
	answer, err := v.load.transport.RoundTrip(r)
	if err != nil {
		return atHost{}, "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusFound && answer.StatusCode != http.StatusSeeOther {
		return atHost{}, "", fmt.Errorf("%s at the application's host: status %d", strings.SplitN(path, "?", 2)[0], answer.StatusCode)
	}
	var kept []string
	for _, c := range answer.Cookies() {
		if c.MaxAge >= 0 {
			kept = append(kept, c.Name+"="+c.Value)
		}
	}
	all := strings.Join(kept, "; ")
	return atHost{answer.Header.Get("Location"), all}, all, nil
}

func (v *Visitor) proxied(ctx context.Context, path, uri, cookies string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.browser().portal+path, nil)
	if err != nil {
		return nil, err
	}
	scheme, host, _ := strings.Cut(v.app.Behind, "://")
	for name, value := range map[string]string{
		"X-Forwarded-Method": http.MethodGet, "X-Forwarded-Proto": scheme, "X-Forwarded-Host": host, "X-Forwarded-Uri": uri,
		"X-Forwarded-For": v.browser().source, "Accept": "text/html", "User-Agent": agent,
	} {
		r.Header.Set(name, value)
	}
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	return r, nil
}

// Forward asks for decisions, workers at a time, and tells how many a second; Empty does the same with answers that are empty.
func (v *Visitor) Forward(ctx context.Context, workers int, lasting time.Duration) (float64, error) {
	return v.hammer(ctx, workers, lasting, "/forward/caddy")
}

// Empty asks the same server for nothing.
func (v *Visitor) Empty(ctx context.Context, workers int, lasting time.Duration) (float64, error) {
	return v.hammer(ctx, workers, lasting, v.app.Empty)
}

func (v *Visitor) hammer(ctx context.Context, workers int, lasting time.Duration, path string) (float64, error) {
	return repeat(ctx, workers, lasting, []func(int) error{func(int) error {
		r, err := v.proxied(ctx, path, "/pages/about", v.kept)
		if err != nil {
			return err
		}
		answer, err := v.load.transport.RoundTrip(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: status %d", path, answer.StatusCode)
		}
		return err
	}})
}

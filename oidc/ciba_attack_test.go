package oidc_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestWhatCannotBeAskedAtTheBackchannel(t *testing.T) {
	h := newBackHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	ping := h.app(t, "ping", `{"ciba_number": true, "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": "http://127.0.0.1:1/ping"}`, nil)
	good := formOf("scope", "openid", "login_hint", "mara", "binding_message", payment)
	bearer := strings.Repeat("a", 22)
	for what, c := range map[string]struct {
		app   *backApp
		bend  func(url.Values)
		spoil func(*http.Request)
		code  string
		with  int // status; 0: 400
	}{
		"no scope":                  {bend: func(f url.Values) { f.Del("scope") }, code: "invalid_scope"},
		"no openid":                 {bend: func(f url.Values) { f.Set("scope", "profile email") }, code: "invalid_scope"},
		"a scope that is none":      {bend: func(f url.Values) { f.Set("scope", "openid \"") }, code: "invalid_scope"},
		"no hint":                   {bend: func(f url.Values) { f.Del("login_hint") }, code: "invalid_request"},
		"two hints":                 {bend: func(f url.Values) { f.Set("id_token_hint", "x") }, code: "invalid_request"},
		"a hint token":              {bend: func(f url.Values) { f.Set("login_hint_token", "x") }, code: "invalid_request"},
		"a hint token alone":        {bend: func(f url.Values) { f.Del("login_hint"); f.Set("login_hint_token", "x") }, code: "invalid_request"},
		"an id token that is none":  {bend: func(f url.Values) { f.Del("login_hint"); f.Set("id_token_hint", "x") }, code: "invalid_request"},
		"a long id token":           {bend: func(f url.Values) { f.Del("login_hint"); f.Set("id_token_hint", strings.Repeat("x", 9<<10)) }, code: "invalid_request"},
		"a parameter twice":         {bend: func(f url.Values) { f.Add("login_hint", "other") }, code: "invalid_request"},
		"a user code":               {bend: func(f url.Values) { f.Set("user_code", "1234") }, code: "invalid_request"},
		"a signed request":          {bend: func(f url.Values) { f.Set("request", "x") }, code: "request_not_supported"},
		"a request elsewhere":       {bend: func(f url.Values) { f.Set("request_uri", "https://x/") }, code: "request_not_supported"},
		"a text of two lines":       {bend: func(f url.Values) { f.Set("binding_message", "Pay\n250") }, code: "invalid_binding_message"},
		"a text turned round":       {bend: func(f url.Values) { f.Set("binding_message", "Pay \u202e250") }, code: "invalid_binding_message"},
		"a text of 141 characters":  {bend: func(f url.Values) { f.Set("binding_message", strings.Repeat("x", 141)) }, code: "invalid_binding_message"},
		"a text of no characters":   {bend: func(f url.Values) { f.Set("binding_message", "Pay \xff") }, code: "invalid_binding_message"},
		"a time of nothing":         {bend: func(f url.Values) { f.Set("requested_expiry", "0") }, code: "invalid_request"},
		"a time before":             {bend: func(f url.Values) { f.Set("requested_expiry", "-5") }, code: "invalid_request"},
		"a time that is none":       {bend: func(f url.Values) { f.Set("requested_expiry", "1m") }, code: "invalid_request"},
		"a time beyond all":         {bend: func(f url.Values) { f.Set("requested_expiry", "99999999999999999999") }, code: "invalid_request"},
		"ping without a token":      {app: ping, code: "invalid_request"},
		"ping with a short token":   {app: ping, bend: func(f url.Values) { f.Set("client_notification_token", bearer[1:]) }, code: "invalid_request"},
		"ping with a long token":    {app: ping, bend: func(f url.Values) { f.Set("client_notification_token", strings.Repeat("a", 1025)) }, code: "invalid_request"},
		"ping with a header in it":  {app: ping, bend: func(f url.Values) { f.Set("client_notification_token", bearer+"\r\nX: y") }, code: "invalid_request"},
		"ping with blanks in it":    {app: ping, bend: func(f url.Values) { f.Set("client_notification_token", bearer+" b") }, code: "invalid_request"},
		"no secret":                 {spoil: func(r *http.Request) { r.Header.Del("Authorization") }, code: "invalid_client", with: http.StatusUnauthorized},
		"a wrong secret":            {spoil: func(r *http.Request) { r.SetBasicAuth("bank", "wrong") }, code: "invalid_client", with: http.StatusUnauthorized},
		"an application of nobody":  {spoil: func(r *http.Request) { r.SetBasicAuth("nobody", "wrong") }, code: "invalid_client", with: http.StatusUnauthorized},
		"a body that is no form":    {spoil: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, code: "invalid_request", with: http.StatusUnsupportedMediaType},
		"parameters in the address": {spoil: func(r *http.Request) { r.URL.RawQuery = "scope=openid" }, code: "invalid_request"},
	} {
		form := url.Values{}
		for name, values := range good {
			form[name] = append([]string(nil), values...)
		}
		if c.bend != nil {
			c.bend(form)
		}
		if c.app == nil {
			c.app = bank
		}
		if c.with == 0 {
			c.with = http.StatusBadRequest
		}
		h.Clock.Advance(time.Minute)
		c.app.sends(t, "/oidc/bc-authorize", form, c.spoil).is(t, c.with, c.code, what)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.Portal.String()+"/oidc/bc-authorize?"+good.Encode(), nil)
	need(t, err)
	r.SetBasicAuth(bank.id, bank.secret)
	if got := h.do(t, r); got.status != http.StatusMethodNotAllowed && got.status != http.StatusNotFound {
		t.Errorf("GET: %d %s", got.status, got.text)
	}
}

func TestARequestIsOfTheApplicationThatAsked(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true, "scopes": ["openid", "profile"]}`, nil)
	shop := h.app(t, "shop", `{"ciba_number": true}`, nil)
	browsers := h.app(t, "browsers", `{}`, func(a *nodkey.NewApplication) { a.Doors = []nodkey.Door{nodkey.DoorOIDC} })
	public := h.app(t, "public", `{"token_endpoint_auth_method": "none"}`, func(a *nodkey.NewApplication) { a.NoSecret = true })
	asked := bank.asks(t, "login_hint", "mara", "scope2", "x")
	id := asked.str(t, "auth_req_id")
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	for _, path := range []string{"/oidc/token", "/oidc/bc-code"} {
		with := []string{"auth_req_id", id, "grant_type", "urn:openid:params:grant-type:ciba"}
		shop.post(t, path, with...).is(t, http.StatusBadRequest, "invalid_grant", path+": another application")
		browsers.post(t, path, with...).is(t, http.StatusUnauthorized, "invalid_client", path+": one that may not ask phones")
		public.post(t, path, append(with, "client_id", "public")...).is(t, http.StatusUnauthorized, "invalid_client", path+": one that proves nothing")
		for _, other := range []string{"", "x", id + "x", "." + id, strings.Repeat("x", 600)} {
			bank.post(t, path, "auth_req_id", other, "grant_type", "urn:openid:params:grant-type:ciba").is(t, http.StatusBadRequest, "invalid_grant", path+": "+other)
		}
	}
	public.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "mara", "client_id", "public").is(t, http.StatusUnauthorized, "invalid_client", "asking without proof")
	browsers.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "mara").is(t, http.StatusUnauthorized, "invalid_client", "asking without the door")
	// More scopes than were asked for are those that it may have, and no others.
	got := bank.polls(t, id+".profile.email.groups.offline_access.root")
	if got.status != http.StatusOK || got.json["scope"] != "openid profile" || got.json["refresh_token"] != nil {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestTheTimeOfARequestIsTheTruth(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	for wished, want := range map[string]float64{"": 180, "1": 10, "10": 10, "60": 60, "180": 180, "181": 180, "2000000000": 180} {
		asked := bank.asks(t, "login_hint", "mara", "requested_expiry", wished)
		if asked.json["expires_in"] != want {
			t.Errorf("%q: %s", wished, asked.text)
		}
		id := asked.str(t, "auth_req_id")
		h.Clock.Advance(time.Duration(want)*time.Second - time.Millisecond)
		bank.polls(t, id).is(t, http.StatusBadRequest, "authorization_pending", wished)
		h.Clock.Advance(time.Millisecond)
		bank.polls(t, id).is(t, http.StatusBadRequest, "expired_token", wished)
		h.Clock.Advance(nodkey.SignInLife)
	}
	if _, err := p.key.Newest(t.Context()); err == nil {
		t.Error("something is open")
	}
}

func TestAnApplicationThatAsksTooOftenIsSlowedDown(t *testing.T) {
	h := newBackHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	for range 60 {
		if r := bank.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "mara"); r.status == http.StatusTooManyRequests {
			r.is(t, http.StatusTooManyRequests, "temporarily_unavailable", "too often")
			if r.header.Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
			return
		}
	}
	t.Error("60 requests at once were taken")
}

func TestAThousandThatWaitCostTheStoreLittle(t *testing.T) {
	h := newBackHouse(t, nil)
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	var ids []string
	for i := range 50 {
		name := "user" + strconv.Itoa(i)
		h.join(t, name)
	}
	for i := range 1000 {
		r := bank.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "user"+strconv.Itoa(i%50))
		ids = append(ids, r.str(t, "auth_req_id"))
	}
	views, updates := h.calls.views.Load(), h.calls.updates.Load()
	const rounds = 3
	for range rounds {
		for _, id := range ids {
			bank.polls(t, id).is(t, http.StatusBadRequest, "authorization_pending", "waiting")
			bank.polls(t, id).is(t, http.StatusBadRequest, "slow_down", "too soon")
		}
		h.Clock.Advance(5 * time.Second)
	}
	polled := int64(2 * rounds * len(ids))
	if n := h.calls.views.Load() - views; n > 3*polled {
		t.Errorf("%d polls read %d times", polled, n)
	}
	if n := h.calls.updates.Load() - updates; n != 0 {
		t.Errorf("%d polls wrote %d times", polled, n)
	}
}

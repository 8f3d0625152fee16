package oidc

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/nodkey/nodkey"
)

// logoutHeard is what an application's server was told.
type logoutHeard struct{ media, token, body string }

// receiver is an application's server for logout tokens; the first answers are these.
func receiver(t testing.TB, answers ...int) (uri string, calls chan logoutHeard) {
	t.Helper()
	calls = make(chan logoutHeard, 64)
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.PostFormValue("logout_token")
		calls <- logoutHeard{r.Header.Get("Content-Type"), token, r.PostForm.Encode()}
		if i := int(n.Add(1)); i <= len(answers) {
			w.WriteHeader(answers[i-1])
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/logout", calls
}

// works runs the door's workers until the test ends.
func (h *house) works() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, work := range h.door.Workers() {
		all.Go(func() {
			if err := work(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	h.t.Cleanup(func() { cancel(); all.Wait() })
}

func (h *house) hears(calls chan logoutHeard) logoutHeard {
	h.t.Helper()
	select {
	case call := <-calls:
		return call
	case <-time.After(20 * time.Second):
		h.t.Fatal("nobody called")
		return logoutHeard{}
	}
}

// verifies checks a logout token as an application does that is built on go-oidc.
func (h *house) verifies(token, client string, now time.Time) (*gooidc.LogoutToken, error) {
	h.t.Helper()
	set, err := h.door.published(h.ctx)
	must(h.t, err)
	var keys []crypto.PublicKey
	for _, k := range set.Keys {
		keys = append(keys, k.Key)
	}
	config := &gooidc.Config{ClientID: client, SupportedSigningAlgs: []string{"RS256", "ES256"}, Now: func() time.Time { return now }}
	return gooidc.NewVerifier(issuer, &gooidc.StaticKeySet{PublicKeys: keys}, config).VerifyLogout(h.ctx, token)
}

func TestApplicationsHearThatASessionHasEnded(t *testing.T) {
	h := openHouse(t)
	uri, calls := receiver(t)
	settings := `{"redirect_uris": ["` + callback + `"], "backchannel_logout_uri": "` + uri + `", "backchannel_logout_session_required": true}`
	secret := h.add("wiki", settings)
	other := h.add("shop", strings.Replace(settings, "{", `{"id_token_signed_response_alg": "ES256", `, 1))
	h.add("mute", wikiSettings)
	h.works()
	h.signIn()
	sid := h.claims(h.tokens(secret, request())["id_token"].(string))["sid"]
	with := h.walk(request("client_id", "shop"))
	got := h.post(tokenPath, "shop", other, redemption(with.Get("code")))
	got.ok()
	h.walk(request("client_id", "mute"))

	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	must(t, h.Sessions.SignOut(h.ctx, c))
	seen := map[string]bool{}
	for range 2 {
		call := h.hears(calls)
		if call.media != "application/x-www-form-urlencoded" || call.body != "logout_token="+call.token {
			t.Errorf("%+v", call)
		}
		header, err := base64.RawURLEncoding.DecodeString(strings.Split(call.token, ".")[0])
		must(t, err)
		var head struct{ Typ, Alg string }
		must(t, json.Unmarshal(header, &head))
		client := map[string]string{"RS256": "wiki", "ES256": "shop"}[head.Alg]
		token, err := h.verifies(call.token, client, h.Clock.Now())
		must(t, err)
		if head.Typ != "logout+jwt" || token.Subject != string(h.user) || token.SessionID != sid || token.TokenID == "" || token.Expiry.Sub(token.IssuedAt) != 2*time.Minute || seen[client] {
			t.Errorf("%+v, %+v", head, token)
		}
		seen[client] = true
		for what, err := range map[string]error{
			"later":              second(h.verifies(call.token, client, h.Clock.Now().Add(3*time.Minute))),
			"another's":          second(h.verifies(call.token, "mute", h.Clock.Now())),
			"bent":               second(h.verifies(call.token[:len(call.token)-8]+"AAAAAAAA", client, h.Clock.Now())),
			"as an id token too": second(h.door.hinted(h.ctx, call.token)),
		} {
			if err == nil {
				t.Errorf("%s, it holds", what)
			}
		}
	}
	if len(calls) != 0 {
		t.Errorf("and %+v", <-calls)
	}
}

func second[T any](_ T, err error) error { return err }

func TestALogoutThatWasNotHeardIsToldAgain(t *testing.T) {
	h := openHouse(t)
	uri, calls := receiver(t, http.StatusServiceUnavailable, http.StatusFound, http.StatusBadRequest)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`"], "backchannel_logout_uri": "`+uri+`"}`)
	h.works()
	h.signIn()
	h.tokens(secret, request())
	must(t, h.Users.Remove(h.ctx, h.Desk(), "mara")) // which ends the session, and is told of all the same
	jti := map[string]bool{}
	for try := range 4 {
		call := h.laterHears(calls, try > 0)
		token, err := h.verifies(call.token, "wiki", h.Clock.Now())
		if err != nil || jti[token.TokenID] || token.Subject != string(h.user) {
			t.Fatalf("try %d: %+v, %v", try, token, err)
		}
		jti[token.TokenID] = true
	}
	h.settled()
	if h.Clock.Advance(24 * time.Hour); len(calls) != 0 {
		t.Errorf("heard, and told again: %+v", <-calls)
	}
}

// settled waits until nothing is left to be told, now or later.
func (h *house) settled() {
	h.t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for left := 1; left > 0; {
		must(h.t, h.Ports.Store.View(h.ctx, func(tx nodkey.Tx) error {
			due, err := tx.DueCallbacks(nodkey.DoorOIDC, h.Clock.Now().Add(48*time.Hour), 9)
			left = len(due)
			return err
		}))
		select {
		case <-look.C:
		case <-end:
			h.t.Fatal("something is left to be told")
		}
	}
}

// laterHears waits for a call that may come when time has passed.
func (h *house) laterHears(calls chan logoutHeard, later bool) logoutHeard {
	h.t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for {
		if later {
			h.Clock.Advance(5 * time.Second)
			h.Ports.Bus.Publish("callbacks")
		}
		select {
		case call := <-calls:
			return call
		case <-look.C:
		case <-end:
			h.t.Fatal("nobody called")
		}
	}
}

package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey/nodkeytest/ports"
)

// A stranger who sends an assertion of nobody's and hangs up while the keys are on their way keeps them from nobody: else the application
// would be shut out for as long as the stranger likes.
func TestWhoHangsUpKeepsNoKeysFromArriving(t *testing.T) {
	h := openHouse(t)
	s, stranger := newSigner(t, "k1"), newSigner(t, "k1")
	ctx, hangUp := context.WithCancel(h.ctx)
	defer hangUp()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hangUp()
		_, _ = w.Write([]byte(s.set()))
	}))
	defer server.Close()
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "`+server.URL+`/keys"}`, noSecret)
	claims := func() map[string]any {
		return map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": rand.Text(), "exp": h.Clock.Now().Unix() + 60}
	}
	h.send("POST", tokenPath, asserted(stranger.sign(claims())).Encode(), func(r *http.Request) { *r = *r.WithContext(ctx) })
	if ctx.Err() == nil {
		t.Fatal("nobody asked for the keys")
	}
	if got := h.send("POST", tokenPath, asserted(s.sign(claims())).Encode()); got.Code != 400 { // it is known, its refresh token is none
		t.Errorf("the application itself, after that: %d %s", got.Code, got.Body)
	}
}

// Whoever keeps a key set from being fetched, and has a key that was taken out of it, may not go on with that for ever.
func TestKeysThatCannotBeFetchedAnyMoreEnd(t *testing.T) {
	h := openHouse(t)
	s := newSigner(t, "k1")
	var away atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if away.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte(s.set()))
	}))
	defer server.Close()
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "`+server.URL+`/keys"}`, noSecret)
	ask := func(what string, want int) {
		t.Helper()
		claims := map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": rand.Text(), "exp": h.Clock.Now().Unix() + 60}
		if got := h.send("POST", tokenPath, asserted(s.sign(claims)).Encode()); got.Code != want {
			t.Errorf("%s: %d %s", what, got.Code, got.Body)
		}
	}
	ask("at first", 400)
	away.Store(true)
	h.Clock.Advance(keySetLast - time.Minute)
	ask("nearly a day later", 400)
	h.Clock.Advance(time.Minute)
	ask("a day later", 401)
	away.Store(false)
	h.Clock.Advance(keySetAgain)
	ask("when they are there again", 400)
}

// Settings are sealed, and an address in them may hold something that is nobody else's.
func TestTheLogHasNoAddressOfKeys(t *testing.T) {
	h := openHouse(t)
	s := newSigner(t, "k1")
	at := "http://" + ports.Nobody(t) + "/keys?token=of-nobody-else"
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "`+at+`"}`, noSecret)
	h.send("POST", tokenPath, asserted(s.sign(map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": rand.Text(), "exp": h.Clock.Now().Unix() + 60})).Encode()).is(401, "invalid_client")
	if log := h.log.String(); !strings.Contains(log, "cannot be fetched") || strings.Contains(log, "of-nobody-else") {
		t.Errorf("the log says %s", log)
	}
}

// A key that is too weak to stand in the settings is so where it is fetched, too: whoever has its two factors signs with it.
func TestAWeakKeyThatIsFetchedIsNone(t *testing.T) {
	h := openHouse(t)
	for bits, want := range map[int]int{1024: 401, 2048: 400} { // known: its refresh token is none
		key, err := rsa.GenerateKey(rand.Reader, bits)
		must(t, err)
		whole := jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: "RS256", Use: "sig"}
		set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{whole.Public()}})
		must(t, err)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(set) }))
		defer server.Close()
		id := fmt.Sprintf("wiki%d", bits)
		h.add(id, `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "`+server.URL+`/keys"}`, noSecret)
		made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: whole}, nil)
		must(t, err)
		claims, err := json.Marshal(map[string]any{"iss": id, "sub": id, "aud": issuer, "jti": rand.Text(), "exp": h.Clock.Now().Unix() + 60})
		must(t, err)
		jws, err := made.Sign(claims)
		must(t, err)
		text, err := jws.CompactSerialize()
		must(t, err)
		if got := h.send("POST", tokenPath, asserted(text).Encode()); got.Code != want {
			t.Errorf("%d bits: %d %s", bits, got.Code, got.Body)
		}
	}
}

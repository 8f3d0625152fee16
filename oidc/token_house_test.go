package oidc

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// claims verifies a token of the door's with the keys that it publishes.
func (h *house) claims(token string) map[string]any {
	h.t.Helper()
	var set jose.JSONWebKeySet
	must(h.t, json.Unmarshal(h.send("GET", keysPath, "").Body.Bytes(), &set))
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	must(h.t, err)
	keys := set.Key(jws.Signatures[0].Header.KeyID)
	if len(keys) != 1 {
		h.t.Fatalf("%d keys are published for %q", len(keys), jws.Signatures[0].Header.KeyID)
	}
	payload, err := jws.Verify(keys[0])
	must(h.t, err)
	var claims map[string]any
	must(h.t, json.Unmarshal(payload, &claims))
	return claims
}

// userinfo asks with an access token.
func (h *house) userinfo(token any) answer {
	h.t.Helper()
	return h.send("GET", userinfoPath, "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token.(string)) })
}

func (a answer) ok() {
	a.t.Helper()
	if a.Code != http.StatusOK {
		a.t.Errorf("%d %s", a.Code, a.Body)
	}
}

func texts(list any) []string {
	var out []string
	values, _ := list.([]any)
	for _, v := range values {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func manyParameters() string {
	var b strings.Builder
	for i := range maxParameters {
		fmt.Fprintf(&b, "&p%d=1", i)
	}
	return b.String()
}

package oidc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// An application that the operator takes scopes from is told no more from then on, whatever it was granted before.
func TestScopesThatAreTakenAwayAreToldNoMore(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	first := h.tokens(secret, request("scope", "openid profile groups offline_access"))
	second := h.tokens(secret, request("scope", "openid profile offline_access"))
	allow := func(scopes string) {
		t.Helper()
		_, err := h.Applications.Edit(h.ctx, h.Desk(), "wiki", nodkey.ApplicationEdit{Settings: json.RawMessage(`{"redirect_uris": ["` + callback + `"], "scopes": [` + scopes + `]}`)})
		must(t, err)
	}
	refresh := func(token any) answer {
		return h.post(tokenPath, "wiki", secret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}})
	}
	code := h.walk(request("scope", "openid profile groups")).Get("code")
	bare := h.walk(request("scope", "profile")).Get("code")
	allow(`"openid", "offline_access"`)
	if got := h.userinfo(first["access_token"]); got.Code != 200 || strings.Contains(got.Body.String(), "mara") || strings.Contains(got.Body.String(), "groups") {
		t.Errorf("userinfo: %d %s", got.Code, got.Body)
	}
	if got := h.post(introspectPath, "wiki", secret, url.Values{"token": {first["access_token"].(string)}}).json(); got["active"] != true || got["scope"] != "openid offline_access" || got["username"] != nil {
		t.Errorf("introspection: %v", got)
	}
	h.post(tokenPath, "wiki", secret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"].(string)}, "scope": {"profile"}}).is(400, "invalid_scope")
	got := refresh(first["refresh_token"])
	if got.Code != http.StatusOK || got.json()["scope"] != "openid offline_access" || h.claims(got.json()["id_token"].(string))["name"] != nil {
		t.Fatalf("refreshing: %d %s", got.Code, got.Body)
	}
	if got := h.post(tokenPath, "wiki", secret, redemption(code)); got.Code != 200 || got.json()["scope"] != "openid" || h.claims(got.json()["id_token"].(string))["name"] != nil {
		t.Errorf("a code of before: %d %s", got.Code, got.Body)
	}
	h.post(tokenPath, "wiki", secret, redemption(bare)).is(400, "invalid_grant") // nothing is left of it
	allow(`"openid", "profile"`)
	refresh(second["refresh_token"]).is(400, "invalid_grant") // and this may not outlast the session any more
}

package oidc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest"
)

// Phones do not show scopes. So an application that has to ask the person before it is told anything gets nothing by asking the phone.
func TestThePhoneIsNoWayRoundConsent(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	shop := h.app(t, "shop", `{"ciba_number": true, "consent": "ask"}`, nil)
	asked := shop.post(t, "/oidc/bc-authorize", "scope", "openid profile email groups offline_access", "login_hint", "mara")
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	token, _, _ := strings.Cut(asked.str(t, "auth_req_id"), ".")
	got := shop.polls(t, token+".profile.email.groups.offline_access")
	if got.status != http.StatusOK || got.json["scope"] != "openid" || got.json["refresh_token"] != nil || strings.Contains(claimsIn(t, got.str(t, "id_token")), `"mara"`) {
		t.Errorf("%d %s", got.status, got.text)
	}
}

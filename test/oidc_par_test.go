package test

import (
	"net/url"
	"testing"
)

func TestANodeApplicationPushesItsRequest(t *testing.T) {
	h := openOIDC(t)
	a := h.nodeApplication()
	v := h.oidcVisitor("Aldermere Shop", nods)
	begun := a.asks(map[string]any{"do": "begin", "scope": "openid profile", "push": true})
	address := text(t, begun, "url")
	u, err := url.Parse(address)
	h.must(err)
	if q := u.Query(); len(q) != 2 || q.Get("client_id") != "shop" || q.Get("request_uri") == "" {
		t.Fatalf("the browser brings %v", u.Query())
	}
	got := a.asks(map[string]any{"do": "end", "url": v.goes(address).String()})
	claims, _ := got["claims"].(map[string]any)
	if claims["preferred_username"] != maraName {
		t.Errorf("%v", got)
	}
	again, err := v.get(t.Context(), u.RequestURI())
	if err != nil || again.status != 400 || again.location != "" {
		t.Errorf("brought a second time: %d to %q, %v", again.status, again.location, err)
	}
}

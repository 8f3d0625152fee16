package oidc

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// Whatever an application posts is a request that can be asked, or is refused by one of CIBA's errors.
func FuzzReadAsking(f *testing.F) {
	for _, seed := range []string{
		"scope=openid&login_hint=mara", "scope=openid+profile+offline_access&id_token_hint=a.b.c&binding_message=Pay+250.00+EUR&requested_expiry=60",
		"scope=openid&login_hint=mara&client_notification_token=8d67dc78-7faa-4d41-aabd-67707b374255", "login_hint_token=x", "user_code=1", "request=x", "requested_expiry=-1",
		"scope=openid&login_hint=mara&binding_message=%E2%80%AE%00",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	codes := []string{"invalid_request", "invalid_scope", "invalid_binding_message", "request_not_supported"}
	f.Fuzz(func(t *testing.T, body string, ping bool) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		if form, err = once(form); err != nil {
			return
		}
		s := Settings{Scopes: []string{scopeProfile}}
		if ping {
			s.BackchannelTokenDeliveryMode = deliveryPing
		}
		a, err := readAsking(form, s)
		if err != nil {
			if f := faultOf(err); f.status != 400 || !slices.Contains(codes, f.code) {
				t.Fatalf("%q: %v", body, f)
			}
			return
		}
		switch {
		case (a.name == "") == (a.idToken == ""), !slices.Contains(a.scopes, scopeOpenID), slices.Contains(a.scopes, scopeEmail), slices.Contains(a.scopes, scopeOffline),
			a.life < nodkey.AskLifeMin || a.life > nodkey.ApprovalLife, ping != (a.notify != ""), strings.ContainsAny(a.notify, "\r\n \""):
			t.Fatalf("%q: %+v", body, a)
		}
		id := authReqID("token", a.scopes)
		token, granted, ok := readAuthReqID(id, s)
		if slices.Sort(granted); !ok || token != "token" || len(granted) != len(a.scopes) || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
			t.Fatalf("%q becomes %q and %v", a.scopes, id, granted)
		}
	})
}

// An id that comes back is one of this server's, with scopes that the application may have, or none.
func FuzzReadAuthReqID(f *testing.F) {
	for _, seed := range []string{"token", "token.profile.offline_access", ".profile", "token..", "token.openid.root", strings.Repeat("x", 600), "a b.c"} {
		f.Add(seed)
	}
	s := Settings{Scopes: []string{scopeProfile}}
	f.Fuzz(func(t *testing.T, id string) {
		token, granted, ok := readAuthReqID(id, s)
		if ok && (token == "" || len(granted) == 0 || slices.ContainsFunc(granted, func(scope string) bool { return scope != scopeOpenID && scope != scopeProfile })) {
			t.Fatalf("%q: %q, %v", id, token, granted)
		}
	})
}

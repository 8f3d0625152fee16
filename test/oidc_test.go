package test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/nodkey/nodkey/client"
)

// goApplication is the wiki of docs/doors/oidc.md: a program that uses coreos/go-oidc and x/oauth2 as their pages say.
type goApplication struct {
	h        *oidcHouse
	ctx      context.Context
	provider *oidc.Provider
	config   oauth2.Config
}

func (h *oidcHouse) goApplication() *goApplication {
	h.t.Helper()
	secret := h.application("wiki", "Aldermere Wiki", oidcBlock(h.t, "wiki.json"), "--group", "staff")
	a := &goApplication{h: h, ctx: oidc.ClientContext(h.t.Context(), client.NewHTTPClient(h.roots))}
	var err error
	a.provider, err = oidc.NewProvider(a.ctx, h.portal)
	h.must(err)
	a.config = oauth2.Config{ClientID: "wiki", ClientSecret: secret, Endpoint: a.provider.Endpoint(), RedirectURL: "https://wiki.example.com/oauth2/callback",
		Scopes: []string{oidc.ScopeOpenID, "profile", "groups", oidc.ScopeOfflineAccess}}
	return a
}

// claimsOfToken is what the application reads.
type claimsOfToken struct {
	Name   string   `json:"name"`
	User   string   `json:"preferred_username"`
	Groups []string `json:"groups"`
	ACR    string   `json:"acr"`
	AMR    []string `json:"amr"`
}

// signsIn takes the person there and gives what the application has then.
func (a *goApplication) signsIn(v *oidcVisitor, options ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken, claimsOfToken) {
	a.h.t.Helper()
	verifier := oauth2.GenerateVerifier()
	back := v.goes(a.config.AuthCodeURL("the-state", append(options, oauth2.S256ChallengeOption(verifier), oidc.Nonce("the-nonce"))...))
	with := back.Query()
	if back.Host != "wiki.example.com" || back.Path != "/oauth2/callback" || with.Get("state") != "the-state" || with.Get("iss") != a.h.portal || with.Get("code") == "" {
		a.h.t.Fatalf("back at %s", back)
	}
	token, err := a.config.Exchange(a.ctx, with.Get("code"), oauth2.VerifierOption(verifier))
	a.h.must(err)
	raw, _ := token.Extra("id_token").(string)
	id, err := a.provider.VerifierContext(a.ctx, &oidc.Config{ClientID: "wiki"}).Verify(a.ctx, raw)
	a.h.must(err)
	a.h.must(id.VerifyAccessToken(token.AccessToken))
	if id.Nonce != "the-nonce" {
		a.h.t.Errorf("the nonce is %q", id.Nonce)
	}
	var claims claimsOfToken
	a.h.must(id.Claims(&claims))
	return token, id, claims
}

func TestAGoApplicationSignsSomebodyInByANod(t *testing.T) {
	h := openOIDC(t)
	a := h.goApplication()
	v := h.oidcVisitor("Aldermere Wiki", nods)
	token, id, claims := a.signsIn(v)
	if claims.User != maraName || claims.Name != "Mara Lindqvist" || !slices.Equal(claims.Groups, []string{"staff"}) || claims.ACR != "urn:nodkey:acr:pin" || !slices.Equal(claims.AMR, []string{"pwd", "pin", "swk", "mfa"}) {
		t.Errorf("%+v", claims)
	}
	info, err := a.provider.UserInfo(a.ctx, oauth2.StaticTokenSource(token))
	h.must(err)
	var told claimsOfToken
	h.must(info.Claims(&told))
	if info.Subject != id.Subject || told.User != maraName {
		t.Errorf("%+v %+v", info, told)
	}
	// The browser is known now: the next application, or the same, asks nothing.
	if _, again, _ := a.signsIn(v); again.Subject != id.Subject || v.signed != 1 || v.agreed != 0 {
		t.Errorf("it signed in %d times", v.signed)
	}
	// Refresh, with rotation; the token of before is somebody else's now, and ends all.
	old := &oauth2.Token{RefreshToken: token.RefreshToken}
	next, err := a.config.TokenSource(a.ctx, old).Token()
	h.must(err)
	if next.RefreshToken == token.RefreshToken {
		t.Error("the refresh token is the same")
	}
	if _, err := a.config.TokenSource(a.ctx, old).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("the old refresh token: %v", err)
	}
	if _, err := a.provider.UserInfo(a.ctx, oauth2.StaticTokenSource(next)); err == nil {
		t.Error("the access token outlives the grant")
	}
}

func TestAGoApplicationIsToldOfANo(t *testing.T) {
	h := openOIDC(t)
	a := h.goApplication()
	back := h.oidcVisitor("Aldermere Wiki", shakes).goes(a.config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	if with := back.Query(); with.Get("error") != "access_denied" || with.Get("state") != "s" || with.Get("iss") != h.portal || with.Has("code") {
		t.Errorf("back at %s", back)
	}
}

func TestAGoApplicationSignsSomebodyInWhosePhoneIsOffline(t *testing.T) {
	h := openOIDC(t)
	_, _, claims := h.goApplication().signsIn(h.oidcVisitor("Aldermere Wiki", types))
	if claims.User != maraName || claims.ACR != "urn:nodkey:acr:code" || !slices.Equal(claims.AMR, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("%+v", claims)
	}
}

func TestAGoApplicationStepsUp(t *testing.T) {
	h := openOIDC(t)
	a := h.goApplication()
	v := h.oidcVisitor("Aldermere Wiki", types)
	_, first, claims := a.signsIn(v)
	if claims.ACR != "urn:nodkey:acr:code" {
		t.Fatalf("%+v", claims)
	}
	v.nod = nods
	_, second, claims := a.signsIn(v, oauth2.SetAuthURLParam("acr_values", "urn:nodkey:acr:pin"))
	if claims.ACR != "urn:nodkey:acr:pin" || v.signed != 2 || second.Subject != first.Subject {
		t.Errorf("%+v after signing in %d times", claims, v.signed)
	}
	if a.signsIn(v, oauth2.SetAuthURLParam("prompt", "login")); v.signed != 3 {
		t.Errorf("prompt=login: signed in %d times", v.signed)
	}
}

// The keys change while the server and the application run: by a command, which is another process.
func TestAGoApplicationNoticesNewKeys(t *testing.T) {
	h := openOIDC(t)
	a := h.goApplication()
	v := h.oidcVisitor("Aldermere Wiki", nods)
	keys := func() []string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.portal+"/oidc/keys", nil)
		h.must(err)
		over := client.NewHTTPClient(h.roots)
		defer over.CloseIdleConnections()
		answer, err := over.Do(r)
		h.must(err)
		defer answer.Body.Close()
		var set struct{ Keys []struct{ Kid, Alg string } }
		h.must(json.NewDecoder(answer.Body).Decode(&set))
		var all []string
		for _, k := range set.Keys {
			if k.Alg == "RS256" {
				all = append(all, k.Kid)
			}
		}
		return all
	}
	a.signsIn(v)
	before := keys()
	h.run("", "client", "keys", "rotate")
	if ahead := keys(); len(before) != 1 || len(ahead) != 2 || !slices.Contains(ahead, before[0]) {
		t.Errorf("%v, then %v are published", before, ahead)
	}
	a.signsIn(v)
	h.run("", "client", "keys", "rotate", "--drop")
	if after := keys(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("%v are left", after)
	}
	a.signsIn(v)
}

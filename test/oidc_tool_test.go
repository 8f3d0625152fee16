package test

import (
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/nodkey/nodkey/client"
)

// A command line has no secret and listens where a port is free: tool.json of the page is all that it needs, and PKCE is what protects it.
func TestAProgramOnSomebodysMachineSignsSomebodyIn(t *testing.T) {
	h := openOIDC(t)
	if secret := h.application("tool", "Aldermere Tool", oidcBlock(t, "tool.json"), "--no-secret"); secret != "" {
		t.Fatal("it was given a secret")
	}
	ctx := oidc.ClientContext(t.Context(), client.NewHTTPClient(h.roots))
	provider, err := oidc.NewProvider(ctx, h.portal)
	h.must(err)
	config := oauth2.Config{ClientID: "tool", Endpoint: provider.Endpoint(), RedirectURL: "http://127.0.0.1:49152/callback", Scopes: []string{oidc.ScopeOpenID, "profile"}}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	v := h.oidcVisitor("Aldermere Tool", nods)

	if with := v.goes(config.AuthCodeURL("s")).Query(); with.Get("error") != "invalid_request" || !strings.Contains(with.Get("error_description"), "PKCE") {
		t.Errorf("without PKCE: %v", with)
	}
	verifier := oauth2.GenerateVerifier()
	back := v.goes(config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)))
	if back.Host != "127.0.0.1:49152" || back.Path != "/callback" || back.Query().Get("code") == "" {
		t.Fatalf("back at %s", back)
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	h.must(err)
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: "tool"}).Verify(ctx, raw)
	h.must(err)
	var claims claimsOfToken
	h.must(id.Claims(&claims))
	if claims.User != maraName || v.signed != 1 {
		t.Errorf("%+v, after signing in %d times", claims, v.signed)
	}

	back = v.goes(config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)))
	if _, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(oauth2.GenerateVerifier())); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("somebody else who has the code: %v", err)
	}
}

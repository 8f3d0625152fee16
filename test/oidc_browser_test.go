package test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/nodkey/nodkey/client"
)

// webApplication is a web site of its own origin that has people sign in through OpenID Connect and shows who they are.
type webApplication struct {
	*httptest.Server
	ctx      context.Context
	config   oauth2.Config
	provider *oidc.Provider
	mu       sync.Mutex
	verifier string // of the one sign-in that is under way
	formPost bool
}

// openWeb opens it and adds it to the server; the settings are those of its redirect URI and more.
func openWeb(t *testing.T, s *server, more string) *webApplication {
	t.Helper()
	a := &webApplication{ctx: oidc.ClientContext(t.Context(), client.NewHTTPClient(nil))}
	mux := http.NewServeMux()
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	secret := s.application("notes", "Aldermere Notes", fmt.Sprintf(`{"redirect_uris": [%q]%s}`, a.URL+"/callback", more))
	var err error
	if a.provider, err = oidc.NewProvider(a.ctx, s.portal); err != nil {
		t.Fatal(err)
	}
	a.config = oauth2.Config{ClientID: "notes", ClientSecret: secret, Endpoint: a.provider.Endpoint(), RedirectURL: a.URL + "/callback", Scopes: []string{"openid", "profile"}}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.verifier = oauth2.GenerateVerifier()
		options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.verifier)}
		if a.formPost {
			options = append(options, oauth2.SetAuthURLParam("response_mode", "form_post"))
		}
		a.mu.Unlock()
		http.Redirect(w, r, a.config.AuthCodeURL("st&te", options...), http.StatusFound)
	})
	mux.HandleFunc("/callback", a.callback)
	return a
}

func (a *webApplication) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page := func(says string) {
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Notes</title><link rel="icon" href="data:,"><h1 id="who">%s</h1><p id="how">%s</p></html>`, says, r.Method)
	}
	if code := r.FormValue("error"); code != "" || r.FormValue("state") != "st&te" {
		page("Not signed in: " + code)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	token, err := a.config.Exchange(a.ctx, r.FormValue("code"), oauth2.VerifierOption(a.verifier))
	if err != nil {
		page(err.Error())
		return
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := a.provider.Verifier(&oidc.Config{ClientID: "notes"}).Verify(a.ctx, raw)
	if err != nil {
		page(err.Error())
		return
	}
	var claims struct{ Name string }
	if err := id.Claims(&claims); err != nil {
		page(err.Error())
		return
	}
	page("Signed in as " + claims.Name)
}

// A real browser is the judge of cookies, redirects and form-action: it goes from one origin to another and back, through forms.
func TestSomebodySignsInToAnApplicationInABrowser(t *testing.T) {
	h := settled(t, map[string]string{"doors.open": "oidc"})
	a := openWeb(t, h.server, `, "consent": "ask"`)
	h.desk.Go(a.URL + "/")
	h.desk.Says("h1", "Aldermere Notes")
	h.desk.Type("#username", maraName)
	h.desk.Type("#password", maraPassword)
	h.desk.Click("#sign-in")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Says("main", "Aldermere Notes")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.Click("#allow")
	h.desk.Says("#who", "Signed in as Mara Lindqvist")
	h.desk.Says("#how", "GET")

	a.mu.Lock()
	a.formPost = true
	a.mu.Unlock()
	h.desk.Go(a.URL + "/") // the browser is known: nothing is asked, and the answer is posted
	h.desk.Says("#who", "Signed in as Mara Lindqvist")
	h.desk.Says("#how", "POST")
}

func TestAnAddressThatIsNotTheApplicationsIsSaidInEveryLanguage(t *testing.T) {
	h := settled(t, map[string]string{"doors.open": "oidc"})
	openWeb(t, h.server, "")
	wrong := h.portal + "/oidc/authorize?client_id=notes&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fevil.example%2F"
	for lang, says := range map[string]string{"en": "not one of its own", "de": "nicht ihre ist", "ja": "登録されていないアドレス"} {
		h.desk.Speak(lang)
		h.desk.Excuse("400")
		h.desk.Go(wrong)
		h.desk.Says("main", says)
		h.desk.Glance("oidc-redirect-uri-" + lang)
	}
}

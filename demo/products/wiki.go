package products

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/nodkey/nodkey/web"
)

// wiki is a relying party of OpenID Connect: its sessions are its own, and in memory.
type wiki struct {
	mu   sync.Mutex
	open map[string]visit
}

// visit is a browser at the wiki: on its way to the portal, or signed in.
type visit struct {
	state, nonce, verifier string
	learnt                 []Fact // nil: not signed in
	until                  time.Time
}

var errNonce = errors.New("the id token's nonce is not this browser's")

const (
	visitsMost = 64
	visitLife  = 15 * time.Minute
)

// put keeps a visit and gives the name of it that the browser's cookie holds.
func (w *wiki) put(v visit) string {
	id := rand.Text()
	v.until = time.Now().Add(visitLife)
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, old := range w.open {
		if time.Now().After(old.until) || len(w.open) >= visitsMost {
			delete(w.open, id)
		}
	}
	w.open[id] = v
	return id
}

// take gives a visit, and forgets it where once is set.
func (w *wiki) take(id string, once bool) (visit, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.open[id]
	if once {
		delete(w.open, id)
	}
	return v, ok && time.Now().Before(v.until)
}

func (s *Shop) wikiRoutes(p Product, mux *http.ServeMux) {
	origin := s.Origins[p.ID]
	cookie := web.NewCookie(origin, "demo-"+string(p.ID), http.SameSiteLaxMode)
	fail := func(w http.ResponseWriter, r *http.Request, err error) {
		s.log.WarnContext(r.Context(), "the demo's wiki signed nobody in", "error", err)
		s.show(w, r, http.StatusBadGateway, page{Product: p, Failed: "demo.product.failed", In: "/sign-in"})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := cookie.Read(r)
		if v, ok := s.wiki.take(id, false); ok && v.learnt != nil {
			s.show(w, r, http.StatusOK, page{Product: p, Learnt: v.learnt, Out: "/sign-out"})
			return
		}
		s.show(w, r, http.StatusOK, page{Product: p, In: "/sign-in"})
	})
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		conf, _, err := s.relying(r.Context(), p)
		if err != nil {
			fail(w, r, err)
			return
		}
		v := visit{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
		cookie.Set(w, s.wiki.put(v), visitLife)
		http.Redirect(w, r, conf.AuthCodeURL(v.state, oidc.Nonce(v.nonce), oauth2.S256ChallengeOption(v.verifier)), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		id, _ := cookie.Read(r)
		v, ok := s.wiki.take(id, true)
		if !ok || v.state == "" || r.FormValue("state") != v.state {
			http.Redirect(w, r, "/", http.StatusSeeOther) // an old page, or none of ours
			return
		}
		if r.FormValue("error") != "" {
			s.show(w, r, http.StatusOK, page{Product: p, Failed: "demo.product.turned_back", In: "/sign-in"})
			return
		}
		learnt, err := s.exchange(r.Context(), p, v, r.FormValue("code"))
		if err != nil {
			fail(w, r, err)
			return
		}
		cookie.Set(w, s.wiki.put(visit{learnt: learnt}), visitLife)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
		id, _ := cookie.Read(r)
		s.wiki.take(id, true)
		cookie.Clear(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

// relying is what the wiki knows of the portal, discovered anew: a demo is in no hurry.
func (s *Shop) relying(ctx context.Context, p Product) (*oauth2.Config, *oidc.Provider, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.HTTP), s.Portal.String())
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: string(p.ID), ClientSecret: s.Secrets[p.ID], Endpoint: provider.Endpoint(),
		RedirectURL: s.Origins[p.ID].String() + "/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "groups"},
	}, provider, nil
}

// exchange gives what the wiki learns for a code.
func (s *Shop) exchange(ctx context.Context, p Product, v visit, code string) ([]Fact, error) {
	conf, provider, err := s.relying(ctx, p)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, s.HTTP)
	token, err := conf.Exchange(ctx, code, oauth2.VerifierOption(v.verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: conf.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if id.Nonce != v.nonce {
		return nil, errNonce
	}
	var claims struct {
		Name   string   `json:"name"`
		User   string   `json:"preferred_username"`
		ACR    string   `json:"acr"`
		AMR    []string `json:"amr"`
		Groups []string `json:"groups"`
		At     int64    `json:"auth_time"`
	}
	if err := id.Claims(&claims); err != nil {
		return nil, err
	}
	if claims.Name == "" { // where the id token is kept short, the rest is asked for
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, err
		}
		if err := info.Claims(&claims); err != nil {
			return nil, err
		}
	}
	facts := []Fact{{"name", claims.Name}, {"preferred_username", claims.User}, {"acr", claims.ACR}, {"amr", strings.Join(claims.AMR, ", ")},
		{"groups", strings.Join(claims.Groups, ", ")}, {"auth_time", time.Unix(claims.At, 0).UTC().Format(time.RFC3339)}}
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" }), nil
}

package test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// wiki is a product of somebody else's on a site of its own: the smallest relying party that there can be (OpenID Connect, code with
// PKCE). /login, with further parameters of the request, sends the browser to the portal; /callback says who came back.
type wiki struct {
	t       testing.TB
	origin  string // http://wiki.localhost:PORT
	portal  string
	id      string
	secret  string
	http    *http.Client
	mu      sync.Mutex
	started map[string]string // state, and the verifier that belongs to it
}

// openWiki starts a product and adds it to a server. settings are further members of its settings, groups whose it is.
func openWiki(t testing.TB, s *server, id, name string, settings map[string]any, groups ...string) *wiki {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	w := &wiki{t: t, origin: "http://" + id + ".localhost:" + port, portal: s.portal, id: id, http: client.NewHTTPClient(nil), started: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.home)
	mux.HandleFunc("GET /login", w.login)
	mux.HandleFunc("GET /callback", w.callback)
	product := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go product.Serve(listener) //nolint:errcheck // it ends when it is closed
	t.Cleanup(func() { _ = product.Close() })

	all := map[string]any{"redirect_uris": []string{w.origin + "/callback"}, "launch_url": w.origin + "/"}
	for key, value := range settings {
		all[key] = value
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"client", "add", id, "--name", name, "--door", "oidc", "--settings", file, "--json"}
	for _, group := range groups {
		args = append(args, "--group", group)
	}
	var added struct{ NewSecrets []struct{ Secret string } }
	if out := s.run("", args...); json.Unmarshal(out, &added) != nil || len(added.NewSecrets) != 1 {
		t.Fatalf("adding %s: %s", id, out)
	}
	w.secret = added.NewSecrets[0].Secret
	return w
}

func (w *wiki) say(out http.ResponseWriter, id, text string) {
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(out, `<!doctype html><html lang="en"><title>%s</title><link rel="icon" href="data:,"><main><h1 id="%s">%s</h1><a id="login" href="/login">Sign in</a></main></html>`, w.id, id, html.EscapeString(text))
}

func (w *wiki) home(out http.ResponseWriter, _ *http.Request) {
	w.say(out, "welcome", "Nobody is signed in")
}

func (w *wiki) login(out http.ResponseWriter, r *http.Request) {
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	w.mu.Lock()
	w.started[state] = verifier
	w.mu.Unlock()
	challenge := sha256.Sum256([]byte(verifier))
	query := r.URL.Query()
	for name, value := range map[string]string{"response_type": "code", "client_id": w.id, "redirect_uri": w.origin + "/callback", "state": state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method": "S256"} {
		query.Set(name, value)
	}
	if query.Get("scope") == "" {
		query.Set("scope", "openid profile")
	}
	http.Redirect(out, r, w.portal+"/oidc/authorize?"+query.Encode(), http.StatusFound)
}

func (w *wiki) callback(out http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	w.mu.Lock()
	verifier, ok := w.started[query.Get("state")]
	delete(w.started, query.Get("state"))
	w.mu.Unlock()
	switch {
	case !ok:
		w.say(out, "problem", "not begun here")
		return
	case query.Get("error") != "":
		w.say(out, "problem", query.Get("error"))
		return
	}
	who, err := w.redeem(r, query.Get("code"), verifier)
	if err != nil {
		w.say(out, "problem", err.Error())
		return
	}
	w.say(out, "who", "Hello "+who)
}

// redeem asks for tokens, and with them who it is.
func (w *wiki) redeem(r *http.Request, code, verifier string) (string, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {w.origin + "/callback"}, "code_verifier": {verifier}}
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodPost, w.portal+"/oidc/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.SetBasicAuth(w.id, w.secret)
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := w.get(ask, &tokens); err != nil {
		return "", err
	}
	ask, err = http.NewRequestWithContext(r.Context(), http.MethodGet, w.portal+"/oidc/userinfo", nil)
	if err != nil {
		return "", err
	}
	ask.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	var person struct{ Name, Sub string }
	if err := w.get(ask, &person); err != nil {
		return "", err
	}
	if person.Name == "" {
		return "somebody", nil
	}
	return person.Name, nil
}

func (w *wiki) get(r *http.Request, answer any) error {
	res, err := w.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", r.URL.Path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

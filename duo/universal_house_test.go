package duo

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/web"
)

const returnAddress = "https://vpn.example.com/duo/callback?from=nodkey"

// promptHouse is a house whose door shows prompts, on pages that say what they are given.
type promptHouse struct {
	*house
	shown Prompt // the newest
	vpn   *product
	mara  *holder
}

func newPromptHouse(t testing.TB) *promptHouse {
	t.Helper()
	p := &promptHouse{house: &house{}}
	site := func(s *nodkey.Site) { s.PhoneOrigin = nodkeytest.PhoneOrigin }
	p.Server = doors.Open(t, doors.Options{Site: site, Further: func(s *doors.Server) ([]web.Site, error) {
		pages := Prompts{
			Ask: func(w http.ResponseWriter, _ *http.Request, shown Prompt) {
				p.shown = shown
				_, _ = io.WriteString(w, "ask")
			},
			Picture: func(w http.ResponseWriter, _ *http.Request, statement string) { _, _ = io.WriteString(w, statement) },
			Onward:  func(w http.ResponseWriter, _ *http.Request, _, address string) { w.Header().Set("X-Onward", address) },
			Fail:    web.JSONFail(func(*http.Request, string, map[string]any) string { return "" }),
		}
		return []web.Site{p.serves(s, func() *Door {
			door := New(s.Services.Applications, s.Portal, s.Clock, s.Logger)
			door.OpenPrompt(s.Portal, pages)
			return door
		})}, nil
	}})
	p.mara = p.join(t, "mara")
	p.vpn = p.product(t, "vpn", `{"duo_redirect_uris":["`+returnAddress+`","https://vpn.example.com/other"]}`)
	return p
}

// product is an application that sends browsers.
type product struct {
	*promptHouse
	id, key, secret string
}

func (p *promptHouse) product(t testing.TB, id, settings string) *product {
	t.Helper()
	added, err := p.Services.Applications.Add(t.Context(), p.Operator, nodkey.NewApplication{ID: id, Name: "VPN of " + id, Doors: []nodkey.Door{nodkey.DoorDuo}, Settings: []byte(settings)})
	must(t, err)
	return &product{promptHouse: p, id: id, key: IntegrationKey(nodkey.ApplicationID(id)), secret: added.Secrets[0].Value}
}

// base is the door's address as clients write it.
func (p *promptHouse) base() string { return "https://" + p.Portal.Host() }

// jws signs claims as a client does, or as it should not.
func jws(t testing.TB, header map[string]any, claims any, secret string) string {
	t.Helper()
	var parts []string
	for _, part := range []any{header, claims} {
		raw, err := json.Marshal(part)
		must(t, err)
		parts = append(parts, base64.RawURLEncoding.EncodeToString(raw))
	}
	input := strings.Join(parts, ".")
	make := map[any]func() hash.Hash{"HS512": sha512.New, "HS256": sha256.New, "HS384": sha512.New384}[header["alg"]]
	if make == nil {
		return input + "."
	}
	mac := hmac.New(make, []byte(secret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// rawJWT is one with this header, an empty body and no signature.
func rawJWT(header string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte("{}")) + "."
}

var hs512 = map[string]any{"alg": "HS512", "typ": "JWT"}

type claims = map[string]any

// request is what the product's browser brings; changes may spoil it, nil takes a claim out.
func (c *product) request(changes claims) claims {
	out := claims{"response_type": "code", "scope": "openid", "client_id": c.key, "redirect_uri": returnAddress, "state": strings.Repeat("s", 36), "duo_uname": "mara",
		"iss": c.key, "aud": c.base(), "exp": c.Clock.Now().Add(5 * time.Minute).Unix(), "use_duo_code_attribute": true, "nonce": rand.Text()}
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

func (c *product) authorize(t testing.TB, changes claims) string {
	t.Helper()
	return "/oauth/v1/authorize?" + url.Values{"client_id": {c.key}, "response_type": {"code"}, "request": {jws(t, hs512, c.request(changes), c.secret)}}.Encode()
}

// visitor is a person's browser.
type visitor struct {
	*promptHouse
	cookies map[string]string
}

func (p *promptHouse) visitor() *visitor { return &visitor{p, map[string]string{}} }

// page is what a browser got.
type page struct {
	status   int
	location string // of a redirect, or where the page leads
	key      string // of what it says is wrong
	body     string
}

func (v *visitor) send(t testing.TB, method, path string, form url.Values) page {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, v.Portal.String()+path, strings.NewReader(form.Encode()))
	must(t, err)
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	stay := *v.HTTP
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := stay.Do(r)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	for _, c := range res.Cookies() {
		v.cookies[c.Name] = c.Value
	}
	out := page{status: res.StatusCode, location: res.Header.Get("Location") + res.Header.Get("X-Onward"), body: string(raw)}
	var wrong struct{ Error struct{ Key string } }
	if json.Unmarshal(raw, &wrong) == nil {
		out.key = wrong.Error.Key
	}
	return out
}

func (v *visitor) get(t testing.TB, path string) page {
	t.Helper()
	return v.send(t, http.MethodGet, path, nil)
}

func (v *visitor) does(t testing.TB, path string, fields ...string) page {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.send(t, http.MethodPost, path, form)
}

// enters goes from the product to the page that waits, and gives that page's address.
func (v *visitor) enters(t testing.TB, authorize string) string {
	t.Helper()
	got := v.get(t, authorize)
	if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/oauth/v1/prompt?") {
		t.Fatalf("authorize: %+v", got)
	}
	if shown := v.get(t, got.location); shown.body != "ask" {
		t.Fatalf("the page: %+v", shown)
	}
	return got.location
}

// returns is the query with which the browser comes back to the product.
func (v *visitor) returns(t testing.TB, at string) url.Values {
	t.Helper()
	got := v.get(t, at)
	return got.back(t)
}

func (p page) back(t testing.TB) url.Values {
	t.Helper()
	u, err := url.Parse(p.location)
	if err != nil || !strings.HasPrefix(p.location, "https://vpn.example.com/duo/callback?") || u.Query().Get("from") != "nodkey" || u.Query().Get("state") != strings.Repeat("s", 36) {
		t.Fatalf("it does not go back: %+v, %v", p, err)
	}
	return u.Query()
}

// assertion is what the product proves itself with at a path.
func (c *product) assertion(t testing.TB, path string, changes claims) string {
	t.Helper()
	out := claims{"iss": c.key, "sub": c.key, "aud": c.base() + path, "jti": rand.Text(), "exp": c.Clock.Now().Add(5 * time.Minute).Unix()}
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return jws(t, hs512, out, c.secret)
}

// called is an answer to the product.
type called struct {
	status int
	body   claims
}

func (c *product) calls(t testing.TB, path string, form url.Values) called {
	t.Helper()
	got := c.visitor().send(t, http.MethodPost, path, form)
	out := called{status: got.status, body: claims{}}
	must(t, json.Unmarshal([]byte(got.body), &out.body))
	return out
}

// redeems trades a code; changes may spoil the call.
func (c *product) redeems(t testing.TB, code string, changes url.Values) called {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {returnAddress}, "client_id": {c.key},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {c.assertion(t, "/oauth/v1/token", nil)}}
	maps.Copy(form, changes)
	return c.calls(t, "/oauth/v1/token", form)
}

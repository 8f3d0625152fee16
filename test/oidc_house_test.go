package test

import (
	"encoding/json"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// oidcHouse is a server with the OpenID Connect door open, and a person whose browser and phone are programs.
type oidcHouse struct {
	*server
	root  string // file
	phone *client.Phone
	key   client.Key
}

// openOIDC starts one.
func openOIDC(t *testing.T) *oidcHouse { return openDoors(t, "oidc") }

// openDoors is openOIDC with these doors.
func openDoors(t *testing.T, open string) *oidcHouse {
	t.Helper()
	s, root := serveTLS(t, map[string]string{"doors.open": open})
	h := &oidcHouse{server: s, root: root}
	h.addUser(maraName, "Mara Lindqvist", maraPassword)
	h.run("", "user", "group", maraName, "add", "staff")
	h.phone, h.key = s.firstPhone(maraName, maraPassword)
	return h
}

func (h *oidcHouse) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// oidcBlock gives a block of docs/doors/oidc.md by the name behind its language, with values of the example replaced.
func oidcBlock(t testing.TB, name string, replace ...string) string {
	t.Helper()
	return doorBlock(t, "oidc", name, replace...)
}

// doorBlock is oidcBlock for the page of another door.
func doorBlock(t testing.TB, door, name string, replace ...string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/doors/" + door + ".md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```[a-z]+ " + regexp.QuoteMeta(name) + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no block %s", name)
	}
	return strings.NewReplacer(replace...).Replace(string(m[1]))
}

// application adds one with settings of the page, and gives its secret, empty where it has none.
func (s *server) application(id, name, settings string, more ...string) string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), id+".json")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		s.t.Fatal(err)
	}
	args := append([]string{"client", "add", id, "--name", name, "--door", "oidc", "--settings", file, "--json"}, more...)
	var added struct{ NewSecrets []struct{ Secret string } }
	if err := json.Unmarshal(s.run("", args...), &added); err != nil {
		s.t.Fatal(err)
	}
	if len(added.NewSecrets) == 0 {
		return ""
	}
	return added.NewSecrets[0].Secret
}

// asked waits until the phone is asked, by an application of this name.
func (h *oidcHouse) asked(app string) client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		open, err := h.phone.Approvals(h.t.Context())
		h.must(err)
		if len(open) > 0 {
			if !strings.Contains(open[0].App, app) || open[0].Kind != "sign_in" {
				h.t.Fatalf("%+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
	h.t.Fatal("the phone is not asked")
	return client.Approval{}
}

// oidcVisitor is the person's browser on its way to an application: it fills in what it is shown, until it is led out of the house.
type oidcVisitor struct {
	*webUser
	h   *oidcHouse
	app string
	// nod answers when the phone has been asked; at is the waiting page. It gives where to go on.
	nod    func(v *oidcVisitor, at string) string
	agree  bool
	signed int // how often it signed in
	agreed int // how often it was asked for consent
}

func (h *oidcHouse) oidcVisitor(app string, nod func(*oidcVisitor, string) string) *oidcVisitor {
	return &oidcVisitor{webUser: newWebUser(h.portal, client.NewHTTPClient(h.roots)), h: h, app: app, nod: nod, agree: true}
}

var (
	signInFormInPage = regexp.MustCompile(`id="sign-in-form" method="post" action="([^"]+)"`)
	goOnInPage       = regexp.MustCompile(`id="go-on" href="([^"]+)"`)
	consentInPage    = regexp.MustCompile(`action="(/continue[^"]+)"[^>]*>(?s:.*?)value="allow"`)
	digitsInPage     = regexp.MustCompile(`id="digits"[^>]*>(?s:(.*?))</p>`)
)

// goes follows an address of the server's until it is led elsewhere, and gives where: the application's callback with its parameters.
func (v *oidcVisitor) goes(address string) *url.URL {
	v.h.t.Helper()
	at, inside := strings.CutPrefix(address, v.portal)
	if !inside {
		v.h.t.Fatalf("%s is not this server's", address)
	}
	for range 20 {
		got, err := v.get(v.h.t.Context(), at)
		v.h.must(err)
		at = v.next(at, got)
		if out, err := url.Parse(at); err == nil && out.IsAbs() {
			return out
		}
	}
	v.h.t.Fatalf("still at %s", at)
	return nil
}

// next does what a page is for, and gives where that leads.
func (v *oidcVisitor) next(at string, page reply) string {
	v.h.t.Helper()
	switch {
	case page.status == 303:
		return page.location
	case strings.HasPrefix(at, "/sign-in/wait"):
		return v.nod(v, at)
	case signInFormInPage.MatchString(page.body):
		if !strings.Contains(page.body, v.app) {
			v.h.t.Errorf("the sign-in does not name %s: %s", v.app, page.says())
		}
		v.signed++
		return v.sends(html.UnescapeString(signInFormInPage.FindStringSubmatch(page.body)[1]), "username", maraName, "password", maraPassword)
	case consentInPage.MatchString(page.body):
		v.agreed++
		answer := "allow"
		if !v.agree {
			answer = "refuse"
		}
		return v.sends(html.UnescapeString(consentInPage.FindStringSubmatch(page.body)[1]), "answer", answer)
	case goOnInPage.MatchString(page.body):
		return html.UnescapeString(goOnInPage.FindStringSubmatch(page.body)[1])
	}
	v.h.t.Fatalf("%s: %d: %s", at, page.status, page.says())
	return ""
}

// sends posts a form and gives where that leads.
func (v *oidcVisitor) sends(path string, fields ...string) string {
	v.h.t.Helper()
	got, err := v.send(v.h.t.Context(), "POST", path, fields...)
	v.h.must(err)
	if got.status != 303 {
		v.h.t.Fatalf("POST %s: %d: %s", path, got.status, got.says())
	}
	return got.location
}

// way is the part of an address that carries where the browser is going.
func way(at string) string {
	_, query, _ := strings.Cut(at, "?")
	return "?" + query
}

// nods is a person whose phone says yes.
func nods(v *oidcVisitor, at string) string {
	v.h.t.Helper()
	number, err := v.number(v.h.t.Context(), at)
	v.h.must(err)
	out, err := v.h.phone.Approve(v.h.t.Context(), v.h.asked(v.app), number, maraPIN)
	if err != nil || out.State != "approved" {
		v.h.t.Fatalf("%+v, %v", out, err)
	}
	return at
}

// shakes is one whose phone says no, and who goes back to the application then.
func shakes(v *oidcVisitor, at string) string {
	v.h.t.Helper()
	_, err := v.h.phone.Deny(v.h.t.Context(), v.h.asked(v.app), "mistake")
	v.h.must(err)
	page, err := v.get(v.h.t.Context(), at)
	v.h.must(err)
	if page.status != 200 || !strings.Contains(page.body, `id="outcome"`) {
		v.h.t.Fatalf("%s after a no: %d: %s", at, page.status, page.says())
	}
	return v.sends("/continue"+way(at), "answer", "refuse")
}

// types is one whose phone is offline and shows eight digits.
func types(v *oidcVisitor, at string) string {
	v.h.t.Helper()
	page, err := v.get(v.h.t.Context(), v.sends("/sign-in/code/new"+way(at)))
	v.h.must(err)
	m := digitsInPage.FindStringSubmatch(page.body)
	if m == nil {
		v.h.t.Fatalf("no digits: %s", page.says())
	}
	code, err := v.h.phone.RespondTyped(v.h.key.ID, tags.ReplaceAllString(m[1], ""), maraPIN)
	v.h.must(err)
	return v.sends("/sign-in/code"+way(at), "code", code)
}

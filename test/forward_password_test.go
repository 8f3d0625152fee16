package test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// passesBehind goes where one factor is enough with name and password alone, and is stopped where it is not.
func (h *forwardHouse) passesBehind(t *testing.T) {
	v := h.newUser()
	form := v.gets(h.wiki + "/api/v1?x=%2F")
	if !strings.HasPrefix(form.at, h.portal+"/continue?") || !strings.Contains(form.body, "No phone this time") {
		t.Fatalf("led to %s: %d %s", form.at, form.status, form.body)
	}
	if a := v.fills(form, "username", "mara", "password", "not it"); a.status != http.StatusForbidden || !strings.HasPrefix(a.at, h.portal) {
		t.Errorf("a wrong password: %d at %s", a.status, a.at)
	}
	a := v.fills(form, "username", "mara", "password", forwardPassword)
	if p := v.reads(a); a.at != h.wiki+"/api/v1?x=%2F" || p.told() != maraIsTold {
		t.Fatalf("at %s: %q", a.at, p.told())
	}
	if open, err := h.phoneOf.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the phone is asked: %+v, %v", open, err)
	}
	if p := v.reads(v.goes("POST", h.wiki+"/api/v2", url.Values{"a": {"b"}}, forged)); p.Method != "POST" || p.told() != maraIsTold {
		t.Errorf("a form with forged headers: %s %q", p.Method, p.told())
	}
	for _, c := range v.http.Jar.Cookies(mustParse(h.portal)) {
		if strings.Contains(c.Name, "session") || strings.Contains(c.Name, "sign-in") {
			t.Errorf("the portal has given %s", c.Name)
		}
	}
	// Beyond that part scripts are turned away, and pages lead to the phone.
	for _, path := range []string{"/page", "/admin/", "/API/v1", "/api"} {
		a := v.goes("GET", h.wiki+path, nil, func(r *http.Request) { r.Header.Set("Accept", "*/*") })
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s with a password's cookie: %d", path, a.status)
		}
	}
	a = v.enters("/page")
	if p := v.reads(a); a.at != h.wiki+"/page" || p.told() != maraIsTold {
		t.Fatalf("with the phone at %s: %q", a.at, p.told())
	}
	for _, path := range []string{"/api/v1", "/admin/"} {
		if p := v.reads(v.gets(h.wiki + path)); p.told() != maraIsTold {
			t.Errorf("%s after the phone: %q", path, p.told())
		}
	}
	// Signing out at the host ends what a password opened.
	other := h.newUser()
	form = other.gets(h.wiki + "/api/v1")
	other.reads(other.fills(form, "username", "mara", "password", forwardPassword))
	if a := other.goes("POST", h.wiki+"/.nodkey/sign-out", nil, nil); a.status != http.StatusOK {
		t.Errorf("signing out: %d", a.status)
	}
	if a := other.gets(h.wiki + "/api/v1"); !strings.HasPrefix(a.at, h.portal+"/continue?") {
		t.Errorf("signed out at %s", a.at)
	}
}

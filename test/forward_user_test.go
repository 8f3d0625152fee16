package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"github.com/nodkey/nodkey/client"
)

// forwardUser is a browser without script: it follows redirects from host to host, and keeps cookies as browsers do.
type forwardUser struct {
	h    *forwardHouse
	http *http.Client
}

func (h *forwardHouse) newUser() *forwardUser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	over := client.NewHTTPClient(h.roots)
	over.Jar, over.CheckRedirect = jar, nil
	h.t.Cleanup(over.CloseIdleConnections)
	return &forwardUser{h, over}
}

// arrived is where a request ended.
type arrived struct {
	at     string // address
	status int
	header http.Header
	body   string
}

// goes asks for something and follows where it is led. set may change the request, which is a browser's for a page.
func (v *forwardUser) goes(method, to string, form url.Values, set func(*http.Request)) arrived {
	v.h.t.Helper()
	for range 5 {
		var body io.Reader
		if method == http.MethodPost {
			body = strings.NewReader(form.Encode())
		}
		r, err := http.NewRequestWithContext(v.h.t.Context(), method, to, body)
		v.h.must(err)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		if set != nil {
			set(r)
		}
		res, err := v.http.Do(r)
		v.h.must(err)
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		v.h.must(err)
		a := arrived{res.Request.URL.String(), res.StatusCode, res.Header, string(text)}
		_, next, led := strings.Cut(a.header.Get("Refresh"), "url=")
		if !led {
			return a
		}
		there, err := res.Request.URL.Parse(next)
		v.h.must(err)
		method, to, form, set = http.MethodGet, there.String(), nil, nil
	}
	v.h.t.Fatalf("led on and on, to %s", to)
	return arrived{}
}

func (v *forwardUser) gets(to string) arrived {
	v.h.t.Helper()
	return v.goes(http.MethodGet, to, nil, nil)
}

var formInPage = regexp.MustCompile(`id="(?:sign-in-form|code-form)" method="post" action="([^"]*)"`)

// fills sends the form of a page.
func (v *forwardUser) fills(page arrived, fields ...string) arrived {
	v.h.t.Helper()
	m := formInPage.FindStringSubmatch(page.body)
	if m == nil {
		v.h.t.Fatalf("no form at %s: %d %s", page.at, page.status, page.body)
	}
	at, err := url.Parse(page.at)
	v.h.must(err)
	to, err := at.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
	v.h.must(err)
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.goes(http.MethodPost, to.String(), form, nil)
}

// begins asks for a page of the wiki, is led to the portal, and types name and password.
func (v *forwardUser) begins(path string) arrived {
	v.h.t.Helper()
	form := v.gets(v.h.wiki + path)
	if !strings.HasPrefix(form.at, v.h.portal+"/continue?") || !strings.Contains(form.body, "Aldermere wiki") {
		v.h.t.Fatalf("led to %s: %d %s", form.at, form.status, form.body)
	}
	wait := v.fills(form, "username", "mara", "password", forwardPassword)
	if !strings.HasPrefix(wait.at, v.h.portal+"/sign-in/wait") {
		v.h.t.Fatalf("after the password at %s: %d %s", wait.at, wait.status, wait.body)
	}
	return wait
}

// appPage is what the application was sent.
type appPage struct {
	Path, Method string
	Header       http.Header
}

func (v *forwardUser) reads(a arrived) (p appPage) {
	v.h.t.Helper()
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		v.h.t.Fatalf("no page of the application at %s: %d %s", a.at, a.status, a.body)
	}
	return p
}

// told is what the application was told, with everything under a name that some applications read as one of these.
func (p appPage) told() string {
	var all []string
	for _, name := range []string{"User", "Name", "Email", "Groups"} {
		all = append(all, strings.Join(p.Header.Values("Remote-"+name), "+"))
	}
	for name, values := range p.Header {
		if like := strings.ToLower(strings.ReplaceAll(name, "_", "-")); strings.HasPrefix(like, "remote-") && !strings.HasPrefix(name, "Remote-") {
			all = append(all, fmt.Sprintf("%s: %s", name, values))
		}
	}
	return strings.Join(all, "|")
}

const maraIsTold = "mara|Mara Lindqvist||staff"

// enters signs the person in with the phone, on the way to a page of the wiki.
func (v *forwardUser) enters(path string) arrived {
	v.h.t.Helper()
	wait := v.begins(path)
	number := numberInPage.FindStringSubmatch(wait.body)
	if number == nil {
		v.h.t.Fatalf("no number at %s: %s", wait.at, wait.body)
	}
	if out, err := v.h.phoneOf.Approve(v.h.t.Context(), v.h.asked(), number[1], maraPIN); err != nil || out.State != "approved" {
		v.h.t.Fatalf("%+v, %v", out, err)
	}
	return v.gets(wait.at)
}

// forged is what somebody sends who would like to be root.
func forged(r *http.Request) {
	forgedNames(r)
	for _, name := range []string{"User", "Name", "Email", "Groups"} {
		r.Header["Remote_"+name] = []string{"root"}
	}
}

// forgedNames is forged without the names that only some applications read as these.
func forgedNames(r *http.Request) {
	for _, name := range []string{"User", "Name", "Email", "Groups"} {
		r.Header["Remote-"+name] = []string{"root"}
		r.Header["REMOTE-"+strings.ToUpper(name)] = []string{"root"}
	}
	for name, value := range map[string]string{"X-Original-URL": "/public/x", "X-Original-Method": "GET", "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/public/x",
		"X-Forwarded-Host": "other.localhost", "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.9"} {
		r.Header.Set(name, value)
	}
}

package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/nodkey/nodkey/client"
)

// webUser is a person's browser without script: forms, cookies, redirects that are looked at and not followed.
type webUser struct {
	http    *http.Client
	portal  string
	cookies map[string]string
	last    string // page that a script looked at
}

// reply is an answer of the portal.
type reply struct {
	status   int
	location string
	body     string
}

func newWebUser(portal string, over *http.Client) *webUser {
	if over == nil {
		over = client.NewHTTPClient(nil)
	}
	return &webUser{http: over, portal: portal, cookies: map[string]string{}}
}

func (u *webUser) send(ctx context.Context, method, path string, fields ...string) (reply, error) {
	var body io.Reader
	if method == http.MethodPost {
		form := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, u.portal+path, body)
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range u.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := u.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	for _, c := range res.Cookies() {
		u.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(u.cookies, c.Name)
		}
	}
	return reply{res.StatusCode, res.Header.Get("Location"), string(text)}, nil
}

func (u *webUser) get(ctx context.Context, path string) (reply, error) {
	return u.send(ctx, http.MethodGet, path)
}

// post sends a form and expects to be led to a page.
func (u *webUser) post(ctx context.Context, to, path string, fields ...string) error {
	got, err := u.send(ctx, http.MethodPost, path, fields...)
	if err == nil && got.location != to {
		err = fmt.Errorf("POST %s: %d to %q, not to %s: %s", path, got.status, got.location, to, got.says())
	}
	return err
}

var (
	groupInPage   = regexp.MustCompile(`id="code-group-\d">([0-9A-Z]{4})<`)
	numberInPage  = regexp.MustCompile(`data-number="(\d\d)"`)
	problemInPage = regexp.MustCompile(`(?s)<(?:h1|p)[^>]*(?:problem|error|lead)?[^>]*>(.*?)</(?:h1|p)>`)
	tags          = regexp.MustCompile(`<[^>]*>`)
)

// says gives the sentences of a page.
func (r reply) says() string {
	var all []string
	for _, m := range problemInPage.FindAllStringSubmatch(r.body, 6) {
		all = append(all, strings.TrimSpace(tags.ReplaceAllString(m[1], "")))
	}
	return strings.Join(all, " | ")
}

// number gives the two digits that a waiting page shows.
func (u *webUser) number(ctx context.Context, path string) (string, error) {
	got, err := u.get(ctx, path)
	if err != nil {
		return "", err
	}
	m := numberInPage.FindStringSubmatch(got.body)
	if m == nil {
		return "", fmt.Errorf("%s: %d to %q shows no number: %s", path, got.status, got.location, got.says())
	}
	return m[1], nil
}

// code gives the activation code that a page shows.
func (u *webUser) code(ctx context.Context, path string) (string, error) {
	got, err := u.get(ctx, path)
	if err != nil {
		return "", err
	}
	var groups []string
	for _, m := range groupInPage.FindAllStringSubmatch(got.body, -1) {
		groups = append(groups, m[1])
	}
	if len(groups) != 5 {
		return "", fmt.Errorf("%s: %d to %q shows no code: %s", path, got.status, got.location, got.says())
	}
	return strings.Join(groups, "-"), nil
}

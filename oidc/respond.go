package oidc

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// respond sends a browser back to the application with an authorization response, which names this issuer so that no other one's answer
// is taken for it (RFC 9207).
func (d *Door) respond(w http.ResponseWriter, r *http.Request, a asked, answer url.Values) {
	if !a.Unnamed {
		answer.Set("iss", d.issuer())
	}
	if a.State != "" {
		answer.Set("state", a.State)
	}
	if a.Mode == modeFormPost {
		d.postBack(w, r, a.RedirectURI, answer)
		return
	}
	goTo(w, withQuery(a.RedirectURI, answer))
}

// withQuery adds parameters to a registered address, whose own query stays (RFC 6749 §3.1.2).
func withQuery(uri string, answer url.Values) string {
	join := "?"
	switch {
	case strings.HasSuffix(uri, "?"):
		join = ""
	case strings.Contains(uri, "?"):
		join = "&"
	}
	return uri + join + answer.Encode()
}

// postPage posts an answer to the application at once, or at a press of its button where there is no script.
var postPage = template.Must(template.New("post").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<script src="` + postScriptPath + `" defer></script>
</head>
<body>
<form method="post" action="{{.To}}">
{{range .Fields}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}<button type="submit">{{.Go}}</button>
</form>
</body>
</html>
`))

const (
	postScriptPath = "/oidc/post.js"
	postScript     = "document.forms[0].submit();\n"
)

type postField struct{ Name, Value string }

// postBack answers by a form that the browser posts (OAuth 2.0 Form Post Response Mode).
func (d *Door) postBack(w http.ResponseWriter, r *http.Request, uri string, answer url.Values) {
	var fields []postField
	for name := range answer {
		fields = append(fields, postField{name, answer.Get(name)})
	}
	slices.SortFunc(fields, func(a, b postField) int { return strings.Compare(a.Name, b.Name) })
	say := d.texts.For(r.Header.Get("Accept-Language"))
	head := w.Header()
	// No form-action: it would also bind where the application sends the browser next, and the form's own address is a registered one.
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("Content-Type", "text/html; charset=utf-8")
	_ = postPage.Execute(w, map[string]any{ // the browser may be gone
		"Lang": say.Lang(), "Title": say.T("oidc.post_title", nil), "Go": say.T("oidc.post_go", nil), "To": template.URL(uri), "Fields": fields, //nolint:gosec // registered
	})
}

// postScriptShow is the page's script, which may not stand in it.
func (d *Door) postScriptShow(w http.ResponseWriter, _ *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "text/javascript; charset=utf-8")
	head.Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write([]byte(postScript)) // the browser may be gone
}

// forBrowsers reports whether a request is one that people's browsers make.
func (d *Door) forBrowsers(r *http.Request) bool {
	return slices.Contains([]string{authorizePath, returnPath, logoutPath, logoutAnswerPath}, r.URL.Path)
}

// issuer is this provider's name (OpenID Connect Core §2).
func (d *Door) issuer() string { return d.Issuer.String() }

// at is an address of this provider's.
func (d *Door) at(path string) string { return d.issuer() + path }

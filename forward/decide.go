package forward

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// prefix is where the door answers at an application's host.
const prefix = "/.nodkey/"

// What an application is told. All of them are in every answer, the empty ones, too: what a browser sent under these names must not
// be what is left.
const (
	headerUser   = "Remote-User"
	headerName   = "Remote-Name"
	headerEmail  = "Remote-Email"
	headerGroups = "Remote-Groups"
)

// Why the door says no, for the log.
const (
	notProxy   = "not from a proxy that may ask: forward.proxies, or trusted_proxies, has its network"
	feigned    = "a header whose name an application may read as one of those that tell who asks"
	badHeaders = "the proxy's headers are missing, doubled or malformed"
)

// decide answers a proxy that asks about a request.
func (d *Door) decide(p proxy) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tell(w.Header(), nodkey.ForwardPerson{})
		notOurs(w.Header())
		if !d.Proxies.Sent(r) {
			d.refuse(w, r, notProxy)
			return
		}
		if feigns(r.Header) {
			d.refuse(w, r, feigned)
			return
		}
		t, method, ok := p.read(r.Header)
		if !ok {
			d.refuse(w, r, badHeaders)
			return
		}
		answer, err := d.services.Forwards.Decide(r.Context(), t, method, d.cookie(r, t))
		switch {
		case nodkey.HasKey(err, "forward.unknown"):
			d.refuse(w, r, "no application at this host", "why", nodkey.AsError(err).Err)
		case err != nil:
			d.failed(w, r, err)
		case answer.Unclear != "":
			d.refuse(w, r, "a request that cannot be decided", "unclear", answer.Unclear, "application", answer.Application)
		case answer.Verdict == nodkey.ForwardAllowed:
			tell(w.Header(), answer.Person)
			w.WriteHeader(http.StatusOK)
		case answer.Verdict == nodkey.ForwardSignIn:
			d.sendToSignIn(w, r, p, t, method)
		default:
			d.show(w, r, http.StatusForbidden, d.forbidden(answer.Name))
		}
	})
}

// sendToSignIn answers for somebody who is to sign in: browsers that want a page are led there, all else is told so.
func (d *Door) sendToSignIn(w http.ResponseWriter, r *http.Request, p proxy, t nodkey.ForwardTarget, method string) {
	if !wantsPage(method, r.Header) {
		w.Header().Set("WWW-Authenticate", `Nodkey realm="`+t.Origin+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Location", t.Origin+prefix+"sign-in?"+url.Values{"to": {t.URI}}.Encode())
	w.WriteHeader(p.signIn)
}

// feigns reports whether a name is there that some applications read as one of what they are told: Remote_User is Remote-User to CGI and
// what goes by its rules. Proxies hand on what came to them, and not all of them take such names away.
func feigns(h http.Header) bool {
	for name := range h {
		if len(name) > len("Remote-") && strings.EqualFold(name[:len("Remote")], "Remote") && name[len("Remote")] != '-' {
			switch strings.ToLower(name[len("Remote-"):]) {
			case "user", "name", "email", "groups":
				return true
			}
		}
	}
	return false
}

// cookie is what the browser has at the host; empty: nothing, or more than one, of which somebody else may have set one.
func (d *Door) cookie(r *http.Request, t nodkey.ForwardTarget) nodkey.Token {
	value, _ := d.cookiesAt(t.Origin).session.Read(r)
	return nodkey.Token(value)
}

func (d *Door) cookiesAt(origin string) cookies {
	scheme, _, _ := strings.Cut(origin, "://")
	return d.cookies[scheme]
}

// notOurs takes away what doors say of their own host: whether the application's may be asked for over HTTP is not the door's to say.
func notOurs(h http.Header) { h.Del("Strict-Transport-Security") }

// tell sets what the application is told.
func tell(h http.Header, p nodkey.ForwardPerson) {
	h[headerUser], h[headerName] = []string{line(p.Name)}, []string{line(p.Display)}
	h[headerEmail], h[headerGroups] = []string{line(p.Email)}, []string{line(strings.Join(p.Groups, ","))}
}

// line is a text as a header can hold it. The domain's have no control characters; this keeps it so.
func line(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, text)
}

// refuse answers what no browser and no proxy sends that is set up as it should be. Why is in the log, without anything of the request
// that anybody may have written.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, why string, more ...any) {
	d.log.WarnContext(r.Context(), "forward-auth refused", append([]any{"why", why, "reference", web.Reference(r.Context())}, more...)...)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(d.texts.For(r.Header.Get("Accept-Language")).T("forward.request", nil) + "\n")) // the proxy may be gone
}

// failed answers for an error of the domain.
func (d *Door) failed(w http.ResponseWriter, r *http.Request, err error) {
	e := nodkey.AsError(err)
	if e.Kind == nodkey.Internal {
		d.log.ErrorContext(r.Context(), "forward-auth failed", "reference", web.Reference(r.Context()), "error", e.Err)
	}
	f := web.Failure{Status: web.StatusOf(e.Kind), Kind: e.Kind.String(), Key: e.Key, Args: e.Args}
	if e.Kind == nodkey.Internal {
		f.Args = map[string]any{"Reference": web.Reference(r.Context())}
	}
	d.Fail(w, r, f)
}

// Fail is the door's manner of saying no outside of its own pages: a line of text.
func (d *Door) Fail(w http.ResponseWriter, r *http.Request, f web.Failure) {
	web.PlainFail(func(r *http.Request, key string, args map[string]any) string {
		return d.texts.For(r.Header.Get("Accept-Language")).T(key, args)
	})(w, r, f)
}

package oidc

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// The bounds of what is sent. Parameters are many times shorter in every request that is meant.
const (
	maxRequest    = 32 << 10 // bytes of a form or a query
	maxParameters = 64
)

// exchange is one request of a program.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	form   url.Values    // each parameter once, none empty
	caller nodkey.Caller // anonymous: the program's address is no person's
}

// program makes a handler of an endpoint that programs post forms to: RFC 6749 §3.2.
func (d *Door) program(h func(*exchange) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		shared(w)
		x := &exchange{w: w, r: r, caller: callerOf(r)}
		var err error
		if x.form, err = postedForm(w, r); err == nil {
			err = h(x)
		}
		if err != nil {
			d.answerFault(w, r, faultOf(err))
		}
	}
}

// callerOf is a program's caller: its address counts against its own limits.
func callerOf(r *http.Request) nodkey.Caller {
	return nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Agent: web.AgentOf(r).String(), Locale: "en"}
}

// shared lets pages of other origins read an answer: programs in a browser (RFC 6749 §2.1, "user-agent-based application") are public
// applications like others. No route that is shared reads a cookie.
func shared(w http.ResponseWriter) {
	head := w.Header()
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("Access-Control-Expose-Headers", "WWW-Authenticate, X-Request-Id, Retry-After")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// preflight answers what a browser asks before it sends a program's request to another origin.
func preflight(w http.ResponseWriter, _ *http.Request) {
	shared(w)
	head := w.Header()
	head.Set("Access-Control-Allow-Methods", "GET, POST")
	head.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	head.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// postedForm reads a form that a program posts. Nothing may stand in the address, where it would be logged on its way (RFC 6749
// §2.3.1), and nothing twice (§3.2).
func postedForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, &fault{status: http.StatusUnsupportedMediaType, code: "invalid_request", description: "Send application/x-www-form-urlencoded."}
	}
	if r.URL.RawQuery != "" {
		return nil, bad("invalid_request", "Nothing may stand in the query.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, bad("invalid_request", "The form cannot be read.")
	}
	return once(r.PostForm)
}

// once keeps the parameters that say something; one that is there twice is refused. What is sent without a value was not sent (RFC 6749
// §3.1).
func once(all url.Values) (url.Values, error) {
	if len(all) > maxParameters {
		return nil, bad("invalid_request", "There are too many parameters.")
	}
	kept := make(url.Values, len(all))
	for name, values := range all {
		if len(values) > 1 {
			return nil, bad("invalid_request", "A parameter is there more than once.")
		}
		if len(values) == 1 && values[0] != "" {
			kept[name] = values
		}
	}
	return kept, nil
}

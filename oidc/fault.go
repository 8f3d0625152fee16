package oidc

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// fault is an error for a program: an OAuth error code (RFC 6749 §5.2 and §4.1.2.1, and what extends them) with a sentence in English
// for whoever writes the program. Neither holds anything of what was sent.
type fault struct {
	status      int
	code        string // "invalid_grant"
	description string // printable ASCII without " and \ (RFC 6749 §5.2)
	retry       int    // seconds to wait, 0: none
	challenge   string // of WWW-Authenticate, with 401 and 403
	err         error  // for the log
}

func (f *fault) Error() string {
	if f.err != nil {
		return f.code + ": " + f.err.Error()
	}
	return f.code + ": " + f.description
}

func (f *fault) Unwrap() error { return f.err }

// bad is a fault with status 400.
func bad(code, description string) *fault {
	return &fault{status: http.StatusBadRequest, code: code, description: description}
}

// invalidClient is the fault of an application that did not prove to be one (RFC 6749 §5.2).
func invalidClient(description string) *fault {
	return &fault{status: http.StatusUnauthorized, code: "invalid_client", description: description, challenge: `Basic realm="nodkey"`}
}

// faultOf is what an error means to a program.
func faultOf(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &fault{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "The request is too large."}
	}
	e := nodkey.AsError(err)
	seconds, _ := e.Args["Seconds"].(int)
	switch e.Kind {
	case nodkey.Unauthenticated:
		f = invalidClient("The application did not prove to be one of this server's.")
	case nodkey.Refused:
		f = &fault{status: http.StatusBadRequest, code: "access_denied", description: "The person may not be asked, or may not go on."}
	case nodkey.Limited:
		f = &fault{status: http.StatusTooManyRequests, code: "temporarily_unavailable", description: "Too many requests. Try again later.", retry: max(1, seconds)}
	case nodkey.Unavailable:
		f = &fault{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "The server is busy. Try again soon.", retry: max(1, seconds)}
	case nodkey.Internal:
		f = &fault{status: http.StatusInternalServerError, code: "server_error", description: "Something failed here. The reference is in X-Request-Id."}
	default:
		f = bad("invalid_grant", "It is unknown, has ended, was used already, or is another application's.")
	}
	f.err = err
	return f
}

// answerFault writes a fault as JSON (RFC 6749 §5.2).
func (d *Door) answerFault(w http.ResponseWriter, r *http.Request, f *fault) {
	head := w.Header()
	if f.status == http.StatusInternalServerError {
		d.log.ErrorContext(r.Context(), "an OpenID Connect request failed", slog.String("reference", web.Reference(r.Context())), slog.Any("error", f.err))
	}
	if f.retry > 0 {
		head.Set("Retry-After", strconv.Itoa(f.retry))
	}
	if f.challenge != "" {
		head.Set("WWW-Authenticate", f.challenge)
	}
	head.Set("Pragma", "no-cache")
	web.WriteJSON(w, f.status, map[string]string{"error": f.code, "error_description": f.description})
}

// Fail refuses a request before any handler ran, for web.Door: what programs ask gets JSON, what browsers are sent through gets the
// portal's page.
func (d *Door) Fail(w http.ResponseWriter, r *http.Request, f web.Failure) {
	if d.forBrowsers(r) {
		d.Page(w, r, f)
		return
	}
	code := "invalid_request"
	if f.Kind == nodkey.Internal.String() {
		code = "server_error"
	}
	shared(w)
	web.WriteJSON(w, f.Status, map[string]string{"error": code, "error_description": d.texts.For("en").T(f.Key, f.Args)})
}

package duo

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// fault is an answer that says no to the application. Its code begins with the HTTP status.
type fault struct {
	code    int32
	message string // English, for whoever runs the application
	detail  string
	seconds int // to wait; 0: not said
}

func (f *fault) Error() string { return f.message }

var (
	faultCredentials = &fault{code: 40101, message: "Missing request credentials"}
	faultSignature   = &fault{code: 40103, message: "Invalid signature in request credentials"}
	faultNoDate      = &fault{code: 40104, message: "Missing or invalid request timestamp"}
	faultDate        = &fault{code: 40105, message: "Bad request timestamp", detail: "more than five minutes off, or used before"}
	faultContentType = &fault{code: 40106, message: "Invalid content type"}
	faultTLS         = &fault{code: 40301, message: "Access forbidden", detail: "this dialect is spoken over TLS only"}
	faultLegacy      = &fault{code: 40301, message: "Access forbidden", detail: "duo_legacy is off for this integration"}
	faultEnroll      = &fault{code: 40301, message: "Access forbidden", detail: "duo_enroll is off for this integration"}
	faultTooLarge    = &fault{code: 41301, message: "Request too large"}
	errStopping      = &fault{code: 42901, message: "Too many requests", detail: "the server is stopping; the request was taken back", seconds: 5}
	errBusy          = &fault{code: 42901, message: "Too many requests", detail: "too many are waiting", seconds: 5}
)

func faultParams(detail string) *fault {
	return &fault{code: 40002, message: "Invalid request parameters", detail: detail}
}

func faultMissing(name string) *fault {
	return &fault{code: 40001, message: "Missing required request parameters", detail: name}
}

// faultOf makes a fault of an error. What is nobody's business outside goes to the log.
func (d *Door) faultOf(r *http.Request, err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	e := nodkey.AsError(err)
	switch e.Kind {
	case nodkey.Unauthenticated:
		return faultSignature
	case nodkey.Limited, nodkey.Unavailable: // not 503: there are clients that let everybody in then
		seconds, _ := e.Args["Seconds"].(int)
		return &fault{code: 42901, message: "Too many requests", detail: e.Key, seconds: seconds}
	case nodkey.Internal:
		d.log.LogAttrs(r.Context(), slog.LevelError, "duo", slog.Any("error", err), slog.String("reference", web.Reference(r.Context())))
		return &fault{code: 50001, message: "Internal error", detail: "reference " + web.Reference(r.Context())}
	case nodkey.Refused, nodkey.Conflict:
		return &fault{code: 40301, message: "Access forbidden", detail: e.Key}
	}
	return faultParams(e.Key)
}

func (f *fault) document() document {
	out := document{"stat": "FAIL", "code": f.code, "message": f.message}
	if f.detail != "" {
		out["message_detail"] = f.detail
	}
	return out
}

func (f *fault) status() int { return int(f.code) / 100 }

// write answers in JSON, or in BSON where the address says so.
func write(w http.ResponseWriter, r *http.Request, status int, d document) {
	if !strings.HasSuffix(r.URL.Path, ".bson") {
		web.WriteJSON(w, status, d)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "application/bson")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	body := appendBSON(nil, d)
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

func writeFault(w http.ResponseWriter, r *http.Request, f *fault) {
	if f.seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.seconds))
	}
	write(w, r, f.status(), f.document())
}

// Fail says no to what never came to a call: too large a body, a crash, an address that there is not.
func Fail(w http.ResponseWriter, r *http.Request, failure web.Failure) {
	f := &fault{code: int32(failure.Status)*100 + 1, message: http.StatusText(failure.Status), detail: failure.Key}
	if reference, ok := failure.Args["Reference"].(string); ok {
		f.detail = "reference " + reference
	}
	writeFault(w, r, f)
}

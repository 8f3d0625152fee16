package api

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Prefix is where the API begins on the portal's host.
const Prefix = "/api/"

// Door is the HTTP API.
type Door struct {
	apps  *nodkey.Applications
	log   *slog.Logger
	texts *i18n.Bundle
	waits *waits
}

// New makes the door. texts say errors in the language that the request asks for.
func New(apps *nodkey.Applications, log *slog.Logger, texts *i18n.Bundle) *Door {
	return &Door{apps: apps, log: log, texts: texts, waits: newWaits(waitsMost)}
}

// route is one of the API's, as openapi.json has it.
type route struct {
	method, path string
	handler      func(http.ResponseWriter, *http.Request) error
}

func (d *Door) routes() []route {
	return []route{
		{http.MethodPost, "/api/approvals", d.ask},
		{http.MethodGet, "/api/approvals/{id}", d.look},
		{http.MethodGet, "/api/approvals/{id}/wait", d.wait},
		{http.MethodPost, "/api/approvals/{id}/cancel", d.cancel},
		{http.MethodPost, "/api/approvals/{id}/challenge", d.challenge},
		{http.MethodPost, "/api/approvals/{id}/code", d.code},
		{http.MethodPost, "/api/approvals/{id}/collect", d.collect},
		{http.MethodGet, "/api/openapi.json", d.describe},
	}
}

// Routes registers the API on a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	for _, route := range d.routes() {
		mux.HandleFunc(route.method+" "+route.path, func(w http.ResponseWriter, r *http.Request) {
			if err := route.handler(w, r); err != nil {
				d.fail(w, r, err)
			}
		})
	}
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, &nodkey.Error{Kind: nodkey.NotFound, Key: "request.no_such_path"})
	})
}

// Allowances are what the server has to let this door's routes do beyond the others.
func Allowances() []web.Allowance {
	return []web.Allowance{{Pattern: "GET /api/approvals/{id}/wait", Timeout: waitMost + 15*time.Second}}
}

// sentence says an error in the language that the request asks for.
func (d *Door) sentence(r *http.Request, key string, args map[string]any) string {
	return d.texts.For(r.Header.Get("Accept-Language")).T(key, args)
}

// Fail answers what is wrong with a request before it has come to the door.
func (d *Door) Fail(w http.ResponseWriter, r *http.Request, f web.Failure) {
	web.JSONFail(d.sentence)(w, r, f)
}

// failure lets a web.Failure travel as an error.
type failure struct{ web.Failure }

func (f *failure) Error() string { return f.Key }

// said are sentences for errors whose usual ones speak to a person in front of the portal.
var said = map[string]string{
	"sign_in.unknown": "approval_api.unknown", "sign_in.over": "approval_api.over", "sign_in.done": "approval_api.done",
	"approval.approved": "approval_api.ended", "approval.denied": "approval_api.ended", "approval.cancelled": "approval_api.ended", "approval.expired": "approval_api.ended",
}

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	if errors.As(err, &f) {
		d.Fail(w, r, f.Failure)
		return
	}
	e := nodkey.AsError(err)
	sentence, args := e.Key, e.Args
	if other, ok := said[e.Key]; ok {
		sentence = other
	}
	if seconds, ok := args["Seconds"].(int); ok {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	if e.Kind == nodkey.Internal {
		reference := web.Reference(r.Context())
		d.log.ErrorContext(r.Context(), "an application's request failed", "reference", reference, "error", e.Err)
		args = nodkey.Args{"Reference": reference}
	}
	if e.Kind == nodkey.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="nodkey"`) // Basic is taken too, but would have browsers ask people for a password
	}
	web.WriteJSON(w, web.StatusOf(e.Kind), problem{problemError{Kind: e.Kind.String(), Key: e.Key, Args: web.JSONArgs(args), Message: d.sentence(r, sentence, args)}})
}

// problem is the answer to what was refused.
type problem struct {
	Error problemError `json:"error"`
}

type problemError struct {
	Kind    string         `json:"kind"`
	Key     string         `json:"key"`
	Args    map[string]any `json:"args,omitempty"`
	Message string         `json:"message"`
}

package phoneapi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// Door is the phone API.
type Door struct {
	services *nodkey.Services
	log      *slog.Logger
	texts    *i18n.Bundle
	slots    *web.Slots
}

// streamsPerKey bounds the streams of one key; the newest wins.
const streamsPerKey = 2

// New makes the door. texts say errors, always in English, and notices.
func New(services *nodkey.Services, log *slog.Logger, texts *i18n.Bundle) *Door {
	return &Door{services: services, log: log, texts: texts, slots: web.NewSlots(streamsPerKey)}
}

// sentence is an error's message: programs read its key, and whoever looks at what a program wrote down reads this.
func (d *Door) sentence(_ *http.Request, key string, args map[string]any) string {
	return d.texts.For(i18n.Fallback).T(key, args)
}

// Routes registers the API on a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	for _, route := range []struct {
		pattern string
		handler func(http.ResponseWriter, *http.Request) error
	}{
		{"GET /server", d.serverShow},
		{"POST /activations/lookup", d.activationLookup},
		{"POST /activations/submit", d.activationSubmit},
		{"POST /key", d.keyShow},
		{"POST /key/remove", d.keyRemove},
		{"POST /key/rename", d.keyRename},
		{"POST /test", d.ask((*nodkey.Keys).AskTest)},
		{"POST /pin", d.ask((*nodkey.Keys).AskPINChange)},
		{"POST /pin/check", d.ask((*nodkey.Keys).AskPINCheck)},
		{"POST /push/subscribe", d.pushSubscribe},
		{"POST /push/unsubscribe", d.pushUnsubscribe},
		{"POST /push/test", d.ask((*nodkey.Keys).AskPushTest)},
		{"POST /push/state", d.pushState},
		{"POST /messages/open", d.ask((*nodkey.Keys).AskMessages)},
		{"POST /messages/shut", d.messagesShut},
		{"POST /messages/unread", d.messagesUnread},
		{"POST /messages", d.messagesList},
		{"POST /messages/read", d.messagesRead},
		{"POST /messages/reply", d.messagesReply},
		{"POST /messages/status", d.messagesStatus},
		{"POST /approvals", d.approvalList},
		{"POST /approvals/missed", d.approvalMissed},
		{"POST /stream", d.stream},
		{"POST /approvals/{id}/decision", d.approvalDecide},
		{"POST /approvals/{id}/disown", d.approvalDisown},
		{"POST /approvals/{id}/seen", d.approvalSeen},
	} {
		method, path, _ := strings.Cut(route.pattern, " ")
		mux.Handle(method+" "+wire.APIPrefix+path, d.handle(route.handler))
	}
	mux.HandleFunc(wire.APIPrefix+"/", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, &nodkey.Error{Kind: nodkey.NotFound, Key: "request.no_such_path"})
	})
}

// handle turns what a handler returns into an answer.
func (d *Door) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			d.fail(w, r, err)
		}
	})
}

// failure lets a web.Failure travel as an error.
type failure struct{ web.Failure }

func (f *failure) Error() string { return f.Key }

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	if errors.As(err, &f) {
		web.JSONFail(d.sentence)(w, r, f.Failure)
		return
	}
	e := nodkey.AsError(err)
	problem := wire.Problem{Kind: e.Kind.String(), Key: e.Key, Message: d.sentence(r, e.Key, e.Args)}
	args := e.Args
	if seconds, ok := e.Args["Seconds"].(int); ok {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	if e.Kind == nodkey.Internal {
		reference := web.Reference(r.Context())
		d.log.ErrorContext(r.Context(), "a phone's request failed", "reference", reference, "error", e.Err)
		args = nodkey.Args{"Reference": reference}
		problem.Message = d.sentence(r, e.Key, args)
	}
	problem.Args = web.JSONArgs(args)
	web.WriteJSON(w, web.StatusOf(e.Kind), wire.ErrorResponse{Error: problem})
}

func caller(r *http.Request) nodkey.Caller {
	return nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Locale: web.WishedLanguage(r)}
}

// read reads a body that no proof covers.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	return readMost(w, r, wire.MaxBody, v)
}

func readMost(w http.ResponseWriter, r *http.Request, most int64, v any) error {
	if f := web.ReadJSON(w, r, most, v); f != nil {
		return &failure{*f}
	}
	return nil
}

// readSigned reads a body and the proof over it, and gives the phone that signed.
func (d *Door) readSigned(w http.ResponseWriter, r *http.Request, v any) (nodkey.Caller, error) {
	return d.readSignedMost(w, r, wire.MaxBody, v)
}

// readSignedMost is readSigned for a body of so many bytes.
func (d *Door) readSignedMost(w http.ResponseWriter, r *http.Request, most int64, v any) (nodkey.Caller, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nodkey.Caller{}, &failure{web.TooLarge(most)}
	}
	if err != nil { // the client is gone or too slow
		return nodkey.Caller{}, &failure{web.Failure{Status: http.StatusBadRequest, Kind: "bad_input", Key: "request.broken_off"}}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := readMost(w, r, most, v); err != nil {
		return nodkey.Caller{}, err
	}
	proofs := r.Header.Values(wire.RequestHeader)
	if len(proofs) != 1 {
		return nodkey.Caller{}, &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "proof.missing"}
	}
	return d.services.Keys.Caller(r.Context(), caller(r), proofs[0], nodkey.SignedRequest{Method: r.Method, Path: r.URL.Path, Body: body})
}

// readProofs gives the phones of a read for several keys. Proofs that do not hold are left out; with none left, the first
// one's error counts.
func (d *Door) readProofs(w http.ResponseWriter, r *http.Request) ([]nodkey.Caller, error) {
	var in wire.Proofs
	if err := read(w, r, &in); err != nil {
		return nil, err
	}
	if len(in.Proofs) == 0 || len(in.Proofs) > wire.MaxProofs {
		return nil, &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "proof.missing"}
	}
	var phones []nodkey.Caller
	var first error
	seen := map[nodkey.KeyID]bool{}
	for _, proof := range in.Proofs {
		c, err := d.services.Keys.Caller(r.Context(), caller(r), proof, nodkey.SignedRequest{Method: r.Method, Path: r.URL.Path})
		switch {
		case err == nil && !seen[c.KeyID()]:
			seen[c.KeyID()] = true
			phones = append(phones, c)
		case first == nil:
			first = err
		}
	}
	if len(phones) == 0 {
		return nil, first
	}
	return phones, nil
}

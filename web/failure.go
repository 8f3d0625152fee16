package web

import (
	"encoding/json"
	"io"
	"net/http"
	"unicode"
	"unicode/utf8"
)

// Failure is what is wrong with a request before, or outside of, any call into
// the domain: an unknown host, too large a body, a crash. Key names a sentence
// in the errors catalogue, Args fill its gaps; neither ever carries an internal
// error.
type Failure struct {
	Status int            // HTTP status
	Kind   string         // one of docs/protocol.md §2.2: "bad_input", "refused", …
	Key    string         // catalogue key: "request.too_large", …, or "internal"
	Args   map[string]any // what the sentence's gaps are filled with
}

// Fail writes a failure in a door's own manner: a page, a JSON object, a line.
type Fail func(w http.ResponseWriter, r *http.Request, f Failure)

// Sentence looks a catalogue key up in the language of the request.
type Sentence func(r *http.Request, key string, args map[string]any) string

// PlainFail answers with one line of text. It suits what has no page of its
// own: unknown hosts, the metrics listener.
func PlainFail(sentence Sentence) Fail {
	return func(w http.ResponseWriter, r *http.Request, f Failure) {
		head := w.Header()
		head.Set("Content-Type", "text/plain; charset=utf-8")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		w.WriteHeader(f.Status)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, sentence(r, f.Key, f.Args)+"\n") // the client may be gone
		}
	}
}

// JSONFail answers with the APIs' error object:
// {"error":{"kind":…,"key":…,"args":{…},"message":…}}.
func JSONFail(sentence Sentence) Fail {
	type body struct {
		Kind    string         `json:"kind"`
		Key     string         `json:"key"`
		Args    map[string]any `json:"args,omitempty"`
		Message string         `json:"message"`
	}
	return func(w http.ResponseWriter, r *http.Request, f Failure) {
		WriteJSON(w, f.Status, map[string]body{
			"error": {Kind: f.Kind, Key: f.Key, Args: JSONArgs(f.Args), Message: sentence(r, f.Key, f.Args)},
		})
	}
}

// WriteJSON answers with v. Values that cannot be encoded are a fault of the
// program, so it panics then, which Recover turns into a 500.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	WriteJSONAs(w, status, "application/json", v)
}

// WriteJSONAs is WriteJSON for a media type of its own.
func WriteJSONAs(w http.ResponseWriter, status int, kind string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client may be gone
}

// JSONArgs names a sentence's arguments as JSON members: "Left", as the catalogues have it, becomes "left"
// (docs/protocol.md §2.2).
func JSONArgs(args map[string]any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	out := make(map[string]any, len(args))
	for name, value := range args {
		first, size := utf8.DecodeRuneInString(name)
		out[string(unicode.ToLower(first))+name[size:]] = value
	}
	return out
}

package web

import (
	"cmp"
	"errors"
	"mime"
	"net/http"

	"github.com/nodkey/nodkey/wire"
)

// ReadJSON reads a request's body strictly (wire.DecodeStrict) into v, which
// points to a struct. What is wrong comes back as a Failure to hand to the
// door's Fail, nil when all is well. It never reads more than limit bytes, 0
// meaning MaxBody.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, v any) *Failure {
	if limit == 0 {
		limit = MaxBody
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &Failure{Status: http.StatusUnsupportedMediaType, Kind: "bad_input", Key: "request.not_json"}
	}
	err = wire.ReadStrict(http.MaxBytesReader(w, r.Body, limit), limit, v)
	if err == nil {
		return nil
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, wire.ErrTooLarge) {
		f := TooLarge(limit)
		return &f
	}
	var bad *wire.StrictError
	if errors.As(err, &bad) {
		f := Failure{Status: http.StatusBadRequest, Kind: "bad_input", Key: reasonKeys[bad.Reason]}
		switch bad.Reason {
		case wire.DuplicateKey, wire.UnknownKey, wire.WrongType: // their sentences name the place; "." is the whole
			f.Args = map[string]any{"Member": cmp.Or(bad.Path, ".")}
		}
		return &f
	}
	// The body broke off: the client is gone or too slow.
	return &Failure{Status: http.StatusBadRequest, Kind: "bad_input", Key: "request.broken_off"}
}

// reasonKeys are the sentences for what strict decoding refused.
var reasonKeys = map[wire.Reason]string{
	wire.BadSyntax: "request.json_syntax", wire.BadText: "request.json_text", wire.DuplicateKey: "request.json_duplicate",
	wire.UnknownKey: "request.json_unknown", wire.WrongType: "request.json_type", wire.TrailingBytes: "request.json_trailing",
	wire.TooDeep: "request.json_depth",
}

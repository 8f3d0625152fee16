package api

import (
	"net/http"
	"time"

	"github.com/nodkey/nodkey/web"
)

// challenge is what a phone without a connection makes a code from.
type challenge struct {
	Digits    string    `json:"digits,omitempty"`
	Statement string    `json:"statement"`
	ExpiresAt time.Time `json:"expiresAt"`
	Tries     int       `json:"tries"`
}

// typed is a code as the person typed it.
type typed struct {
	Code string `json:"code"`
}

// challenge gives the digits to show, and the statement for a QR code.
func (d *Door) challenge(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	code, err := d.apps.Challenge(r.Context(), c, token)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, challenge{Digits: code.Digits, Statement: code.Statement, ExpiresAt: code.ExpiresAt, Tries: code.Left})
	return nil
}

// code takes what the phone answered.
func (d *Door) code(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	var in typed
	if f := web.ReadJSON(w, r, bodyMost, &in); f != nil {
		return &failure{*f}
	}
	if err := d.apps.Respond(r.Context(), c, token, in.Code); err != nil {
		return err
	}
	return d.answer(w, r, c, token)
}

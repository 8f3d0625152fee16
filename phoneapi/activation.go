package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// serverShow tells a phone whose server this is.
func (d *Door) serverShow(w http.ResponseWriter, _ *http.Request) error {
	web.WriteJSON(w, http.StatusOK, d.services.Keys.Server())
	return nil
}

// activationLookup gives the offer behind a code id.
func (d *Door) activationLookup(w http.ResponseWriter, r *http.Request) error {
	var in wire.LookupRequest
	if err := read(w, r, &in); err != nil {
		return err
	}
	out, err := d.services.Activations.Lookup(r.Context(), caller(r), in.CodeID)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// activationSubmit takes a phone's new key.
func (d *Door) activationSubmit(w http.ResponseWriter, r *http.Request) error {
	var in wire.SubmitRequest
	if err := read(w, r, &in); err != nil {
		return err
	}
	receipt, err := d.services.Activations.Submit(r.Context(), caller(r), in)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, wire.ReceiptResponse{Receipt: receipt})
	return nil
}

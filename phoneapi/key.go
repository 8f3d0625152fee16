package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// keyShow gives the receipt of the moment.
func (d *Door) keyShow(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	receipt, err := d.services.Keys.Receipt(r.Context(), phone)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, wire.ReceiptResponse{Receipt: receipt})
	return nil
}

// keyRemove removes the calling phone's own key.
func (d *Door) keyRemove(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	if err := d.services.Keys.RemoveOwn(r.Context(), phone); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// pinChange gives the statement for a new PIN.
func (d *Door) pinChange(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	statement, err := d.services.Keys.AskPINChange(r.Context(), phone)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, wire.StatementResponse{Statement: statement})
	return nil
}

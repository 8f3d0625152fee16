package phoneapi

import (
	"context"
	"net/http"

	"github.com/nodkey/nodkey"
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

// keyRename gives the calling phone another name at the portal.
func (d *Door) keyRename(w http.ResponseWriter, r *http.Request) error {
	var in wire.RenameRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	if err := d.services.Keys.RenameOwn(r.Context(), phone, in.Name); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// ask answers with a statement about the calling phone's own key.
func (d *Door) ask(statementOf func(*nodkey.Keys, context.Context, nodkey.Caller) (string, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		phone, err := d.readSigned(w, r, &struct{}{})
		if err != nil {
			return err
		}
		statement, err := statementOf(d.services.Keys, r.Context(), phone)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusOK, wire.StatementResponse{Statement: statement})
		return nil
	}
}

package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// pushSubscribe keeps where the calling phone takes messages.
func (d *Door) pushSubscribe(w http.ResponseWriter, r *http.Request) error {
	var in wire.SubscribeRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	s := nodkey.Subscription{Endpoint: in.Endpoint, P256DH: in.P256DH, Auth: in.Auth}
	if err := d.services.Keys.Subscribe(r.Context(), phone, s); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// pushUnsubscribe forgets it.
func (d *Door) pushUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	if err := d.services.Keys.Unsubscribe(r.Context(), phone); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

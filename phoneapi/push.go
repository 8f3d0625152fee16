package phoneapi

import (
	"cmp"
	"net/http"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// channelOf is the channel that a phone means: Web Push was the first, and needs no word.
func channelOf(said string) string { return cmp.Or(said, nodkey.ChannelWebPush) }

// pushSubscribe keeps where the calling phone takes messages.
func (d *Door) pushSubscribe(w http.ResponseWriter, r *http.Request) error {
	var in wire.SubscribeRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	s := nodkey.Subscription{Endpoint: in.Endpoint, P256DH: in.P256DH, Auth: in.Auth}
	if err := d.services.Keys.Subscribe(r.Context(), phone, channelOf(in.Channel), s); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// pushUnsubscribe forgets it.
func (d *Door) pushUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	var in wire.UnsubscribeRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	if err := d.services.Keys.Unsubscribe(r.Context(), phone, channelOf(in.Channel)); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// pushState tells how messages reach the calling phone.
func (d *Door) pushState(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	state, err := d.services.Keys.PushState(r.Context(), phone)
	if err != nil {
		return err
	}
	out := wire.PushState{Now: state.Now.UnixMilli(), Channels: []wire.PushChannel{}}
	for _, c := range state.Channels {
		out.Channels = append(out.Channels, wire.PushChannel{Channel: c.Channel, Service: c.Service, Since: c.Since.UnixMilli(),
			AcceptedAt: maybe(c.AcceptedAt), RefusedAt: maybe(c.RefusedAt), Failing: c.Failing})
	}
	if t := state.Test; t != nil {
		out.Test = &wire.PushTest{AskedAt: t.AskedAt.UnixMilli(), AcceptedAt: maybe(t.AcceptedAt), ReceivedAt: maybe(t.ReceivedAt)}
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// maybe is a time as phones read it, zero when there is none.
func maybe(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

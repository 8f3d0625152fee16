package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// bodyMost is what a request's body may hold: a password of 256 and a text of 140 characters, each written in the longest way.
const bodyMost = 8 << 10

// newApproval is what an application asks.
type newApproval struct {
	User        string  `json:"user"`
	Kind        string  `json:"kind"`
	Text        string  `json:"text,omitempty"`
	Password    *string `json:"password,omitempty"`
	Address     string  `json:"address,omitempty"`
	With        string  `json:"with,omitempty"`
	NumberShown bool    `json:"numberShown,omitempty"`
	CodeOnly    bool    `json:"codeOnly,omitempty"`
	Seconds     int     `json:"seconds,omitempty"`
}

// approval is where a request stands.
type approval struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Cause     string     `json:"cause,omitempty"`
	Number    string     `json:"number,omitempty"`
	Notified  bool       `json:"notified"`
	Arrived   bool       `json:"arrived"`
	AskedAt   time.Time  `json:"askedAt"`
	ExpiresAt time.Time  `json:"expiresAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
}

// stateCollected is how the API calls a request whose proof was collected.
const stateCollected = "collected"

func stateOf(s nodkey.SignInState) string {
	if s == nodkey.SignInDone {
		return stateCollected
	}
	return string(s)
}

func approvalOf(w nodkey.Waiting) approval {
	out := approval{ID: string(w.ID), State: stateOf(w.State), Cause: w.Cause, Number: w.Number, Notified: w.Notified, AskedAt: w.AskedAt, ExpiresAt: w.ExpiresAt}
	for _, phone := range w.Phones {
		out.Arrived = out.Arrived || phone.Reach.HasArrived()
	}
	if !w.EndedAt.IsZero() {
		out.EndedAt = &w.EndedAt
	}
	return out
}

// ask asks a person.
func (d *Door) ask(w http.ResponseWriter, r *http.Request) error {
	c, err := d.caller(r)
	if err != nil {
		return err
	}
	in, err := readAsking(w, r)
	if err != nil {
		return err
	}
	raw, err := d.apps.Settings(c)
	if err != nil {
		return err
	}
	hook, err := readHook(raw)
	if err != nil {
		d.log.WarnContext(r.Context(), "an application's settings are not usable", "application", c.Application().ID, "error", err)
		return &nodkey.Error{Kind: nodkey.Refused, Key: "application.webhook"}
	}
	if hook.URL != "" {
		in.Tell = nodkey.DoorAPI
	}
	asked, err := d.apps.Ask(r.Context(), c, in)
	if err != nil {
		return err
	}
	now, err := d.apps.Look(r.Context(), c, asked.Token)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/approvals/"+string(asked.ID))
	web.WriteJSON(w, http.StatusCreated, approvalOf(now))
	return nil
}

// readAsking reads what is asked of whom.
func readAsking(w http.ResponseWriter, r *http.Request) (nodkey.Asking, error) {
	var in newApproval
	if f := web.ReadJSON(w, r, bodyMost, &in); f != nil {
		return nodkey.Asking{}, &failure{*f}
	}
	out := nodkey.Asking{User: in.User, Password: in.Password, Kind: nodkey.ApprovalKind(in.Kind), Text: in.Text, With: in.With, Shown: in.NumberShown,
		CodeOnly: in.CodeOnly}
	// Beyond a day it is too long whatever the limit is, and a duration could not hold it.
	out.Life = time.Duration(min(max(in.Seconds, -1), 24*60*60)) * time.Second
	if in.Address != "" {
		var err error
		if out.Source, err = netip.ParseAddr(in.Address); err != nil {
			return nodkey.Asking{}, &nodkey.Error{Kind: nodkey.BadInput, Key: "application.address"}
		}
		out.Source = out.Source.Unmap().WithZone("")
	}
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) > 1 || len(keys) == 1 && keys[0] == "" {
		return nodkey.Asking{}, &nodkey.Error{Kind: nodkey.BadInput, Key: "application.request"}
	}
	if len(keys) == 1 {
		out.Idempotency = keys[0]
	}
	return out, nil
}

// look tells where a request stands.
func (d *Door) look(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	return d.answer(w, r, c, token)
}

func (d *Door) answer(w http.ResponseWriter, r *http.Request, c nodkey.Caller, token nodkey.Token) error {
	now, err := d.apps.Look(r.Context(), c, token)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, approvalOf(now))
	return nil
}

// cancel takes a request back.
func (d *Door) cancel(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := d.apps.Cancel(r.Context(), c, token); err != nil {
		return err
	}
	return d.answer(w, r, c, token)
}

// readNothing reads a body that has nothing to say: none, or {}.
func readNothing(w http.ResponseWriter, r *http.Request) error {
	const most = 64
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &failure{web.TooLarge(most)}
	}
	if err != nil { // the client is gone or too slow
		return &failure{web.Failure{Status: http.StatusBadRequest, Kind: "bad_input", Key: "request.broken_off"}}
	}
	if len(body) == 0 {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f := web.ReadJSON(w, r, most, &struct{}{}); f != nil {
		return &failure{*f}
	}
	return nil
}

// proof is what a yes shows, given once.
type proof struct {
	ID       string        `json:"id"`
	User     person        `json:"user"`
	Kind     string        `json:"kind"`
	Text     string        `json:"text,omitempty"`
	Factor   string        `json:"factor"`
	Key      string        `json:"key"`
	At       time.Time     `json:"at"`
	Evidence wire.Evidence `json:"evidence"`
}

// person is who said yes.
type person struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	Groups      []string `json:"groups"`
}

// collect gives the proof of a yes.
func (d *Door) collect(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	p, err := d.apps.Collect(r.Context(), c, token)
	if err != nil {
		return err
	}
	groups := append([]string{}, p.Groups...) // a list also where there are none
	web.WriteJSON(w, http.StatusOK, proof{ID: string(p.ID), User: person{ID: string(p.User), Name: p.Name, DisplayName: p.Display, Groups: groups},
		Kind: string(p.Kind), Text: p.Text, Factor: p.Factor, Key: string(p.KeyID), At: p.At, Evidence: p.Evidence})
	return nil
}

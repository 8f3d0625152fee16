package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"net/http"
	"net/netip"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// The troubles that happen at the server. Each is what a stranger or a service desk does to any server: there is no way
// into this one but those of the domain and, for the second phone, the phone API.

// sorry answers with what went wrong, as a sentence in the page's language.
func (d *Door) sorry(w http.ResponseWriter, r *http.Request, err error) {
	e := nodkey.AsError(err)
	if e.Kind == nodkey.Internal {
		d.log.ErrorContext(r.Context(), "the demo could not do what it was asked for", "path", r.URL.Path, "error", e.Err)
	}
	http.Error(w, d.say(r).T(e.Key, e.Args), web.StatusOf(e.Kind))
}

// playUsed lets another phone take the code that the portal shows.
func (d *Door) playUsed(w http.ResponseWriter, r *http.Request) {
	// Noted before, so that a phone whose answer got lost is cleared away as well.
	d.mu.Lock()
	d.taken = true
	d.mu.Unlock()
	if err := d.Rival(r.Context(), r.PostFormValue("code"), d.say(r).T("demo.trouble.used_phone", nil)); err != nil {
		d.log.WarnContext(r.Context(), "the demo's other phone could not take the code", "error", err)
		http.Error(w, d.say(r).T("demo.trouble.no_code", nil), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// playExpired ends what the newest code hangs on: as at a service desk, the person's password is set once more (to the
// same), which ends the sessions and the codes they offer.
func (d *Door) playExpired(w http.ResponseWriter, r *http.Request) {
	rows, _, err := d.rowsAfter(r.Context(), 0)
	if err != nil {
		d.sorry(w, r, err)
		return
	}
	for i := len(rows) - 1; i >= 0; i-- {
		p, known := d.who(rows[i].UserID)
		if rows[i].Action != "activation.offered" || !known {
			continue
		}
		if err := d.services.Users.SetPassword(r.Context(), caller(), p.Name, p.Password); err != nil {
			d.sorry(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Error(w, d.say(r).T("demo.trouble.no_code", nil), http.StatusConflict)
}

// elsewhere is where the stranger sits: an address for documentation (RFC 5737).
var elsewhere = netip.AddrFrom4([4]byte{203, 0, 113, 24})

// playStranger signs in with a person's name and right password, from another address and a browser of its own.
func (d *Door) playStranger(w http.ResponseWriter, r *http.Request) {
	p, err := d.withPhone(r.Context())
	if err != nil {
		d.sorry(w, r, err)
		return
	}
	if p == nil {
		http.Error(w, d.say(r).T("demo.trouble.no_phone", nil), http.StatusConflict)
		return
	}
	say, agent := d.say(r), web.Agent{Browser: "Firefox", System: "Windows"}
	stranger := nodkey.Caller{
		Source: elsewhere, Agent: agent.String(), Locale: say.Lang(),
		With: say.T("agent.on", map[string]any{"Browser": agent.Browser, "System": agent.System}),
	}
	entry, err := d.services.SignIns.Begin(r.Context(), stranger, p.Name, p.Password)
	if err != nil {
		d.sorry(w, r, err)
		return
	}
	d.mu.Lock()
	d.strangers = append(d.strangers, entry.SignIn)
	d.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// withPhone gives the first person with an active phone, nil when there is none.
func (d *Door) withPhone(ctx context.Context) (*Person, error) {
	for _, p := range d.People {
		found, err := d.services.Users.Show(ctx, caller(), p.Name)
		if err != nil {
			return nil, err
		}
		for _, k := range found.Keys {
			if k.State == nodkey.KeyActive {
				return &p, nil
			}
		}
	}
	return nil, nil
}

// cafe is what the square code of something else says.
const cafe = "https://cafe.example/menu"

// otherCode draws that code.
func (d *Door) otherCode(w http.ResponseWriter, r *http.Request) {
	code, err := qr.Encode(cafe, qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, 8*code.Bounds().Dx(), 8*code.Bounds().Dy())
	}
	var out bytes.Buffer
	if err == nil {
		err = png.Encode(&out, code)
	}
	if err != nil {
		d.sorry(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = out.WriteTo(w) // the browser may be gone
}

// normal ends what troubles left behind at the server: the strangers' requests, and the phone that took a code. A person
// who has had a phone cannot begin with the password alone, so that last one needs a new beginning; the answer says so.
func (d *Door) normal(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithoutCancel(r.Context()) // not given up half way when the browser leaves
	d.mu.Lock()
	strangers, taken := d.strangers, d.taken
	d.strangers = nil
	d.mu.Unlock()
	for _, token := range strangers {
		err := d.services.SignIns.Cancel(ctx, nodkey.Caller{Source: elsewhere}, token)
		if err != nil && nodkey.AsError(err).Kind == nodkey.Internal {
			d.sorry(w, r, err)
			return
		}
	}
	if taken {
		if err := d.renew(ctx); err != nil {
			d.sorry(w, r, err)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]bool{"again": taken}) // the browser may be gone
}

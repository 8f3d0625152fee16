package forward

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// wayLasts is how long a browser may take from the host to the portal and back.
const wayLasts = 10 * time.Minute

// atHost takes what a proxy passes on of /.nodkey/ at an application's host. The target is that host's first page.
func (d *Door) atHost(h func(http.ResponseWriter, *http.Request, nodkey.ForwardTarget)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		notOurs(w.Header())
		if !d.Proxies.Sent(r) {
			d.refuse(w, r, notProxy)
			return
		}
		t, ok := forwardedHost(r.Header, "/")
		if !ok {
			d.refuse(w, r, badHeaders)
			return
		}
		h(w, r, t)
	}
}

// signIn begins the way to the portal: the browser keeps a secret at the host, and its hash goes along.
func (d *Door) signIn(w http.ResponseWriter, r *http.Request, t nodkey.ForwardTarget) {
	to, ok := one(r.URL.Query(), "to")
	if !ok {
		to = "/"
	}
	wanted, err := nodkey.ParseForwardURL(t.Origin + to)
	if err != nil || wanted.Origin != t.Origin {
		d.failed(w, r, &nodkey.Error{Kind: nodkey.BadInput, Key: "forward.request"})
		return
	}
	if _, err := d.services.Forwards.Name(r.Context(), t.Origin); err != nil {
		d.failed(w, r, err)
		return
	}
	at := d.cookiesAt(t.Origin)
	kept, ok := at.way.Read(r) // of another window that is on its way
	if !ok || len(kept) != len(newSecret()) {
		kept = newSecret()
	}
	at.way.Set(w, kept, wayLasts)
	query := url.Values{"at": {t.Origin}, "to": {wanted.URI}, "way": {string(nodkey.Token(kept).Hash())}}
	http.Redirect(w, r, d.Portal.String()+"/forward/start?"+query.Encode(), http.StatusSeeOther)
}

func newSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// start is the portal's side of it: what is asked for is kept by the server from here on.
func (d *Door) start(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	at, one1 := one(query, "at")
	to, one2 := one(query, "to")
	way, one3 := one(query, "way")
	t, err := nodkey.ParseForwardURL(at + to)
	if err != nil || !one1 || !one2 || !one3 || !strings.HasPrefix(to, "/") {
		d.failed(w, r, &nodkey.Error{Kind: nodkey.BadInput, Key: "forward.request"})
		return
	}
	c, err := d.visitor(r)
	if err != nil {
		d.failed(w, r, err)
		return
	}
	token, err := d.services.Forwards.Begin(r.Context(), c, t, nodkey.TokenHash(way))
	if err != nil {
		d.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/continue?"+url.Values{"to": {string(token)}}.Encode(), http.StatusSeeOther)
}

// back is where the portal sends the browser in the end.
func (d *Door) back(w http.ResponseWriter, r *http.Request) {
	token, ok := one(r.URL.Query(), "to")
	c, err := d.visitor(r)
	if err != nil || !ok {
		d.show(w, r, http.StatusBadRequest, d.lost("", ""))
		return
	}
	done, err := d.services.Forwards.Finish(r.Context(), c, nodkey.Token(token))
	switch {
	case nodkey.HasKey(err, "grant.not_ready"):
		http.Redirect(w, r, "/continue?"+url.Values{"to": {token}}.Encode(), http.StatusSeeOther)
	case nodkey.HasKey(err, "grant.unknown"):
		d.show(w, r, http.StatusNotFound, d.lost("", ""))
	case err != nil:
		d.failed(w, r, err)
	case done.Refused:
		d.show(w, r, http.StatusForbidden, d.turnedBack(done.Name))
	default:
		http.Redirect(w, r, done.Origin+prefix+"callback?"+url.Values{"code": {string(done.Code)}}.Encode(), http.StatusSeeOther)
	}
}

// callback trades the code for the host's cookie.
func (d *Door) callback(w http.ResponseWriter, r *http.Request, t nodkey.ForwardTarget) {
	code, ok := one(r.URL.Query(), "code")
	at := d.cookiesAt(t.Origin)
	kept, has := at.way.Read(r)
	name, err := d.services.Forwards.Name(r.Context(), t.Origin)
	if err != nil {
		d.failed(w, r, err)
		return
	}
	if !ok || !has {
		d.show(w, r, http.StatusBadRequest, d.lost(name, t.Origin))
		return
	}
	entry, err := d.services.Forwards.Enter(r.Context(), d.caller(r), t.Origin, nodkey.Token(code), nodkey.Token(kept))
	switch {
	case nodkey.HasKey(err, "grant.unknown"), nodkey.HasKey(err, "grant.refused"):
		d.show(w, r, http.StatusBadRequest, d.lost(name, t.Origin))
	case err != nil:
		d.failed(w, r, err)
	default:
		if old := d.cookie(r, t); old != "" && old != entry.Cookie { // nobody has it from here on
			if _, err := d.services.Forwards.Leave(r.Context(), d.caller(r), t.Origin, old); err != nil {
				d.failed(w, r, err)
				return
			}
		}
		at.session.Set(w, string(entry.Cookie), entry.Life)
		http.Redirect(w, r, t.Origin+entry.URI, http.StatusSeeOther)
	}
}

// signOutAsk asks before it signs out: a link from anywhere leads here.
func (d *Door) signOutAsk(w http.ResponseWriter, r *http.Request, t nodkey.ForwardTarget) {
	name, err := d.services.Forwards.Name(r.Context(), t.Origin)
	if err != nil {
		d.failed(w, r, err)
		return
	}
	d.show(w, r, http.StatusOK, d.leaving(name))
}

// signOut ends what the browser has at the host, and nothing else.
func (d *Door) signOut(w http.ResponseWriter, r *http.Request, t nodkey.ForwardTarget) {
	name, err := d.services.Forwards.Leave(r.Context(), d.caller(r), t.Origin, d.cookie(r, t))
	if err != nil {
		d.failed(w, r, err)
		return
	}
	d.cookiesAt(t.Origin).session.Clear(w)
	d.show(w, r, http.StatusOK, d.left(name))
}

// one gives a value that is there once.
func one(query url.Values, name string) (string, bool) {
	if len(query[name]) != 1 || query[name][0] == "" {
		return "", false
	}
	return query[name][0], true
}

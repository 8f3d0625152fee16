package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey"
)

// signOut is an application's wish that a person signs out here, too (OpenID Connect RP-Initiated Logout 1.0 §2).
type signOut struct {
	client *client // whose wish it is; nil: it does not say
	hint   *connect.IDTokenClaims
	to     string // where the browser goes afterwards, with state; empty: nowhere
}

// readSignOut reads the parameters. An address is taken only if it is one of an application's that is named, character by character; any
// other would make this server a way to wherever a stranger likes.
func (d *Door) readSignOut(r *http.Request, form url.Values) (signOut, error) {
	var out signOut
	id := form.Get("client_id")
	if text := form.Get("id_token_hint"); text != "" {
		claims, err := d.hinted(r.Context(), text)
		switch {
		case err == nil && id != "" && !slices.Contains(claims.Audience, id):
			return out, bad("invalid_request", "client_id is not whom id_token_hint was given.")
		case err == nil:
			out.hint, id = &claims, claims.Audience[0]
		case !errors.Is(err, errHint):
			return out, err
		}
		// One that is none, such as of keys that are gone, hints at nothing: the person is asked.
	}
	if id != "" {
		c, err := d.find(r.Context(), id, nodkey.DoorOIDC)
		if err != nil {
			return out, err
		}
		out.client = &c
	}
	to := form.Get("post_logout_redirect_uri")
	if to == "" {
		return out, nil
	}
	if out.client == nil || !slices.Contains(out.client.settings.PostLogoutRedirectURIs, to) {
		return out, bad("invalid_request", "post_logout_redirect_uri is none of a named application's.")
	}
	if state := form.Get("state"); len(state) > maxState {
		return out, bad("invalid_request", "state is longer than 2048 bytes.")
	} else if state != "" {
		to = withQuery(to, url.Values{"state": {state}})
	}
	out.to = to
	return out, nil
}

// name is the application's for people, empty where none is named.
func (s signOut) name() string {
	if s.client == nil {
		return ""
	}
	return s.client.Name
}

// logout signs out the person whose browser comes. It asks first, unless the application shows an id token of this very session: a
// stranger's link must sign nobody out.
func (d *Door) logout(w http.ResponseWriter, r *http.Request) {
	form, err := parametersOf(w, r)
	if err != nil {
		d.page(w, r, "oidc.logout", err)
		return
	}
	wish, err := d.readSignOut(r, form)
	if err != nil {
		d.page(w, r, "oidc.logout", err)
		return
	}
	caller, err := d.visitor(r)
	session := caller.Session()
	switch {
	case nodkey.HasKey(err, "session.none"), err == nil && session == nil: // signed out already
		d.signedOut(w, wish)
	case err != nil:
		d.page(w, r, "oidc.logout", err)
	case wish.hint != nil && wish.hint.SessionID == string(session.ID) && wish.hint.Subject == string(session.UserID):
		d.endSession(w, r, caller, wish)
	default:
		again := url.Values{}
		for _, name := range []string{"client_id", "post_logout_redirect_uri", "state"} {
			if value := form.Get(name); value != "" {
				again.Set(name, value)
			}
		}
		if wish.client != nil {
			again.Set("client_id", string(wish.client.ID)) // the hint has done its work: no token goes into a form
		}
		d.SignOut(w, r, wish.name(), logoutAnswerPath+"?"+again.Encode())
	}
}

// logoutPosted sends a browser that another origin's page had post here on to logout. It comes without this server's cookies, and so is
// nobody's yet.
func (d *Door) logoutPosted(w http.ResponseWriter, r *http.Request) {
	form, err := postedForm(w, r)
	if err != nil {
		d.page(w, r, "oidc.logout", err)
		return
	}
	goTo(w, logoutPath+"?"+form.Encode())
}

// logoutAnswered is the person's yes, from the page of this server's own.
func (d *Door) logoutAnswered(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > maxRequest {
		d.page(w, r, "oidc.logout", bad("invalid_request", "The request is too large."))
		return
	}
	form, err := once(r.URL.Query())
	var wish signOut
	if err == nil {
		wish, err = d.readSignOut(r, form)
	}
	var caller nodkey.Caller
	if err == nil {
		caller, err = d.visitor(r)
	}
	switch {
	case nodkey.HasKey(err, "session.none"):
		d.signedOut(w, wish)
	case err != nil:
		d.page(w, r, "oidc.logout", err)
	default:
		d.endSession(w, r, caller, wish)
	}
}

// endSession signs the browser out. Applications that came through its session and want to hear of its end are told by a worker.
func (d *Door) endSession(w http.ResponseWriter, r *http.Request, caller nodkey.Caller, wish signOut) {
	if err := d.services.Sessions.SignOut(r.Context(), caller); err != nil {
		d.page(w, r, "oidc.logout", err)
		return
	}
	d.visits.Session.Clear(w)
	if wish.to != "" && r.Method == http.MethodPost { // a page comes first: browsers hold its form-action against redirects out of this house
		d.Onward(w, r, wish.name(), wish.to)
		return
	}
	d.signedOut(w, wish)
}

// signedOut sends on a browser that nobody is signed in with.
func (d *Door) signedOut(w http.ResponseWriter, wish signOut) {
	if wish.to == "" {
		goTo(w, signInPath)
		return
	}
	goTo(w, wish.to)
}

// The portal's page that a browser comes to which nobody is signed in with.
const signInPath = "/sign-in"

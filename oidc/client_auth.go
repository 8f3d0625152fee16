package oidc

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nodkey/nodkey"
)

// client is an application that was found, and where its caller is set, one that has proved to be it.
type client struct {
	nodkey.ApplicationInfo
	settings Settings
	door     nodkey.Door
	caller   nodkey.Caller
	public   bool // it has nothing to prove itself with
}

// find gives an application by what it calls itself, at the first of these doors that it may come through. It has proved nothing.
func (d *Door) find(ctx context.Context, id string, doors ...nodkey.Door) (client, error) {
	info, err := d.services.Applications.Find(ctx, nodkey.ApplicationID(id))
	if err != nil {
		return client{}, err
	}
	at := slices.IndexFunc(doors, info.Has)
	if at < 0 {
		return client{}, &nodkey.Error{Kind: nodkey.NotFound, Key: "application.unknown", Args: nodkey.Args{"Name": id}}
	}
	found := client{ApplicationInfo: info, door: doors[at]}
	if found.settings, err = ParseSettings(found.Settings); err != nil {
		return client{}, &nodkey.Error{Kind: nodkey.Internal, Key: "internal", Err: err}
	}
	found.public = found.settings.authMethod() == AuthNone
	return found, nil
}

// presented is what a program says to prove which application it is.
type presented struct {
	method    string // as in Settings.TokenEndpointAuthMethod
	id        string
	secret    string
	assertion string
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2

// authenticate finds out which application of these doors asks, and that it is it (RFC 6749 §2.3, RFC 7523, OpenID Connect Core §9). An
// application uses the method of its settings and no other. One that has nothing to prove (none) is let through: whoever must not be
// public asks proven.
func (d *Door) authenticate(x *exchange, doors ...nodkey.Door) (client, error) {
	p, err := presentedBy(x.r, x.form)
	if err != nil {
		return client{}, err
	}
	ctx, id := x.r.Context(), nodkey.ApplicationID(p.id)
	found, err := d.find(ctx, p.id, doors...)
	if nodkey.HasKey(err, "application.unknown") { // counts as a wrong secret does
		_, err = d.services.Applications.CallerOf(ctx, x.caller, id, doors[0], func(nodkey.ApplicationInfo) bool { return false })
	}
	if err != nil {
		return client{}, err
	}
	if method := found.settings.authMethod(); p.method != method {
		return client{}, invalidClient("This application's settings name " + method + " as the way to prove itself.")
	}
	switch p.method {
	case AuthBasic, AuthPost:
		found.caller, err = d.services.Applications.Caller(ctx, x.caller, id, found.door, p.secret)
	case AuthKey:
		found.caller, err = d.signedBy(ctx, x.caller, found, p.assertion)
	default:
		found.caller, err = d.services.Applications.CallerOf(ctx, x.caller, id, found.door, func(nodkey.ApplicationInfo) bool { return true })
	}
	return found, err
}

// proven is authenticate for what a public application may not do.
func (d *Door) proven(x *exchange, doors ...nodkey.Door) (client, error) {
	c, err := d.authenticate(x, doors...)
	if err == nil && c.public {
		err = invalidClient("An application that proves nothing may not ask for this.")
	}
	return c, err
}

// presentedBy reads how a program proves itself; more than one way at a time is refused (RFC 6749 §2.3).
func presentedBy(r *http.Request, form url.Values) (presented, error) {
	p := presented{id: form.Get("client_id"), secret: form.Get("client_secret"), assertion: form.Get("client_assertion")}
	basic := r.Header.Values("Authorization")
	switch {
	case len(basic) > 1, len(basic) == 1 && (p.secret != "" || p.assertion != ""), p.secret != "" && p.assertion != "":
		return presented{}, bad("invalid_request", "There is more than one way of proving the application.")
	case len(basic) == 1:
		id, secret, err := basicOf(r)
		if err != nil {
			return presented{}, err
		}
		if p.id != "" && p.id != id {
			return presented{}, bad("invalid_request", "client_id is not whom the Authorization header names.")
		}
		p.method, p.id, p.secret = AuthBasic, id, secret
	case p.assertion != "":
		if form.Get("client_assertion_type") != assertionType {
			return presented{}, bad("invalid_request", "client_assertion_type is not "+assertionType+".")
		}
		signer, ok := issuerOf(p.assertion)
		if !ok || p.id != "" && p.id != signer {
			return presented{}, invalidClient("The assertion is none of this application's.")
		}
		p.method, p.id = AuthKey, signer
	case p.secret != "":
		p.method = AuthPost
	default:
		p.method = AuthNone
	}
	if p.id == "" {
		return presented{}, invalidClient("Nothing says which application asks.")
	}
	return p, nil
}

// basicOf reads an Authorization header: name and secret are form-encoded in it (RFC 6749 §2.3.1).
func basicOf(r *http.Request) (id, secret string, err error) {
	id, secret, ok := r.BasicAuth()
	if ok {
		id, err = url.QueryUnescape(id)
		ok = err == nil
	}
	if ok {
		secret, err = url.QueryUnescape(secret)
		ok = err == nil
	}
	if !ok || strings.TrimSpace(id) == "" {
		return "", "", invalidClient("The Authorization header is none of Basic.")
	}
	return id, secret, nil
}

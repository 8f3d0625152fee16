package oidc

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// The portal's page that takes a browser through sign-in and consent.
const continuePath = "/continue"

// authorize begins a browser's way to an application. What is wrong is told to the application, once it is known who that is and where
// it wants to be told; until then it is told on a page of our own (RFC 6749 §4.1.2.1): an address that is nobody's gets nothing.
func (d *Door) authorize(w http.ResponseWriter, r *http.Request) {
	form, err := parametersOf(w, r)
	if err != nil {
		d.page(w, r, "oidc.request", err)
		return
	}
	if r.Method == http.MethodPost && (form.Get("prompt") == "none" || form.Has("request_uri")) {
		// The browser's session comes with a visit only, where nothing may be asked for.
		goTo(w, authorizePath+"?"+form.Encode())
		return
	}
	c, err := d.find(r.Context(), form.Get("client_id"), nodkey.DoorOIDC)
	if err != nil {
		d.page(w, r, "oidc.client", err)
		return
	}
	form, pushed, err := d.pushedFor(r, c, form)
	if err != nil {
		d.page(w, r, "oidc.request", err)
		return
	}
	if !c.settings.mayRedirect(form.Get("redirect_uri")) {
		d.page(w, r, "oidc.redirect_uri", bad("invalid_request", "redirect_uri is none of this application's."))
		return
	}
	a, err := readAuthorization(form, c.settings)
	if err == nil && !pushed && c.settings.RequirePAR {
		err = bad("invalid_request", "This application has to push its requests first.")
	}
	if err == nil {
		err = d.begin(w, r, c, a)
	}
	if err != nil {
		d.refuse(w, r, a.asked, faultOf(err))
	}
}

// begin opens a request and sends the browser on.
func (d *Door) begin(w http.ResponseWriter, r *http.Request, c client, a authorization) error {
	ctx := r.Context()
	caller, err := d.visitor(r)
	if err != nil {
		return err
	}
	in, err := a.request(c)
	if err != nil {
		return err
	}
	if a.idToken != "" {
		if in.User, err = d.userOfHint(r, c, a.idToken); err != nil {
			return err
		}
	}
	token, err := d.services.Grants.Open(ctx, caller, in)
	if err != nil {
		return err
	}
	d.speak(w, r, a.locales)
	if !a.prompts("none") {
		goTo(w, continuePath+"?"+url.Values{"to": {string(token)}}.Encode())
		return nil
	}
	step, err := d.services.Grants.Step(ctx, caller, token)
	if err != nil {
		return err
	}
	if step.Browser != "" {
		caller.Browser = step.Browser // for this request alone: a browser that is not signed in needs no cookie to be told so
	}
	if step.State != nodkey.GrantReady {
		if err := d.services.Grants.Refuse(ctx, caller, token); err != nil {
			return err
		}
		return silent(step)
	}
	issued, err := d.services.Grants.Issue(ctx, caller, token)
	if err != nil {
		return err
	}
	return d.finish(w, r, caller, issued)
}

// speak has the portal's pages speak a language that the application asks for (ui_locales), until the browser is closed: unless somebody has
// chosen one, or has an account that says which.
func (d *Door) speak(w http.ResponseWriter, r *http.Request, locales []string) {
	if _, chosen := d.visits.Language.Read(r); chosen {
		return
	}
	if _, signedIn := d.visits.Session.Read(r); signedIn {
		return
	}
	for _, tag := range locales {
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(d.texts.Langs(), primary) {
			d.visits.Language.Set(w, primary, 0)
			return
		}
	}
}

// silent is why nothing could be had without asking the person (OpenID Connect Core §3.1.2.6).
func silent(step nodkey.GrantStep) error {
	switch step.State {
	case nodkey.GrantSignIn:
		return bad("login_required", "The person has to sign in.")
	case nodkey.GrantConsent:
		return bad("consent_required", "The person has to agree.")
	case nodkey.GrantDenied:
		return bad("access_denied", "The application is not for this person.")
	}
	return bad("interaction_required", "The person has to be asked.")
}

// visitor is the caller of a person's browser.
func (d *Door) visitor(r *http.Request) (nodkey.Caller, error) {
	agent := web.AgentOf(r)
	say := d.texts.For(r.Header.Get("Accept-Language"))
	c := nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Agent: agent.String(), With: agent.Words(say.T), Locale: say.Lang()}
	if token, ok := d.visits.Browser.Read(r); ok {
		c.Browser = nodkey.Token(token)
	}
	token, ok := d.visits.Session.Read(r)
	if !ok {
		return c, nil
	}
	return d.services.Sessions.Caller(r.Context(), c, nodkey.Token(token))
}

// userOfHint gives whom an id token of before is about: nobody else may answer.
func (d *Door) userOfHint(r *http.Request, c client, text string) (string, error) {
	claims, err := d.hinted(r.Context(), text)
	if err != nil || claims.Audience[0] != string(c.ID) {
		return "", bad("invalid_request", "id_token_hint is no id token that this server gave this application.")
	}
	// The token is this server's word that the application knows the person, whoever brings it.
	app, err := d.services.Applications.CallerOf(r.Context(), callerOf(r), c.ID, nodkey.DoorOIDC, func(nodkey.ApplicationInfo) bool { return true })
	if err != nil {
		return "", err
	}
	name, err := d.services.Applications.NameOf(r.Context(), app, nodkey.UserID(claims.Subject))
	if err == nil && name == "" {
		err = bad("login_required", "The person of id_token_hint is not here any more.")
	}
	return name, err
}

// back is where the portal brings a browser that has done all it was to do.
func (d *Door) back(w http.ResponseWriter, r *http.Request) {
	caller, err := d.visitor(r)
	if err != nil {
		d.page(w, r, "oidc.request", err)
		return
	}
	token := r.URL.Query().Get("to")
	issued, err := d.services.Grants.Issue(r.Context(), caller, nodkey.Token(token))
	switch {
	case nodkey.HasKey(err, "grant.not_ready"):
		goTo(w, continuePath+"?"+url.Values{"to": {token}}.Encode())
		return
	case err == nil:
		err = d.finish(w, r, caller, issued)
	}
	if err != nil {
		d.page(w, r, "oidc.over", err)
	}
}

// finish tells the application how its request ended. An error is for a page: nobody knows where else to tell it.
func (d *Door) finish(w http.ResponseWriter, r *http.Request, caller nodkey.Caller, issued nodkey.Issued) error {
	var a asked
	if err := json.Unmarshal(issued.Data, &a); err != nil {
		return &nodkey.Error{Kind: nodkey.Internal, Key: "internal", Err: err}
	}
	c, err := d.find(r.Context(), string(issued.Application), nodkey.DoorOIDC)
	if err != nil {
		return err
	}
	if !c.settings.mayRedirect(a.RedirectURI) { // the operator has taken it away while the person signed in
		return bad("invalid_request", "redirect_uri is none of this application's any more.")
	}
	if issued.Refused {
		d.refuse(w, r, a, bad("access_denied", "The person said no, or may not go on to this application."))
		return nil
	}
	if len(a.Essential) > 0 {
		admitted, err := d.services.Applications.Admit(r.Context(), caller, issued.Application)
		if err != nil || !slices.Contains(a.Essential, admitted.Factor) { // the code is sent to nobody
			d.refuse(w, r, a, bad("unmet_authentication_requirements", "The person signed in otherwise than acr asks."))
			return nil
		}
	}
	d.respond(w, r, a, url.Values{"code": {string(issued.Code)}})
	return nil
}

// refuse tells the application what is wrong (RFC 6749 §4.1.2.1).
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, a asked, f *fault) {
	if f.status == http.StatusInternalServerError {
		d.log.ErrorContext(r.Context(), "an authorization request failed", "reference", web.Reference(r.Context()), "error", f.err)
	}
	code := f.code
	if f.status == http.StatusUnauthorized {
		code = "unauthorized_client" // invalid_client is the token endpoint's
	}
	d.respond(w, r, a, url.Values{"error": {code}, "error_description": {f.description}})
}

// page says on a page of the portal's why a browser is not sent on.
func (d *Door) page(w http.ResponseWriter, r *http.Request, key string, err error) {
	failure := web.Failure{Status: http.StatusBadRequest, Kind: nodkey.BadInput.String(), Key: key}
	e := nodkey.AsError(err)
	f, known := errors.AsType[*fault](err)
	switch {
	case known:
		failure.Status = f.status
	case e.Kind == nodkey.Internal:
		d.log.ErrorContext(r.Context(), "an authorization request failed", "reference", web.Reference(r.Context()), "error", e.Err)
		failure = web.Failure{Status: http.StatusInternalServerError, Kind: nodkey.Internal.String(), Key: "internal", Args: map[string]any{"Reference": web.Reference(r.Context())}}
	case e.Kind == nodkey.Limited || e.Kind == nodkey.Unavailable:
		failure = web.Failure{Status: web.StatusOf(e.Kind), Kind: e.Kind.String(), Key: e.Key, Args: e.Args}
	}
	d.Page(w, r, failure)
}

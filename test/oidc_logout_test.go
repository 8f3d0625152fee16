package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// partedWeb is a web site that people come back to after signing out, and from whose page a form is posted that wants them out.
func partedWeb(t *testing.T, portal func() string) string {
	t.Helper()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	page := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Notes</title><link rel="icon" href="data:,"><h1>Notes</h1>%s</html>`, body)
	}
	mux.HandleFunc("GET /bye", func(w http.ResponseWriter, r *http.Request) {
		page(w, `<p id="bye">Signed out, state `+url.QueryEscape(r.FormValue("state"))+`</p>`)
	})
	mux.HandleFunc("GET /leave", func(w http.ResponseWriter, _ *http.Request) {
		page(w, `<form method="post" action="`+portal()+`/oidc/logout"><input type="hidden" name="client_id" value="notes"><input type="hidden" name="post_logout_redirect_uri" value="`+
			site.URL+`/bye"><button id="leave">Sign out</button></form>`)
	})
	return site.URL
}

// A real browser is the judge of which cookies come along, and of form-action.
func TestALinkThatWantsSomebodySignedOutAsks(t *testing.T) {
	var portal string
	site := partedWeb(t, func() string { return portal })
	h := settled(t, map[string]string{"doors.open": "oidc"})
	portal = h.portal
	a := openWeb(t, h.server, fmt.Sprintf(`, "post_logout_redirect_uris": [%q]`, site+"/bye"))
	enter := func() {
		t.Helper()
		h.desk.Go(a.URL + "/")
		h.desk.Type("#username", maraName)
		h.desk.Type("#password", maraPassword)
		h.desk.Click("#sign-in")
		h.phone.Wait("[data-screen=approval]")
		h.phone.Approve(h.desk.Number(), maraPIN)
		h.phone.Says("h1", "Approved")
		h.desk.Says("#who", "Signed in as Mara Lindqvist")
	}
	enter()
	link := h.portal + "/oidc/logout?" + url.Values{"client_id": {"notes"}, "post_logout_redirect_uri": {site + "/bye"}, "state": {"s&1"}}.Encode()
	h.desk.Go(link)
	h.desk.Says("#sign-out-question", "in the name of Aldermere Notes")
	h.desk.Visit("oidc-sign-out")
	h.desk.Click("#stay")
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")

	h.desk.Go(site + "/leave") // another origin's page posts it
	h.desk.Click("#leave")
	h.desk.Wait("#sign-out-question")
	h.desk.Go(link)
	h.desk.Click("#sign-out-yes")
	h.desk.Says("#bye", "Signed out, state s%261")
	h.desk.Go(h.portal + "/")
	h.desk.Wait("#sign-in-form")

	h.desk.Go(link) // nobody is signed in: there is nothing to ask
	h.desk.Says("#bye", "Signed out, state s%261")
	h.desk.Excuse("400")
	h.desk.Go(h.portal + "/oidc/logout?client_id=notes&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F")
	h.desk.Says("main", "not one that this server takes")
	h.desk.Visit("oidc-sign-out-refused")
}

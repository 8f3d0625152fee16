package portal

import (
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// Where somebody wanted to go when the sign-in came in between. A summary's link leads to a message; whoever follows it
// without a session signs in first and finds the message then. The place is kept in a cookie of this portal's own, so it
// survives every page of the sign-in, and no address carries one that a stranger could choose.

// wantedLasts is longer than a sign-in with all its detours.
const wantedLasts = 30 * time.Minute

// wantedPath gives a path that the portal leads to after a sign-in: a page of the message centre, or a browser's way to an
// application, written in the one way that it is written in. Anything else is none.
func wantedPath(asked string) (string, bool) {
	if token, ok := strings.CutPrefix(asked, continuePath+"?to="); ok {
		_, ok := parseWay(token)
		return asked, ok
	}
	switch asked {
	case "/messages", "/messages/new", "/messages/settings":
		return asked, true
	}
	written, ok := strings.CutPrefix(asked, "/messages/")
	if !ok || len(asked) > 64 {
		return "", false
	}
	reference, ok := nodkey.ParseReference(written)
	return pathOfMessage(reference), ok
}

// want keeps where a request led that needs a sign-in first; what was sent to a message's page leads back to that page.
func (d *Door) want(x *exchange) {
	asked := x.r.URL.Path
	if x.r.Method != http.MethodGet {
		asked = path.Dir(asked)
	}
	if page, ok := wantedPath(asked); ok {
		d.wanted.Set(x.w, page, wantedLasts)
	}
}

// wantedOrHome is where a sign-in leads that has just succeeded, once; the first page where nothing was wanted.
func (d *Door) wantedOrHome(x *exchange) string {
	kept, ok := d.wanted.Read(x.r)
	if !ok {
		return "/"
	}
	d.wanted.Clear(x.w)
	page, ok := wantedPath(kept)
	if !ok {
		return "/"
	}
	return page
}

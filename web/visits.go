package web

import "net/http"

// Visits are the cookies by which the portal knows a person's browser. They stand here because the doors that such a browser comes
// through on its way to an application (OpenID Connect, forward-auth) share the portal's origin and read them, too.
type Visits struct {
	Session Cookie // of a signed-in browser
	Browser Cookie // of one that has signed in before

	Language Cookie // that the person chose, or that an application asked for where nobody had chosen
}

// VisitsOf describes the cookies of a portal at an origin.
func VisitsOf(portal Origin) Visits {
	return Visits{
		Session: NewCookie(portal, "nodkey-portal-session", http.SameSiteLaxMode),
		Browser: NewCookie(portal, "nodkey-portal-browser", http.SameSiteLaxMode),

		Language: NewCookie(portal, "nodkey-portal-language", http.SameSiteLaxMode),
	}
}

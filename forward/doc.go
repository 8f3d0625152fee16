// Package forward is the door for reverse proxies: nginx (auth_request), Caddy (forward_auth) and Traefik (forwardAuth) ask it of each
// request whether it may pass on to an application that knows nothing of signing in. docs/doors/forward.md says what to write into
// them.
//
// The decision is the domain's (nodkey.Forwards). Here are the ways in which the proxies ask and are answered, and the way of a
// browser from the application's host to the portal and back.
package forward

// Package oidc is the door for applications that speak OpenID Connect (OpenID Connect Core 1.0 over OAuth 2.0, RFC 6749, as RFC 9700
// wants it): authorization code with PKCE, refresh, pushed requests, logout, and CIBA, its backchannel. The issuer is the portal's origin.
//
// The door parses, signs and formats. Whether a person may go on to an application, what they are asked, and how long what it was
// given lasts is the domain's ([nodkey.Grants], [nodkey.Applications]). What an operator says of one application is its [Settings].
//
// A browser comes to authorize, is sent through the portal's /continue, and comes back at /oidc/return, from where it takes a code
// to the application; the application redeems the code at the token endpoint.
package oidc

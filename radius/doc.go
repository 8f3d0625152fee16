// Package radius is the door for network equipment: VPN gateways, access points, SSH hosts (RFC 2865). It takes Access-Requests
// with a password (PAP), alone or inside EAP-TTLS (RFC 5281), over UDP from networks that an application's settings name and
// over TLS (RadSec, RFC 6614), and answers once the person's phone has.
//
// Every packet over UDP must carry a Message-Authenticator, and every answer begins with one (RFC 3579 §3.2, CVE-2024-3596).
// What cannot be answered is dropped without a word, counted, and logged now and then. The same packet again gets the same
// answer, and no second request (RFC 5080 §2.2.2).
package radius

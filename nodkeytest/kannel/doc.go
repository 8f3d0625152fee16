// Package kannel is an SMS gateway for tests, and the telephone network behind it: Debian's Kannel (bearerbox and smsbox) as it is, whose
// SMPP side ends in a message centre of npm's smpp. What arrives there is given as a handset would show it, with the octets that it came in.
package kannel

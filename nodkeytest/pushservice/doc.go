// Package pushservice is the push services of tests, so that real browsers take real messages without a network.
//
// A [Service] is the half that application servers see: an HTTPS endpoint for each subscription (RFC 8030), which checks who
// sends (VAPID, RFC 8292), keeps messages until the browser has acknowledged them or their time is over, and replaces one by
// the next of the same topic. What is in a message it cannot read (RFC 8291); it can be told to spoil it on the way.
//
// The other half is the vendor's, and each browser has its own. [Autopush] is Firefox's: JSON over a WebSocket, whose
// acknowledgements say whether the browser could decrypt. [GCM] is Chromium's: a check-in and a registration over HTTP, and
// the Mobile Connection Server, protocol buffers over TLS, whose acknowledgements say only that a message has come.
//
// Endpoints have the vendors' host names, as those of people's browsers have. A server under test is told by
// push.own_services where they really are ([Service.OwnServices]), and by push.ca_roots whom to trust ([Service.Roots]);
// nothing here or in the browsers asks for such a name.
package pushservice

// Package phoneapi is the door for phones: the HTTP API of docs/protocol.md §2 under /api/phone/v1, and the web manifest
// of the phone app. It reads requests, calls the domain, and writes answers; it decides nothing.
package phoneapi

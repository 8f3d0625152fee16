// Package api is the door for applications that speak no protocol: the HTTP API under /api/approvals, described for people in
// docs/doors/api.md and for programs in openapi.json, which it serves. An application asks a person, waits or is told by a webhook,
// and collects the proof of a yes. The door parses, calls the domain, and formats; it decides nothing.
package api

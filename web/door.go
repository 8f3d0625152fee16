package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Door is what every door is wrapped in, in one order, so that none can forget
// a part.
type Door struct {
	Name    string        // for log and metrics: "portal", "phone", …
	Origin  Origin        // where the door answers
	Log     *slog.Logger  // where its lines go
	Observe Observe       // told of each exchange; may be nil
	Proxies Proxies       // whose forwarding headers are believed
	Headers HeaderPolicy  // what its pages may do
	Fail    Fail          // how it says no
	MaxBody int64         // bytes; 0 means MaxBody
	Timeout time.Duration // for what is no stream; 0 means 30 s
	Allow   []Allowance   // what single routes may do beyond that
}

// Site wraps a handler, made by Routes, into a site for NewHosts.
func (d Door) Site(handler http.Handler) Site {
	if d.Origin.Secure() {
		handler = RequireTLS(d.Origin, d.Fail)(handler)
	}
	handler = byRoute(d.Allow, func(a Allowance) http.Handler {
		inner := MaxBytes(cmp.Or(a.MaxBody, d.MaxBody, MaxBody), d.Fail)(handler)
		if !a.AnyOrigin {
			inner = CrossOrigin(d.Origin, d.Fail)(inner)
		}
		return Deadline(cmp.Or(a.Timeout, d.Timeout, 30*time.Second))(inner)
	})
	layers := []func(http.Handler) http.Handler{ // outermost first
		Remote(d.Proxies),
		Log(d.Name, d.Log, d.Observe),
		Headers(d.Headers),
		Recover(d.Log, d.Fail),
	}
	for i := len(layers) - 1; i >= 0; i-- {
		handler = layers[i](handler)
	}
	return Site{Origin: d.Origin, Handler: handler}
}

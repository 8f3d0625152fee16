package web

import (
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
}

// Site wraps a handler, made by Routes, into a site for NewHosts.
func (d Door) Site(handler http.Handler) Site {
	maxBody, timeout := d.MaxBody, d.Timeout
	if maxBody == 0 {
		maxBody = MaxBody
	}
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	layers := []func(http.Handler) http.Handler{ // outermost first
		Remote(d.Proxies),
		Log(d.Name, d.Log, d.Observe),
		Headers(d.Headers),
		Recover(d.Log, d.Fail),
		Deadline(timeout),
		CrossOrigin(d.Fail),
		MaxBytes(maxBody, d.Fail),
	}
	if d.Origin.Secure() {
		layers = append(layers, RequireTLS(d.Origin, d.Fail))
	}
	for i := len(layers) - 1; i >= 0; i-- {
		handler = layers[i](handler)
	}
	return Site{Origin: d.Origin, Handler: handler}
}

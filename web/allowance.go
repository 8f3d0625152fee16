package web

import (
	"net/http"
	"time"
)

// Allowance is what one route of a door may do that its others may not.
type Allowance struct {
	Pattern string        // of http.ServeMux: "POST /messages/{reference}/reply"
	MaxBody int64         // bytes; 0: as the others
	Timeout time.Duration // 0: as the others
	// AnyOrigin lets requests in that a browser may have sent from another origin. It is for a route that reads no cookie: what
	// it asks for must be in the request itself.
	AnyOrigin bool
}

// byRoute answers with what make made for the route's allowance; routes that have none, and paths that are not written as a
// mux would have them, get what it made for the zero one.
func byRoute(list []Allowance, make func(Allowance) http.Handler) http.Handler {
	usual, routes := make(Allowance{}), http.NewServeMux()
	for _, a := range list {
		routes.Handle(a.Pattern, &allowed{make(a)})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, _ := routes.Handler(r)
		if special, ok := h.(*allowed); ok { // not the mux's own refusals and redirects
			special.ServeHTTP(w, r)
			return
		}
		usual.ServeHTTP(w, r)
	})
}

// allowed marks the handlers that stand in the mux on purpose.
type allowed struct{ http.Handler }

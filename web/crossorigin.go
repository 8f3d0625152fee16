package web

import "net/http"

// CrossOrigin refuses state-changing requests that a browser sends from another
// origin (Sec-Fetch-Site, or in older ones Origin against the door's own and
// against Host, which a proxy may write with the port). The door's own origin
// says nothing against a Sec-Fetch-Site: a form of ours comes back with it from
// an application that it was sent to and that redirects with 307. Only a route
// with [Allowance].AnyOrigin is exempt, which reads no cookie: not the demo's
// page, which only frames, and not the phone API, whose phones are either of
// its own origin or no browsers.
func CrossOrigin(own Origin, fail Fail) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		guard := http.NewCrossOriginProtection()
		guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fail(w, r, Failure{Status: http.StatusForbidden, Kind: "refused", Key: "request.cross_origin"})
		}))
		guarded := guard.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !own.IsZero() && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == own.String() {
				next.ServeHTTP(w, r)
				return
			}
			guarded.ServeHTTP(w, r)
		})
	}
}

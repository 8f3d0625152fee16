package web

import "net/http"

// CrossOrigin refuses state-changing requests that a browser sends from another
// origin (Sec-Fetch-Site, or Origin against Host in older ones). Only a route
// with [Allowance].AnyOrigin is exempt, which reads no cookie: not the demo's
// page, which only frames, and not the phone API, whose phones are either of
// its own origin or no browsers.
func CrossOrigin(fail Fail) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		guard := http.NewCrossOriginProtection()
		guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fail(w, r, Failure{Status: http.StatusForbidden, Kind: "refused", Key: "request.cross_origin"})
		}))
		return guard.Handler(next)
	}
}

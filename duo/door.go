package duo

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// Door answers clients of Duo's Auth API.
type Door struct {
	applications *nodkey.Applications
	clock        nodkey.Clock
	log          *slog.Logger
	origin       string
	hosts        []string // as clients sign them
	directory    directory
	shown        shown
	told         told
	seats        seats
	longPoll     time.Duration
	universal
}

// New makes the door of a server that answers at an origin.
func New(applications *nodkey.Applications, origin web.Origin, clock nodkey.Clock, log *slog.Logger) *Door {
	hosts := []string{origin.Hostname(), net.JoinHostPort(origin.Hostname(), origin.Port())}
	if literal := origin.Host(); literal != hosts[0] && literal != hosts[1] {
		hosts = append(hosts, literal) // an IPv6 address in brackets
	}
	return &Door{applications: applications, clock: clock, log: log, origin: origin.String(), hosts: hosts, longPoll: longPoll,
		directory: directory{applications: applications, clock: clock}}
}

// Patterns are what of the host is this door's.
func Patterns() []string { return []string{"/auth/v2/", "/rest/v1/", "/oauth/v1/"} }

// syncTimeout is how long a request may take that waits for the person.
const syncTimeout = nodkey.ApprovalLife + 30*time.Second

// Allowances are what the door's routes may do: programs send them, from anywhere, and some wait for a person.
func Allowances() []web.Allowance {
	list := []web.Allowance{
		{Pattern: "POST /auth/v2/auth", Timeout: syncTimeout, AnyOrigin: true},
		{Pattern: "POST /rest/v1/auth.bson", Timeout: syncTimeout, AnyOrigin: true},
	}
	for _, route := range []string{"/auth/v2/preauth", "/auth/v2/enroll", "/auth/v2/enroll_status", "/rest/v1/preauth.bson", "/oauth/v1/health_check", "/oauth/v1/token"} {
		list = append(list, web.Allowance{Pattern: "POST " + route, AnyOrigin: true})
	}
	return list
}

// Routes adds the door's addresses to a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /auth/v2/ping", d.ping)
	for pattern, do := range map[string]handler{
		"GET /auth/v2/check": d.check, "POST /auth/v2/preauth": d.preauth, "POST /auth/v2/auth": d.auth, "GET /auth/v2/auth_status": d.authStatus,
		"POST /auth/v2/enroll": d.enroll, "POST /auth/v2/enroll_status": d.enrollStatus,
	} {
		mux.HandleFunc(pattern, d.serve(true, do))
	}
	for pattern, do := range map[string]handler{
		"POST /rest/v1/preauth.bson": d.legacyPreauth, "POST /rest/v1/auth.bson": d.legacyAuth, "GET /rest/v1/status.bson": d.legacyStatus,
	} {
		mux.HandleFunc(pattern, d.serve(false, do))
	}
	if d.prompts.Ask != nil {
		d.universalRoutes(mux)
	}
	none := func(w http.ResponseWriter, r *http.Request) {
		writeFault(w, r, &fault{code: 40401, message: "Resource not found"})
	}
	for _, pattern := range Patterns() {
		mux.HandleFunc(pattern, none)
	}
}

// serve proves whose a request is and answers it.
func (d *Door) serve(dated bool, do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := d.read(r, dated)
		var response any
		if err == nil {
			response, err = do(r.Context(), c)
		}
		if err != nil {
			if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
				return // nobody is there any more
			}
			writeFault(w, r, d.faultOf(r, err))
			return
		}
		write(w, r, http.StatusOK, document{"stat": "OK", "response": response})
	}
}

// once refuses a request that was sent before, byte for byte. Its date says when it was made, so a client never makes it again.
func (d *Door) once(ctx context.Context, c *call) error {
	err := d.applications.Spend(ctx, c.caller, nodkey.OnceRequest, string(c.signature), c.at.Add(dateWindow+time.Second))
	if nodkey.HasKey(err, "application.wrong") {
		return faultDate
	}
	return err
}

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// benchDoorsFigures is its answer to every further line.
type benchDoorsFigures struct {
	benchFigures
	Waiting int `json:"waiting"` // RADIUS requests without an answer
}

// The applications of bench doors, and where the equipment of each is.
const (
	benchWiki     nodkey.ApplicationID = "wiki"     // OpenID Connect
	benchIntranet nodkey.ApplicationID = "intranet" // behind a proxy
	benchAsked    nodkey.ApplicationID = "asked"    // RADIUS that shows the number

	benchAskedFrom = "127.0.0.2"

	benchWikiBack = "http://wiki.nodkey.localhost/back"
	benchBehind   = "http://intranet.nodkey.localhost"
	benchEmpty    = "/bench/empty"
)

// benchHeldClients are as many pieces of equipment as wait for phones: one alone may not have as many requests open.
const benchHeldClients = 4

func benchHeld(i int) (id nodkey.ApplicationID, from string) {
	return nodkey.ApplicationID(fmt.Sprintf("held-%d", i+1)), fmt.Sprintf("127.0.0.%d", 11+i)
}

// benchDoorsServerCommand is the server of bench doors, in a process of its own: every user but the first has a phone that nobody
// holds. It reads the lines of bench-server.
func benchDoorsServerCommand() *cobra.Command {
	var dir string
	var users int
	c := &cobra.Command{
		Use: "bench-doors-server", Hidden: true, Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return &commandError{code: exitUsage, sentence: "this is a part of nodkey bench doors", next: "Run nodkey bench doors."}
			}
			return runBenchDoorsServer(c.Context(), dir, users, c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "directory of the bench")
	c.Flags().IntVar(&users, "users", 1, "users to make")
	return c
}

func runBenchDoorsServer(ctx context.Context, dir string, users int, in io.Reader, out io.Writer) error {
	listener, err := openListener("listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	free, err := freeDatagramAddress()
	if err != nil {
		return err
	}
	at := netip.AddrPortFrom(netip.IPv4Unspecified(), free.Port()).String() // the equipment is at several addresses of this machine
	s, err := benchSettings(dir, listener.Addr().(*net.TCPAddr).Port, false, map[string]string{
		"doors.open": "oidc, forward", "forward.proxies": "127.0.0.1/32", "radius.listen": at,
	})
	if err != nil {
		return err
	}
	o := houseOptions{passwords: quickPasswords{}, mounts: []mount{emptyMount()}}
	return servePart(ctx, s, listener, o, users, in, out, func(h *house, ready *benchReady, log *slog.Logger) (_ benchPart, err error) {
		ready.RADIUS = at
		if ready.Secrets, err = h.addBenchApplications(ctx); err != nil {
			return benchPart{}, err
		}
		if err := h.addBenchKeys(ctx, ready.Names[1:]); err != nil {
			return benchPart{}, err
		}
		return benchPart{workers: h.workers(log), answer: func(line string) any {
			return benchDoorsFigures{benchAnswer(h.store, line), h.radius.Waiting()}
		}}, nil
	})
}

// emptyMount answers with nothing, through all that a door is wrapped in.
func emptyMount() mount {
	return mount{name: "bench", patterns: []string{benchEmpty}, fail: web.PlainFail(func(_ *http.Request, key string, _ map[string]any) string { return key }),
		routes: func(mux *http.ServeMux) {
			mux.HandleFunc("GET "+benchEmpty, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		}}
}

func (h *house) addBenchApplications(ctx context.Context) (map[nodkey.ApplicationID]string, error) {
	secrets := make(map[nodkey.ApplicationID]string)
	type application struct {
		id       nodkey.ApplicationID
		door     nodkey.Door
		plain    bool
		settings map[string]any
	}
	all := []application{
		{benchWiki, nodkey.DoorOIDC, false, map[string]any{"redirect_uris": []string{benchWikiBack}, "require_pkce": false}},
		{benchIntranet, nodkey.DoorForward, false, map[string]any{"hosts": []string{benchBehind}}},
		{benchAsked, nodkey.DoorRADIUS, false, map[string]any{"networks": []string{benchAskedFrom + "/32"}, "mode": "number"}},
	}
	for i := range benchHeldClients {
		id, from := benchHeld(i)
		all = append(all, application{id, nodkey.DoorRADIUS, true, map[string]any{"networks": []string{from + "/32"}, "mode": "push", "wait": "170s"}})
	}
	for _, a := range all {
		settings, err := json.Marshal(a.settings)
		if err != nil {
			return nil, err
		}
		added, err := h.services.Applications.Add(ctx, nodkey.Operator("bench"), nodkey.NewApplication{ID: string(a.id), Name: "Bench " + string(a.id),
			Doors: []nodkey.Door{a.door}, Plain: a.plain, Settings: settings})
		if err != nil {
			return nil, err
		}
		for _, secret := range added.Secrets {
			secrets[a.id] = secret.Value
		}
	}
	return secrets, h.radius.Refresh(ctx)
}

// addBenchKeys gives users phones that are in nobody's hand: rows as an activation leaves them, with a key that nothing signs with.
func (h *house) addBenchKeys(ctx context.Context, names []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := key.PublicKey.Bytes()
	if err != nil {
		return err
	}
	const batch = 500
	for len(names) > 0 {
		some := names[:min(batch, len(names))]
		names = names[len(some):]
		now := time.Now().UTC().Truncate(time.Millisecond)
		err := h.store.Update(ctx, func(tx nodkey.Tx) error {
			for _, name := range some {
				user, err := tx.UserByName(name)
				if err != nil {
					return err
				}
				err = tx.InsertKey(nodkey.Key{ID: nodkey.KeyID((rand.Text() + rand.Text())[:43]), UserID: user.ID, State: nodkey.KeyActive, Phone: nodkey.Phone{ID: rand.Text()[:22], Name: "Bench phone", Platform: "android"},
					Public: public, ActivationID: nodkey.ActivationID(rand.Text()), CreatedAt: now, ActivatedAt: now})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

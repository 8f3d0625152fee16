package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/sqlstore"
	"github.com/nodkey/nodkey/web"
)

// benchReady is the first line that a bench server prints.
type benchReady struct {
	Portal    string   `json:"portal"`
	Phone     string   `json:"phone"`
	Names     []string `json:"names"`
	Password  string   `json:"password"`
	Authority []byte   `json:"authority,omitempty"` // PEM, with TLS
	Endpoint  string   `json:"endpoint,omitempty"`  // of a phone at the sink, to be followed by its number

	RADIUS  string                          `json:"radius,omitempty"`  // address
	Secrets map[nodkey.ApplicationID]string `json:"secrets,omitempty"` // of applications
}

// benchFigures is its answer to every further line.
type benchFigures struct {
	Objects   uint64 `json:"objects"`   // bytes on the heap
	Stacks    uint64 `json:"stacks"`    // bytes
	Allocated uint64 `json:"allocated"` // bytes since the start
	Updates   uint64 `json:"updates"`
	Commits   uint64 `json:"commits"`
	Error     string `json:"error,omitempty"`
}

// benchServerCommand is the other half of bench: the server in a process of its own, so that its memory and time are its
// own. It reads commands from standard input, and ends with it, so it cannot outlive the bench.
//
//	figures        print figures
//	collect        collect garbage and give memory back first
//	profile FILE   begin a processor profile
//	profiled       end it
//	heap FILE      write a profile of allocations
func benchServerCommand() *cobra.Command {
	var dir string
	var users int
	var withTLS bool
	c := &cobra.Command{
		Use: "bench-server", Hidden: true, Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return &commandError{code: exitUsage, sentence: "this is a part of nodkey bench", next: "Run nodkey bench."}
			}
			return runBenchServer(c.Context(), dir, users, withTLS, c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "directory of the bench")
	c.Flags().IntVar(&users, "users", 1, "users to make")
	c.Flags().BoolVar(&withTLS, "tls", false, "listen with TLS")
	return c
}

func runBenchServer(ctx context.Context, dir string, users int, withTLS bool, in io.Reader, out io.Writer) (err error) {
	listener, err := openListener("listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s, err := benchSettings(dir, listener.Addr().(*net.TCPAddr).Port, withTLS, nil)
	if err != nil {
		return err
	}
	return servePart(ctx, s, listener, houseOptions{passwords: quickPasswords{}}, users, in, out, func(h *house, _ *benchReady, log *slog.Logger) (benchPart, error) {
		return benchPart{workers: h.workers(log), answer: func(line string) any { return benchAnswer(h.store, line) }}, nil
	})
}

// benchPart is what a server of the bench does beside answering at its addresses.
type benchPart struct {
	workers []func(context.Context) error
	answer  func(line string) any
}

// servePart opens a house with users and runs its doors until in ends.
func servePart(ctx context.Context, s *settings, listener net.Listener, o houseOptions, users int, in io.Reader, out io.Writer,
	open func(*house, *benchReady, *slog.Logger) (benchPart, error)) (err error) {
	logFile, err := os.OpenFile(filepath.Join(s.DataDir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()
	log := newLog(s.Log, logFile)
	h, err := openHouse(ctx, s, o)
	if err != nil {
		return err
	}
	ready := benchReady{Portal: s.PortalHost.String(), Phone: s.PhoneHost.String(), Password: "no password of anybody"}
	if ready.Names, err = h.addBenchUsers(ctx, users, ready.Password); err != nil {
		return errors.Join(err, h.close())
	}
	srv := newServer(s, log, h.sentence)
	sites, err := h.sites(srv, log, o, web.Origin{})
	if err != nil {
		return errors.Join(err, h.close())
	}
	a := app{sites: sites, close: h.close, main: listener}
	if s.PortalHost.Secure() {
		if a.lanTLS, err = newLANCertificates(s.DataDir, []string{s.PortalHost.Hostname(), s.PhoneHost.Hostname()}, time.Now()); err != nil {
			return errors.Join(err, h.close())
		}
		ready.Authority = pemBlock("CERTIFICATE", a.lanTLS.authority.Raw)
	}
	part, err := open(h, &ready, log)
	if err != nil {
		return errors.Join(err, h.close())
	}
	a.workers = part.workers
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.listening = func(net.Addr, net.Addr) {
		go func() {
			defer cancel()
			answerLines(in, out, ready, part.answer)
		}()
	}
	a.graceSpare = time.Second // its clients are gone already
	return srv.run(ctx, a)
}

// benchSettings are those of serve, but for addresses, the proxy that the bench plays, so that everybody can have an
// address, and that a password is enough to activate.
func benchSettings(dir string, port int, withTLS bool, more map[string]string) (*settings, error) {
	scheme, mode := "http", "off"
	if withTLS {
		scheme, mode = "https", "files" // the files are never read: the certificates come with the app
	}
	host := func(name string) string {
		return scheme + "://" + name + ".nodkey.localhost:" + strconv.Itoa(port)
	}
	values := map[string]string{
		"data_dir": dir, "portal_host": host("portal"), "phone_host": host("phone"), "listen": "127.0.0.1:" + strconv.Itoa(port),
		"metrics_listen": "", "tls.mode": mode, "trusted_proxies": "127.0.0.1/32", "policy.activation_first": "password",
	}
	maps.Copy(values, more)
	return makeSettings(values)
}

// addBenchUsers makes users, many at a time, so that they share commits.
func (h *house) addBenchUsers(ctx context.Context, n int, password string) ([]string, error) {
	names := make([]string, n)
	err := together(n, func(i int) error {
		names[i] = fmt.Sprintf("bench-%05d", i+1)
		_, err := h.services.Users.Add(ctx, nodkey.Operator("bench"),
			nodkey.NewUser{Name: names[i], DisplayName: fmt.Sprintf("Bench Person %d", i+1), Locale: "en", Password: password})
		return err
	})
	return names, err
}

// benchAnswer does what a line says.
func benchAnswer(store *sqlstore.Store, line string) benchFigures {
	var err error
	command, file, _ := strings.Cut(line, " ")
	switch command {
	case "figures":
	case "collect":
		for range 3 { // pools are emptied by the second, and what they held goes with the third
			runtime.GC()
		}
		debug.FreeOSMemory()
	case "profile":
		var f *os.File
		if f, err = os.Create(file); err == nil {
			err = pprof.StartCPUProfile(f)
		}
	case "profiled":
		pprof.StopCPUProfile()
	case "heap":
		var f *os.File
		if f, err = os.Create(file); err == nil {
			err = errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
		}
	default:
		err = fmt.Errorf("no such command: %s", command)
	}
	stats := store.Stats()
	samples := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	runtimemetrics.Read(samples)
	out := benchFigures{
		Objects: samples[0].Value.Uint64(), Stacks: samples[1].Value.Uint64(), Allocated: samples[2].Value.Uint64(),
		Updates: stats.Updates, Commits: stats.Commits,
	}
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

// quickPasswords stands in for argon2id, which is measured apart. Only the bench's own server has it, and nothing that
// can be configured: its users are made a moment before, and everybody knows their password.
type quickPasswords struct{}

func (quickPasswords) Hash(_ context.Context, _ string, _ bool, password string) (string, error) {
	sum := sha256.Sum256([]byte(password))
	return base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

func (q quickPasswords) Verify(ctx context.Context, source string, known bool, phc, password string) (ok, rehash bool, err error) {
	made, err := q.Hash(ctx, source, known, password)
	return subtle.ConstantTimeCompare([]byte(made), []byte(phc)) == 1, false, err
}

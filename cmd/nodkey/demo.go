package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/demo"
	"github.com/nodkey/nodkey/demo/products"
	"github.com/nodkey/nodkey/web"
)

// demoFlags are the command line of `nodkey demo`.
type demoFlags struct {
	listen  string
	chosen  bool // --listen was given
	json    bool
	keep    string
	level   string
	lan     bool
	doors   bool
	address string
	name    string
}

// demoListen is where the demo listens unless told otherwise.
const demoListen = "127.0.0.1:8080"

func demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try it: a portal and a phone on one page, with two users",
		Long: "Start a server on this machine with two made-up users, and a page that shows the portal\n" +
			"and a phone side by side. All its data are removed at the end (Ctrl-C).\n\n" +
			"With --lan a real phone on the same network can join: the demo makes a certificate authority\n" +
			"of its own, and a page tells the phone how to trust it.\n\n" +
			"With --doors it plays six products of other people's as well, one behind each door: a wiki, an\n" +
			"intranet, a call centre, a VPN, a console and a till. The portal lists them under applications.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			f.chosen = c.Flags().Changed("listen")
			if f.lan && f.doors {
				return usageError(c, errors.New("--doors is for this machine alone and does not go with --lan"))
			}
			if !f.lan && (f.address != "" || f.name != "") {
				return usageError(c, errors.New("--lan-address and --lan-name go with --lan"))
			}
			return runDemo(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", demoListen, "`address` and port of the page; a free port when this one is taken. With --lan its port only")
	flags.BoolVar(&f.json, "json", false, "print one line of JSON, for scripts")
	flags.StringVar(&f.keep, "keep", "", "keep the data in this `directory`, instead of removing them at the end")
	flags.StringVar(&f.level, "log-level", "warn", "least serious `level` to log on standard error: debug, info, warn, error")
	flags.BoolVar(&f.lan, "lan", false, "let real phones on the local network join")
	flags.BoolVar(&f.doors, "doors", false, "play other people's products too, one behind each door")
	flags.StringVar(&f.address, "lan-address", "", "with --lan: this machine's `address` on the network, where there are several")
	flags.StringVar(&f.name, "lan-name", "", "with --lan: a host `name` of this machine that the network resolves, such as pc.local; allows fingerprint and face")
	return c
}

// stage is where one demo plays: its addresses, open already.
type stage struct {
	page, portal, phone web.Origin
	listen              string
	main                net.Listener
	extra               []endpoint
	lan                 *lanStage  // nil without --lan
	doors               *doorStage // nil without --doors
}

func (s *stage) close() {
	_ = s.main.Close()
	for _, e := range s.extra {
		_ = e.listener.Close()
	}
}

// runDemo makes everything, runs until ctx ends, and cleans up.
func runDemo(ctx context.Context, f demoFlags, out, errOut io.Writer) (err error) {
	dir, remove, err := demoDir(f.keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	var st *stage
	if f.lan {
		st, err = openLANStage(f, dir)
	} else {
		st, err = openLocalStage(f)
	}
	if err != nil {
		return err
	}
	running := false
	defer func() {
		if !running {
			st.close()
		}
	}()
	if f.doors {
		if err := st.openDoors(); err != nil {
			return err
		}
	}
	s, err := demoSettings(f, st, dir)
	if err != nil {
		return err
	}
	log := newLog(s.Log, errOut)
	options := houseOptions{framedBy: st.page, byPort: f.lan, log: log}
	h, err := openHouse(ctx, s, options)
	if err != nil {
		return err
	}
	app, page, err := demoApp(ctx, h, st, log, options)
	if err != nil {
		return errors.Join(err, h.close())
	}
	app.listening = func(net.Addr, net.Addr) {
		if f.json {
			printDemoJSON(out, st, page)
		} else {
			printDemo(out, st, page)
		}
	}
	running = true // the server closes the listeners from here on
	return app.srv.run(ctx, app.app)
}

// demoDir gives a directory of the demo's own, and how to remove it.
func demoDir(keep string) (dir string, remove func() error, err error) {
	if keep != "" {
		return keep, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "nodkey-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("cannot make a directory for the demo's data: %w", plain(err))
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

func demoSettings(f demoFlags, st *stage, dir string) (*settings, error) {
	mode := "off"
	if f.lan {
		mode = "files" // the certificate is made here
	}
	values := map[string]string{
		"data_dir": dir, "listen": st.listen, "metrics_listen": "", "tls.mode": mode,
		"portal_host": st.portal.String(), "phone_host": st.phone.String(),
		"server_name": "Aldermere", "operator_name": "Aldermere Savings", "service_desk": "the service desk of the demo, which is you",
		"log.level": f.level, "policy.activation_first": "password",
	}
	if st.doors != nil {
		values["doors.open"], values["radius.listen"] = DoorNames(httpDoors()).String(), st.doors.radius.String()
		values["forward.proxies"] = "127.0.0.0/8"
	}
	return makeSettings(values)
}

// demoServer is the shell and what runs in it.
type demoServer struct {
	app
	srv *server
}

// demoApp puts the side-by-side page beside portal and phone app.
func demoApp(ctx context.Context, h *house, st *stage, log *slog.Logger, o houseOptions) (*demoServer, *demo.Door, error) {
	srv := newServer(h.settings, log, h.sentence)
	sites, err := h.sites(srv, log, o, st.page)
	if err != nil {
		return nil, nil, err
	}
	assets, err := web.LoadAssets()
	if err != nil {
		return nil, nil, err
	}
	config := demo.Config{Origin: st.page, Portal: st.portal, Phone: st.phone, People: demoPeople(), Rival: st.rival()}
	if st.doors != nil {
		for _, p := range products.All() {
			config.Products = append(config.Products, demo.Shop{Name: p.Name, Origin: st.doors.origins[p.ID]})
		}
	}
	if st.lan != nil {
		config.Trust = st.lan.trust
		if err := st.addTrustPage(h, srv, assets); err != nil {
			return nil, nil, err
		}
	}
	page := demo.New(config, h.services, h.texts, assets, log)
	if err := page.Prepare(ctx); err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	page.Routes(mux)
	site := srv.door("demo", st.page)
	site.Headers = page.Headers()
	if st.doors != nil {
		shops, err := h.productSites(ctx, st, srv, assets, page.Spoken, log)
		if err != nil {
			return nil, nil, err
		}
		sites = append(sites, shops...)
	}
	a := app{
		sites: append(sites, site.Site(web.Routes(mux))), workers: h.workers(log), close: h.close,
		ready: []readyCheck{{name: "database", check: h.store.Ready}}, main: st.main, extra: st.extra,
	}
	if st.lan != nil {
		a.lanTLS = st.lan.certificates
	}
	return &demoServer{app: a, srv: srv}, page, nil
}

// onlyInDemo are the browser files that no other server serves.
func onlyInDemo() []string { return demo.Files() }

// openLocalStage takes the addresses of a demo for this machine alone: three
// names below localhost, which browsers look for on this machine only.
func openLocalStage(f demoFlags) (*stage, error) {
	var address Listen
	if err := address.UnmarshalText([]byte(f.listen)); err != nil {
		return nil, &commandError{code: exitUsage, sentence: "--listen: " + err.Error(), err: err}
	}
	if !address.Loopback() {
		return nil, &commandError{
			code: exitUsage, sentence: fmt.Sprintf("the demo listens on this machine only, not on %s", address),
			next: "For real phones use --lan.",
		}
	}
	st, port, err := listenLocally(address)
	if errors.Is(err, syscall.EADDRINUSE) && !f.chosen {
		st, port, err = listenLocally("127.0.0.1:0")
	}
	if err != nil {
		return nil, err
	}
	for host, origin := range map[string]*web.Origin{
		"nodkey.localhost": &st.page, "portal.nodkey.localhost": &st.portal, "phone.nodkey.localhost": &st.phone,
	} {
		if *origin, err = web.ParseOrigin("http://" + net.JoinHostPort(host, port)); err != nil {
			st.close()
			return nil, err
		}
	}
	return st, nil
}

// listenLocally takes a port on both addresses of this machine, for browsers
// try both for names below localhost: somebody else's server on one of them
// would be met at random. Where there is no IPv6, one does.
func listenLocally(address Listen) (st *stage, port string, err error) {
	main, err := openListener("--listen", address)
	if err != nil {
		return nil, "", err
	}
	st = &stage{main: main, listen: main.Addr().String()}
	host, port, err := net.SplitHostPort(st.listen)
	if err != nil {
		st.close()
		return nil, "", err
	}
	second := "::1"
	if host == second {
		second = "127.0.0.1"
	}
	other, err := openListener("--listen", Listen(net.JoinHostPort(second, port)))
	switch {
	case err == nil:
		st.extra = append(st.extra, endpoint{name: "main as well", listener: other})
	case errors.Is(err, syscall.EADDRINUSE):
		st.close()
		return nil, "", err
	}
	return st, port, nil
}

// demoPeople are the two users, with passwords of this run.
func demoPeople() []demo.Person {
	return []demo.Person{
		{Name: "mara", DisplayName: "Mara Lindqvist", Password: readablePassword()},
		{Name: "kenji", DisplayName: "Kenji Sato", Password: readablePassword()},
	}
}

// readablePassword draws three made-up words and two digits, some 44 bits, to
// be read off one screen and typed on another.
func readablePassword() string {
	const consonants, vowels = "bdfghkmnprstvzwl", "aeiou"
	pick := func(from string) byte {
		var b [1]byte
		for {
			_, _ = rand.Read(b[:]) // never fails (crypto/rand, since Go 1.24)
			if int(b[0]) < 256-256%len(from) {
				return from[int(b[0])%len(from)]
			}
		}
	}
	words := make([]string, 3)
	for i := range words {
		words[i] = string([]byte{pick(consonants), pick(vowels), pick(consonants), pick(vowels)})
	}
	return strings.Join(words, "-") + "-" + string([]byte{pick("23456789"), pick("23456789")})
}

// printDemo tells a person.
func printDemo(out io.Writer, st *stage, page *demo.Door) {
	fmt.Fprint(out, "The demo is ready. Two users:\n\n")
	for _, p := range page.People {
		fmt.Fprintf(out, "  %-6s password %s\n", p.Name, p.Password)
	}
	if st.lan != nil {
		fmt.Fprintf(out, "\nReal phones on this network begin at %s\n", st.lan.trust)
		fmt.Fprintf(out, "SHA-256 of the certificate that they are asked to trust:\n  %s\n", st.lan.fingerprint())
	}
	fmt.Fprint(out, "\nCtrl-C ends it. Open this address in a browser:\n")
	fmt.Fprintf(out, "%s\n", st.page)
}

// printDemoJSON tells a script, in one line.
func printDemoJSON(out io.Writer, st *stage, page *demo.Door) {
	type user struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	type authority struct {
		Path string `json:"path"`
		URL  string `json:"url"`
	}
	line := struct {
		URL    string     `json:"url"`
		Portal string     `json:"portal"`
		Phone  string     `json:"phone"`
		Users  []user     `json:"users"`
		CA     *authority `json:"ca,omitempty"`
	}{URL: st.page.String(), Portal: st.portal.String(), Phone: st.phone.String()}
	for _, p := range page.People {
		line.Users = append(line.Users, user{p.Name, p.Password})
	}
	if st.lan != nil {
		line.CA = &authority{Path: st.lan.path, URL: st.lan.trust.String() + demo.AuthorityPath}
	}
	_ = json.NewEncoder(out).Encode(line) // nobody may be reading any more
}

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bus"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/password"
	"github.com/nodkey/nodkey/phoneapi"
	"github.com/nodkey/nodkey/phoneapp"
	"github.com/nodkey/nodkey/portal"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/sqlstore"
	"github.com/nodkey/nodkey/web"
)

// house is the domain with its adapters, as a configuration has it: what serve, demo and the commands on the server's
// machine work with.
type house struct {
	settings *settings
	services *nodkey.Services
	store    *sqlstore.Store
	pool     *password.Pool
	bus      *bus.Bus
	messages *messages // nil: phones are not woken
	outgoing *summaries
	texts    *i18n.Bundle
	clock    nodkey.Clock
	open     []mount      // doors for applications, made by sites
	portal   *portal.Door // made by sites
	radius   *radiusDoor  // nil: closed; made by sites
}

// systemClock is the machine's.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// houseOptions are what demo and bench do differently.
type houseOptions struct {
	framedBy  web.Origin                      // the only page that may frame portal and phone app
	byPort    bool                            // demo --lan: the doors may differ by port alone
	passwords nodkey.Passwords                // instead of argon2id
	clock     nodkey.Clock                    // instead of the machine's, for tests and the bench
	store     func(nodkey.Store) nodkey.Store // what the domain is given around the database
	mounts    []mount                         // beside the doors of the configuration
	log       *slog.Logger                    // nil: none, for commands
}

// checkPlaces says what is wrong with where the doors are to answer.
func (s *settings) checkPlaces(o houseOptions) error {
	check := s.checkOrigins
	if o.byPort {
		check = s.checkByPort
	}
	if key, err := check(); err != nil {
		return keyError(key, s.from[key], err)
	}
	return nil
}

// openHouse opens the database and everything that stands on it. At the first start it makes them.
func openHouse(ctx context.Context, s *settings, o houseOptions) (_ *house, err error) {
	if err := s.checkPlaces(o); err != nil {
		return nil, err
	}
	if err := prepareDataDir(s.DataDir); err != nil {
		return nil, err
	}
	_, err = os.Stat(s.Database)
	fresh := errors.Is(err, fs.ErrNotExist)
	master, err := readMasterKey(s.MasterKeyFile, fresh)
	if err != nil {
		return nil, err
	}
	texts, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	h := &house{settings: s, texts: texts, clock: systemClock{}, bus: bus.New()}
	if o.clock != nil {
		h.clock = o.clock
	}
	if h.store, err = sqlstore.Open(ctx, s.Database); err != nil {
		return nil, &commandError{code: exitConfig, sentence: err.Error(), err: err, next: "Name another with --database, or put a backup back."}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	passwords := o.passwords
	if passwords == nil {
		h.pool = password.New(password.Config{})
		passwords = pooled{h.pool}
	}
	webAuthn, err := proof.NewWebAuthn(s.PhoneHost.Hostname(), s.PhoneHost.String(), o.framedBy.String())
	if err != nil {
		return nil, err
	}
	pushes, err := s.pushChannels()
	if err != nil {
		return nil, err
	}
	ports := nodkey.Ports{Store: h.store, Clock: h.clock, Bus: h.bus, Passwords: passwords, JOSE: proof.JOSE{}, WebAuthn: webAuthn}
	if ports.Places, err = s.places(); err != nil {
		return nil, err
	}
	if o.store != nil {
		ports.Store = o.store(h.store)
	}
	if pushes.any() {
		ports.Push = pushes
	}
	h.services, err = nodkey.Open(ctx, ports, s.site(texts), s.policy(), s.PhoneHost.Hostname(), master)
	if err != nil {
		return nil, &commandError{code: exitConfig, sentence: err.Error(), err: err,
			next: "Set phone_host and master_key_file to what they were when this database was made."}
	}
	if h.outgoing, err = openSummaries(s, h.services, h.texts, h.clock, o.log); err != nil {
		return nil, err
	}
	if pushes.any() {
		if h.messages, err = openMessages(s, pushes, h.services.Outbox, h.texts, h.clock); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *house) close() error {
	_ = h.radius.close()
	if h.pool != nil {
		h.pool.Close()
	}
	if h.messages != nil {
		h.messages.close()
	}
	if h.outgoing != nil {
		h.outgoing.close()
	}
	return h.store.Close()
}

// site is how the configuration presents the installation.
func (s *settings) site(texts *i18n.Bundle) nodkey.Site {
	app := func(lang string) string { return s.ServerName + " " + texts.For(lang).T("page.portal_name", nil) }
	in := make(map[string]string)
	for _, lang := range texts.Langs() {
		in[lang] = app(lang)
	}
	return nodkey.Site{
		ServerName: s.ServerName, Operator: s.operator(), App: app(i18n.Fallback), AppIn: in,
		PhoneOrigin: s.PhoneHost.String(), ServiceDesk: s.ServiceDesk,
		NoEmail: s.Mail.Server == "", NoSMS: s.SMS.URL == "",
		Categories: s.Messages.Category,
	}
}

func (s *settings) operator() string {
	if s.OperatorName == "" {
		return s.ServerName
	}
	return s.OperatorName
}

func (s *settings) policy() nodkey.Policy {
	p := s.Policy
	return nodkey.Policy{
		ActivationFirst: p.ActivationFirst, ActivationConfirm: p.ActivationConfirm, MaxKeys: p.MaxKeys, NumberMatching: p.NumberMatching,
		Codes: p.Codes, Devices: p.Devices, RestrictedSessions: p.RestrictedSessions, PasswordMin: p.PasswordMinLength,
		Posture:     nodkey.PosturePolicy{MinAndroid: p.MinAndroid, MinIOS: p.MinIOS, Rooted: p.AllowRooted, NoScreenLock: p.AllowNoScreenLock},
		SessionLife: time.Duration(p.SessionLifetime), SessionIdle: time.Duration(p.SessionIdle),
		EmailRate: s.Mail.Rate, SMSRate: s.SMS.Rate,
	}
}

// asks is what the portal tells people that policy asks of phones.
func (s *settings) asks() portal.Asks {
	p := s.policy().Posture
	return portal.Asks{MinAndroid: p.MinAndroid, MinIOS: p.MinIOS, NotRooted: !p.Rooted, ScreenLock: !p.NoScreenLock}
}

// sentence says an error of the catalogues in the request's language.
func (h *house) sentence(r *http.Request, key string, args map[string]any) string {
	return h.texts.For(r.Header.Get("Accept-Language")).T(key, args)
}

// english says it in English, as the phone API does.
func (h *house) english(_ *http.Request, key string, args map[string]any) string {
	return h.texts.For("en").T(key, args)
}

// sites makes portal and phone app, and the doors for applications.
func (h *house) sites(srv *server, log *slog.Logger, o houseOptions, demo web.Origin) ([]web.Site, error) {
	s := h.settings
	assets, err := web.LoadAssets()
	if err != nil {
		return nil, err
	}
	if demo.IsZero() {
		assets = assets.Without(onlyInDemo()...)
	}
	app, err := phoneapp.Load()
	if err != nil {
		return nil, err
	}
	if app, err = phoneapp.ForDemo(app, demo.String()); err != nil {
		return nil, err
	}
	seal, err := h.seal()
	if err != nil {
		return nil, err
	}
	portalDoor, err := portal.New(portal.Config{
		Origin: s.PortalHost, PhoneApp: s.PhoneHost, Seal: seal,
		Operator: portal.Operator{Name: s.ServerName, Company: s.operator()},
		Desk:     portal.Desk{Name: s.ServiceDesk}, Least: s.Policy.PasswordMinLength, KeyLimit: s.Policy.MaxKeys,
		Lasts: time.Duration(s.Policy.SessionLifetime), Asks: s.asks(), Demo: demo,
	}, h.services, h.clock, log, h.texts, assets)
	if err != nil {
		return nil, err
	}
	portalMux, phoneMux := http.NewServeMux(), http.NewServeMux()
	portalDoor.Routes(portalMux)
	phoneapi.New(h.services, log, h.texts).Routes(phoneMux)
	phoneapi.Manifest{Name: s.ServerName, Operator: s.operator(), Icon: app.Path}.Routes(phoneMux)
	phoneMux.Handle("/", app)

	portalSite := srv.door("portal", s.PortalHost)
	portalSite.Fail, portalSite.Headers, portalSite.Allow = portalDoor.FailPage, web.HeaderPolicy{FramedBy: o.framedBy}, portal.Allowances()
	phoneSite := srv.door("phone", s.PhoneHost)
	phoneSite.Allow = phoneapi.Allowances()
	phoneSite.Fail, phoneSite.Headers = web.JSONFail(h.english), web.HeaderPolicy{Wasm: true, Devices: true, FramedBy: o.framedBy}
	h.portal = portalDoor
	if h.open, err = h.mounts(log); err != nil {
		return nil, err
	}
	if h.radius, err = h.openRADIUS(context.Background(), srv.metrics.registerer(), log); err != nil {
		return nil, err
	}
	return []web.Site{mounted(srv, portalSite.Site(web.Routes(portalMux)), append(h.open, o.mounts...)), phoneSite.Site(web.Routes(phoneMux))}, nil
}

// seal draws the server's key.
func (h *house) seal() (template.HTML, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), h.services.Keys.Server().Key)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	return web.Seal(der), nil
}

// workers are what a server does beside answering.
func (h *house) workers(log *slog.Logger) []func(context.Context) error {
	workers := []func(context.Context) error{
		h.announce(log),
		every(nodkey.UpkeepEvery, log, "upkeep", h.services.Upkeep.Tick),
		h.sealAudit(log),
		every(nodkey.PurgeEvery, log, "data keys", func(ctx context.Context) error {
			_, err := h.services.Upkeep.Reseal(ctx)
			return err
		}),
		every(nodkey.PurgeEvery, log, "purge", func(ctx context.Context) error {
			// Each step is short, so that others get their turn; a busy minute leaves more than one behind.
			for {
				if n, err := h.services.Upkeep.Purge(ctx); err != nil || n == 0 {
					return err
				}
			}
		}),
	}
	if h.messages != nil {
		workers = append(workers, h.messages.run(h, log))
	}
	for _, door := range h.open {
		workers = append(workers, door.workers...)
	}
	if h.radius != nil {
		workers = append(workers, h.radius.serve)
	}
	return append(workers, h.summaryWorkers(log)...)
}

// every repeats a piece of work until the context ends. A failure is logged and tried again at the next turn.
func every(pause time.Duration, log *slog.Logger, what string, work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		turn := time.NewTicker(pause)
		defer turn.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-turn.C:
				if err := work(ctx); err != nil && ctx.Err() == nil {
					log.ErrorContext(ctx, what+" failed", "error", err)
				}
			}
		}
	}
}

// pooled is the password pool as the domain's port wants it.
type pooled struct{ *password.Pool }

func (p pooled) Hash(ctx context.Context, source string, known bool, pw string) (string, error) {
	phc, err := p.Pool.Hash(ctx, password.Request{Source: source, Known: known}, pw)
	return phc, full(err)
}

func (p pooled) Verify(ctx context.Context, source string, known bool, phc, pw string) (ok, rehash bool, err error) {
	ok, rehash, err = p.Pool.Verify(ctx, password.Request{Source: source, Known: known}, phc, pw)
	return ok, rehash, full(err)
}

func full(err error) error {
	if errors.Is(err, password.ErrBusy) || errors.Is(err, password.ErrClosed) {
		return &nodkey.Error{Kind: nodkey.Unavailable, Key: "server.busy", Args: nodkey.Args{"Seconds": 1}, Err: err}
	}
	return err
}

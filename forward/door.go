package forward

import (
	"log/slog"
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Config is what the door needs to know besides the domain.
type Config struct {
	Portal   web.Origin
	Proxies  web.Proxies // that may ask, and whose word is taken for what they were asked
	Operator string      // whose portal it is
}

// Door answers reverse proxies, and the browsers that they send here.
type Door struct {
	Config
	services *nodkey.Services
	log      *slog.Logger
	texts    *i18n.Bundle
	assets   *web.Assets
	pages    pages
	visits   web.Visits
	cookies  map[string]cookies // by scheme
}

// cookies are those of an application's host.
type cookies struct {
	session web.Cookie // stands for a grant
	way     web.Cookie // kept while the browser is at the portal
}

// New makes the door.
func New(c Config, services *nodkey.Services, log *slog.Logger, texts *i18n.Bundle, assets *web.Assets) (*Door, error) {
	d := &Door{Config: c, services: services, log: log, texts: texts, assets: assets, visits: web.VisitsOf(c.Portal), cookies: make(map[string]cookies, 2)}
	for _, scheme := range []string{"http", "https"} {
		any, err := web.ParseOrigin(scheme + "://localhost")
		if err != nil {
			return nil, err
		}
		d.cookies[scheme] = cookies{
			session: web.NewCookie(any, "nodkey-forward", http.SameSiteLaxMode),
			way:     web.NewCookie(any, "nodkey-forward-way", http.SameSiteLaxMode),
		}
	}
	var err error
	d.pages, err = newPages()
	return d, err
}

// Patterns are what of the portal's host is the door's.
func Patterns() []string { return []string{"/forward/"} }

// Routes registers the door on a mux. What stands below /forward/at/ is asked for at an application's host as /.nodkey/…, and comes
// through its proxy.
func (d *Door) Routes(mux *http.ServeMux) {
	for _, p := range proxies {
		mux.Handle("GET /forward/"+p.name, d.decide(p))
	}
	mux.HandleFunc("GET /forward/start", d.start)
	mux.HandleFunc("GET /forward/return", d.back)
	mux.HandleFunc("GET /forward/at/sign-in", d.atHost(d.signIn))
	mux.HandleFunc("GET /forward/at/callback", d.atHost(d.callback))
	mux.HandleFunc("GET /forward/at/sign-out", d.atHost(d.signOutAsk))
	mux.HandleFunc("POST /forward/at/sign-out", d.atHost(d.signOut))
	mux.Handle("GET /forward/at"+web.Prefix, http.StripPrefix("/forward/at", d.assets))
}

// caller is a browser that nothing is known of but what it sends of itself.
func (d *Door) caller(r *http.Request) nodkey.Caller {
	agent := web.AgentOf(r)
	say := d.texts.For(r.Header.Get("Accept-Language"))
	return nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Agent: agent.String(), With: agent.Words(say.T), Locale: say.Lang()}
}

// visitor is a browser at the portal, with its session if it has one.
func (d *Door) visitor(r *http.Request) (nodkey.Caller, error) {
	c := d.caller(r)
	if token, ok := d.visits.Browser.Read(r); ok {
		c.Browser = nodkey.Token(token)
	}
	token, ok := d.visits.Session.Read(r)
	if !ok {
		return c, nil
	}
	return d.services.Sessions.Caller(r.Context(), c, nodkey.Token(token))
}

package portal

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Config is what the portal needs to know besides the domain.
type Config struct {
	Origin   web.Origin    // where the portal answers
	PhoneApp web.Origin    // where the phone app answers
	Operator Operator      // whose portal it is
	Desk     Desk          // whom people ask
	Seal     template.HTML // drawn from the server's key
	Least    int           // characters that a password has at least
	KeyLimit int           // phones a user may have
	Lasts    time.Duration // of a full session's cookie
	Asks     Asks          // what policy asks of phones
	Demo     web.Origin    // the side-by-side page that shows this portal; zero but in the demo
}

// Door is the client portal.
type Door struct {
	Config
	services *nodkey.Services
	log      *slog.Logger
	clock    nodkey.Clock
	texts    *i18n.Bundle
	render   *Renderer
	assets   http.Handler
	slots    *web.Slots

	badges, downloads, forms *web.Slots // further streams of a session, and forms with files that are coming in

	session, signIn, code, browser, notice, wanted web.Cookie
}

// The cookies' lifetimes that no session sets.
const (
	browserLasts = 400 * 24 * time.Hour // as long as browsers keep any
	noticeLasts  = time.Minute
)

// streamsPerSession bounds the open pages that are told of changes.
const streamsPerSession = 3

// New makes the door.
func New(c Config, services *nodkey.Services, clock nodkey.Clock, log *slog.Logger, texts *i18n.Bundle, assets *web.Assets) (*Door, error) {
	var translators []Translator
	for _, lang := range texts.Langs() {
		translators = append(translators, texts.For(lang))
	}
	render, err := NewRenderer(assets, translators...)
	if err != nil {
		return nil, err
	}
	visits := web.VisitsOf(c.Origin)
	return &Door{
		Config: c, services: services, log: log, clock: clock, texts: texts, render: render, assets: assets, slots: web.NewSlots(streamsPerSession),
		badges: web.NewSlots(badgesPerSession), downloads: web.NewSlots(downloadsPerSession), forms: web.NewSlots(formsPerSession),
		session: visits.Session, browser: visits.Browser,
		signIn: web.NewCookie(c.Origin, "nodkey-portal-sign-in", http.SameSiteLaxMode),
		code:   web.NewCookie(c.Origin, "nodkey-portal-code", http.SameSiteLaxMode),
		notice: web.NewCookie(c.Origin, "nodkey-portal-notice", http.SameSiteLaxMode),
		wanted: web.NewCookie(c.Origin, "nodkey-portal-wanted", http.SameSiteLaxMode),
	}, nil
}

// exchange is one request with who sent it.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	caller nodkey.Caller
	user   nodkey.User  // the zero User without a session
	way    nodkey.Token // to an application; empty: none
	say    *i18n.Localizer
}

// handle finds out who calls and turns an error into a page.
func (d *Door) handle(h func(*exchange) error) http.Handler {
	return d.handleAs(d.services.Sessions.Caller, h)
}

// callerOf turns a cookie into the caller it stands for.
type callerOf = func(context.Context, nodkey.Caller, nodkey.Token) (nodkey.Caller, error)

func (d *Door) handleAs(who callerOf, h func(*exchange) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{w: w, r: r, say: d.texts.For(r.Header.Get("Accept-Language")), way: wayOf(r.URL.Query())}
		err := d.identify(x, who)
		if err == nil {
			err = h(x)
		}
		if err != nil {
			d.fail(x, err)
		}
	})
}

// identify reads the cookies.
func (d *Door) identify(x *exchange, who callerOf) error {
	lang := d.chosenLanguage(x.r)
	if lang != "" {
		x.say = d.texts.For(lang)
	}
	agent := web.AgentOf(x.r)
	x.caller = nodkey.Caller{Source: web.ClientOf(x.r.Context()).Addr, Agent: agent.String(), With: agentName(x.say, agent), Locale: x.say.Lang()}
	if token, ok := d.browser.Read(x.r); ok {
		x.caller.Browser = nodkey.Token(token)
	}
	token, ok := d.session.Read(x.r)
	if !ok {
		return nil
	}
	caller, err := who(x.r.Context(), x.caller, nodkey.Token(token))
	if err != nil || caller.Session() == nil {
		return err
	}
	x.caller = caller
	x.user, err = d.services.Sessions.User(x.r.Context(), caller)
	if err == nil && lang == "" && x.user.Locale != "" {
		x.say = d.texts.For(x.user.Locale)
		x.caller.With, x.caller.Locale = agentName(x.say, agent), x.say.Lang()
	}
	return err
}

// agentName says browser and system in words.
func agentName(say *i18n.Localizer, a web.Agent) string { return a.Words(say.T) }

// page fills what every view carries.
func (d *Door) page(x *exchange) Page {
	p := Page{Lang: x.say.Lang(), Operator: d.Operator, Viewer: x.user.DisplayName, Return: returnPath(x), Demo: d.Demo.String(), Way: x.along("")}
	if p.Operator.Portal == "" {
		p.Operator.Portal = x.say.T("page.portal_name", nil)
	}
	if s := x.caller.Session(); s != nil {
		p.Restricted = s.Level == nodkey.Restricted
		p.Badge = d.badge(x)
	}
	for _, lang := range d.texts.Langs() {
		p.Languages = append(p.Languages, Language{Tag: lang, Name: web.LanguageName(lang), Current: lang == p.Lang})
	}
	if key, ok := d.notice.Read(x.r); ok && strings.HasPrefix(key, "toast.") {
		if text := d.noticeText(key); text != nil {
			p.Toast = text
			d.notice.Clear(x.w)
		}
	}
	return p
}

// notices are the toasts that a redirect may leave for the next page.
var notices = map[string]bool{
	"toast.phone_removed": true, "toast.browser_ended": true, "toast.password_changed": true, "toast.phone_renamed": true, "toast.not_mine": true,
	"toast.browsers_ended": true, "toast.message_closed": true, "toast.message_put_away": true, "toast.message_reopened": true, "toast.message_replied": true, "toast.settings_saved": true,
	"toast.contact_changed": true, "toast.contact_removed": true, "toast.consent_withdrawn": true,
}

func (d *Door) noticeText(key string) *Sentence {
	if !notices[key] {
		return nil
	}
	return &Sentence{Key: key}
}

// leave redirects, with a toast for the next page or none.
func (d *Door) leave(x *exchange, path, toast string) error {
	if toast != "" {
		d.notice.Set(x.w, toast, noticeLasts)
	}
	http.Redirect(x.w, x.r, path, http.StatusSeeOther)
	return nil
}

func (d *Door) show(x *exchange, status int, name string, v view) error {
	return d.render.Render(x.w, status, name, v)
}

// now is the time in the operator's zone, for greetings and dates.
func (d *Door) now() time.Time { return d.clock.Now().Local() }

// fail shows what went wrong: a page, or JSON for the paths that scripts ask.
func (d *Door) fail(x *exchange, err error) {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		d.FailPage(x.w, x.r, web.TooLarge(tooLarge.Limit))
		return
	}
	e := nodkey.AsError(err)
	if e.Kind == nodkey.Unauthenticated && !wantsJSON(x.r) {
		d.want(x)
	}
	if e.Kind == nodkey.Unauthenticated && x.r.Method == http.MethodGet && !wantsJSON(x.r) {
		http.Redirect(x.w, x.r, x.along("/sign-in"), http.StatusSeeOther)
		return
	}
	next := "/"
	if e.Kind == nodkey.Unauthenticated {
		next = x.along("/sign-in")
	}
	if err := d.message(x, e, MessageOf(e.Kind), next); err != nil {
		d.log.ErrorContext(x.r.Context(), "the page for an error failed", "error", err)
		http.Error(x.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// message answers with an error of the domain, in a message's words; next is where its main button leads.
func (d *Door) message(x *exchange, e *nodkey.Error, m Message, next string) error {
	v := MessageView{Page: d.page(x), Message: m, Next: next}
	if x.r.Method != http.MethodGet {
		v.Return = next // what answers a form need not answer a visit
	}
	if e.Kind == nodkey.Internal {
		v.Reference = web.Reference(x.r.Context())
		d.log.ErrorContext(x.r.Context(), "a page failed", "reference", v.Reference, "error", e.Err)
	} else {
		v.Happened = &Sentence{Key: e.Key, Args: e.Args}
	}
	if seconds, ok := e.Args["Seconds"].(int); ok {
		x.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	status := web.StatusOf(e.Kind)
	if wantsJSON(x.r) {
		web.WriteJSON(x.w, status, map[string]any{"state": "gone", "remaining": 0, "version": "gone"})
		return nil
	}
	return d.show(x, status, "message", v)
}

// FailPage is the door's manner of refusing a request before any handler ran.
func (d *Door) FailPage(w http.ResponseWriter, r *http.Request, f web.Failure) {
	x := &exchange{w: w, r: r, say: d.texts.For(d.chosenLanguage(r), r.Header.Get("Accept-Language"))}
	kind := nodkey.BadInput
	switch {
	case f.Kind == "internal":
		kind = nodkey.Internal
	case f.Status == http.StatusForbidden:
		kind = nodkey.Refused
	case f.Status == http.StatusNotFound:
		kind = nodkey.NotFound
	}
	v := MessageView{Page: d.page(x), Message: MessageOf(kind), Happened: &Sentence{Key: f.Key, Args: f.Args}, Next: "/"}
	if kind == nodkey.Internal {
		v.Happened, v.Reference = nil, web.Reference(r.Context())
	}
	if err := d.show(x, f.Status, "message", v); err != nil {
		http.Error(w, http.StatusText(f.Status), f.Status)
	}
}

func wantsJSON(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/state") || strings.HasSuffix(r.URL.Path, "/stream") || r.URL.Path == "/activation/qr" || r.URL.Path == "/sign-in/code/qr"
}

// nowhere answers for paths that are none.
func (d *Door) nowhere(*exchange) error {
	return &nodkey.Error{Kind: nodkey.NotFound, Key: "request.no_such_path"}
}

// form reads a posted form: one value a field.
func (x *exchange) form(fields ...string) (map[string]string, error) {
	if err := x.r.ParseForm(); err != nil {
		return nil, &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form", Err: err}
	}
	out := make(map[string]string, len(fields))
	for _, f := range fields {
		if len(x.r.PostForm[f]) != 1 {
			return nil, &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form"}
		}
		out[f] = x.r.PostForm[f][0]
	}
	return out, nil
}

// problem is an error of the domain beside the form that it is about; false when it is none that a form can show.
func problem(err error, fields map[string]string) (*Problem, int, bool) {
	var e *nodkey.Error
	if !errors.As(err, &e) || e.Kind == nodkey.Internal || e.Kind == nodkey.Unauthenticated {
		return nil, 0, false
	}
	field := fields[e.Key]
	if field == "" {
		prefix, _, _ := strings.Cut(e.Key, ".")
		field = fields[prefix+".*"]
	}
	return &Problem{Field: field, Text: Sentence{Key: e.Key, Args: e.Args}}, web.StatusOf(e.Kind), true
}

package demo

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Files are the browser files, by logical name, that only a demo may serve.
func Files() []string { return []string{"demo.css", "demo.js", "side-by-side.js"} }

// Person is one of the demo's users, with the password that its page shows.
type Person struct {
	Name        string // "mara", what is typed
	DisplayName string // "Mara Lindqvist"
	Password    string
}

// Shop is one of other people's products.
type Shop struct {
	Name   string
	Origin web.Origin
}

// Config is what the page needs to know.
type Config struct {
	Origin, Portal, Phone web.Origin
	People                []Person
	Trust                 web.Origin // the page for real phones; zero without --lan
	Products              []Shop     // other people's products, in their order; none without --doors
	// Rival is a phone of somebody else's that takes an activation code, in any writing, over the phone API: every call is
	// a new phone, with the name given. The error is for the log.
	Rival func(ctx context.Context, code, phoneName string) error
}

// Door is the side-by-side page.
type Door struct {
	Config
	services *nodkey.Services
	log      *slog.Logger
	texts    *i18n.Bundle
	assets   *web.Assets
	slots    *web.Slots

	spoken atomic.Value // string: the language that was chosen last

	mu        sync.Mutex // also lets one Start again run at a time
	ids       map[nodkey.UserID]Person
	taken     bool           // a rival may have taken a code since the people were made
	strangers []nodkey.Token // sign-ins of the stranger that may still be open
}

// pagesOpen bounds the pages that follow the log at once; the newest win.
const pagesOpen = 16

// New makes the door; Prepare must follow.
func New(c Config, services *nodkey.Services, texts *i18n.Bundle, assets *web.Assets, log *slog.Logger) *Door {
	return &Door{
		Config: c, services: services, log: log, texts: texts, assets: assets, slots: web.NewSlots(pagesOpen),
		ids: make(map[nodkey.UserID]Person),
	}
}

// Headers lets the page frame the portal and the phone app, the products that the portal leads to, and nothing else.
func (d *Door) Headers() web.HeaderPolicy {
	frames := []web.Origin{d.Portal, d.Phone}
	for _, p := range d.Products {
		frames = append(frames, p.Origin)
	}
	return web.HeaderPolicy{Frames: frames}
}

// Routes registers the page on a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", d.pageShow)
	mux.HandleFunc("GET /events", d.events)
	mux.HandleFunc("POST /again", d.again)
	mux.HandleFunc("POST /language", d.languageSet)
	mux.HandleFunc("POST /troubles/used", d.playUsed)
	mux.HandleFunc("POST /troubles/expired", d.playExpired)
	mux.HandleFunc("POST /troubles/stranger", d.playStranger)
	mux.HandleFunc("GET /troubles/other-code", d.otherCode)
	mux.HandleFunc("POST /normal", d.normal)
	mux.Handle("GET "+web.Prefix, d.assets)
}

// caller is who the demo is to the domain: whoever starts it has the machine.
func caller() nodkey.Caller { return nodkey.Operator("demo") }

// Prepare gives every person an account with the password shown. One that is
// there from an earlier run (--keep) keeps its phones and gets the new password.
func (d *Door) Prepare(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var fresh []string
	for _, p := range d.People {
		found, err := d.services.Users.Show(ctx, caller(), p.Name)
		switch {
		case err == nil:
			if err := d.services.Users.SetPassword(ctx, caller(), p.Name, p.Password); err != nil {
				return err
			}
			d.ids[found.User.ID] = p
		case nodkey.HasKey(err, "user.unknown"):
			if err := d.add(ctx, p); err != nil {
				return err
			}
			fresh = append(fresh, p.Name)
		default:
			return err
		}
	}
	return d.write(ctx, fresh)
}

// add is called with the lock held.
func (d *Door) add(ctx context.Context, p Person) error {
	added, err := d.services.Users.Add(ctx, caller(), nodkey.NewUser{Name: p.Name, DisplayName: p.DisplayName, Password: p.Password})
	if err != nil {
		return err
	}
	d.ids[added.User.ID] = p
	return nil
}

// again starts the demo over: every person is removed, with sessions and
// phones, and made anew. A user who once had a phone may not activate another
// with the password alone, so removing the phones would not be enough.
func (d *Door) again(w http.ResponseWriter, r *http.Request) {
	// Not given up half way when the browser leaves.
	if err := d.renew(context.WithoutCancel(r.Context())); err != nil {
		d.sorry(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *Door) renew(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.ids)
	d.taken, d.strangers = false, nil
	var fresh []string
	for _, p := range d.People {
		fresh = append(fresh, p.Name)
		err := d.services.Users.Remove(ctx, caller(), p.Name)
		if err != nil && !nodkey.HasKey(err, "user.unknown") {
			return err
		}
		if err := d.add(ctx, p); err != nil {
			return err
		}
		// Wrong passwords of a moment ago slow nobody down any more.
		if _, err := d.services.Users.Unlock(ctx, caller(), p.Name); err != nil {
			return err
		}
	}
	return d.write(ctx, fresh)
}

// who gives the person behind an account, false for anybody else's.
func (d *Door) who(id nodkey.UserID) (Person, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.ids[id]
	return p, ok
}

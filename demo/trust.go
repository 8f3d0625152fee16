package demo

import (
	"net/http"
	"time"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Trust is the page, over plain HTTP, that a real phone opens first: it takes
// the demo's certificate authority from there and reads how to trust it. It
// serves nothing else: no portal, no phone app, no secret.
type Trust struct {
	Authority   http.Handler // answers with the certificate
	Fingerprint string       // SHA-256 of it, to compare with the terminal
	Hosts       string       // what it is good for, to read
	PhoneApp    web.Origin
	SideBySide  web.Origin
	Until       time.Time // the last day of the authority
	Texts       *i18n.Bundle
	Assets      *web.Assets
}

// platform is one way of trusting a certificate authority.
type platform struct {
	ID    string
	Name  string   // catalogue key
	Steps []string // catalogue keys
}

var platforms = []platform{
	{"android", "demo.trust.android", []string{"demo.trust.android_1", "demo.trust.android_2", "demo.trust.android_3"}},
	{"iphone", "demo.trust.iphone", []string{"demo.trust.iphone_1", "demo.trust.iphone_2", "demo.trust.iphone_3"}},
	{"windows", "demo.trust.windows", []string{"demo.trust.windows_1", "demo.trust.windows_2", "demo.trust.windows_3"}},
	{"macos", "demo.trust.macos", []string{"demo.trust.macos_1", "demo.trust.macos_2"}},
	{"linux", "demo.trust.linux", []string{"demo.trust.linux_1", "demo.trust.linux_2"}},
	{"firefox", "demo.trust.firefox", []string{"demo.trust.firefox_1", "demo.trust.firefox_2"}},
}

// AuthorityPath is where the certificate lies.
const AuthorityPath = "/ca.crt"

// Routes registers the page and the certificate.
func (t Trust) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+AuthorityPath, t.Authority)
	mux.Handle("GET "+web.Prefix, t.Assets)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		say := t.Texts.For(r.Header.Get("Accept-Language"))
		err := render(w, say, t.Assets.Path, "trust", trustView{
			Lang: say.Lang(), Authority: AuthorityPath, Fingerprint: t.Fingerprint, Hosts: t.Hosts, Until: say.Date(t.Until),
			PhoneApp: t.PhoneApp.String(), SideBySide: t.SideBySide.String(), Platforms: platforms,
		})
		if err != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	})
}

// trustView is "trust".
type trustView struct {
	Lang, Authority, Fingerprint, Hosts, Until, PhoneApp, SideBySide string
	Platforms                                                        []platform
}

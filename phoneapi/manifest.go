package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey/web"
)

// Manifest makes the phone app installable (W3C Web Application Manifest). It carries the server's name, so that several
// servers' apps can be told apart on one phone.
type Manifest struct {
	Name string
	// Operator describes the app where a browser shows more than its name before it installs it.
	Operator string
	Icon     func(name string) string // URL path of a built icon
}

// Routes registers the manifest on a mux.
func (m Manifest) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /manifest.webmanifest", func(w http.ResponseWriter, _ *http.Request) {
		type icon struct {
			Src     string `json:"src"`
			Sizes   string `json:"sizes"`
			Type    string `json:"type"`
			Purpose string `json:"purpose,omitempty"`
		}
		web.WriteJSONAs(w, http.StatusOK, "application/manifest+json", map[string]any{
			"id": "/", "name": m.Name, "short_name": m.Name, "description": m.Operator, "start_url": "/", "scope": "/", "display": "standalone",
			"background_color": "#EFF3F0", "theme_color": "#0B5048",
			"icons": []icon{
				{m.Icon("icon-192.png"), "192x192", "image/png", ""},
				{m.Icon("icon-512.png"), "512x512", "image/png", ""},
				{m.Icon("icon-maskable-512.png"), "512x512", "image/png", "maskable"},
			},
		})
	})
}

package phoneapp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/nodkey/nodkey/web"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt says that this binary was compiled before the phone app was
// built.
var ErrNotBuilt = errors.New("built without browser assets: run make build")

// App serves the built phone app. It is safe for concurrent use.
type App struct {
	files   map[string]file   // by URL path, as "/assets/app-4F2A9C01.js"
	names   map[string]string // logical name to URL path
	version string            // what the service worker names its cache by
}

type file struct {
	content []byte
	kind    string // Content-Type
	tag     string // ETag
}

const (
	shellPath  = "/"
	workerPath = "/sw.js"
	assetPath  = "/assets/"
)

// Load reads the app embedded into this binary. It returns ErrNotBuilt if the
// build left none.
func Load() (*App, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded phone app: %w", err)
	}
	return New(sub)
}

// New reads what build.mjs made: index.html, sw.js, assets.json (an object
// from logical name to URL path) and the files in assets. It returns
// ErrNotBuilt if there is no index.html.
func New(fsys fs.FS) (*App, error) {
	app := &App{files: make(map[string]file)}
	if err := app.read(fsys, "index.html", shellPath); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	} else if err != nil {
		return nil, err
	}
	if err := app.read(fsys, "sw.js", workerPath); err != nil {
		return nil, err
	}
	raw, err := fs.ReadFile(fsys, "assets.json")
	if err != nil {
		return nil, fmt.Errorf("read the phone app's asset list: %w", err)
	}
	if err := json.Unmarshal(raw, &app.names); err != nil {
		return nil, fmt.Errorf("read the phone app's asset list: %w", err)
	}
	var precache struct {
		Version string `json:"version"`
	}
	if raw, err = fs.ReadFile(fsys, "precache.json"); err != nil {
		return nil, fmt.Errorf("read the phone app's version: %w", err)
	}
	if err := json.Unmarshal(raw, &precache); err != nil {
		return nil, fmt.Errorf("read the phone app's version: %w", err)
	}
	app.version = precache.Version
	entries, err := fs.ReadDir(fsys, "assets")
	if err != nil {
		return nil, fmt.Errorf("list the phone app's assets: %w", err)
	}
	for _, entry := range entries {
		if err := app.read(fsys, "assets/"+entry.Name(), assetPath+entry.Name()); err != nil {
			return nil, err
		}
	}
	for name, at := range app.names {
		if _, ok := app.files[at]; !ok {
			return nil, fmt.Errorf("the phone app's asset list names %s as %s, which is missing", name, at)
		}
	}
	return app, nil
}

func (a *App) read(fsys fs.FS, name, at string) error {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read the phone app's %s: %w", name, err)
	}
	a.files[at] = newFile(name, content)
	return nil
}

func newFile(name string, content []byte) file {
	sum := sha256.Sum256(content)
	return file{content: content, kind: web.ContentType(name), tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// Path returns the URL path of an asset by its logical name, for the web
// manifest: "icon-192.png", "icon-512.png", "icon-maskable-512.png",
// "apple-touch-icon.png"; the empty string if there is no such asset.
func (a *App) Path(name string) string { return a.names[name] }

// ServeHTTP answers GET and HEAD: assets under names that carry a hash, which
// may be kept for a year without asking again (RFC 8246); the service worker,
// which is asked for anew each time; and for every other path without a dot
// the page, which finds its own way from there. All else is not found, as is
// anything below /api/.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	at, cache := r.URL.Path, "no-cache"
	switch {
	case strings.HasPrefix(at, assetPath):
		cache = "public, max-age=31536000, immutable"
	case at == workerPath:
		w.Header().Set("Service-Worker-Allowed", "/")
	case isScreen(at):
		at = shellPath
	}
	found, ok := a.files[at]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", found.kind)
	h.Set("Cache-Control", cache)
	h.Set("ETag", found.tag)
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, at, time.Time{}, bytes.NewReader(found.content))
}

// isScreen tells the app's own addresses, such as "/a" of an activation link,
// from those of files.
func isScreen(at string) bool {
	return strings.HasPrefix(at, "/") && !strings.Contains(at, ".") && at != "/api" && !strings.HasPrefix(at, "/api/")
}

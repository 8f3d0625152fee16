package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the URL path below which every asset stands.
const Prefix = "/assets/"

// ErrNotBuilt says that this binary was compiled before the browser's files
// were built.
var ErrNotBuilt = errors.New("built without browser assets: run make build")

// Assets serves the built browser files under names that carry a hash of
// their content, so that browsers may keep them for ever. It is safe for
// concurrent use.
type Assets struct {
	names map[string]string // logical name to hashed name
	files map[string][]byte // hashed name to content
}

// LoadAssets reads the files embedded into this binary. It returns
// ErrNotBuilt if the build left none.
func LoadAssets() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open embedded assets: %w", err)
	}
	return NewAssets(sub)
}

// NewAssets reads manifest.json of fsys (an object from logical to hashed
// name) and every file it names. It returns ErrNotBuilt if there is no
// manifest, another error if the manifest names a file that is missing.
func NewAssets(fsys fs.FS) (*Assets, error) {
	raw, err := fs.ReadFile(fsys, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	a := &Assets{files: make(map[string][]byte)}
	if err := json.Unmarshal(raw, &a.names); err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	for name, hashed := range a.names {
		content, err := fs.ReadFile(fsys, hashed)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", name, err)
		}
		a.files[hashed] = content
	}
	return a, nil
}

// Without gives the assets without some, by logical name: they are neither
// served nor have a path.
func (a *Assets) Without(names ...string) *Assets {
	fewer := &Assets{names: maps.Clone(a.names), files: maps.Clone(a.files)}
	for _, name := range names {
		delete(fewer.files, fewer.names[name])
		delete(fewer.names, name)
	}
	return fewer
}

// Path returns the URL path of an asset by its logical name, "app.css" or
// "sprite.svg"; the empty string if there is no such asset.
func (a *Assets) Path(name string) string {
	hashed, ok := a.names[name]
	if !ok {
		return ""
	}
	return Prefix + hashed
}

// ServeHTTP answers GET and HEAD below Prefix. Content never changes under
// its name, so the answer may be kept for a year without asking again
// (RFC 8246).
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name, below := strings.CutPrefix(r.URL.Path, Prefix)
	content, ok := a.files[name]
	if !below || !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", ContentType(name))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+name+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// ContentType is a file's media type by its name. It does not ask the machine's table, which differs between machines.
func ContentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

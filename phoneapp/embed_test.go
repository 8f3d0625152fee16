package phoneapp

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html":                  {Data: []byte("<!doctype html><html><head><title>x</title></head></html>")},
		"sw.js":                       {Data: []byte(`const p={version:"0123456789ab"}`)},
		"precache.json":               {Data: []byte(`{"version":"0123456789ab"}`)},
		"assets.json":                 {Data: []byte(`{"icon-192.png":"/assets/icon-192-AA.png"}`)},
		"assets/icon-192-AA.png":      {Data: []byte("png")},
		"assets/zxing_reader-BB.wasm": {Data: []byte("\x00asm")},
		"assets/app-CC.js":            {Data: []byte("export {}")},
	}
}

func TestServesPageWorkerAndAssets(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	const immutable = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path          string
		status        int
		kind, caching string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache"},
		{"/a", 200, "text/html; charset=utf-8", "no-cache"},
		{"/approvals/x_-1", 200, "text/html; charset=utf-8", "no-cache"},
		{"/sw.js", 200, "text/javascript; charset=utf-8", "no-cache"},
		{"/assets/zxing_reader-BB.wasm", 200, "application/wasm", immutable},
		{"/assets/app-CC.js", 200, "text/javascript; charset=utf-8", immutable},
		{"/assets/gone-DD.js", 404, "", ""},
		{"/assets/", 404, "", ""},
		{"/assets/../sw.js", 404, "", ""},
		{"/index.html", 404, "", ""},
		{"/favicon.ico", 404, "", ""},
		{"/api", 404, "", ""},
		{"/api/phone/v1/server", 404, "", ""},
	} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", c.path, w.Code, c.status)
		}
		if c.status != 200 {
			continue
		}
		if got := w.Header().Get("Content-Type"); got != c.kind {
			t.Errorf("%s: Content-Type %q, want %q", c.path, got, c.kind)
		}
		if got := w.Header().Get("Cache-Control"); got != c.caching {
			t.Errorf("%s: Cache-Control %q, want %q", c.path, got, c.caching)
		}
	}
}

func TestAnswersNotModified(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	first := httptest.NewRecorder()
	app.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/", nil))
	again := httptest.NewRequest(http.MethodGet, "/", nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	w := httptest.NewRecorder()
	app.ServeHTTP(w, again)
	if w.Code != http.StatusNotModified {
		t.Errorf("status %d, want 304", w.Code)
	}
}

func TestRefusesOtherMethods(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("status %d, want 405", w.Code)
	}
}

func TestKnowsIconsByLogicalName(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Path("icon-192.png"); got != "/assets/icon-192-AA.png" {
		t.Errorf("icon at %q", got)
	}
	if got := app.Path("absent"); got != "" {
		t.Errorf("an absent asset at %q", got)
	}
}

func TestSaysWhenItWasNotBuilt(t *testing.T) {
	if _, err := New(fstest.MapFS{".gitkeep": {}}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v, want ErrNotBuilt", err)
	}
}

func TestRefusesAnIncompleteBuild(t *testing.T) {
	for _, missing := range []string{"sw.js", "assets.json", "precache.json", "assets/icon-192-AA.png"} {
		files := built()
		delete(files, missing)
		if _, err := New(files); err == nil || errors.Is(err, ErrNotBuilt) {
			t.Errorf("without %s: got %v", missing, err)
		}
	}
}

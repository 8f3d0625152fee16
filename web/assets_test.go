package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func built(t *testing.T) *Assets {
	t.Helper()
	a, err := NewAssets(fstest.MapFS{
		"manifest.json":       {Data: []byte(`{"app.css":"app-1A2B.css","wait.js":"wait-3C4D.js","sprite.svg":"sprite-5E.svg","x.woff2":"x-6F.woff2"}`)},
		"app-1A2B.css":        {Data: []byte("body{}")},
		"wait-3C4D.js":        {Data: []byte("1")},
		"sprite-5E.svg":       {Data: []byte("<svg/>")},
		"x-6F.woff2":          {Data: []byte("w")},
		"licenses/secret.txt": {Data: []byte("not in the manifest")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWithoutManifestTheErrorSaysWhatToRun(t *testing.T) {
	_, err := NewAssets(fstest.MapFS{".gitkeep": {}})
	if !errors.Is(err, ErrNotBuilt) {
		t.Fatalf("got %v, want ErrNotBuilt", err)
	}
}

func TestBrokenBuildsAreRefused(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"manifest is no object": {"manifest.json": {Data: []byte(`[]`)}},
		"file is missing":       {"manifest.json": {Data: []byte(`{"a.css":"a-1.css"}`)}},
	} {
		if _, err := NewAssets(fsys); err == nil || errors.Is(err, ErrNotBuilt) {
			t.Errorf("%s: got %v, want another error", name, err)
		}
	}
}

func TestPathCarriesTheHash(t *testing.T) {
	a := built(t)
	if got := a.Path("app.css"); got != "/assets/app-1A2B.css" {
		t.Errorf("Path(app.css) = %q", got)
	}
	if got := a.Path("none.css"); got != "" {
		t.Errorf("Path of an unknown asset = %q, want empty", got)
	}
}

func TestAssetsAreServedImmutableWithTheirType(t *testing.T) {
	a := built(t)
	for name, want := range map[string]string{
		"app.css":    "text/css; charset=utf-8",
		"wait.js":    "text/javascript; charset=utf-8",
		"sprite.svg": "image/svg+xml",
		"x.woff2":    "font/woff2",
	} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, a.Path(name), nil))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want {
			t.Errorf("%s: %d %s, want 200 %s", name, w.Code, w.Header().Get("Content-Type"), want)
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: nosniff missing", name)
		}
	}
}

func TestOnlyTheManifestsFilesAreServed(t *testing.T) {
	a := built(t)
	for _, path := range []string{"/assets/", "/assets/app.css", "/assets/manifest.json", "/assets/licenses/secret.txt", "/assets/../assets.go", "/app-1A2B.css"} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: mustURL(t, path)})
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
		if w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: a missing file must not be kept", path)
		}
	}
}

func TestKnownVersionIsNotSentAgain(t *testing.T) {
	a := built(t)
	r := httptest.NewRequest(http.MethodGet, a.Path("app.css"), nil)
	r.Header.Set("If-None-Match", `"app-1A2B.css"`)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("got %d, want 304", w.Code)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	a := built(t)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, a.Path("app.css"), nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("got %d %q", w.Code, w.Header().Get("Allow"))
	}
}

package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func TestAssetsThatAreLeftOutAreNotServed(t *testing.T) {
	all, err := NewAssets(fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.css":"app-AA.css","demo.js":"demo-BB.js"}`)},
		"app-AA.css":    {Data: []byte("a{}")},
		"demo-BB.js":    {Data: []byte("export {}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	fewer := all.Without("demo.js", "never-there.js")
	for _, c := range []struct {
		assets *Assets
		path   string
		status int
	}{
		{all, Prefix + "demo-BB.js", 200},
		{fewer, Prefix + "demo-BB.js", 404},
		{fewer, Prefix + "app-AA.css", 200},
	} {
		w := httptest.NewRecorder()
		c.assets.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.path, w.Code, c.status)
		}
	}
	if fewer.Path("demo.js") != "" || fewer.Path("app.css") == "" {
		t.Error("the wrong assets have a path")
	}
}

package phoneapp

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(app http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestOnlyTheDemosPageNamesWhoFramesIt(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ForDemo(app, "")
	if err != nil || plain != app {
		t.Fatalf("without an origin the app was changed: %v", err)
	}
	demo, err := ForDemo(app, "http://nodkey.localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/a"} {
		page := get(demo, path)
		if n := strings.Count(page.Body.String(), `<meta name="nodkey-demo" content="http://nodkey.localhost:8080">`); n != 1 {
			t.Errorf("%s names the demo %d times:\n%s", path, n, page.Body)
		}
		unmarked := get(app, path)
		if strings.Contains(unmarked.Body.String(), "nodkey-demo") {
			t.Errorf("%s of the app itself names a demo", path)
		}
		if page.Header().Get("ETag") == unmarked.Header().Get("ETag") {
			t.Errorf("%s has the same ETag with and without the demo", path)
		}
	}
}

func TestTheDemosServiceWorkerKeepsAPageOfItsOwn(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	demo, err := ForDemo(app, "http://nodkey.localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	worker, plain := get(demo, "/sw.js"), get(app, "/sw.js")
	if !strings.Contains(worker.Body.String(), `"0123456789ab-demo"`) {
		t.Errorf("the demo's service worker has the version of the app: %s", worker.Body)
	}
	if bytes.Equal(worker.Body.Bytes(), plain.Body.Bytes()) || worker.Header().Get("ETag") == plain.Header().Get("ETag") {
		t.Error("a browser could not tell the demo's service worker from the app's")
	}
	if get(demo, "/assets/app-CC.js").Code != http.StatusOK {
		t.Error("the demo's app lacks its script")
	}
}

func TestAnOriginCannotLeaveItsAttribute(t *testing.T) {
	app, err := New(built())
	if err != nil {
		t.Fatal(err)
	}
	demo, err := ForDemo(app, `x"><script>`)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(get(demo, "/").Body.String(), "<script>") {
		t.Error("the origin became markup")
	}
}

func TestTheBuiltAppSuitsTheDemo(t *testing.T) {
	app, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ForDemo(app, "http://nodkey.localhost:8080"); err != nil {
		t.Error(err)
	}
}

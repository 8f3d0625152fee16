package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// allowing is a door where one route takes more, one takes longer, and one is asked by others; its handler reads what it is sent.
func allowing(t *testing.T) http.Handler {
	d := door(t, "http://portal.localhost", io.Discard)
	d.MaxBody = 100
	d.Allow = []Allowance{
		{Pattern: "POST /send", MaxBody: 1000},
		{Pattern: "POST /things/{id}/add", MaxBody: 1000},
		{Pattern: "POST /slow", Timeout: time.Hour},
		{Pattern: "POST /open", AnyOrigin: true},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	return d.Site(Routes(mux)).Handler
}

func TestOneRouteMayTakeMoreThanTheOthers(t *testing.T) {
	h := allowing(t)
	for _, c := range []struct {
		method, path string
		bytes        int
		chunked      bool
		want         int
	}{
		{"POST", "/send", 900, false, 200}, {"POST", "/send", 1001, false, 413}, {"POST", "/send", 1001, true, http.StatusTeapot},
		{"POST", "/things/7/add", 900, false, 200}, {"POST", "/things/7/add", 900, true, 200},
		{"POST", "/other", 100, false, 200}, {"POST", "/other", 101, false, 413}, {"POST", "/other", 101, true, http.StatusTeapot},
		{"POST", "/things/7/add/more", 101, false, 413}, {"POST", "/things//add", 101, false, 413}, {"POST", "/./send", 101, false, 413},
		{"POST", "//send", 101, false, 413}, {"PUT", "/send", 101, false, 413}, {"GET", "/send", 101, false, 413}, {"POST", "/send/", 101, false, 413},
		{"POST", "/open", 101, false, 413}, {"POST", "/slow", 101, false, 413},
	} {
		r, w := httptest.NewRequest(c.method, c.path, strings.NewReader(strings.Repeat("x", c.bytes))), httptest.NewRecorder()
		if c.chunked {
			r.ContentLength = -1
		}
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s with %d bytes (chunked %t): %d, want %d", c.method, c.path, c.bytes, c.chunked, w.Code, c.want)
		}
	}
}

func TestOneRouteMayBeAskedFromElsewhere(t *testing.T) {
	h := allowing(t)
	for _, c := range []struct {
		path string
		head map[string]string
		want int
	}{
		{"/open", nil, 200}, {"/open", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200}, {"/open", map[string]string{"Origin": "https://mail.example"}, 200},
		{"/open", map[string]string{"Origin": "null"}, 200}, {"/other", nil, 200},
		{"/other", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403}, {"/other", map[string]string{"Origin": "https://mail.example"}, 403},
		{"/send", map[string]string{"Origin": "null"}, 403}, {"/open/", map[string]string{"Origin": "null"}, 403}, {"//open", map[string]string{"Origin": "null"}, 403},
		{"/things/7/add", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403}, {"/slow", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
	} {
		r, w := httptest.NewRequest("POST", c.path, nil), httptest.NewRecorder()
		for name, value := range c.head {
			r.Header.Set(name, value)
		}
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s with %v: %d, want %d", c.path, c.head, w.Code, c.want)
		}
	}
}

// The time that a route has is told by when its context ends.
func TestOneRouteMayTakeLonger(t *testing.T) {
	d := door(t, "http://portal.localhost", io.Discard)
	d.Timeout = 10 * time.Millisecond
	d.Allow = []Allowance{{Pattern: "POST /slow", Timeout: time.Hour}}
	over := func(path string, wait time.Duration) (ended bool) {
		h := d.Site(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				ended = true
			case <-time.After(wait):
			}
		})).Handler
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, nil))
		return ended
	}
	if over("/slow", 100*time.Millisecond) {
		t.Error("the slow route ended with the others")
	}
	if !over("/other", time.Minute) {
		t.Error("another route did not end")
	}
}

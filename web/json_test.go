package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReadJSONSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		media, body string
		status      int
		key         string
		member      any
	}{
		"good":             {"application/json; charset=utf-8", `{"pin":"x"}`, 0, "", nil},
		"a form":           {"application/x-www-form-urlencoded", `{"pin":"x"}`, 415, "request.not_json", nil},
		"no type":          {"", `{"pin":"x"}`, 415, "request.not_json", nil},
		"empty":            {"application/json", ``, 400, "request.json_syntax", nil},
		"unknown":          {"application/json", `{"pni":"x"}`, 400, "request.json_unknown", "pni"},
		"other case":       {"application/json", `{"Pin":"x"}`, 400, "request.json_unknown", "Pin"},
		"twice":            {"application/json", `{"pin":"x","pin":"y"}`, 400, "request.json_duplicate", "pin"},
		"wrong type":       {"application/json", `{"pin":1}`, 400, "request.json_type", "pin"},
		"null":             {"application/json", `null`, 400, "request.json_type", "."},
		"trailing":         {"application/json", `{"pin":"x"}x`, 400, "request.json_trailing", nil},
		"too deep":         {"application/json", strings.Repeat("[", 40) + strings.Repeat("]", 40), 400, "request.json_depth", nil},
		"not Unicode":      {"application/json", "{\"pin\":\"\xc3\"}", 400, "request.json_text", nil},
		"too large":        {"application/json", `{"pin":"` + strings.Repeat("x", 100) + `"}`, 413, "request.too_large", nil},
		"too large, blank": {"application/json", `{"pin":"x"}` + strings.Repeat(" ", 100), 413, "request.too_large", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.media)
			var got struct {
				PIN string `json:"pin"`
			}
			f := ReadJSON(httptest.NewRecorder(), r, 100, &got)
			switch {
			case f == nil && c.status != 0:
				t.Fatal("taken")
			case f == nil:
				if got.PIN != "x" {
					t.Errorf("read %+v", got)
				}
			case f.Status != c.status || f.Key != c.key || f.Args["Member"] != c.member:
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestBodiesBeyondTheBoundAreRefusedBeforeTheyAreRead(t *testing.T) {
	h := MaxBytes(10, JSONFail(key))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the door was asked") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("more than ten")))
	want := `{"error":{"kind":"bad_input","key":"request.too_large","args":{"limit":10},"message":"request.too_large"}}`
	if w.Code != 413 || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestCookiesBelongToOneHostAndOneDoor(t *testing.T) {
	for at, want := range map[string]string{
		"https://portal.example.com":   "__Host-nodkey-portal=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
		"http://portal.localhost:8080": "nodkey-portal=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
	} {
		c := NewCookie(origin(t, at), "nodkey-portal", http.SameSiteLaxMode)
		w := httptest.NewRecorder()
		c.Set(w, "v", time.Minute)
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: got %q", at, got)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", c.Name()+"=v; other=w")
		if got, ok := c.Read(r); !ok || got != "v" {
			t.Errorf("%s: read %q, %t", at, got, ok)
		}
		r.Header.Add("Cookie", c.Name()+"=planted")
		if got, ok := c.Read(r); ok {
			t.Errorf("%s: of two cookies %q was taken", at, got)
		}
		w = httptest.NewRecorder()
		c.Clear(w)
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, c.Name()+"=; Path=/; Max-Age=0;") {
			t.Errorf("%s: cleared by %q", at, got)
		}
	}
}

// FuzzReadJSON: a body of any bytes is taken or refused with a 4xx, and what is
// refused is not quoted back, but for keys that look like names.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"pin":"1234"}`, `{"pin":"1234","pin":""}`, `{`, "\x00", `{"a b":1}`, `[[[]]]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		var v struct {
			PIN string `json:"pin"`
		}
		if bad := ReadJSON(httptest.NewRecorder(), r, 1000, &v); bad != nil && (bad.Status < 400 || bad.Status > 499) {
			t.Fatalf("%q gave %+v", body, bad)
		}
	})
}

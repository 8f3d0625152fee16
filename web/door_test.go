package web

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func door(t *testing.T, at string, log io.Writer) Door {
	return Door{Name: "portal", Origin: origin(t, at), Log: slog.New(slog.NewTextHandler(log, nil)), Fail: PlainFail(key)}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	plain := door(t, "http://portal.localhost", io.Discard)
	phone := plain
	phone.Headers = HeaderPolicy{Wasm: true, Devices: true}
	demo := phone
	demo.Headers.FramedBy = origin(t, "http://nodkey.localhost:8080")
	page := plain
	page.Headers = HeaderPolicy{Frames: []Origin{origin(t, "http://a.localhost"), origin(t, "http://b.localhost")}}
	get := func(d Door) http.Header {
		w := httptest.NewRecorder()
		d.Site(http.NotFoundHandler()).Handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w.Header()
	}
	for _, c := range []struct {
		door          Door
		name          string
		has, hasNever []string
	}{
		{plain, "Content-Security-Policy", []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "frame-src 'none'"}, []string{"unsafe", "*", "data:"}},
		{phone, "Content-Security-Policy", []string{"script-src 'self' 'wasm-unsafe-eval';", "frame-ancestors 'none'", "manifest-src 'self'", "worker-src 'self'"}, []string{"unsafe-inline", "*"}},
		{demo, "Content-Security-Policy", []string{"frame-ancestors http://nodkey.localhost:8080"}, []string{"frame-ancestors 'none'"}},
		{page, "Content-Security-Policy", []string{"frame-src http://a.localhost http://b.localhost;"}, nil},
		{plain, "Permissions-Policy", []string{"camera=()", "publickey-credentials-get=()"}, []string{"self"}},
		{phone, "Permissions-Policy", []string{"camera=(self)", "publickey-credentials-create=(self)", "microphone=()"}, nil},
		{page, "Permissions-Policy", []string{`camera=("http://a.localhost" "http://b.localhost")`}, nil},
		{plain, "X-Frame-Options", []string{"DENY"}, nil},
		{demo, "X-Frame-Options", nil, []string{"DENY"}},
		{plain, "X-Content-Type-Options", []string{"nosniff"}, nil},
		{plain, "Referrer-Policy", []string{"no-referrer"}, nil},
		{plain, "Cross-Origin-Opener-Policy", []string{"same-origin"}, nil},
		{plain, "Cross-Origin-Resource-Policy", []string{"same-origin"}, nil},
		{plain, "Cache-Control", []string{"no-store"}, nil},
	} {
		got := get(c.door).Get(c.name)
		for _, part := range c.has {
			if !strings.Contains(got, part) {
				t.Errorf("%s is %q, without %q", c.name, got, part)
			}
		}
		for _, part := range c.hasNever {
			if strings.Contains(got, part) {
				t.Errorf("%s is %q, with %q", c.name, got, part)
			}
		}
	}
}

func TestStrictTransportSecurityGoesOutOverTLSOnly(t *testing.T) {
	h := door(t, "http://portal.localhost", io.Discard).Site(says("")).Handler
	for _, overTLS := range []bool{false, true} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		if overTLS {
			r.TLS = &tls.ConnectionState{}
		}
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != overTLS {
			t.Errorf("over TLS %t: header is there %t", overTLS, got)
		}
	}
}

func TestRequestsFromOtherOriginsAreRefused(t *testing.T) {
	h := door(t, "http://portal.localhost", io.Discard).Site(says("in")).Handler
	for _, c := range []struct {
		method, site, origin string
		status               int
	}{
		{"POST", "same-origin", "", 200},
		{"POST", "", "http://portal.localhost", 200}, // where Host has the port, as some proxies write it
		{"POST", "", "http://portal.localhost:8080", 403},
		{"POST", "", "https://portal.localhost", 403},
		{"POST", "", "http://portal.localhost/", 403},
		{"POST", "", "HTTP://PORTAL.localhost", 403},
		{"POST", "", "http://portal.localhost.evil.test", 403},
		{"POST", "", "http://portal.localhost@evil.test", 403},
		{"POST", "", "http://[::1]", 403},
		{"POST", "", "http://portal.localhost http://evil.test", 403},
		{"POST", "cross-site", "", 403},
		{"POST", "same-site", "", 403},
		{"POST", "cross-site", "http://portal.localhost", 403}, // which an application sent back here with 307 that was posted to from here
		{"POST", "same-site", "http://portal.localhost", 403},
		{"POST", "Cross-Site", "http://portal.localhost", 403},
		{"POST", "", "http://evil.test", 403},
		{"POST", "", "null", 403},
		{"DELETE", "cross-site", "", 403},
		{"GET", "cross-site", "", 200},
		{"POST", "", "", 200}, // no browser
	} {
		r, w := httptest.NewRequest(c.method, "http://portal.localhost:80/", nil), httptest.NewRecorder()
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%+v: got %d", c, w.Code)
		}
	}
}

func TestTheLogHoldsNothingThatTravelledInTheRequest(t *testing.T) {
	var log bytes.Buffer
	var seen []Exchange
	d := door(t, "http://portal.localhost", &log)
	d.Observe = func(x Exchange) { seen = append(seen, x) }
	inner := http.NewServeMux()
	inner.HandleFunc("POST /approvals/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})
	outer := http.NewServeMux()
	outer.Handle("/", Routes(inner))
	r := httptest.NewRequest("POST", "/approvals/s3cret-id?code=s3cret-query", strings.NewReader("s3cret-body"))
	r.Header.Set("Cookie", "session=s3cret-cookie")
	r.Header.Set("Authorization", "s3cret-header")
	r.RemoteAddr = "192.0.2.77:1"
	w := httptest.NewRecorder()
	d.Site(Routes(outer)).Handler.ServeHTTP(w, r)
	if strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), "192.0.2.77") {
		t.Errorf("the log tells: %s", &log)
	}
	for _, want := range []string{"door=portal", "method=POST", `route="POST /approvals/{id}"`, "status=418", "reference=" + w.Header().Get("X-Request-Id")} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, &log)
		}
	}
	if len(seen) != 1 || seen[0].Route != "POST /approvals/{id}" || seen[0].Status != 418 {
		t.Errorf("observed %+v", seen)
	}
}

func TestInventedMethodsAreOneMethod(t *testing.T) {
	var seen []Exchange
	d := door(t, "http://portal.localhost", io.Discard)
	d.Observe = func(x Exchange) { seen = append(seen, x) }
	d.Site(Routes(http.NewServeMux())).Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/pot", nil))
	if len(seen) != 1 || seen[0].Method != "other" || seen[0].Route != "none" || seen[0].Status != 404 {
		t.Errorf("observed %+v", seen)
	}
}

func TestAPanicBecomesOneLogLineAndAReference(t *testing.T) {
	var log bytes.Buffer
	h := door(t, "http://portal.localhost", &log).Site(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("s3cret")
	})).Handler
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || strings.TrimSpace(w.Body.String()) != "internal" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	reference := w.Header().Get("X-Request-Id")
	if strings.Count(log.String(), "msg=panic") != 1 || strings.Count(log.String(), "reference="+reference) != 2 {
		t.Errorf("log: %s", &log)
	}
	if strings.Contains(log.String()+w.Body.String(), "s3cret") {
		t.Errorf("what was panicked with is told: %s", &log)
	}
	if !strings.Contains(log.String(), "TestAPanicBecomes") {
		t.Errorf("the log does not say where: %s", &log)
	}
}

func TestAPanicInTheMiddleCutsTheAnswerOff(t *testing.T) {
	server := httptest.NewServer(door(t, "http://portal.localhost", io.Discard).Site(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("late")
	})).Handler)
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.ReadAll(answer.Body); err == nil {
		t.Error("the answer looks whole")
	}
}

// What is promised: at the deadline the handler is told, and soon nothing that it writes arrives any more, so that no client takes its
// answer for whole. Which of the two comes first is not: an answer of the very moment may arrive.
func TestRequestsHaveADeadline(t *testing.T) {
	d := door(t, "http://portal.localhost", io.Discard)
	d.Timeout = 50 * time.Millisecond
	ended := make(chan error, 1)
	handler := d.Site(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
			ended <- errors.New("its context goes on")
			return
		}
		var err error
		for control, late := http.NewResponseController(w), time.Now().Add(time.Minute); err == nil && time.Now().Before(late); {
			if _, err = io.WriteString(w, "late"); err == nil {
				err = control.Flush()
			}
		}
		if err != nil {
			ended <- nil
			return
		}
		ended <- errors.New("it is still heard")
	})).Handler
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		if answer, err := server.Client().Get(server.URL); err == nil {
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err == nil {
				t.Errorf("HTTP/2 %t: an answer of after the deadline arrived whole, %d bytes", http2, len(body))
			}
		}
		if err := <-ended; err != nil {
			t.Errorf("HTTP/2 %t: a request outlived its deadline: %v", http2, err)
		}
	}
}

func TestStreamsLiftTheDeadlineOfTheirRequest(t *testing.T) {
	d := door(t, "http://portal.localhost", io.Discard)
	d.Timeout = 50 * time.Millisecond
	inABubble(t, d.Site(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := OpenStream(w, r, "text/event-stream", time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		for range 6 { // lives three times as long as an ordinary request may
			time.Sleep(25 * time.Millisecond)
			if err := s.Send([]byte("x")); err != nil {
				t.Error(err)
			}
		}
		select {
		case <-r.Context().Done():
			t.Error("the stream's context ended")
		case <-Draining(r.Context()):
			t.Error("nobody drains")
		default:
		}
	})).Handler, func(t *testing.T, protocol int, client *http.Client) {
		answer, err := client.Get("http://portal.localhost/stream")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "xxxxxx" || answer.ProtoMajor != protocol {
			t.Errorf("got %q over %s, %v", body, answer.Proto, err)
		}
	})
}

func TestAReaderThatStopsReadingLosesTheStream(t *testing.T) {
	d := door(t, "http://portal.localhost", io.Discard)
	ended := make(chan error, 1)
	server := httptest.NewServer(d.Site(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := OpenStream(w, r, "text/event-stream", 50*time.Millisecond)
		for chunk := make([]byte, 1<<20); err == nil; {
			err = s.Send(chunk)
		}
		ended <- err
	})).Handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: portal.localhost\r\n\r\n")
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("ended by %v", err)
	}
}

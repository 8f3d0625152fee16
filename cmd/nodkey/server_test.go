package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey/web"
)

// sentences answers with the catalogue key itself.
func sentences(_ *http.Request, key string, _ map[string]any) string { return key }

// running is a server in this process.
type running struct {
	main, status string // host:port
	log          *safeBuffer
	ended        func() error // waits for the end and gives what run returned
	stop         func() error // asks for the end, and waits
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// loopback gives the settings of a server on free loopback ports.
func loopback(t *testing.T) *settings {
	t.Helper()
	s, err := makeSettings(map[string]string{
		"tls.mode": "off", "listen": "127.0.0.1:0", "metrics_listen": "127.0.0.1:0", "data_dir": t.TempDir(),
		"portal_host": "http://portal.localhost", "phone_host": "http://phone.localhost",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs a server whose portal is the handler until the test ends.
func start(t *testing.T, s *settings, portal http.Handler, a app) *running {
	t.Helper()
	log := &safeBuffer{}
	shell := newServer(s, slog.New(slog.NewTextHandler(log, nil)), sentences)
	a.sites = append(a.sites, shell.door("portal", s.PortalHost).Site(portal))
	type addresses struct{ main, status net.Addr }
	up := make(chan addresses, 1)
	a.listening = func(main, status net.Addr) { up <- addresses{main, status} }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- shell.run(ctx, a) }()
	ended := sync.OnceValue(func() error { return <-done })
	stop := func() error { cancel(); return ended() }
	t.Cleanup(func() { _ = stop() })
	select {
	case at := <-up:
		r := &running{main: at.main.String(), log: log, ended: ended, stop: stop}
		if at.status != nil {
			r.status = at.status.String()
		}
		return r
	case err := <-done:
		done <- err
		t.Fatalf("the server did not start: %v", err)
		return nil
	}
}

// ask sends a GET to a host at an address and gives status and body.
func ask(t *testing.T, at, host, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+at+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func TestHealthReadinessAndMetricsHaveTheirOwnListener(t *testing.T) {
	trouble := errors.New("s3cret of the store")
	var mu sync.Mutex
	var current error
	check := readyCheck{"database", func(context.Context) error { mu.Lock(); defer mu.Unlock(); return current }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	r := start(t, loopback(t), web.Routes(mux), app{ready: []readyCheck{check}})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if code, _ := ask(t, r.main, "portal.localhost", path); code != 404 {
			t.Errorf("%s answers on the portal: %d", path, code)
		}
	}
	if code, _ := ask(t, r.main, "portal.localhost", "/users/s3cret"); code != 418 {
		t.Errorf("the portal answers %d", code)
	}
	if code, body := ask(t, r.status, "x", "/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	if code, body := ask(t, r.status, "x", "/readyz"); code != 200 || body != "ready\n" {
		t.Errorf("/readyz: %d %q", code, body)
	}
	mu.Lock()
	current = trouble
	mu.Unlock()
	if code, body := ask(t, r.status, "x", "/readyz"); code != 503 || body != "not ready: database\n" {
		t.Errorf("/readyz of a broken database: %d %q", code, body)
	}
	code, body := ask(t, r.status, "x", "/metrics")
	for _, want := range []string{
		`nodkey_http_requests_total{door="portal",method="GET",route="GET /users/{id}",status="418"} 1`,
		`nodkey_http_request_duration_seconds_count{door="portal",route="GET /users/{id}"} 1`,
		"nodkey_build_info{", "process_open_fds", "go_goroutines",
	} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(body, "s3cret") {
		t.Error("/metrics holds an id")
	}
}

func TestACheckThatHangsIsAFailure(t *testing.T) {
	hangs := readyCheck{"database", func(context.Context) error { select {} }}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if name, err := firstFailure(ctx, nil, []readyCheck{hangs}); name != "database" || err == nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestStoppingEndsStreamsAndFinishesRequests(t *testing.T) {
	mux := http.NewServeMux()
	arrived, finish := make(chan struct{}), make(chan struct{})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		s, err := web.OpenStream(w, r, "text/event-stream", time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		_ = s.Send([]byte("hello\n"))
		<-web.Draining(r.Context())
		_ = s.Send([]byte("bye\n"))
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-finish
		if r.Context().Err() != nil {
			t.Error("the request was cancelled")
		}
		_, _ = io.WriteString(w, "done")
	})
	var order []string
	closed := errors.New("closing failed")
	r := start(t, loopback(t), web.Routes(mux), app{
		workers: []func(context.Context) error{func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, "worker")
			return ctx.Err()
		}},
		close: func() error { order = append(order, "close"); return closed },
	})
	open := func(path string) *bufio.Reader {
		conn, err := net.Dial("tcp", r.main)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: portal.localhost\r\nConnection: close\r\n\r\n")
		return bufio.NewReader(conn)
	}
	stream := open("/stream")
	for line := ""; line != "hello\n"; {
		var err error
		if line, err = stream.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	slow := open("/slow")
	<-arrived
	ended := make(chan error)
	go func() { ended <- r.stop() }()
	if rest, err := io.ReadAll(stream); err != nil || !strings.Contains(string(rest), "bye") {
		t.Errorf("the stream ended with %q, %v", rest, err)
	}
	close(finish)
	if rest, err := io.ReadAll(slow); err != nil || !strings.HasSuffix(string(rest), "done") {
		t.Errorf("the slow request got %q, %v", rest, err)
	}
	if err := <-ended; !errors.Is(err, closed) {
		t.Errorf("run gave %v", err)
	}
	if strings.Join(order, " ") != "worker close" {
		t.Errorf("ended in the order %v", order)
	}
	if _, err := net.Dial("tcp", r.main); err == nil {
		t.Error("the port still answers")
	}
}

func TestARequestThatNeverFinishesIsCutOffAfterTheGrace(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	r := start(t, loopback(t), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-release }), app{graceSpare: time.Millisecond})
	conn, err := net.Dial("tcp", r.main)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: portal.localhost\r\n\r\n")
	<-arrived
	if err := r.stop(); err != nil {
		t.Errorf("run gave %v", err)
	}
	if !strings.Contains(r.log.String(), "cutting off") {
		t.Errorf("the log does not say so: %s", r.log)
	}
}

func TestAWorkerThatFailsStopsTheServer(t *testing.T) {
	broken := errors.New("the audit's leader broke")
	fail := make(chan struct{})
	r := start(t, loopback(t), says(""), app{workers: []func(context.Context) error{func(context.Context) error { <-fail; return broken }}})
	close(fail)
	if err := r.ended(); !errors.Is(err, broken) {
		t.Errorf("run gave %v", err)
	}
}

func TestAPortInUseIsOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, key := range []string{"listen", "metrics_listen"} {
		s := loopback(t)
		if key == "listen" {
			s.Listen = Listen(taken.Addr().String())
		} else {
			s.MetricsListen = Listen(taken.Addr().String())
		}
		closed := false
		err := newServer(s, slog.New(slog.DiscardHandler), sentences).run(context.Background(), app{close: func() error { closed = true; return nil }})
		var text bytes.Buffer
		if code := report(&text, err); code != exitBusy || !strings.Contains(text.String(), "cannot listen on "+taken.Addr().String()+" ("+key+"): another program uses that port") {
			t.Errorf("%s: exit code %d: %s", key, code, &text)
		}
		if !closed {
			t.Errorf("%s: what was open before stays open", key)
		}
	}
}

func TestBehindAProxyTheClientIsTheOneThatTheProxySaw(t *testing.T) {
	s, err := makeSettings(map[string]string{
		"tls.mode": "proxy", "trusted_proxies": "127.0.0.1", "listen": "127.0.0.1:0", "metrics_listen": "", "data_dir": t.TempDir(),
		"portal_host": "https://portal.example.com", "phone_host": "https://phone.example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil {
		t.Fatal(err)
	}
	r := start(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := web.ClientOf(r.Context())
		_, _ = io.WriteString(w, c.Source().String()+" "+r.Host)
	}), app{})
	target := &url.URL{Scheme: "http", Host: r.main}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = "portal.example.com"
		p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
		p.SetXForwarded()
	}})
	defer proxy.Close()
	request, err := http.NewRequest("GET", proxy.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "203.0.113.9") // a lie, right of which the proxy writes the truth
	browser := proxy.Client()
	elsewhere := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	browser.Transport.(*http.Transport).DialContext = elsewhere.DialContext
	answer, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 || string(body) != "127.0.0.2/32 portal.example.com" {
		t.Errorf("got %d %q, %v", answer.StatusCode, body, err)
	}
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("over the proxy's TLS there is no HSTS")
	}
	// Past the proxy, in the clear: sent to https, nothing served.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err = http.NewRequest("GET", "http://"+r.main+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "portal.example.com"
	direct, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = direct.Body.Close()
	if direct.StatusCode != 307 || direct.Header.Get("Location") != "https://portal.example.com/x" {
		t.Errorf("in the clear: %d to %q", direct.StatusCode, direct.Header.Get("Location"))
	}
}

package web

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines collects what is logged; streams log from goroutines of their own.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func longStream(log io.Writer) LongStream {
	return LongStream{ContentType: "text/event-stream", Patience: time.Minute, Log: slog.New(slog.NewTextHandler(log, nil))}
}

func TestALongStreamOutlivesItsRequest(t *testing.T) {
	returned := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "DENY")
		err := longStream(io.Discard).Serve(w, r, func(ctx context.Context, s *Stream) {
			<-returned
			if ctx.Err() != nil || s.Send([]byte("first\n")) != nil {
				return
			}
			s.Aside(ctx, func() { _ = s.Send([]byte("second\n")) })
		})
		if err != nil {
			t.Error(err)
		}
		close(returned)
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "first\nsecond\n" {
		t.Errorf("got %q, %v", body, err)
	}
	if res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Date") == "" {
		t.Errorf("the header lacks something: %v", res.Header)
	}
	if !res.Close {
		t.Error("the answer does not say that its end is the connection's")
	}
}

func TestALongStreamStaysInItsRequestOverHTTP2(t *testing.T) {
	gone := make(chan error, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := longStream(io.Discard).Serve(w, r, func(ctx context.Context, s *Stream) {
			if s.Send([]byte("first\n")) != nil {
				return
			}
			<-ctx.Done()
			gone <- ctx.Err()
		})
		if err != nil {
			t.Error(err)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "first\n" || res.ProtoMajor != 2 {
		t.Fatalf("got %q, %v, HTTP/%d", line, err, res.ProtoMajor)
	}
	leave()
	if err := <-gone; err == nil {
		t.Error("the stream goes on without its client")
	}
}

func TestAPanicEndsALongStreamAloneAndIsLogged(t *testing.T) {
	for name, talk := range map[string]func(context.Context, *Stream){
		"in itself": func(context.Context, *Stream) { panic("secret") },
		"aside": func(ctx context.Context, s *Stream) {
			s.Aside(ctx, func() { panic("secret") })
			if s.Send([]byte("more")) == nil {
				panic("it goes on")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := longStream(&log).Serve(w, r, talk); err != nil {
					t.Error(err)
				}
			}))
			defer server.Close()
			res, err := http.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); err != nil || len(body) > 0 {
				t.Errorf("got %q, %v", body, err)
			}
			if said := log.String(); strings.Count(said, "msg=panic") != 1 || strings.Contains(said, "secret") {
				t.Errorf("the log says %s", said)
			}
		})
	}
}

func TestTheServerWaitsForTheLastWordOfALongStream(t *testing.T) {
	draining, told, served := make(chan struct{}), make(chan struct{}), make(chan struct{})
	base := WithDraining(t.Context(), draining)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), drainingKey{}, base.Value(drainingKey{})))
		err := longStream(io.Discard).Serve(w, r, func(ctx context.Context, s *Stream) {
			<-Draining(ctx)
			<-told
			_ = s.Send([]byte("bye\n"))
		})
		if err != nil {
			t.Error(err)
		}
		close(served)
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-served
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if AwaitStreams(impatient, base) == nil {
		t.Error("a stream that is open was not waited for")
	}
	close(draining)
	close(told)
	if err := AwaitStreams(t.Context(), base); err != nil {
		t.Error(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "bye\n" {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestALongStreamFindsOutThatItsClientIsGone(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := longStream(io.Discard).Serve(w, r, func(_ context.Context, s *Stream) {
			for s.Send([]byte(":\n\n")) == nil {
			}
			close(ended)
		})
		if err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	<-ended
}

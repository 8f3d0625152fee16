package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAStreamOutlivesAQuietTimeLongerThanItsPatience(t *testing.T) {
	const patience = 50 * time.Millisecond
	for _, protocol := range []int{1, 2} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != protocol {
				t.Errorf("the request came over %s", r.Proto)
			}
			s, err := OpenStream(w, r, "text/plain", patience)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Send([]byte("before ")); err != nil {
				t.Error(err)
			}
			<-time.After(5 * patience) // the quiet time itself
			if err := s.Send([]byte("after")); err != nil {
				t.Errorf("over HTTP/%d: %v", protocol, err)
			}
		}))
		server.EnableHTTP2 = protocol == 2
		server.StartTLS()
		answer, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || string(body) != "before after" {
			t.Errorf("over HTTP/%d: %q, %v", protocol, body, err)
		}
		server.Close()
	}
}

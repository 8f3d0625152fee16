package web

import (
	"io"
	"net/http"
	"testing"
	"time"
)

func TestAStreamOutlivesAQuietTimeLongerThanItsPatience(t *testing.T) {
	const patience = 50 * time.Millisecond
	inABubble(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := OpenStream(w, r, "text/plain", patience)
		if err != nil {
			t.Error(err)
			return
		}
		if err := s.Send([]byte("before ")); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * patience) // the quiet time itself
		if err := s.Send([]byte("after")); err != nil {
			t.Errorf("over %s: %v", r.Proto, err)
		}
	}), func(t *testing.T, protocol int, client *http.Client) {
		answer, err := client.Get("http://portal.localhost/")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "before after" || answer.ProtoMajor != protocol {
			t.Errorf("%q over %s, %v", body, answer.Proto, err)
		}
	})
}

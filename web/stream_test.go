package web

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// goneWriter is the answer to a client whose connection broke before the first byte.
type goneWriter struct{ *httptest.ResponseRecorder }

func (goneWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	server, client := net.Pipe()
	_ = client.Close()
	return server, nil, nil
}

func TestAStreamToAClientThatIsGoneIsTalkedToItsEnd(t *testing.T) {
	said := make(chan error, 1)
	r := httptest.NewRequest(http.MethodGet, "/stream", nil)
	err := LongStream{ContentType: "text/plain", Patience: time.Minute, Log: slog.New(slog.DiscardHandler)}.Serve(goneWriter{httptest.NewRecorder()}, r,
		func(_ context.Context, out *Stream) { said <- out.Send([]byte("hello\n")) })
	if err != nil {
		t.Fatal(err)
	}
	select { // whoever opened it holds a place and a subscription until talk returns
	case err := <-said:
		if !errors.Is(err, errLost) {
			t.Errorf("the first line: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("talk never ran, so nothing that the stream held is given back")
	}
}

package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/web"
)

// patient is an answer's writer that remembers until when the request may arrive.
type patient struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (p *patient) SetReadDeadline(end time.Time) error { p.until = end; return nil }

func (p *patient) SetWriteDeadline(time.Time) error { return nil }

// drip is a body that looks at the deadline while it comes in.
type drip struct {
	io.Reader
	to      *patient
	longest time.Duration
}

func (d *drip) Read(into []byte) (int, error) {
	d.longest = max(d.longest, time.Until(d.to.until))
	return d.Reader.Read(into)
}

// Whoever is not signed in sends no text for ten minutes, which the server would hold in memory all the while: that is for files,
// and theirs are not taken.
func TestSomebodyWhoIsNotSignedInGetsNoTimeForFiles(t *testing.T) {
	h := newHouse(t, nil)
	sites, err := openPortal(h.server)
	must(t, err)
	for _, path := range []string{"/messages/new", "/messages/2026-0001/reply"} {
		w := &patient{ResponseRecorder: httptest.NewRecorder()}
		body := &drip{Reader: strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("x", 300<<10)), to: w}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, h.portal.String()+path, body)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.RemoteAddr = netip.MustParseAddrPort("198.51.100.9:4000").String()
		site(t, sites, h).ServeHTTP(w, r)
		if body.longest == 0 || body.longest > time.Minute {
			t.Errorf("%s: it may take %s to arrive (%d)", path, body.longest, w.Code)
		}
	}
}

func site(t *testing.T, sites []web.Site, h *house) http.Handler {
	t.Helper()
	for _, s := range sites {
		if s.Origin == h.portal {
			return s.Handler
		}
	}
	t.Fatal("there is no portal")
	return nil
}

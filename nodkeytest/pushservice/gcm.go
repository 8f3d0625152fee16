package pushservice

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// GCM is the push service of Chromium: a Service, and what the browser has to do with: a check-in that gives it a number, a
// registration for each subscription, and the Mobile Connection Server that it holds a line to (Chromium's google_apis/gcm).
type GCM struct {
	*Service
	web, line net.Listener
	server    *http.Server
	ctx       context.Context
	stop      context.CancelFunc
	lines     sync.WaitGroup

	mu      sync.Mutex
	secrets map[uint64]uint64 // of the browsers, by the number that they were given
	places  map[string]place  // by token
	online  int
	faults  []string
}

// place is where a subscription's messages go in its browser.
type place struct{ app, subtype, sender string }

// StartGCM starts one. Close ends it.
func StartGCM() (*GCM, error) {
	// The browser makes the endpoint itself: at the first host where it is a vendor's release, at the other where it is not, as
	// distributions' are.
	service, err := Start("fcm.googleapis.com", "jmt17.google.com")
	if err != nil {
		return nil, err
	}
	service.path = "/fcm/send/"
	g := &GCM{Service: service, secrets: map[uint64]uint64{}, places: map[string]place{}}
	if g.web, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, service.Close())
	}
	if g.line, err = tls.Listen("tcp", "127.0.0.1:0", service.tls()); err != nil {
		return nil, errors.Join(err, g.web.Close(), service.Close())
	}
	g.ctx, g.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("POST /checkin", g.checkIn)
	mux.HandleFunc("POST /register", g.register)
	g.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = g.server.Serve(g.web) }() // ends with Close
	g.lines.Go(g.listen)
	return g, nil
}

// Close ends it at once.
func (g *GCM) Close() error {
	g.stop()
	err := errors.Join(g.line.Close(), g.server.Close(), g.Service.Close())
	g.lines.Wait()
	return err
}

// Flags are the command line's for a Chromium to find it. Its certificate is under a root of its own, which Chromium can only be
// told to overlook.
func (g *GCM) Flags() map[string]any {
	web := "http://" + g.web.Addr().String()
	return map[string]any{
		"gcm-checkin-url": web + "/checkin", "gcm-registration-url": web + "/register", "gcm-mcs-endpoint": "https://" + g.line.Addr().String(),
		"ignore-certificate-errors": true, "disable-background-networking": false,
	}
}

// Online counts the browsers that hold a line.
func (g *GCM) Online() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.online
}

// Faults are what a browser said that it should not have.
func (g *GCM) Faults() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.faults...)
}

func (g *GCM) note(format string, args ...any) {
	g.change(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.faults = append(g.faults, fmt.Sprintf(format, args...))
	})
}

// checkIn gives a browser its number and the secret to it, the same as before to one that has them (checkin.proto: of
// AndroidCheckinRequest id 2; of AndroidCheckinResponse stats_ok 1, time_msec 3, android_id 7, security_token 8).
func (g *GCM) checkIn(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, packetMax))
	asked, bad := readFields(raw)
	if err := errors.Join(err, bad); err != nil {
		g.note("a check-in: %v", err)
		http.Error(w, "no check-in", http.StatusBadRequest)
		return
	}
	id := asked.numbers[2]
	g.mu.Lock()
	secret := g.secrets[id]
	if secret == 0 {
		id, secret = positive(), positive()
		g.secrets[id] = secret
	}
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(protobuf{}.number(1, 1).number(3, uint64(time.Now().UnixMilli())).fixed(7, id).fixed(8, secret)) // a browser that went away asks again
}

// positive is a random number that is one as an int64 too.
func positive() uint64 {
	raw := make([]byte, 8)
	rand.Read(raw)
	return binary.BigEndian.Uint64(raw)>>1 | 1
}

// known finds a browser by "AidLogin number:secret".
func (g *GCM) known(login string) (id uint64, err error) {
	number, secret, _ := strings.Cut(strings.TrimPrefix(login, "AidLogin "), ":")
	id, err1 := strconv.ParseUint(number, 10, 64)
	given, err2 := strconv.ParseUint(secret, 10, 64)
	g.mu.Lock()
	kept, is := g.secrets[id]
	g.mu.Unlock()
	if err := errors.Join(err1, err2); err != nil || !is || kept != given {
		return 0, fmt.Errorf("a browser that never checked in: %q", login)
	}
	return id, nil
}

// register gives a subscription, or takes it back (google_apis/gcm/engine/registration_request.cc).
func (g *GCM) register(w http.ResponseWriter, r *http.Request) {
	token, err := g.registered(r)
	if err != nil {
		g.note("a registration: %v", err)
		_, _ = io.WriteString(w, "Error=INVALID_PARAMETERS")
		return
	}
	_, _ = io.WriteString(w, "token="+token)
}

func (g *GCM) registered(r *http.Request) (token string, err error) {
	owner, err := g.known(r.Header.Get("Authorization"))
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, packetMax))
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", err
	}
	p := place{app: form.Get("app"), subtype: form.Get("X-subtype"), sender: form.Get("sender")}
	if form.Get("delete") == "true" {
		g.mu.Lock()
		for t, kept := range g.places {
			if kept.subtype == p.subtype {
				token = t
			}
		}
		g.mu.Unlock()
		g.End(token)
		return p.subtype, nil
	}
	// The browser's own parts register as well, by a sender's number; nobody sends to them here.
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p.sender, "="))
	if err != nil || len(key) != pointLength {
		return rand.Text(), nil
	}
	if token, err = g.subscribe(ownerOf(owner), key); err != nil {
		return "", err
	}
	g.mu.Lock()
	g.places[token] = p
	g.mu.Unlock()
	return token, nil
}

func ownerOf(id uint64) string { return strconv.FormatUint(id, 10) }

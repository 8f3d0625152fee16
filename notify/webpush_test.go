package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// topicOfTests is one that a push service takes.
const topicOfTests = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func message(to nodkey.Subscription, left time.Duration) nodkey.PushMessage {
	return nodkey.PushMessage{Notice: nodkey.Notice{ApprovalID: "AAAAAAAAAAAAAAAAAAAAAA", Service: pushHost + ":443"}, To: to,
		Payload: []byte("AAAAAAAAAAAAAAAAAAAAAA"), Topic: topicOfTests, Left: left}
}

func TestAMessageArrivesAsThePushServiceWantsIt(t *testing.T) {
	p := newPushService(t, time.Now)
	w := p.channel(0)
	for _, c := range []struct {
		left time.Duration
		ttl  int
	}{{180 * time.Second, 180}, {59*time.Second + 900*time.Millisecond, 59}, {200 * time.Millisecond, 1}} {
		answer, err := w.Send(t.Context(), message(p.subscribe("/p/1"), c.left))
		if err != nil || answer.Outcome != nodkey.PushDelivered {
			t.Fatalf("%v, %v", answer, err)
		}
		_, arrived := p.seen()
		last := arrived[len(arrived)-1]
		if last.plain != "AAAAAAAAAAAAAAAAAAAAAA" || last.ttl != c.ttl || last.topic != topicOfTests {
			t.Errorf("with %s left there came %+v", c.left, last)
		}
	}
}

func TestWhatAPushServiceAnswersIsUnderstood(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	p := newPushService(t, func() time.Time { return now })
	to := p.subscribe("/p/secret")
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	broken := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			conn.Write([]byte(text))
			conn.Close()
		}
	}
	for what, c := range map[string]struct {
		answer  http.HandlerFunc
		outcome nodkey.PushOutcome
		after   time.Duration
	}{
		"200":                 {status(200), nodkey.PushDelivered, 0},
		"201":                 {status(201), nodkey.PushDelivered, 0},
		"202":                 {status(202), nodkey.PushDelivered, 0},
		"404":                 {status(404), nodkey.PushGone, 0},
		"410":                 {status(410), nodkey.PushGone, 0},
		"400":                 {status(400), nodkey.PushRefused, 0},
		"401":                 {status(401), nodkey.PushRefused, 0},
		"403 on the token":    {status(403), nodkey.PushRefused, 0},
		"413":                 {status(413), nodkey.PushRefused, 0},
		"429":                 {status(429), nodkey.PushRetry, 0},
		"429 with seconds":    {status(429, "Retry-After", "17"), nodkey.PushRetry, 17 * time.Second},
		"429 with a date":     {status(429, "Retry-After", now.Add(20*time.Second).UTC().Format(http.TimeFormat)), nodkey.PushRetry, 20 * time.Second},
		"429 with a past":     {status(429, "Retry-After", now.Add(-time.Hour).UTC().Format(http.TimeFormat)), nodkey.PushRetry, 0},
		"429 with words":      {status(429, "Retry-After", "soon"), nodkey.PushRetry, 0},
		"429 with less":       {status(429, "Retry-After", "-1"), nodkey.PushRetry, 0},
		"500":                 {status(500), nodkey.PushRetry, 0},
		"503":                 {status(503, "Retry-After", "3"), nodkey.PushRetry, 3 * time.Second},
		"garbage":             {broken("\x00\xffgarbage\r\n\r\n"), nodkey.PushRetry, 0},
		"closes early":        {broken(""), nodkey.PushRetry, 0},
		"half an answer":      {broken("HTTP/1.1 201 Crea"), nodkey.PushRetry, 0},
		"endless headers":     {broken("HTTP/1.1 201 Created\r\nX: " + strings.Repeat("a", 1<<20)), nodkey.PushRetry, 0},
		"a body without end":  {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) }, nodkey.PushDelivered, 0},
		"a redirect":          {status(307, "Location", "https://"+pushHost+"/p/other"), nodkey.PushRefused, 0},
		"a redirect for good": {status(301, "Location", "http://localhost/"), nodkey.PushRefused, 0},
	} {
		p.as(c.answer)
		w := p.channel(0) // each with a breaker of its own
		answer, err := w.Send(t.Context(), message(to, time.Minute))
		if answer.Outcome != c.outcome || answer.RetryAfter != c.after || (err == nil) != (c.outcome == nodkey.PushDelivered) {
			t.Errorf("%s: %v after %s, %v", what, answer.Outcome, answer.RetryAfter, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the endpoint stands in the error: %v", what, err)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	p := newPushService(t, time.Now)
	w := p.channel(0)
	for _, code := range []int{301, 302, 303, 307, 308} {
		p.as(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)+"/admin")
			w.WriteHeader(code)
		})
		if answer, err := w.Send(t.Context(), message(p.subscribe("/p/1"), time.Minute)); answer.Outcome != nodkey.PushRefused || err == nil {
			t.Errorf("%d: %v, %v", code, answer, err)
		}
	}
	if asked.Load() != 0 {
		t.Error("a redirect was followed to localhost")
	}
}

func TestAServiceThatIsSlowIsGivenUp(t *testing.T) {
	p := newPushService(t, time.Now)
	release := make(chan struct{})
	defer close(release)
	p.as(func(http.ResponseWriter, *http.Request) { <-release })
	w := p.channel(100 * time.Millisecond)
	began := time.Now()
	if answer, err := w.Send(t.Context(), message(p.subscribe("/p/1"), time.Minute)); answer.Outcome != nodkey.PushRetry || err == nil {
		t.Errorf("%v, %v", answer, err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAPrivateNetworkIsNotReached(t *testing.T) {
	var connected atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			c.Close()
		}
	}()
	p := newPushService(t, time.Now)
	w := p.channel(0)
	// A name on the list that resolves to this machine: the transport is what stands between.
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_, err = w.client.Post("https://localhost:"+port+"/", "text/plain", nil)
	if !errors.Is(err, ErrPrivate) || connected.Load() != 0 {
		t.Errorf("%v, %d connections", err, connected.Load())
	}
	for _, endpoint := range []string{"https://localhost:" + port + "/x", "https://evil.example/x", "http://" + pushHost + "/x"} {
		if answer, err := w.Send(t.Context(), message(newSubscriber(t).at(endpoint), time.Minute)); answer.Outcome != nodkey.PushRefused || err == nil {
			t.Errorf("%s: %v, %v", endpoint, answer, err)
		}
	}
}

func TestAHostThatKeepsFailingIsLeftAlone(t *testing.T) {
	clock := &standing{at: time.Now()}
	p := newPushService(t, clock.Now)
	p.as(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	w := p.channel(0)
	to := p.subscribe("/p/1")
	send := func(want nodkey.PushOutcome, paused bool) {
		t.Helper()
		answer, err := w.Send(t.Context(), message(to, time.Minute))
		if answer.Outcome != want || errors.Is(err, ErrPaused) != paused || paused && answer.RetryAfter <= 0 {
			t.Fatalf("%v, %v", answer, err)
		}
	}
	for range breakAfter {
		send(nodkey.PushRetry, false)
	}
	send(nodkey.PushRetry, true)
	if tried, _ := p.seen(); tried != breakAfter || w.Paused() != 1 {
		t.Errorf("tried %d times, %d paused", tried, w.Paused())
	}
	clock.advance(breakFor)
	send(nodkey.PushRetry, false) // one, to see
	send(nodkey.PushRetry, true)
	clock.advance(breakFor)
	p.as(nil)
	send(nodkey.PushDelivered, false)
	send(nodkey.PushDelivered, false)
	if w.Paused() != 0 {
		t.Error("a host that works is paused")
	}
}

func TestWhileAHostIsTriedAgainOneMessageGoes(t *testing.T) {
	clock := &standing{at: time.Now()}
	b := newBreaker(clock.Now)
	for range breakAfter {
		b.report("h", false)
	}
	clock.advance(breakFor)
	if b.wait("h") != 0 || b.wait("h") == 0 || b.wait("other") != 0 {
		t.Error("not one message goes")
	}
	for i := range 2 * hostsKept {
		b.report(string(rune('a'+i%26))+strings.Repeat("x", i/26), false)
	}
	if len(b.hosts) > hostsKept {
		t.Errorf("%d hosts are remembered", len(b.hosts))
	}
}

func TestATokenServesItsOriginForHours(t *testing.T) {
	clock := &standing{at: time.Now()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVAPID(key, "https://portal.example.com", clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	get := func(origin string) string {
		t.Helper()
		h, err := v.authorization(origin)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := get("https://a.example")
	if get("https://a.example") != first || get("https://b.example") == first {
		t.Error("a token is not that of its origin")
	}
	clock.advance(tokenUse)
	if get("https://a.example") == first {
		t.Error("a token is used too long")
	}
	for i := range 3 * tokensKept {
		get("https://" + strings.Repeat("a", 1+i%200) + string(rune('a'+i/200)) + ".example")
	}
	if len(v.tokens) > tokensKept {
		t.Errorf("%d tokens are kept", len(v.tokens))
	}
	for subject, good := range map[string]bool{
		"mailto:desk@example.com": true, "https://example.com": true, "https://example.com/contact": true,
		"": false, "desk@example.com": false, "mailto:": false, "mailto:desk": false, "http://example.com": false, "https://": false, "mailto:Desk <desk@example.com>": false,
	} {
		if CheckSubject(subject) == nil != good {
			t.Errorf("the subject %q is taken: %t", subject, !good)
		}
	}
}

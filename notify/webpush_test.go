package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
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

// A UnifiedPush distributor's endpoint is one of Web Push; that of an ntfy server looks like this, and answers in its own way.
func TestAUnifiedPushEndpointIsOneOfWebPush(t *testing.T) {
	p := newPushService(t, time.Now)
	to := p.subscribe("/upAbCdEfGhIjKl")
	to.Endpoint += "?up=1"
	var query atomic.Value
	p.as(func(w http.ResponseWriter, r *http.Request) { // what came was checked and decrypted before
		query.Store(r.URL.RawQuery)
		w.Write([]byte(`{"id":"x","event":"message","topic":"upAbCdEfGhIjKl"}`))
	})
	if answer, err := p.channel(0).Send(t.Context(), message(to, time.Minute)); err != nil || answer.Outcome != nodkey.PushDelivered || query.Load() != "up=1" {
		t.Errorf("%v, %v; the query is %v", answer, err, query.Load())
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

package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// subscriber is a phone's browser: what it made its subscription with.
type subscriber struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newSubscriber(t testing.TB) *subscriber {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	return &subscriber{key: key, auth: auth}
}

func (s *subscriber) at(endpoint string) nodkey.Subscription {
	return nodkey.Subscription{Endpoint: endpoint, P256DH: s.key.PublicKey().Bytes(), Auth: s.auth}
}

// decrypt reads a message as RFC 8291 has it.
func (s *subscriber) decrypt(body []byte) ([]byte, error) {
	if len(body) < 86+17 || body[20] != 65 || len(body)-86 > int(binary.BigEndian.Uint32(body[16:20])) {
		return nil, errors.New("not one record of aes128gcm with a point")
	}
	sender, err := ecdh.P256().NewPublicKey(body[21:86])
	if err != nil {
		return nil, err
	}
	shared, err := s.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(s.key.PublicKey().Bytes()) + string(body[21:86])
	ikm, err1 := hkdf.Key(sha256.New, shared, s.auth, info, 32)
	key, err2 := hkdf.Key(sha256.New, ikm, body[:16], "Content-Encoding: aes128gcm\x00", 16)
	nonce, err3 := hkdf.Key(sha256.New, ikm, body[:16], "Content-Encoding: nonce\x00", 12)
	block, err4 := aes.NewCipher(key)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, body[86:], nil)
	if err != nil {
		return nil, err
	}
	if plain[len(plain)-1] != 2 {
		return nil, errors.New("the record does not end as the last one does")
	}
	return plain[:len(plain)-1], nil
}

// pushed is a message as the push service of these tests has it.
type pushed struct {
	path, topic, plain string
	ttl                int
}

// pushService is a push service on TLS that answers as it is told. It checks every message: token, headers, ciphertext.
type pushService struct {
	t      testing.TB
	server *httptest.Server
	key    *ecdsa.PrivateKey
	now    func() time.Time

	mu      sync.Mutex
	phones  map[string]*subscriber // by path
	answer  http.HandlerFunc       // instead of 201
	tried   int
	arrived []pushed
	topics  map[string]pushed // what a phone that was off would get, by path and topic
}

const pushHost = "example.com" // that the test server's certificate is for

func newPushService(t testing.TB, now func() time.Time) *pushService {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &pushService{t: t, key: key, now: now, phones: map[string]*subscriber{}, topics: map[string]pushed{}}
	p.server = httptest.NewTLSServer(p)
	t.Cleanup(func() { p.server.CloseClientConnections(); p.server.Close() })
	return p
}

// as makes the service answer otherwise; nil: well again.
func (p *pushService) as(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *pushService) seen() (tried int, arrived []pushed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tried, append([]pushed(nil), p.arrived...)
}

// subscribe gives a new phone's subscription.
func (p *pushService) subscribe(path string) nodkey.Subscription {
	p.t.Helper()
	s := newSubscriber(p.t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phones[path] = s
	return s.at("https://" + pushHost + path)
}

// services are this one alone.
func (p *pushService) services() *Services {
	p.t.Helper()
	s, err := NewServices("", pushHost+"="+p.server.Listener.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// channel is the real one.
func (p *pushService) channel(timeout time.Duration) *WebPush {
	p.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	w, err := NewWebPush(WebPushConfig{Services: p.services(), Key: p.key, Subject: "mailto:desk@example.com", Roots: roots, Now: p.now, Timeout: timeout})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(w.Close)
	return w
}

func (p *pushService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, err := p.check(r)
	if err != nil {
		p.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.tried++
	answer := p.answer
	if answer == nil {
		p.arrived = append(p.arrived, got)
		p.topics[got.path+" "+got.topic] = got
	}
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	w.Header().Set("Location", "https://"+pushHost+"/m/1")
	w.WriteHeader(http.StatusCreated)
}

// check reads a message as RFC 8030, 8291 and 8292 have it.
func (p *pushService) check(r *http.Request) (pushed, error) {
	got := pushed{path: r.URL.Path, topic: r.Header.Get("Topic")}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil {
		return got, err
	}
	if r.Method != http.MethodPost || len(body) > 4096 || r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("Urgency") != "high" {
		return got, fmt.Errorf("%d bytes with %v", len(body), r.Header)
	}
	if raw, err := base64.RawURLEncoding.DecodeString(got.topic); err != nil || len(raw) == 0 || len(got.topic) > 32 {
		return got, fmt.Errorf("the topic is %q", got.topic)
	}
	if got.ttl, err = strconv.Atoi(r.Header.Get("TTL")); err != nil || got.ttl < 1 || got.ttl > 300 {
		return got, fmt.Errorf("the TTL is %q", r.Header.Get("TTL"))
	}
	if err := p.checkToken(r.Header.Get("Authorization")); err != nil {
		return got, err
	}
	p.mu.Lock()
	phone := p.phones[got.path]
	p.mu.Unlock()
	if phone == nil {
		return got, errors.New("nobody is subscribed there")
	}
	plain, err := phone.decrypt(body)
	got.plain = string(plain)
	return got, err
}

// checkToken reads "vapid t=…, k=…" (RFC 8292 §3).
func (p *pushService) checkToken(header string) error {
	t, k, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	if !ok {
		return fmt.Errorf("the token is in no such header: %q", header)
	}
	if point, err := p.key.PublicKey.Bytes(); err != nil || k != base64.RawURLEncoding.EncodeToString(point) {
		return errors.New("the token's key is not the server's")
	}
	parts := strings.Split(t, ".")
	if len(parts) != 3 {
		return errors.New("the token is no JWS")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return errors.New("the signature does not have 64 bytes")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&p.key.PublicKey, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("the signature is wrong")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		return err
	}
	until := time.Unix(claims.Exp, 0).Sub(p.now())
	if claims.Aud != "https://"+pushHost || until <= 0 || until > 24*time.Hour || claims.Sub != "mailto:desk@example.com" {
		return fmt.Errorf("the token says %s, good for %s", raw, until)
	}
	return nil
}

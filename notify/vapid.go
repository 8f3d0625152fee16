package notify

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"time"
)

// How long a token is good for (RFC 8292 §2: at most 24 hours), and for how long it is sent again; making one is dear.
const (
	tokenLife = 12 * time.Hour
	tokenUse  = 6 * time.Hour
)

// vapid says to push services who sends (RFC 8292). A token is for one push service and is kept.
type vapid struct {
	key     *ecdsa.PrivateKey
	point   string
	subject string
	now     func() time.Time
	mu      sync.Mutex
	tokens  map[string]vapidToken // by origin
}

type vapidToken struct {
	header string
	made   time.Time
}

// CheckSubject says what is wrong with the address under which push services find the operator: mailto: or https.
func CheckSubject(subject string) error {
	if to, ok := strings.CutPrefix(subject, "mailto:"); ok {
		if at, err := mail.ParseAddress(to); err == nil && at.Address == to {
			return nil
		}
	} else if u, err := url.Parse(subject); err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil {
		return nil
	}
	return fmt.Errorf("%q is neither mailto: with an address nor an https address", subject)
}

func newVAPID(key *ecdsa.PrivateKey, subject string, now func() time.Time) (*vapid, error) {
	if err := CheckSubject(subject); err != nil {
		return nil, err
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	return &vapid{key: key, point: base64.RawURLEncoding.EncodeToString(point), subject: subject, now: now, tokens: map[string]vapidToken{}}, nil
}

// tokensKept bounds the origins that tokens are kept for: hosts below a name are as many as phones make up.
const tokensKept = 256

// authorization gives the header's value for an origin such as "https://push.example.com".
func (v *vapid) authorization(origin string) (string, error) {
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if t, ok := v.tokens[origin]; ok && now.Sub(t.made) < tokenUse && !now.Before(t.made) {
		return t.header, nil
	}
	token, err := v.sign(origin, now.Add(tokenLife))
	if err != nil {
		return "", err
	}
	if len(v.tokens) >= tokensKept {
		clear(v.tokens)
	}
	header := "vapid t=" + token + ", k=" + v.point
	v.tokens[origin] = vapidToken{header: header, made: now}
	return header, nil
}

func (v *vapid) sign(origin string, until time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
		Sub string `json:"sub"`
	}{origin, until.Unix(), v.subject})
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, v.key, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64) // RFC 7518 §3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

package pushservice

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// tokenMax is the longest that a token may be good for (RFC 8292 §2).
const tokenMax = 24 * time.Hour

// publicKey reads a point of P-256 in its uncompressed form.
func publicKey(point []byte) (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// checkSender says what is wrong with who sends (RFC 8292). key is the one that the browser subscribed with, origin the push
// service's own.
func checkSender(authorization, origin string, key []byte, now time.Time) *refusal {
	token, sender, err := readAuthorization(authorization)
	if err != nil {
		return &refusal{http.StatusUnauthorized, err}
	}
	if !bytes.Equal(sender, key) {
		return refuse(http.StatusForbidden, "the sender's key is not the one that was subscribed with (RFC 8292 §4.2)")
	}
	if err := checkToken(token, origin, sender, now); err != nil {
		return &refusal{http.StatusForbidden, err}
	}
	return nil
}

// readAuthorization reads "vapid t=…, k=…" (RFC 8292 §3).
func readAuthorization(header string) (token string, key []byte, err error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "vapid") {
		return "", nil, errors.New("the Authorization is not of the scheme vapid")
	}
	params := map[string]string{}
	for param := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		params[name] = value
	}
	if params["t"] == "" || params["k"] == "" {
		return "", nil, errors.New("the Authorization lacks t or k")
	}
	key, err = base64.RawURLEncoding.DecodeString(params["k"])
	return params["t"], key, err
}

// checkToken says what is wrong with a token (RFC 8292 §2).
func checkToken(token, origin string, key []byte, now time.Time) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	public, err := publicKey(key)
	if err != nil {
		return err
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return err
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	left := time.Unix(claims.Exp, 0).Sub(now)
	switch {
	case claims.Aud != origin:
		return errors.New("the token is for " + claims.Aud)
	case left <= 0:
		return errors.New("the token is over")
	case left > tokenMax:
		return errors.New("the token is good for too long: " + left.String())
	case !isContact(claims.Sub):
		return errors.New("nobody is to be found at the token's subject " + claims.Sub)
	}
	return nil
}

// isContact: mailto: with an address, or an https address (RFC 8292 §2.1).
func isContact(subject string) bool {
	if to, ok := strings.CutPrefix(subject, "mailto:"); ok {
		_, err := mail.ParseAddress(to)
		return err == nil
	}
	u, err := url.Parse(subject)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

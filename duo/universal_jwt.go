package duo

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// The Universal Prompt speaks in JWTs (RFC 7519) that are signed with the secret key by HMAC-SHA-512 and by nothing else.

// jwtMost is longer than any that a client makes.
const jwtMost = 8 << 10

// The types of those that this door makes for itself. Clients make theirs without a type, or with JWT.
const (
	typWay  = "nodkey-duo-way+jwt"
	typCode = "nodkey-duo-code+jwt"
)

// jwt is one that was taken apart. Its signature has not been looked at.
type jwt struct {
	input     string // what is signed
	payload   []byte
	signature []byte
}

var errJWT = errors.New("no JWT signed by HS512")

// readJWT takes one apart, if it says that it is of a type ("" for clients') and signed by HS512.
func readJWT(text, typ string) (jwt, error) {
	parts := strings.Split(text, ".")
	if len(text) > jwtMost || len(parts) != 3 {
		return jwt{}, errJWT
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return jwt{}, errJWT
		}
	}
	var header struct {
		Alg  string          `json:"alg"`
		Typ  string          `json:"typ"`
		Crit json.RawMessage `json:"crit"`
		B64  json.RawMessage `json:"b64"`
	}
	if json.Unmarshal(raw[0], &header) != nil || header.Alg != "HS512" || header.Crit != nil || header.B64 != nil {
		return jwt{}, errJWT
	}
	if typ == "" && strings.EqualFold(header.Typ, "JWT") {
		header.Typ = ""
	}
	if header.Typ != typ || len(raw[2]) != sha512.Size {
		return jwt{}, errJWT
	}
	return jwt{parts[0] + "." + parts[1], raw[1], raw[2]}, nil
}

// signedBy reports whether a secret key signed it.
func (j jwt) signedBy(secret []byte) bool {
	mac := hmac.New(sha512.New, secret)
	mac.Write([]byte(j.input))
	return hmac.Equal(mac.Sum(nil), j.signature)
}

// makeJWT signs claims with a secret key.
func makeJWT(secret []byte, typ string, claims any) (string, error) {
	header := map[string]string{"alg": "HS512", "typ": typ}
	var parts []string
	for _, part := range []any{header, claims} {
		raw, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(raw))
	}
	input := strings.Join(parts, ".")
	mac := hmac.New(sha512.New, secret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

// signer is an application that has signed a JWT, with the secret key that did, for the answer.
type signer struct {
	nodkey.Caller
	key    string // its integration key
	secret []byte
}

// signerOf proves whose a JWT is, and reads its claims. Errors: application.wrong and .slow, as of any wrong secret.
func (d *Door) signerOf(ctx context.Context, c nodkey.Caller, key, text, typ string, claims any) (signer, error) {
	wrong := &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "application.wrong"}
	token, err := readJWT(text, typ)
	if err != nil || len(key) > 100 { // nothing was tried, so nothing is counted
		return signer{}, wrong
	}
	id, err := d.directory.find(ctx, key)
	if err != nil {
		return signer{}, err
	}
	out := signer{key: key}
	out.Caller, err = d.applications.CallerBy(ctx, c, id, nodkey.DoorDuo, func(secret []byte) bool {
		right := token.signedBy(secret)
		if right {
			out.secret = slices.Clone(secret)
		}
		return right
	})
	if err != nil {
		return signer{}, err
	}
	if json.Unmarshal(token.payload, claims) != nil {
		return signer{}, wrong
	}
	return out, nil
}

const (
	jwtLife   = 5 * time.Minute // of those that clients make
	jwtLeeway = time.Minute
)

// inTime reports whether a client's JWT that ends at exp, in seconds since 1970, counts: neither over nor good for longer than clients
// make them.
func (d *Door) inTime(exp float64) bool {
	left := exp - float64(d.clock.Now().Unix())
	return left > -jwtLeeway.Seconds() && left <= (jwtLife+jwtLeeway).Seconds()
}

// urls are an address of this door as clients may write it in their JWTs.
func (d *Door) urls(path string) []string {
	var out []string
	for _, host := range d.hosts {
		out = append(out, "https://"+host+path)
	}
	return out
}

// assertion is what a client proves itself with where it calls (RFC 7523 §3).
type assertion struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Audience string  `json:"aud"`
	ID       string  `json:"jti"`
	Exp      float64 `json:"exp"`
}

// asserted proves the client of a call to a path, once for each assertion, and gives the address that it wrote.
func (d *Door) asserted(r *http.Request, c nodkey.Caller, key, text, path string) (signer, string, error) {
	var claims assertion
	who, err := d.signerOf(r.Context(), c, key, text, "", &claims)
	if err != nil {
		return signer{}, "", err
	}
	wrong := &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "application.wrong"}
	if claims.Issuer != key || claims.Subject != key || !slices.Contains(d.urls(path), claims.Audience) || claims.ID == "" || !d.inTime(claims.Exp) {
		return signer{}, "", wrong
	}
	until := time.Unix(int64(claims.Exp)+1, 0).Add(jwtLeeway + time.Second) // whichever part of a second it says
	if err := d.applications.Spend(r.Context(), who.Caller, nodkey.OnceAssertion, claims.ID, until); err != nil {
		return signer{}, "", err
	}
	return who, claims.Audience, nil
}

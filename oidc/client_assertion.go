package oidc

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey"
)

// assertionAlgs are the algorithms that applications may sign with. None of them takes a secret, and "none" is none of them.
var assertionAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256, jose.EdDSA}

const (
	assertionSkew = 30 * time.Second // that clocks may be apart
	maxJTI        = 256              // characters
)

// assertion is the payload of a client assertion (RFC 7523 §3).
type assertion struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	ID        string   `json:"jti"`
	Expires   seconds  `json:"exp"`
	NotBefore seconds  `json:"nbf"`
	IssuedAt  seconds  `json:"iat"`
}

// audience is one name or several (RFC 7519 §4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// seconds is a NumericDate (RFC 7519 §2); zero where there is none.
type seconds float64

func (s seconds) time() time.Time {
	return time.UnixMilli(int64(min(max(float64(s), 0), 1e11) * 1000))
}

// parseAssertion reads an assertion without checking its signature.
func parseAssertion(text string) (*jose.JSONWebSignature, assertion, bool) {
	var a assertion
	jws, err := jose.ParseSignedCompact(text, assertionAlgs)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, a, false
	}
	return jws, a, json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &a) == nil
}

// issuerOf is whose an assertion claims to be.
func issuerOf(text string) (string, bool) {
	_, a, ok := parseAssertion(text)
	return a.Issuer, ok && a.Issuer != "" && a.Issuer == a.Subject
}

// signedBy makes an application's caller by its assertion: signed with one of its keys, for this server and nobody else, good now and
// for an hour at most, and never used before.
func (d *Door) signedBy(ctx context.Context, c nodkey.Caller, found client, text string) (nodkey.Caller, error) {
	jws, a, ok := parseAssertion(text)
	ok = ok && a.Issuer == string(found.ID) && a.Subject == a.Issuer && d.forThisServer(a.Audience) && d.goodNow(a) && a.ID != "" && len(a.ID) <= maxJTI
	if ok {
		ok = d.signedWith(ctx, found, jws)
	}
	caller, err := d.services.Applications.CallerOf(ctx, c, found.ID, found.door, func(nodkey.ApplicationInfo) bool { return ok })
	if err != nil {
		return nodkey.Caller{}, err
	}
	return caller, d.services.Applications.Spend(ctx, caller, nodkey.OnceAssertion, a.ID, a.Expires.time().Add(assertionSkew))
}

// forThisServer reports whether an audience is this issuer, or its token endpoint (OpenID Connect Core §9), and nobody else beside it.
func (d *Door) forThisServer(a audience) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(name string) bool { return name != d.issuer() && name != d.at(tokenPath) })
}

func (d *Door) goodNow(a assertion) bool {
	now := d.clock.Now()
	switch {
	case a.Expires == 0 || !now.Before(a.Expires.time().Add(assertionSkew)) || a.Expires.time().Add(assertionSkew).After(now.Add(nodkey.AssertionLife)):
		return false
	case a.NotBefore != 0 && now.Before(a.NotBefore.time().Add(-assertionSkew)):
		return false
	}
	return a.IssuedAt == 0 || !now.Before(a.IssuedAt.time().Add(-assertionSkew))
}

// signedWith reports whether one of an application's keys made a signature.
func (d *Door) signedWith(ctx context.Context, found client, jws *jose.JSONWebSignature) bool {
	kid := jws.Signatures[0].Header.KeyID
	for _, set := range d.keySets(ctx, found, kid) {
		keys := set.Keys
		if kid != "" {
			keys = set.Key(kid)
		}
		for _, k := range keys {
			if k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != jws.Signatures[0].Header.Algorithm || !k.IsPublic() || weak(k) {
				continue
			}
			if _, err := jws.Verify(k); err == nil {
				return true
			}
		}
	}
	return false
}

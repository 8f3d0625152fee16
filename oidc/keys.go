package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-jose/go-jose/v4"
	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// keysShow publishes the keys that tokens are checked with (RFC 7517 §5). Asking for them has the first ones made, so that no
// application ever sees an empty set.
func (d *Door) keysShow(w http.ResponseWriter, r *http.Request) {
	shared(w)
	for _, alg := range nodkey.SigningAlgs() {
		if _, err := d.services.SigningKeys.Current(r.Context(), alg); err != nil {
			d.answerFault(w, r, faultOf(err))
			return
		}
	}
	set, err := d.published(r.Context())
	if err != nil {
		d.answerFault(w, r, faultOf(err))
		return
	}
	web.WriteJSONAs(&kept{w, "public, max-age=900"}, http.StatusOK, "application/jwk-set+json", set)
}

// kept is an answer that may be kept for a time, whatever the writer of its body says.
type kept struct {
	http.ResponseWriter
	control string
}

func (k *kept) WriteHeader(status int) {
	k.Header().Set("Cache-Control", k.control)
	k.ResponseWriter.WriteHeader(status)
}

func (d *Door) published(ctx context.Context) (jose.JSONWebKeySet, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	keys, err := d.services.SigningKeys.Published(ctx)
	if err != nil {
		return set, err
	}
	for _, k := range keys {
		public, err := k.Key()
		if err != nil {
			return set, err
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: public, KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"})
	}
	return set, nil
}

// domainSigner signs with a key that stays in the domain.
type domainSigner struct {
	keys *nodkey.SigningKeys
	key  nodkey.SigningKey
}

func (s domainSigner) Public() *jose.JSONWebKey {
	public, err := s.key.Key()
	if err != nil {
		return &jose.JSONWebKey{}
	}
	return &jose.JSONWebKey{Key: public, KeyID: s.key.ID, Algorithm: string(s.key.Alg), Use: "sig"}
}

func (s domainSigner) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.key.Alg)}
}

func (s domainSigner) SignPayload(input []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return s.keys.Sign(s.key, input)
}

// sign makes a JWT of claims. typ is its media type: JWT for id tokens, logout+jwt for those of a logout.
func (d *Door) sign(ctx context.Context, alg nodkey.SigningAlg, typ string, claims any) (string, error) {
	key, err := d.services.SigningKeys.Current(ctx, alg)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", key.ID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: domainSigner{d.services.SigningKeys, key}}, options)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// typeIDToken is the media type of id tokens (RFC 7519 §5.1).
const typeIDToken = "JWT"

var errHint = errors.New("not an id token of this server's")

// hinted reads an id token of this server's that an application sends back (id_token_hint). It may have ended: what it hints at is who
// was meant, not that they are here.
func (d *Door) hinted(ctx context.Context, text string) (connect.IDTokenClaims, error) {
	var claims connect.IDTokenClaims
	if len(text) > maxRequest {
		return claims, errHint
	}
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		return claims, errHint
	}
	set, err := d.published(ctx)
	if err != nil {
		return claims, err
	}
	header := jws.Signatures[0].Header
	if header.ExtraHeaders[jose.HeaderType] != typeIDToken { // not what is signed for a logout
		return claims, errHint
	}
	for _, k := range set.Key(header.KeyID) {
		if k.Algorithm != header.Algorithm {
			continue
		}
		payload, err := jws.Verify(k)
		if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Issuer == d.issuer() && claims.Subject != "" && len(claims.Audience) == 1 {
			return claims, nil
		}
	}
	return connect.IDTokenClaims{}, errHint
}

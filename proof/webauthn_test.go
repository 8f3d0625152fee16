package proof_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

var _ nodkey.WebAuthn = (*proof.WebAuthn)(nil)

const (
	rpID   = "phone.example"
	origin = "https://phone.example"
	framer = "https://demo.example"
)

var (
	challenge = sha256Of("a challenge")
	handle    = []byte("sixteen bytes....")
)

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func newWebAuthn(t testing.TB, framedBy string) *proof.WebAuthn {
	t.Helper()
	w, err := proof.NewWebAuthn(rpID, origin, framedBy)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func newAuthenticator(t testing.TB, algorithm int) *nodkeytest.Authenticator {
	t.Helper()
	a, err := nodkeytest.NewAuthenticator(rpID, origin, algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func create(t testing.TB, a *nodkeytest.Authenticator, challenge []byte) wire.Registration {
	t.Helper()
	r, err := a.Create(challenge)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func get(t testing.TB, a *nodkeytest.Authenticator, challenge []byte) wire.Assertion {
	t.Helper()
	r, err := a.Get(challenge)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func registered(t testing.TB, w *proof.WebAuthn, a *nodkeytest.Authenticator) nodkey.Credential {
	t.Helper()
	c, err := w.Register(challenge, handle, create(t, a, challenge))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACredentialOfEachAlgorithmRegistersAndAsserts(t *testing.T) {
	for name, algorithm := range map[string]int{"ES256": nodkeytest.ES256, "EdDSA": nodkeytest.EdDSA, "RS256": nodkeytest.RS256} {
		for _, format := range []string{"none", "packed"} {
			t.Run(name+" "+format, func(t *testing.T) {
				w, a := newWebAuthn(t, ""), newAuthenticator(t, algorithm)
				a.Format = format
				known := registered(t, w, a)
				if !bytes.Equal(known.ID, a.ID) || len(known.PublicKey) == 0 || known.SignCount != 0 {
					t.Errorf("%+v", known)
				}
				count, err := w.Assert(known, challenge, get(t, a, challenge))
				if err != nil || count != 1 {
					t.Errorf("%d, %v", count, err)
				}
			})
		}
	}
}

func TestRegistrationsAreRefused(t *testing.T) {
	cases := map[string]func(*nodkeytest.Authenticator){
		"another RP ID":                func(a *nodkeytest.Authenticator) { a.RPID = "example" },
		"a subdomain's origin":         func(a *nodkeytest.Authenticator) { a.Origin = "https://evil.phone.example" },
		"the origin with a port":       func(a *nodkeytest.Authenticator) { a.Origin = "https://phone.example:8443" },
		"the default port written out": func(a *nodkeytest.Authenticator) { a.Origin = "https://phone.example:443" },
		"the origin without TLS":       func(a *nodkeytest.Authenticator) { a.Origin = "http://phone.example" },
		"the origin in capitals":       func(a *nodkeytest.Authenticator) { a.Origin = "https://PHONE.example" },
		"the origin with a path":       func(a *nodkeytest.Authenticator) { a.Origin = "https://phone.example/" },
		"nobody present":               func(a *nodkeytest.Authenticator) { a.Flags = nodkeytest.FlagUV },
		"nobody verified":              func(a *nodkeytest.Authenticator) { a.Flags = nodkeytest.FlagUP },
		"backed up, yet not eligible":  func(a *nodkeytest.Authenticator) { a.Flags |= nodkeytest.FlagBS },
		"in a frame":                   func(a *nodkeytest.Authenticator) { a.CrossOrigin, a.TopOrigin = true, framer },
		"in a frame of no name":        func(a *nodkeytest.Authenticator) { a.CrossOrigin = true },
		"an attestation of no format":  func(a *nodkeytest.Authenticator) { a.Format = "tpm" },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			a := newAuthenticator(t, nodkeytest.ES256)
			bend(a)
			if _, err := newWebAuthn(t, "").Register(challenge, handle, create(t, a, challenge)); err == nil {
				t.Error("was registered")
			}
		})
	}
	w, a := newWebAuthn(t, ""), newAuthenticator(t, nodkeytest.ES256)
	good := create(t, a, challenge)
	bent := func(bend func(*wire.Registration)) wire.Registration {
		r := wire.Registration{ID: bytes.Clone(good.ID), AttestationObject: bytes.Clone(good.AttestationObject), ClientDataJSON: bytes.Clone(good.ClientDataJSON)}
		bend(&r)
		return r
	}
	for name, r := range map[string]wire.Registration{
		"another challenge":             create(t, a, sha256Of("another")),
		"another id":                    bent(func(r *wire.Registration) { r.ID[0] ^= 1 }),
		"no id":                         bent(func(r *wire.Registration) { r.ID = nil }),
		"no attestation object":         bent(func(r *wire.Registration) { r.AttestationObject = nil }),
		"a cut off attestation object":  bent(func(r *wire.Registration) { r.AttestationObject = r.AttestationObject[:60] }),
		"bytes after it":                bent(func(r *wire.Registration) { r.AttestationObject = append(r.AttestationObject, 0) }),
		"no client data":                bent(func(r *wire.Registration) { r.ClientDataJSON = nil }),
		"an assertion's client data":    bent(func(r *wire.Registration) { r.ClientDataJSON = get(t, a, challenge).ClientDataJSON }),
		"client data of great length":   bent(func(r *wire.Registration) { r.ClientDataJSON = append(r.ClientDataJSON, spaces(5000)...) }),
		"an attestation by certificate": withChain(t, good),
	} {
		if _, err := w.Register(challenge, handle, r); err == nil {
			t.Errorf("%s: was registered", name)
		}
	}
	if _, err := w.Register(nil, handle, create(t, a, nil)); err == nil {
		t.Error("registered for no challenge")
	}
	if _, err := w.Register(challenge, nil, good); err == nil {
		t.Error("registered for no user handle")
	}
}

func spaces(n int) []byte { return bytes.Repeat([]byte{' '}, n) }

// withChain claims an attestation with a certificate.
func withChain(t *testing.T, r wire.Registration) wire.Registration {
	t.Helper()
	var object map[string]any
	if err := webauthncbor.Unmarshal(r.AttestationObject, &object); err != nil {
		t.Fatal(err)
	}
	object["fmt"] = "packed"
	object["attStmt"] = map[string]any{"alg": nodkeytest.ES256, "sig": []byte{1}, "x5c": []any{[]byte{1}}}
	var err error
	if r.AttestationObject, err = webauthncbor.Marshal(object); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAssertionsAreRefused(t *testing.T) {
	cases := map[string]func(*nodkeytest.Authenticator){
		"another RP ID":         func(a *nodkeytest.Authenticator) { a.RPID = "example" },
		"another origin":        func(a *nodkeytest.Authenticator) { a.Origin = "https://phone.example.evil.example" },
		"nobody present":        func(a *nodkeytest.Authenticator) { a.Flags = nodkeytest.FlagUV },
		"nobody verified":       func(a *nodkeytest.Authenticator) { a.Flags = nodkeytest.FlagUP },
		"in a frame":            func(a *nodkeytest.Authenticator) { a.CrossOrigin, a.TopOrigin = true, framer },
		"another credential":    func(a *nodkeytest.Authenticator) { a.ID = []byte("another") },
		"a counter gone back":   func(a *nodkeytest.Authenticator) { a.Count = 0 },
		"a counter at a stand":  func(a *nodkeytest.Authenticator) { a.Step = 0 },
		"a counter back to nil": func(a *nodkeytest.Authenticator) { a.Count, a.Step = 0, 0 },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			w, a := newWebAuthn(t, ""), newAuthenticator(t, nodkeytest.ES256)
			a.Count = 7
			known := registered(t, w, a)
			bend(a)
			if _, err := w.Assert(known, challenge, get(t, a, challenge)); err == nil {
				t.Error("was accepted")
			}
		})
	}
	w, a, stranger := newWebAuthn(t, ""), newAuthenticator(t, nodkeytest.ES256), newAuthenticator(t, nodkeytest.ES256)
	known := registered(t, w, a)
	stranger.ID = a.ID
	signature := get(t, a, challenge)
	signature.Signature[len(signature.Signature)-1] ^= 1
	flags := get(t, a, challenge)
	flags.AuthenticatorData[32] |= nodkeytest.FlagBE
	for name, assertion := range map[string]wire.Assertion{
		"another challenge":         get(t, a, sha256Of("another")),
		"another key":               get(t, stranger, challenge),
		"a bent signature":          signature,
		"bent authenticator data":   flags,
		"nothing but the id":        {ID: a.ID},
		"nothing":                   {},
		"a registration's ceremony": {ID: a.ID, AuthenticatorData: flags.AuthenticatorData, ClientDataJSON: create(t, a, challenge).ClientDataJSON, Signature: flags.Signature},
	} {
		if _, err := w.Assert(known, challenge, assertion); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}

func TestAnAuthenticatorWithoutCounterIsAccepted(t *testing.T) {
	w, a := newWebAuthn(t, ""), newAuthenticator(t, nodkeytest.ES256)
	a.Step = 0
	a.Flags |= nodkeytest.FlagBE | nodkeytest.FlagBS // as synchronised passkeys are
	known := registered(t, w, a)
	for range 2 {
		if count, err := w.Assert(known, challenge, get(t, a, challenge)); err != nil || count != 0 {
			t.Errorf("%d, %v", count, err)
		}
	}
}

func TestOnePageMayFrameTheDemosPhone(t *testing.T) {
	w, a := newWebAuthn(t, framer), newAuthenticator(t, nodkeytest.ES256)
	known := registered(t, w, a)
	for name, c := range map[string]struct {
		cross    bool
		top      string
		accepted bool
	}{
		"not framed":                           {false, "", true},
		"framed by the page":                   {true, framer, true},
		"framed, and the browser does not say": {true, "", true},
		"framed by another page":               {true, "https://evil.example", false},
		"framed by the page's subdomain":       {true, "https://x.demo.example", false},
		"framed by the page in capitals":       {true, "https://DEMO.example", false},
		"a framing page, yet not framed":       {false, framer, false},
	} {
		a.CrossOrigin, a.TopOrigin = c.cross, c.top
		_, err := w.Assert(known, challenge, get(t, a, challenge))
		if (err == nil) != c.accepted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWebAuthnErrorsRepeatNothing(t *testing.T) {
	w, a := newWebAuthn(t, ""), newAuthenticator(t, nodkeytest.ES256)
	known := registered(t, w, a)
	a.Origin = "https://swordfish.example"
	_, err := w.Assert(known, challenge, get(t, a, challenge))
	if err == nil || strings.Contains(err.Error(), "swordfish") {
		t.Error(err)
	}
	_, err = w.Register(challenge, handle, wire.Registration{ID: a.ID, ClientDataJSON: []byte(`{"type":swordfish}`)})
	if err == nil || strings.Contains(err.Error(), "swordfish") {
		t.Error(err)
	}
}

func TestWebAuthnNeedsARelyingParty(t *testing.T) {
	if _, err := proof.NewWebAuthn("", origin, ""); err == nil {
		t.Error("made without an RP ID")
	}
	if _, err := proof.NewWebAuthn(rpID, "", ""); err == nil {
		t.Error("made without an origin")
	}
}

func FuzzRegister(f *testing.F) {
	w, a := newWebAuthn(f, ""), newAuthenticator(f, nodkeytest.ES256)
	good := create(f, a, challenge)
	f.Add([]byte(good.AttestationObject), []byte(good.ClientDataJSON))
	f.Add([]byte{0xa0}, []byte("{}"))
	f.Fuzz(func(t *testing.T, object, clientData []byte) {
		c, err := w.Register(challenge, handle, wire.Registration{ID: good.ID, AttestationObject: object, ClientDataJSON: clientData})
		if err == nil && (!bytes.Equal(c.ID, good.ID) || len(c.PublicKey) == 0) {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzAssert(f *testing.F) {
	w, a := newWebAuthn(f, ""), newAuthenticator(f, nodkeytest.ES256)
	known := registered(f, w, a)
	good := get(f, a, challenge)
	f.Add([]byte(good.AuthenticatorData), []byte(good.ClientDataJSON), []byte(good.Signature))
	f.Fuzz(func(t *testing.T, data, clientData, signature []byte) {
		_, err := w.Assert(known, challenge, wire.Assertion{ID: a.ID, AuthenticatorData: data, ClientDataJSON: clientData, Signature: signature})
		if err == nil && (!bytes.Equal(data, good.AuthenticatorData) || !bytes.Equal(clientData, good.ClientDataJSON)) {
			t.Fatalf("%x over %x and %q was accepted", signature, data, clientData)
		}
	})
}

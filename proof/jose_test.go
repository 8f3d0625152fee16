package proof_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

var _ nodkey.JOSE = proof.JOSE{}

func newKey(t testing.TB) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return key, point
}

func header(t *testing.T, jws string) string {
	t.Helper()
	head, _, _ := strings.Cut(jws, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestTheServersHeaderHoldsAlgAndTypAlone(t *testing.T) {
	key, point := newKey(t)
	jws, err := proof.JOSE{}.Sign(key, wire.TypStatement, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := header(t, jws); got != `{"alg":"ES256","typ":"nodkey-statement+jws"}` {
		t.Error(got)
	}
	parsed, err := wire.ParseJWS(jws)
	if err != nil || string(parsed.Payload) != `{"a":1}` || parsed.Header.Typ != wire.TypStatement || parsed.Header.Kid != "" {
		t.Errorf("%+v, %v", parsed, err)
	}
	if err := (proof.JOSE{}).Verify(jws, point); err != nil {
		t.Error(err)
	}
}

func TestAPhonesHeaderNamesItsKey(t *testing.T) {
	key, point := newKey(t)
	kid, err := wire.KeyID(point)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := proof.JOSE{}.SignWithKID(key, wire.TypRequest, kid, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := header(t, jws); got != `{"alg":"ES256","kid":"`+kid+`","typ":"nodkey-request+jws"}` {
		t.Error(got)
	}
	if err := (proof.JOSE{}).Verify(jws, point); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheSignersKeyVerifies(t *testing.T) {
	key, point := newKey(t)
	_, another := newKey(t)
	jws, err := proof.JOSE{}.Sign(key, wire.TypReceipt, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"another key": another, "no key": nil, "a short point": point[:64], "infinity": {0}} {
		if err := (proof.JOSE{}).Verify(jws, bad); err == nil {
			t.Errorf("%s verifies", name)
		}
	}
}

func TestKeysOfOtherCurvesDoNotSign(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if jws, err := (proof.JOSE{}).Sign(key, wire.TypReceipt, []byte(`{}`)); err == nil {
		t.Error(jws)
	}
	if jws, err := (proof.JOSE{}).SignWithKID(nil, wire.TypReceipt, "k", []byte(`{}`)); err == nil {
		t.Error(jws)
	}
}

// TestJWSVectors runs the cases that the TypeScript phone runs too. A message that verifies may still be of the wrong
// typ or have a wrong payload; one that must be accepted has to verify.
func TestJWSVectors(t *testing.T) {
	raw, err := os.ReadFile("../testdata/protocol/jws.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Why, JWS, Typ string
			Key           wire.Bytes
			Accept        bool
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, c := range file.Cases {
		err := proof.JOSE{}.Verify(c.JWS, c.Key)
		if c.Accept && err != nil {
			t.Errorf("%s: %v", c.Why, err)
		}
		about, _, _ := strings.Cut(c.Why, ":")
		if mustFail := about == "signature" || about == "form" || about == "unsigned"; mustFail && err == nil {
			t.Errorf("%s: verifies", c.Why)
		}
		// Of the header only typ, and kid in a server's message, are left to the caller.
		if about == "header" && err == nil && !strings.Contains(c.Why, "typ") && !strings.Contains(c.Why, "kid in") {
			t.Errorf("%s: verifies", c.Why)
		}
		if c.Accept {
			accepted++
		}
	}
	if accepted == 0 {
		t.Error("no case is to be accepted")
	}
}

func TestErrorsRepeatNothingOfTheMessage(t *testing.T) {
	key, point := newKey(t)
	good, err := proof.JOSE{}.Sign(key, wire.TypReceipt, []byte(`{"secret":"swordfish"}`))
	if err != nil {
		t.Fatal(err)
	}
	marked := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"swordfish","typ":"swordfish","swordfish":1}`))
	_, rest, _ := strings.Cut(good, ".")
	for _, jws := range []string{marked + "." + rest, "swordfish", good + "swordfish", "swordfish." + rest} {
		err := proof.JOSE{}.Verify(jws, point)
		if err == nil || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%v", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	key, point := newKey(f)
	good, err := proof.JOSE{}.Sign(key, wire.TypReceipt, []byte(`{}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, jws string) {
		if err := (proof.JOSE{}).Verify(jws, point); err == nil && jws != good {
			t.Fatalf("%q verifies by a key that never signed it", jws)
		}
	})
}

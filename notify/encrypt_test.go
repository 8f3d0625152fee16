package notify

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

func b64(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func keyOf(t testing.TB, text string) *ecdh.PrivateKey {
	t.Helper()
	k, err := ecdh.P256().NewPrivateKey(b64(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The example of RFC 8291 §5 and its appendix A.
const (
	vectorPlain  = "When I grow up, I want to be a watermelon"
	vectorSender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	vectorPhone  = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	vectorPoint  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	vectorAuth   = "BTBZMqHH6r4Tts7J_aSIgg"
	vectorSalt   = "DGv6ra1nlYgDCS1FRnbzlw"
	vectorBody   = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func vectorSubscription(t testing.TB) nodkey.Subscription {
	return nodkey.Subscription{P256DH: b64(t, vectorPoint), Auth: b64(t, vectorAuth)}
}

func TestEncryptionIsThatOfRFC8291(t *testing.T) {
	body, err := encryptWith(keyOf(t, vectorSender), b64(t, vectorSalt), vectorSubscription(t), []byte(vectorPlain))
	if err != nil {
		t.Fatal(err)
	}
	if got := base64.RawURLEncoding.EncodeToString(body); got != vectorBody {
		t.Errorf("got  %s\nwant %s", got, vectorBody)
	}
	phone := &subscriber{key: keyOf(t, vectorPhone), auth: b64(t, vectorAuth)}
	if plain, err := phone.decrypt(b64(t, vectorBody)); err != nil || string(plain) != vectorPlain {
		t.Errorf("the phone of these tests reads %q, %v", plain, err)
	}
}

func TestEachMessageHasAKeyAndASaltOfItsOwn(t *testing.T) {
	to, phone := vectorSubscription(t), &subscriber{key: keyOf(t, vectorPhone), auth: b64(t, vectorAuth)}
	seen := map[string]bool{}
	for range 20 {
		body, err := encrypt(to, []byte("AAAAAAAAAAAAAAAAAAAAAA"))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := phone.decrypt(body); err != nil || string(plain) != "AAAAAAAAAAAAAAAAAAAAAA" {
			t.Fatalf("read as %q, %v", plain, err)
		}
		salt, point := string(body[:16]), string(body[21:86])
		if seen[salt] || seen[point] {
			t.Error("a salt or a key is used twice")
		}
		seen[salt], seen[point] = true, true
		body[len(body)-1] ^= 1
		if _, err := phone.decrypt(body); err == nil {
			t.Error("a changed message is read")
		}
	}
}

func TestMessagesThatCannotBeEncryptedAreNot(t *testing.T) {
	good := vectorSubscription(t)
	if body, err := encrypt(good, bytes.Repeat([]byte("a"), maxPlain)); err != nil || len(body) != recordSize {
		t.Errorf("the longest message has %d bytes, %v", len(body), err)
	}
	if _, err := encrypt(good, bytes.Repeat([]byte("a"), maxPlain+1)); err == nil {
		t.Error("one that is too long is encrypted")
	}
	for what, point := range map[string][]byte{"none": nil, "short": good.P256DH[:64], "compressed": append([]byte{2}, good.P256DH[1:33]...), "elsewhere": append([]byte{4}, make([]byte, 64)...)} {
		if _, err := encrypt(nodkey.Subscription{P256DH: point, Auth: good.Auth}, []byte("x")); err == nil || strings.Contains(err.Error(), "crypto") {
			t.Errorf("to a key that is %s: %v", what, err)
		}
	}
}

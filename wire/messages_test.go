package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

func offerText(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(wire.Offer{
		Aud: vectorAud, Server: wire.OfferServer{Name: "Aldermere", Operator: "Aldermere Ltd"},
		Keys:     wire.OfferKeys{Signing: point(t, signingKey(t, "server signing")), Backup: point(t, signingKey(t, "server backup")), PIN: exchangeKey(t, "PIN").PublicKey().Bytes()},
		User:     wire.OfferUser{ID: "ICEiIyQlJicoKSorLC0uLw", Name: "mara", DisplayName: "Mara Lindqvist"},
		Es:       exchangeKey(t, "Es").PublicKey().Bytes(),
		PIN:      wire.PINRules{Min: 4, Max: 6},
		WebAuthn: wire.WebAuthnOptions{RPID: "phone.example", UserHandle: fixed("handle")[:16], Challenge: fixed("challenge")},
		Iat:      1790000000000, Exp: 1790000600000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func receiptText(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(wire.Receipt{
		Aud: vectorAud, Submission: fixed("submission"), Key: b64(fixed("key")), User: "ICEiIyQlJicoKSorLC0uLw",
		State: "confirm", Digits: "042917", Iat: 1790000000000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnEverydayStatementFitsAQRCode(t *testing.T) {
	statement := wire.Statement{
		Aud: vectorAud, ID: "EBESExQVFhcYGRobHB0eHw", User: "ICEiIyQlJicoKSorLC0uLw",
		Keys: []string{b64(fixed("one")), b64(fixed("two")), b64(fixed("three"))},
		Kind: "sign_in", Locale: "en", App: "Aldermere Client Portal", Who: "Mara Lindqvist",
		Address: "203.0.113.24", Place: "Hamburg, Germany", With: "Firefox on Windows",
		Number: true, Iat: 1790000000000, Exp: 1790000180000,
	}
	if n := statementLength(t, statement); n > wire.MaxStatement {
		t.Errorf("with three keys and a place it has %d characters", n)
	}
	statement.Place, statement.Address = "", "2001:db8:85a3:8d3:1319:8a2e:370:7348"
	if n := statementLength(t, statement); n > wire.MaxStatement {
		t.Errorf("with three keys and a full IPv6 address it has %d characters", n)
	}
}

// Whoever writes statements has to shorten their texts to what is left; this is how much that is.
func TestThreeKeysLeaveSpaceForTexts(t *testing.T) {
	statement := wire.Statement{
		Aud: vectorAud, ID: "EBESExQVFhcYGRobHB0eHw", User: "ICEiIyQlJicoKSorLC0uLw",
		Keys: []string{b64(fixed("one")), b64(fixed("two")), b64(fixed("three"))},
		Kind: "sign_in", Locale: "en", Address: "-", Place: "-", With: "-", Number: true, Iat: 1790000000000, Exp: 1790000180000,
	}
	const texts = 96 // bytes of app, who, address, place and with together
	statement.App = strings.Repeat("x", texts-3)
	if n := statementLength(t, statement); n > wire.MaxStatement {
		t.Errorf("with %d bytes of text it has %d characters", texts, n)
	}
	statement.App += strings.Repeat("x", 10)
	if n := statementLength(t, statement); n <= wire.MaxStatement {
		t.Errorf("with %d bytes of text it still has only %d characters: the bound above is too low", texts+10, n)
	}
}

// statementLength is the length of a statement as JWS.
func statementLength(t *testing.T, s wire.Statement) int {
	t.Helper()
	payload, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return len(sign(t, signingKey(t, "server signing"), vectorHeader, string(payload)))
}

func TestBytesHaveOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOf(rapid.Byte()).Draw(t, "raw")
		text, err := json.Marshal(wire.Bytes(raw))
		if err != nil {
			t.Fatal(err)
		}
		var got wire.Bytes
		if err := json.Unmarshal(text, &got); err != nil || string(got) != string(raw) {
			t.Fatalf("%s reads as %x, %v", text, got, err)
		}
	})
	for _, bad := range []string{`"AA=="`, `"AB"`, `"A"`, `"AA\n"`, `"A\r\nA"`, `"++//"`, `" AA"`, `"AA "`, `"A.A"`, `null`, `12`, `["AA"]`, `{}`} {
		var got wire.Bytes
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s reads as %x", bad, got)
		}
	}
}

func FuzzDecodeB64(f *testing.F) {
	for _, seed := range []string{"", "AA", "AB", "AA==", "A\nA", "-_-_", "+/+/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := wire.DecodeB64(text)
		if err == nil && b64(raw) != text {
			t.Fatalf("%q and %q mean the same", text, b64(raw))
		}
	})
}

func TestTheSigningInputIsWhatStandsBeforeTheSecondDot(t *testing.T) {
	for text, want := range map[string]string{"a.b.c": "a.b", "..": ".", "a.b.": "a.b"} {
		if got, ok := wire.SigningInput(text); !ok || got != want {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", ".", "a.b", "a.b.c.d", strings.Repeat(".", 5)} {
		if got, ok := wire.SigningInput(text); ok {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestAKeyIDIsTheThumbprint(t *testing.T) {
	// RFC 7517 appendix A.1 has this key; its thumbprint was computed apart with the members that RFC 7638 §3.2 names.
	x, _ := wire.DecodeB64("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4")
	y, _ := wire.DecodeB64("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")
	raw := append(append([]byte{4}, x...), y...)
	if id, err := wire.KeyID(raw); err != nil || id != "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s" {
		t.Errorf("%s, %v", id, err)
	}
	for name, bad := range map[string][]byte{"short": raw[:64], "off the curve": flipped(raw, 64), "infinity": {0}, "compressed": append([]byte{2}, x...), "none": nil} {
		if id, err := wire.KeyID(bad); err == nil {
			t.Errorf("%s has the id %s", name, id)
		}
	}
}

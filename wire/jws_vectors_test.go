package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

// jwsCase is one case of jws.json: whether a phone that pinned key, and expects a message of typ for aud, accepts jws.
type jwsCase struct {
	Why    string     `json:"why"`
	JWS    string     `json:"jws"`
	Key    wire.Bytes `json:"key"`
	Typ    string     `json:"typ"`
	Aud    string     `json:"aud"`
	Accept bool       `json:"accept"`
	Digest wire.Bytes `json:"digest,omitempty"` // of the signing input, where accepted
}

const (
	vectorAud      = "AAECAwQFBgcICQoLDA0ODw"
	vectorHeader   = `{"alg":"ES256","typ":"nodkey-statement+jws"}`
	vectorApproval = `"id":"EBESExQVFhcYGRobHB0eHw"`
)

// statementText is a statement as the server writes it.
func statementText(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(wire.Statement{
		Aud: vectorAud, ID: "EBESExQVFhcYGRobHB0eHw", User: "ICEiIyQlJicoKSorLC0uLw", Keys: []string{b64(fixed("key"))}, Kind: "sign_in",
		Locale: "en", App: "Aldermere Client Portal", Who: "Mara Lindqvist", Address: "203.0.113.24", With: "Firefox on Windows",
		Number: true, Iat: 1790000000000, Exp: 1790000180000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func jwsVectors(t *testing.T) vectors[jwsCase] {
	key, stranger := signingKey(t, "server signing"), signingKey(t, "stranger")
	pinned := point(t, key)
	body := statementText(t)
	good := sign(t, key, vectorHeader, body)
	input, _ := wire.SigningInput(good)
	head, payload, _ := strings.Cut(input, ".")
	signature := good[len(input)+1:]
	der := derSignature(t, key, input)
	r, s := rs(t, der)
	n := elliptic.P256().Params().N
	swapPayload := func(old, replacement string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("the statement has no %s", old)
		}
		return sign(t, key, vectorHeader, strings.Replace(body, old, replacement, 1))
	}

	var cases []jwsCase
	add := func(accept bool, typ, why, jws string) {
		c := jwsCase{Why: why, JWS: jws, Key: pinned, Typ: typ, Aud: vectorAud, Accept: accept}
		if accept {
			text, _ := wire.SigningInput(jws)
			digest := wire.Digest(text)
			c.Digest = digest[:]
		}
		cases = append(cases, c)
	}
	yes := func(why, jws string) { add(true, wire.TypStatement, why, jws) }
	no := func(why, jws string) { add(false, wire.TypStatement, why, jws) }
	header := func(why, text string) { no("header: "+why, sign(t, key, text, body)) }

	yes("a statement", good)
	yes("header members in another order, with white space", sign(t, key, `{ "typ" : "nodkey-statement+jws",`+"\n"+`"alg":"ES256" }`, body))
	yes("a text with characters outside ASCII", swapPayload("Mara Lindqvist", "Zoë Ångström 山田"))
	yes("escapes in JSON", swapPayload("Mara", `\u004dara`))
	as := func(kind, members string) string {
		return swapPayload(`"kind":"sign_in"`, `"kind":"`+kind+`"`+members)
	}
	newKey, item, es := `,"newKey":{"id":"`+b64(fixed("new key"))+`","name":"Pixel 8"}`, `,"item":"Old phone"`, `,"es":"`+b64(pinned)+`"`
	yes("a statement of kind key_add", as("key_add", newKey))
	yes("a statement of kind key_remove", as("key_remove", item))
	yes("a statement of kind pin_change", as("pin_change", es))
	yes("a statement of kind pin_check", as("pin_check", ""))
	yes("a statement of kind push_test", as("push_test", ""))
	yes("a statement of kind messages_open", as("messages_open", ""))
	yes("a statement of kind password_change", as("password_change", ""))
	yes("a statement of kind contact_change", as("contact_change", item))
	yes("a statement of kind contact_remove", as("contact_remove", item))
	yes("a statement of kind test", as("test", ""))
	text := `,"text":"Pay 250.00 EUR to Anna"`
	yes("a statement of kind confirm", as("confirm", text))
	yes("a statement of kind confirm that a code may answer", as("confirm", text+`,"challenge":"042424"`))
	yes("a statement of kind sign_in with a text of the application's", as("sign_in", text))
	yes("a statement that a code may answer", as("sign_in", `,"challenge":"042424"`))
	yes("the other of two signatures (r, n−s): ES256 does not ask for the lower one", input+"."+b64(rawSignature(r, new(big.Int).Sub(n, s))))
	add(true, wire.TypOffer, "an offer", sign(t, key, `{"alg":"ES256","typ":"nodkey-offer+jws"}`, offerText(t)))
	add(true, wire.TypReceipt, "a receipt", sign(t, key, `{"alg":"ES256","typ":"nodkey-receipt+jws"}`, receiptText(t)))

	add(false, wire.TypReceipt, "a statement where a receipt is due", good)
	add(false, wire.TypOffer, "a statement where an offer is due", good)
	header("another typ, otherwise alike", `{"alg":"ES256","typ":"nodkey-receipt+jws"}`)
	header("typ in capitals", `{"alg":"ES256","typ":"NODKEY-STATEMENT+JWS"}`)
	header("typ with the media type in full", `{"alg":"ES256","typ":"application/nodkey-statement+jws"}`)
	header("no typ", `{"alg":"ES256"}`)
	header("typ null", `{"alg":"ES256","typ":null}`)
	header("typ a list", `{"alg":"ES256","typ":["nodkey-statement+jws"]}`)
	header("no alg", `{"typ":"nodkey-statement+jws"}`)
	header("alg none, though signed", `{"alg":"none","typ":"nodkey-statement+jws"}`)
	header("alg HS256, though signed with ES256", `{"alg":"HS256","typ":"nodkey-statement+jws"}`)
	header("alg ES384", `{"alg":"ES384","typ":"nodkey-statement+jws"}`)
	header("alg ES256K", `{"alg":"ES256K","typ":"nodkey-statement+jws"}`)
	header("alg in small letters", `{"alg":"es256","typ":"nodkey-statement+jws"}`)
	header("member names in capitals", `{"ALG":"ES256","TYP":"nodkey-statement+jws"}`)
	header("alg twice", `{"alg":"ES256","alg":"ES256","typ":"nodkey-statement+jws"}`)
	header("alg twice, none first", `{"alg":"none","alg":"ES256","typ":"nodkey-statement+jws"}`)
	header("alg twice, the second written with an escape", `{"alg":"ES256","\u0061lg":"none","typ":"nodkey-statement+jws"}`)
	header("typ twice", `{"alg":"ES256","typ":"nodkey-receipt+jws","typ":"nodkey-statement+jws"}`)
	header("typ twice, differing in case", `{"alg":"ES256","typ":"nodkey-statement+jws","Typ":"nodkey-receipt+jws"}`)
	header("crit", `{"alg":"ES256","typ":"nodkey-statement+jws","crit":["exp"],"exp":1}`)
	header("crit, empty", `{"alg":"ES256","typ":"nodkey-statement+jws","crit":[]}`)
	header("b64 false", `{"alg":"ES256","typ":"nodkey-statement+jws","b64":false,"crit":["b64"]}`)
	header("b64 true", `{"alg":"ES256","typ":"nodkey-statement+jws","b64":true}`)
	header("the signer's own jwk", `{"alg":"ES256","typ":"nodkey-statement+jws","jwk":{"kty":"EC","crv":"P-256","x":"`+b64(pinned[1:33])+`","y":"`+b64(pinned[33:])+`"}}`)
	header("jku", `{"alg":"ES256","typ":"nodkey-statement+jws","jku":"https://evil.example/keys"}`)
	header("x5c", `{"alg":"ES256","typ":"nodkey-statement+jws","x5c":[]}`)
	header("cty", `{"alg":"ES256","typ":"nodkey-statement+jws","cty":"json"}`)
	header("kid null", `{"alg":"ES256","typ":"nodkey-statement+jws","kid":null}`)
	header("kid empty", `{"alg":"ES256","typ":"nodkey-statement+jws","kid":""}`)
	header("kid in a message of the server's", `{"alg":"ES256","typ":"nodkey-statement+jws","kid":"`+b64(fixed("key"))+`"}`)
	header("not an object", `"ES256"`)
	header("empty", ``)
	header("something after it", vectorHeader+`{}`)
	header("a byte order mark", "\ufeff"+vectorHeader)
	header("broken", `{"alg":"ES256","typ":"nodkey-statement+jws"`)

	no("signature: by another key", sign(t, stranger, vectorHeader, body))
	no("signature: of another payload", b64([]byte(vectorHeader))+"."+b64([]byte(strings.Replace(body, "Lindqvist", "Lindquist", 1)))+"."+signature)
	no("signature: in ASN.1, as TLS has it", input+"."+b64(der))
	no("signature: one byte short", input+"."+b64(rawSignature(r, s)[:63]))
	no("signature: one byte more", input+"."+b64(append(rawSignature(r, s), 0)))
	no("signature: all zero", input+"."+b64(make([]byte, 64)))
	no("signature: r is n", input+"."+b64(rawSignature(n, s)))
	no("signature: r+n, which is r modulo n, cannot be written, s is 0", input+"."+b64(rawSignature(r, new(big.Int))))
	no("signature: r and s the wrong way round", input+"."+b64(rawSignature(s, r)))
	no("signature: none", input+".")
	no("signature: loose bits at its end", good[:len(good)-1]+nextChar(good[len(good)-1]))
	no("unsigned: alg none and no signature", b64([]byte(`{"alg":"none","typ":"nodkey-statement+jws"}`))+"."+payload+".")

	no("form: two parts", input)
	no("form: one part", head)
	no("form: four parts", good+"."+signature)
	no("form: a dot at the end", good+".")
	no("form: a dot in front", "."+good)
	no("form: five parts, as encryption has", head+".."+payload+".."+signature)
	no("form: empty", "")
	no("form: white space in front", " "+good)
	no("form: a line break at the end", good+"\n")
	no("form: a line break inside", head+".\n"+payload+"."+signature)
	no("form: padded", pad(head)+"."+pad(payload)+"."+pad(signature))
	no("form: a padded signature only", input+"."+pad(signature))
	no("form: the other alphabet of base64 in the signature", strings.NewReplacer("-", "+", "_", "/").Replace(good))
	no("form: JSON serialisation", `{"payload":"`+payload+`","protected":"`+head+`","signature":"`+signature+`"}`)
	no("form: detached payload", head+".."+signature)

	no("payload: another server's", swapPayload(vectorAud, "AQECAwQFBgcICQoLDA0ODw"))
	no("payload: no aud", swapPayload(`"aud":"`+vectorAud+`",`, ``))
	no("payload: aud a list", swapPayload(`"`+vectorAud+`"`, `["`+vectorAud+`"]`))
	no("payload: aud null", swapPayload(`"`+vectorAud+`"`, `null`))
	no("payload: id twice", swapPayload(vectorApproval, vectorApproval+`,"id":"MDEyMzQ1Njc4OTo7PD0-Pw"`))
	no("payload: id twice, alike", swapPayload(vectorApproval, vectorApproval+`,`+vectorApproval))
	no("payload: id twice, the second with an escape", swapPayload(vectorApproval, vectorApproval+`,"\u0069d":"MDEyMzQ1Njc4OTo7PD0-Pw"`))
	no("payload: id twice, differing in case", swapPayload(vectorApproval, vectorApproval+`,"ID":"MDEyMzQ1Njc4OTo7PD0-Pw"`))
	no("payload: id in capitals", swapPayload(`"id"`, `"ID"`))
	no("payload: a member that is not known", swapPayload(vectorApproval, vectorApproval+`,"amount":"100"`))
	no("payload: null for a text", swapPayload(`"203.0.113.24"`, `null`))
	no("payload: a number for a text", swapPayload(`"203.0.113.24"`, `203`))
	no("payload: a text for a number", swapPayload(`1790000180000`, `"1790000180000"`))
	no("payload: a time between milliseconds", swapPayload(`1790000180000`, `1790000180000.5`))
	no("payload: a text for a boolean", swapPayload(`"number":true`, `"number":"true"`))
	no("payload: one key for a list of keys", swapPayload(`["`+b64(fixed("key"))+`"]`, `"`+b64(fixed("key"))+`"`))
	no("payload: a kind that is not known", as("transfer", ""))
	no("payload: a kind in capitals", as("TEST", ""))
	no("payload: key_add without a new key", as("key_add", ""))
	no("payload: a new key with a test", as("test", newKey))
	no("payload: key_remove without an item", as("key_remove", ""))
	no("payload: contact_change without an address", as("contact_change", ""))
	no("payload: contact_remove without an address", as("contact_remove", ""))
	no("payload: an item with pin_check", as("pin_check", item))
	no("payload: an item with push_test", as("push_test", item))
	no("payload: an item with messages_open", as("messages_open", item))
	no("payload: a challenge with messages_open", as("messages_open", `,"challenge":"042424"`))
	no("payload: messages_open for two keys", sign(t, key, vectorHeader, strings.NewReplacer(`"kind":"sign_in"`, `"kind":"messages_open"`,
		`"`+b64(fixed("key"))+`"`, `"`+b64(fixed("key"))+`","`+b64(fixed("new key"))+`"`).Replace(body)))
	no("payload: confirm without a text", as("confirm", ""))
	no("payload: confirm with an empty text", as("confirm", `,"text":""`))
	no("payload: confirm with an item", as("confirm", text+item))
	no("payload: a text with test", as("test", text))
	no("payload: a text with key_add", as("key_add", newKey+text))
	no("payload: a text with password_change", as("password_change", text))
	no("payload: a number for a text of confirm", as("confirm", `,"text":250`))
	no("payload: pin_change without es", as("pin_change", ""))
	no("payload: es with pin_check", as("pin_check", es))
	no("payload: es that is no point", as("pin_change", `,"es":"AAAA"`))
	no("payload: a challenge with test", as("test", `,"challenge":"042424"`))
	no("payload: a challenge of five digits", as("sign_in", `,"challenge":"42424"`))
	no("payload: a challenge in full-width digits", as("sign_in", `,"challenge":"０４２４２４"`))
	no("payload: a number for a challenge", as("sign_in", `,"challenge":424242`))
	no("payload: half a surrogate pair", swapPayload("Mara", `\ud800`))
	no("payload: not UTF-8", swapPayload("Mara", "\xff\xfe"))
	no("payload: a list", sign(t, key, vectorHeader, "["+body+"]"))
	no("payload: empty", sign(t, key, vectorHeader, ""))
	no("payload: something after it", sign(t, key, vectorHeader, body+"{}"))
	no("payload: a byte order mark", sign(t, key, vectorHeader, "\ufeff"+body))
	no("payload: cut off", sign(t, key, vectorHeader, body[:len(body)-1]))
	return vectors[jwsCase]{
		About: "Signed messages (docs/protocol.md §1): does a phone that pinned key, and expects typ for aud, accept jws? It must for accept true, and must not for accept false. Times and the named user are not judged here; kinds and their members (§5.1) are. key and digest (SHA-256 of the signing input) are base64url.",
		Cases: cases,
	}
}

func nextChar(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)+1])
}

func pad(part string) string { return part + strings.Repeat("=", (4-len(part)%4)%4) }

// accepts is a phone's judgement with the standard library alone; package proof has the other.
func accepts(c jwsCase) bool {
	parsed, err := wire.ParseJWS(c.JWS)
	if err != nil || parsed.Header.Typ != c.Typ || parsed.Header.Kid != "" {
		return false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), c.Key)
	if err != nil {
		return false
	}
	r, s := new(big.Int).SetBytes(parsed.Signature[:32]), new(big.Int).SetBytes(parsed.Signature[32:])
	digest := sha256.Sum256([]byte(parsed.SigningInput))
	if !ecdsa.Verify(key, digest[:], r, s) {
		return false
	}
	switch c.Typ {
	case wire.TypStatement:
		var m wire.Statement
		return wire.DecodeStrict(parsed.Payload, &m) == nil && m.Aud == c.Aud && m.FitsKind() && (m.Es == nil || isPoint(m.Es))
	case wire.TypOffer:
		var m wire.Offer
		return wire.DecodeStrict(parsed.Payload, &m) == nil && m.Aud == c.Aud
	case wire.TypReceipt:
		var m wire.Receipt
		return wire.DecodeStrict(parsed.Payload, &m) == nil && m.Aud == c.Aud
	}
	return false
}

func isPoint(raw []byte) bool {
	_, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	return err == nil
}

func TestJWSVectors(t *testing.T) {
	for _, c := range sameAsFile(t, "jws.json", jwsVectors(t)) {
		if got := accepts(c); got != c.Accept {
			t.Errorf("%s: accepted %v", c.Why, got)
		}
		if parsed, err := wire.ParseJWS(c.JWS); c.Accept && (err != nil || b64(parsed.Digest[:]) != b64(c.Digest)) {
			t.Errorf("%s: digest %x, %v", c.Why, parsed.Digest, err)
		}
	}
}

func FuzzParseJWS(f *testing.F) {
	good := sign(f, signingKey(f, "server signing"), vectorHeader, "{}")
	f.Add(good)
	f.Add(good + ".")
	f.Add("e30..")
	f.Fuzz(func(t *testing.T, jws string) {
		parsed, err := wire.ParseJWS(jws)
		if err != nil {
			return
		}
		head, _, _ := strings.Cut(jws, ".")
		if parsed.Header.Typ == "" || len(parsed.Signature) != wire.SignatureLen || parsed.Digest != wire.Digest(parsed.SigningInput) {
			t.Fatalf("%q was read as %+v", jws, parsed)
		}
		rawHeader, err := base64.RawURLEncoding.DecodeString(head)
		if err != nil || b64(rawHeader)+"."+b64(parsed.Payload)+"."+b64(parsed.Signature) != jws {
			t.Fatalf("%q has another spelling", jws)
		}
	})
}

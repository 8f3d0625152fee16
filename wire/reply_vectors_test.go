package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

// replyCase is one case of replies.json. A phone that types Typed keeps Kept, and signs it with D for the message Reference so
// that a server takes it; JWS is one such signature. None of Refused may be taken for it.
type replyCase struct {
	Why       string     `json:"why"`
	Typed     string     `json:"typed"`
	Kept      string     `json:"kept"` // empty: there is nothing to send
	Digest    wire.Bytes `json:"digest,omitempty"`
	ServerID  string     `json:"serverId"`
	Reference string     `json:"reference"`
	D         pair       `json:"d"`
	KeyID     string     `json:"keyId"`
	Iat       int64      `json:"iat"`
	JWS       string     `json:"jws,omitempty"`
	Refused   []refused  `json:"refused,omitempty"`
}

type refused struct {
	Why string `json:"why"`
	JWS string `json:"jws"`
}

const vectorReference = "2026-0412"

func replyVectors(t *testing.T) vectors[replyCase] {
	key := signingKey(t, "phone signing")
	own := point(t, key)
	kid, err := wire.KeyID(own)
	if err != nil {
		t.Fatal(err)
	}
	header := func(typ, kid string) string { return `{"alg":"ES256","typ":"` + typ + `","kid":"` + kid + `"}` }
	payload := func(text string, change func(*wire.Reply)) string {
		digest := sha256.Sum256([]byte(text))
		m := wire.Reply{Aud: vectorAud, Key: kid, Reference: vectorReference, Text: digest[:], Iat: 1790000000000}
		if change != nil {
			change(&m)
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var cases []replyCase
	add := func(why, typed, kept string) {
		c := replyCase{Why: why, Typed: typed, Kept: kept, ServerID: vectorAud, Reference: vectorReference, D: pair{fixed("phone signing"), own}, KeyID: kid, Iat: 1790000000000}
		if kept != "" {
			digest := sha256.Sum256([]byte(kept))
			c.Digest, c.JWS = digest[:], sign(t, key, header(wire.TypReply, kid), payload(kept, nil))
		}
		cases = append(cases, c)
	}
	add("a line", "It works now.", "It works now.")
	add("lines of every system", "a\r\nb\rc\nd\u2028e\u2029f\n\rg", "a\nb\nc\nd\ne\nf\n\ng")
	add("white space at its ends", " \t\n\u00a0\u3000It works.\u2003\r\n ", "It works.")
	add("white space inside stays", "a  b\t\tc\n\n\n d", "a  b\t\tc\n\n\n d")
	add("control characters are out", "a\u0000b\u0007c\u001b[31md\u007fe\u0085f\u009bg", "abc[31mdefg")
	add("characters that turn round are out", "a\u202eb\u202cc\u2066d\u2069e\u200ef\u200fg\u061ch", "abcdefgh")
	add("characters that hide are out", "a\u200bb\u2060c\ufeffd\u00ade\u180ef\u2061g\U000e0041h", "abcdefgh")
	add("the two joiners stay", "می\u200cخواهم \U0001f469\u200d\U0001f52c", "می\u200cخواهم \U0001f469\u200d\U0001f52c")
	add("a joiner at its end stays, white space after it goes", "a\u200d ", "a\u200d")
	add("a mark of nothing between white space", "a \u200b\ufeff ", "a")
	add("nothing is composed, folded or narrowed", "Zoe\u0308 ＡＢＣ ﬁ Å \u212b", "Zoe\u0308 ＡＢＣ ﬁ Å \u212b")
	add("markup is text", "<b>*bold*</b> &amp; [x](https://example.com)", "<b>*bold*</b> &amp; [x](https://example.com)")
	add("the scripts of all three languages", "Grüße aus Zürich. 口座の明細はどこですか。\U00020bb7野家", "Grüße aus Zürich. 口座の明細はどこですか。\U00020bb7野家")
	add("variation selectors and combining marks stay", "\u2764\ufe0f e\u0301", "\u2764\ufe0f e\u0301")
	add("nothing", "", "")
	add("nothing but white space", " \t\r\n\u3000", "")
	add("nothing but what is taken out", "\u202e\u200b\u0000", "")

	first := &cases[0]
	no := func(why, jws string) { first.Refused = append(first.Refused, refused{why, jws}) }
	text := first.Kept
	stranger := signingKey(t, "stranger")
	strangers, err := wire.KeyID(point(t, stranger))
	if err != nil {
		t.Fatal(err)
	}
	no("by another key", sign(t, stranger, header(wire.TypReply, kid), payload(text, nil)))
	no("another key's altogether", sign(t, stranger, header(wire.TypReply, strangers), payload(text, func(m *wire.Reply) { m.Key = strangers })))
	no("another key in the header", sign(t, key, header(wire.TypReply, strangers), payload(text, nil)))
	no("no key in the header", sign(t, key, `{"alg":"ES256","typ":"nodkey-reply+jws"}`, payload(text, nil)))
	no("another key in the payload", sign(t, key, header(wire.TypReply, kid), payload(text, func(m *wire.Reply) { m.Key = strangers })))
	no("another text", sign(t, key, header(wire.TypReply, kid), payload(text+" ", nil)))
	no("the text itself in place of its digest", sign(t, key, header(wire.TypReply, kid), strings.Replace(payload(text, nil), b64(first.Digest), b64([]byte(text)), 1)))
	no("another message", sign(t, key, header(wire.TypReply, kid), payload(text, func(m *wire.Reply) { m.Reference = "2026-0413" })))
	no("the reference written otherwise", sign(t, key, header(wire.TypReply, kid), payload(text, func(m *wire.Reply) { m.Reference = "2026-412" })))
	no("another server", sign(t, key, header(wire.TypReply, kid), payload(text, func(m *wire.Reply) { m.Aud = "AQECAwQFBgcICQoLDA0ODw" })))
	no("a decision's typ", sign(t, key, header(wire.TypDecision, kid), payload(text, nil)))
	no("a proof's typ", sign(t, key, header(wire.TypRequest, kid), payload(text, nil)))
	no("a member that is not known", sign(t, key, header(wire.TypReply, kid), strings.Replace(payload(text, nil), "{", `{"amount":"100",`, 1)))
	no("the text twice", sign(t, key, header(wire.TypReply, kid), strings.Replace(payload(text, nil), "{", `{"text":"`+b64(first.Digest)+`",`, 1)))
	no("a time that is text", sign(t, key, header(wire.TypReply, kid), strings.Replace(payload(text, nil), "1790000000000", `"1790000000000"`, 1)))
	no("unsigned", strings.Join(strings.Split(first.JWS, ".")[:2], ".")+".")
	return vectors[replyCase]{
		About: "Answers in the message centre (docs/protocol.md §10.5), from a fixed key: a phone that types typed keeps, shows and signs kept (empty: there is nothing to send). digest is SHA-256 of kept, jws a signature that a server takes for serverId, keyId, reference and kept; it takes none of refused. Times are not judged here.",
		Cases: cases,
	}
}

// takes is a server's judgement of a reply with the standard library alone.
func (c replyCase) takes(jws string) bool {
	parsed, err := wire.ParseJWS(jws)
	if err != nil || parsed.Header.Typ != wire.TypReply || parsed.Header.Kid != c.KeyID {
		return false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), c.D.Point)
	if err != nil {
		return false
	}
	r, s := new(big.Int).SetBytes(parsed.Signature[:32]), new(big.Int).SetBytes(parsed.Signature[32:])
	digest := sha256.Sum256([]byte(parsed.SigningInput))
	var m wire.Reply
	return ecdsa.Verify(key, digest[:], r, s) && wire.DecodeStrict(parsed.Payload, &m) == nil && m.Aud == c.ServerID && m.Key == c.KeyID &&
		m.Reference == c.Reference && b64(m.Text) == b64(c.Digest)
}

func TestReplyVectors(t *testing.T) {
	for _, c := range sameAsFile(t, "replies.json", replyVectors(t)) {
		if got := wire.KeptText(c.Typed); got != c.Kept {
			t.Errorf("%s: %q is kept as %q, want %q", c.Why, c.Typed, got, c.Kept)
		}
		if c.Kept != "" && !c.takes(c.JWS) {
			t.Errorf("%s: the signature is not taken", c.Why)
		}
		for _, r := range c.Refused {
			if c.takes(r.JWS) {
				t.Errorf("%s: %s is taken", c.Why, r.Why)
			}
		}
	}
}

// What is kept stays as it is when it is kept again, and holds nothing that controls, hides or turns round.
func FuzzKeptText(f *testing.F) {
	for _, s := range []string{"", " a\r\n", "\u202e\u200b", "\xff", "\u200d a \u2028", "a\r\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		kept := wire.KeptText(typed)
		if again := wire.KeptText(kept); again != kept {
			t.Fatalf("%q is kept as %q, and that as %q", typed, kept, again)
		}
		if strings.ContainsAny(kept, "\r\x00\x1b\u0085\u2028\u2029\u200b\u200e\u202a\u202e\u2066\u2069\ufeff") || kept != strings.TrimSpace(kept) {
			t.Fatalf("%q is kept as %q", typed, kept)
		}
	})
}

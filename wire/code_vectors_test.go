package wire_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

// codeCase is one case of codes.json. Kind says which members it has:
// "code": data, groups, compact, codeId, codeKey; "typed": typed and the data it reads as; "mistyped": typed and the
// group to be named; "refused": typed; "link": link, origin, data, fingerprint; "link_refused": link.
type codeCase struct {
	Why         string   `json:"why"`
	Kind        string   `json:"kind"`
	Typed       string   `json:"typed,omitempty"`
	Link        string   `json:"link,omitempty"`
	Data        string   `json:"data,omitempty"`
	Groups      []string `json:"groups,omitempty"`
	Compact     string   `json:"compact,omitempty"`
	CodeID      string   `json:"codeId,omitempty"`
	CodeKey     string   `json:"codeKey,omitempty"`
	Group       int      `json:"group,omitempty"`
	Origin      string   `json:"origin,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
}

func codeVectors(t *testing.T) vectors[codeCase] {
	full := func(why string, code wire.Code) codeCase {
		groups := code.Groups()
		return codeCase{Why: why, Kind: "code", Data: string(code), Groups: groups[:], Compact: code.Compact(),
			CodeID: b64(code.CodeID()), CodeKey: b64(code.Key())}
	}
	const a, zeros = wire.Code("7K29QXD3V5TBW8N"), wire.Code("010000000000001")
	g := a.Groups()
	typed := func(why, text string, code wire.Code) codeCase {
		return codeCase{Why: why, Kind: "typed", Typed: text, Data: string(code)}
	}
	mistyped := func(why, text string, group int) codeCase {
		return codeCase{Why: why, Kind: "mistyped", Typed: text, Group: group}
	}
	refused := func(why, text string) codeCase { return codeCase{Why: why, Kind: "refused", Typed: text} }
	compact := a.Compact()
	key := point(t, signingKey(t, "server signing"))
	print := wire.KeyFingerprint(key)
	link := wire.ActivationLink("https://phone.example", a, key)
	badLink := func(why, text string) codeCase { return codeCase{Why: why, Kind: "link_refused", Link: text} }
	return vectors[codeCase]{
		About: "The activation code (docs/protocol.md §4.1). data is the 15 characters that key derivation sees; codeId, codeKey and fingerprint are base64url. kind: code, typed (must read as data), mistyped (group is the first that does not fit), refused (no code at all), link (of a QR code), link_refused.",
		Cases: []codeCase{
			full("an ordinary code", a),
			full("all zero: check characters are the group numbers", "000000000000000"),
			full("all of the highest value", "ZZZZZZZZZZZZZZZ"),
			full("each character of the alphabet but two counts", "0123456789ABCDE"),
			full("the rest of the alphabet", "FGHJKMNPQRSTVWX"),
			typed("as shown", a.String(), a),
			typed("without hyphens", compact, a),
			typed("small letters", toLower(a.String()), a),
			typed("spaces and line breaks for hyphens", " "+g[0]+" "+g[1]+"\t"+g[2]+"\n"+g[3]+"\u00a0"+g[4]+" ", a),
			typed("O for 0, I and L for 1", replaceZeroOne(zeros.Compact()), zeros),
			typed("o for 0, i and l for 1", toLower(replaceZeroOne(zeros.Compact())), zeros),
			mistyped("a wrong character in group 1", "8"+compact[1:], 1),
			mistyped("a wrong check character in group 3", compact[:11]+other(compact[11])+compact[12:], 3),
			mistyped("a wrong last character", compact[:19]+other(compact[19]), 5),
			mistyped("two neighbours swapped in group 2", compact[:4]+compact[5:6]+compact[4:5]+compact[6:], 2),
			mistyped("first and third swapped in group 4", compact[:12]+compact[14:15]+compact[13:14]+compact[12:13]+compact[15:], 4),
			mistyped("a character swapped with the check character of group 5", compact[:18]+compact[19:20]+compact[18:19], 5),
			mistyped("groups 2 and 3 swapped: the first of them is named", g[0]+g[2]+g[1]+g[3]+g[4], 2),
			mistyped("groups 1 and 5 swapped", g[4]+g[1]+g[2]+g[3]+g[0], 1),
			mistyped("two wrong groups: the first is named", g[0]+other(g[1][0])+g[1][1:]+g[2]+other(g[3][0])+g[3][1:]+g[4], 2),
			refused("empty", ""),
			refused("one character short", compact[:19]),
			refused("one character more", compact+"0"),
			refused("U is no character of the alphabet", "U"+compact[1:]),
			refused("punctuation", compact[:10]+"."+compact[10:]),
			refused("a letter that only looks right (Cyrillic)", "7К2"+compact[3:]),
			refused("a letter whose capital is in the alphabet, but is not a letter of it (long s)", "ſ"+compact[1:]),
			refused("a letter whose capital is I, but is not i (dotless i)", "ı"+compact[1:]),
			refused("a page of white space around it", spaces(300)+compact),
			{Why: "what the QR code holds", Kind: "link", Link: link, Origin: "https://phone.example", Data: string(a), Fingerprint: print},
			{Why: "a demo's address with a port", Kind: "link", Link: wire.ActivationLink("http://phone.nodkey.localhost:8080", a, key),
				Origin: "http://phone.nodkey.localhost:8080", Data: string(a), Fingerprint: print},
			badLink("no fingerprint", "https://phone.example/a#c="+compact),
			badLink("a fingerprint of 15 bytes", "https://phone.example/a#c="+compact+"&f="+print[:20]),
			badLink("a fingerprint with loose bits at its end", "https://phone.example/a#c="+compact+"&f="+print[:21]+"_"),
			badLink("a fingerprint in the other base64", "https://phone.example/a#c="+compact+"&f=+/"+print[2:]),
			badLink("a damaged code", "https://phone.example/a#c=8"+compact[1:]+"&f="+print),
			badLink("no code", "https://phone.example/a#c=&f="+print),
			badLink("the code in the query, where logs would see it", "https://phone.example/a?c="+compact+"&f="+print),
			badLink("another page", "https://phone.example/b#c="+compact+"&f="+print),
			badLink("something after the fingerprint", link+"&x=1"),
			badLink("plain text", "hello"),
		},
	}
}

func TestCodeVectors(t *testing.T) {
	for _, c := range sameAsFile(t, "codes.json", codeVectors(t)) {
		t.Run(c.Why, func(t *testing.T) {
			switch c.Kind {
			case "code":
				code := wire.Code(c.Data)
				groups := code.Groups()
				if !slices.Equal(groups[:], c.Groups) || code.Compact() != c.Compact || b64(code.CodeID()) != c.CodeID || b64(code.Key()) != c.CodeKey {
					t.Error("differs")
				}
			case "typed":
				if code, err := wire.ParseCode(c.Typed); err != nil || string(code) != c.Data {
					t.Errorf("%q reads as %q, %v", c.Typed, string(code), err)
				}
			case "mistyped":
				if _, err := wire.ParseCode(c.Typed); mistypedGroup(err) != c.Group {
					t.Errorf("%q: %v; want group %d", c.Typed, err, c.Group)
				}
			case "refused":
				if _, err := wire.ParseCode(c.Typed); !errors.Is(err, wire.ErrNoCode) {
					t.Errorf("%q: %v", c.Typed, err)
				}
			case "link":
				origin, code, print, err := wire.ParseActivationLink(c.Link)
				if err != nil || origin != c.Origin || string(code) != c.Data || print != c.Fingerprint {
					t.Errorf("%q %q %q %v", origin, string(code), print, err)
				}
			case "link_refused":
				if _, _, _, err := wire.ParseActivationLink(c.Link); err == nil {
					t.Error("was read")
				}
			default:
				t.Fatalf("unknown kind %q", c.Kind)
			}
		})
	}
}

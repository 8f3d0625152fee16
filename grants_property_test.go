package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"pgregory.net/rapid"
)

// However refresh tokens are used, in whatever order and by whomever: the newest one of a grant works, any other ends that grant and no
// other, and an access token counts as long as its grant does.
func TestRefreshTokensKeepToTheirGrant(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	other := h.wiki(t, func(in *nodkey.NewApplication) { in.ID = "other" })
	p := h.join(t)
	p.enter(t)
	type family struct {
		id     nodkey.GrantID
		tokens []nodkey.Token // the last one is the newest
		access nodkey.Token
		alive  bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		var families []*family
		pick := func() *family {
			if len(families) == 0 {
				rt.Skip("there is no grant yet")
			}
			return families[rapid.IntRange(0, len(families)-1).Draw(rt, "grant")]
		}
		refresh := func(f *family, c nodkey.Caller, token nodkey.Token, works bool) {
			next, g, err := h.Grants.Refresh(h.ctx, c, token, nil)
			if works {
				if err != nil || g.ID != f.id {
					rt.Fatalf("the newest token: %v, %v", g.ID, err)
				}
				f.tokens = append(f.tokens, next)
				return
			}
			if !nodkey.HasKey(err, "grant.unknown") {
				rt.Fatalf("a token that does not count: %v", err)
			}
			f.alive = false
		}
		rt.Repeat(map[string]func(*rapid.T){
			"grant": func(*rapid.T) {
				if len(families) == 4 {
					rt.Skip("there are four")
				}
				h.Clock.Advance(time.Second)
				p.caller(rt)
				g, access := p.held(rt, wiki, wants())
				first, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
				if err != nil {
					rt.Fatal(err)
				}
				families = append(families, &family{id: g.ID, tokens: []nodkey.Token{first}, access: access, alive: true})
			},
			"newest": func(*rapid.T) { f := pick(); refresh(f, wiki, f.tokens[len(f.tokens)-1], f.alive) },
			"any": func(*rapid.T) {
				f := pick()
				n := rapid.IntRange(0, len(f.tokens)-1).Draw(rt, "token")
				refresh(f, wiki, f.tokens[n], f.alive && n == len(f.tokens)-1)
			},
			"another application": func(*rapid.T) { f := pick(); refresh(f, other, f.tokens[len(f.tokens)-1], false) },
			"halves of two": func(*rapid.T) {
				f, g := pick(), pick()
				if f == g {
					rt.Skip("of one")
				}
				token := nodkey.Token(fmt.Sprintf("%s%s", string(f.tokens[0])[:44], string(g.tokens[0])[44:]))
				refresh(f, wiki, token, false)
			},
			"": func(*rapid.T) {
				for _, f := range families {
					_, _, _, err := h.Grants.Look(h.ctx, wiki, f.access)
					if (err == nil) != f.alive {
						rt.Fatalf("its access token: %v, alive %t", err, f.alive)
					}
				}
			},
		})
		for _, f := range families {
			if err := h.Grants.End(h.ctx, wiki, f.id); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

package nodkey_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// Where a person is an application only says. Whatever it says, whoever really is there is slowed down by nothing that it asked for.
func TestAnAddressThatAnApplicationSaysSlowsOnlyWhatItAsks(t *testing.T) {
	for what, fill := range map[string]func(h house, app nodkey.Caller, p *person, office netip.Addr){
		"wrong passwords": func(h house, app nodkey.Caller, p *person, office netip.Addr) {
			wrong, slow := "wrong", 0
			for i := range 60 {
				_, err := h.Applications.Ask(h.ctx, app, nodkey.Asking{User: fmt.Sprintf("nobody%d", i), Password: &wrong, Kind: nodkey.ApproveSignIn, Source: office, Shown: true})
				if nodkey.HasKey(err, "sign_in.slow") {
					slow++
				} else {
					is(t, err, "application.denied", "a guess")
				}
			}
			if slow < 30 {
				t.Errorf("an application's guesses from one address: %d of 60 were slowed down", slow)
			}
		},
		"not me": func(h house, app nodkey.Caller, p *person, office netip.Addr) {
			for range 5 {
				in := p.asks()
				in.Source = office
				p.requests(t, app, in)
				if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: "not_me"}); err != nil {
					t.Fatal(err)
				}
			}
		},
		"codes": func(h house, app nodkey.Caller, _ *person, office netip.Addr) {
			for range 3 { // each person has ten
				mallory := h.join(t)
				for range 10 {
					asked, err := h.Applications.Ask(h.ctx, app, nodkey.Asking{User: mallory.name, Kind: nodkey.ApproveSignIn, CodeOnly: true, Source: office})
					if err != nil {
						t.Fatal(err)
					}
					if _, err := h.Applications.Challenge(h.ctx, app, asked.Token); err != nil {
						is(t, err, "code.slow", "too many")
					}
				}
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := start(t, byPassword)
			mara, mallory := h.join(t), h.join(t)
			app := h.app(t, "mallorys", nil)
			office := h.address()
			fill(h, app, mallory, netip.MustParseAddr(office))
			b := h.NewBrowser(office)
			mara.begin(t, b)
			_, err := h.SignIns.Challenge(h.ctx, b.Anonymous(), b.SignIn)
			is(t, err, "", "digits for a code")
		})
	}
}

package nodkey_test

import (
	"testing"

	"github.com/nodkey/nodkey"
)

func TestADoorKnowsHowItsRequestsAreAnswered(t *testing.T) {
	plain := func(a *nodkey.NewApplication) { a.Plain = true }
	noCodes := func(p *nodkey.Policy) { p.Codes = nodkey.CodesScanned }
	noNumber := func(p *nodkey.Policy) { p.NumberMatching = false }
	for name, c := range map[string]struct {
		policy      func(*nodkey.Policy)
		change      func(*nodkey.NewApplication)
		shown       bool
		phone, code bool
	}{
		"shows the number":                {shown: true, phone: true, code: true},
		"does not":                        {code: true},
		"is plain":                        {change: plain, phone: true, code: true},
		"is plain, no typed codes":        {policy: noCodes, change: plain, phone: true},
		"can do nothing":                  {policy: noCodes},
		"where there is no number at all": {policy: noNumber, phone: true, code: true},
	} {
		h := start(t, c.policy)
		phone, code, err := h.Applications.Ways(h.app(t, "ssh", c.change), c.shown)
		if err != nil || phone != c.phone || code != c.code {
			t.Errorf("%s: %t, %t, %v", name, phone, code, err)
		}
	}
	h := start(t, nil)
	_, _, err := h.Applications.Ways(h.NewBrowser(h.address()).Anonymous(), true)
	is(t, err, "application.wrong", "a browser")
}

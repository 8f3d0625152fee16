package nodkey_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
)

// airplane is a network that nothing passes.
type airplane struct{ t *testing.T }

func (a airplane) RoundTrip(r *http.Request) (*http.Response, error) {
	a.t.Errorf("the phone asked %s", r.URL)
	return nil, errors.New("no network")
}

// terminal is the terminal phone with the person's key on it, and no network.
func (p *person) terminal(t *testing.T) *client.Phone {
	t.Helper()
	d, err := p.key.D.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	s := p.key.Server
	phone, err := client.New(client.Config{HTTP: &http.Client{Transport: airplane{t}}, Now: func() time.Time { return p.Clock.Now() }}, client.State{
		Version: client.StateVersion, PhoneID: "AAECAwQFBgcICQoLDA0ODw", Keys: []client.StoredKey{{
			Key: client.Key{ID: p.key.ID, UserID: s.User.ID, Name: s.User.Name, DisplayName: s.User.DisplayName, State: "active",
				Server: client.Server{URL: "https://phone.house.test", ID: s.Aud, Name: s.Server.Name, Operator: s.Server.Operator,
					Signing: s.Keys.Signing, Backup: s.Keys.Backup, PIN: s.Keys.PIN, PINMin: s.PIN.Min, PINMax: s.PIN.Max}},
			D: d, Kp: p.key.Kp, K: p.key.K,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return phone
}

func TestTheTerminalPhoneAnswersWithoutANetwork(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	phone := p.terminal(t)
	for _, way := range []string{"scanned", "typed"} {
		b, asked := p.waiting(t)
		codeFor := func(pin string) string {
			t.Helper()
			if way == "typed" {
				code, err := phone.RespondTyped(p.key.ID, asked.Digits, pin)
				if err != nil {
					t.Fatal(err)
				}
				return code
			}
			scanned, err := phone.ReadScanned(asked.Statement)
			if err != nil {
				t.Fatal(err)
			}
			if scanned.Address != b.From.String() || scanned.With != "Firefox on Windows" || scanned.App != h.Site.App || scanned.Who != "Mara Lindqvist" ||
				!scanned.IssuedAt.Equal(h.Clock.Now()) || scanned.Late != 0 {
				t.Errorf("the phone shows %+v", scanned)
			}
			code, err := phone.RespondScanned(scanned, pin)
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		is(t, b.Respond(h.ctx, codeFor("9999")), "code.wrong", "%s with a wrong PIN", way)
		is(t, b.Respond(h.ctx, codeFor(pin)), "", "%s", way)
		is(t, b.Finish(h.ctx), "", "%s: the session", way)
		if s := callerOf(t, b).Session(); s == nil || s.Level != nodkey.Full {
			t.Errorf("%s: the session is %+v", way, s)
		}
	}
}

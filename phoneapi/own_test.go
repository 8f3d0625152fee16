package phoneapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// ownWrites are what a phone asks about its own key, each with a body that is served.
var ownWrites = map[string]string{"/test": `{}`, "/pin": `{}`, "/pin/check": `{}`, "/key/rename": `{"name":"Pixel 9"}`}

func TestOwnRequestsAreServedOnce(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	kinds := map[string]string{"/test": "test", "/pin": "pin_change", "/pin/check": "pin_check"}
	for path, body := range ownWrites {
		proof := phone.prove(path, []byte(body), nil)
		a := h.post(path, body, proof)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		if kind := kinds[path]; kind != "" {
			var got wire.StatementResponse
			must(t, wire.DecodeStrict([]byte(a.body), &got))
			parsed, err := wire.ParseJWS(got.Statement)
			must(t, err)
			var s wire.Statement
			must(t, wire.DecodeStrict(parsed.Payload, &s))
			if s.Kind != kind || len(s.Keys) != 1 || s.Keys[0] != phone.key.ID || s.Number {
				t.Errorf("%s: %+v", path, s)
			}
		} else if strings.TrimSpace(a.body) != "{}" {
			t.Errorf("%s: %s", path, a.body)
		}
		before := h.dump()
		refused(t, path+" again", h.post(path, body, proof), http.StatusUnauthorized, "proof.replayed")
		nodkeytest.Unchanged(t, path+" again", before, h.dump())
	}
}

func TestNamesThatCannotBeReadAreRefused(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	before := h.dump()
	for _, name := range []string{"", strings.Repeat("x", 41), "Pixel\u202e8", "\u2060", "a\x1b[2J"} {
		body, err := json.Marshal(wire.RenameRequest{Name: name})
		must(t, err)
		refused(t, "the name "+name, h.post("/key/rename", string(body), phone.prove("/key/rename", body, nil)), http.StatusBadRequest, "phone.name")
	}
	refused(t, "no name", h.post("/key/rename", "{}", phone.prove("/key/rename", []byte("{}"), nil)), http.StatusBadRequest, "phone.name")
	nodkeytest.Unchanged(t, "a name that cannot be read", before, h.dump())
}

func TestASuspendedPhoneAsksForNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	a, number, _ := phone.asked("ann")
	for range nodkey.PINTriesInARow {
		phone.decide(a, "wxyz", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number = number })
	}
	before := h.dump()
	for path, body := range ownWrites {
		refused(t, path, h.post(path, body, phone.prove(path, []byte(body), nil)), http.StatusForbidden, "key.suspended")
	}
	nodkeytest.Unchanged(t, "what a suspended phone asks", before, h.dump())
}

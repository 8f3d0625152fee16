package phoneapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

func TestAPhoneHearsOfWhatItMissed(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	lost, _, _ := ann.asked("ann")
	h.clock.Advance(nodkey.ApprovalLife)
	missed, err := ann.Missed(t.Context())
	if err != nil || len(missed) != 1 || missed[0].ID != lost.ID || missed[0].Address != "192.0.2.7" || missed[0].With != "Firefox on Windows" || !missed[0].IssuedAt.Equal(lost.IssuedAt) {
		t.Errorf("%+v, %v", missed, err)
	}
	if missed, err := bob.Missed(t.Context()); err != nil || len(missed) != 0 {
		t.Errorf("another user's phone: %+v, %v", missed, err)
	}

	// A proof that does not hold is left out, the others are served; with none left the answer is 401.
	body := func(proofs ...string) string {
		raw, err := json.Marshal(wire.Proofs{Proofs: proofs})
		must(t, err)
		return string(raw)
	}
	good := func(x *handset) string { return x.prove("/approvals/missed", nil, nil) }
	late := ann.prove("/approvals/missed", nil, func(r *wire.Request) { r.Iat -= (2 * time.Minute).Milliseconds() })
	a := h.post("/approvals/missed", body(good(ann), late, good(bob), good(ann)))
	var out wire.Approvals
	must(t, wire.DecodeStrict([]byte(a.body), &out))
	if a.status != http.StatusOK || len(out.Statements) != 1 || out.Now != h.clock.Now().UnixMilli() {
		t.Errorf("%d %s", a.status, a.body)
	}
	refused(t, "late", h.post("/approvals/missed", body(late)), http.StatusUnauthorized, "proof.time")
	refused(t, "for another path", h.post("/approvals/missed", body(ann.prove("/approvals", nil, nil))), http.StatusUnauthorized, "")
	refused(t, "none", h.post("/approvals/missed", `{"proofs":[]}`), http.StatusUnauthorized, "proof.missing")
}

package phoneapi_test

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// paths are all that take a body: a good one, the member that a case-variant is made of, and whether a proof covers it.
var paths = []struct {
	path, body, member string
	signed             bool
	most               int // bytes; 0: as most
}{
	{"/activations/lookup", `{"codeId":"AAAAAAAAAAAAAAAAAAAAAA"}`, "codeId", false, 0},
	{"/activations/submit", `{"codeId":"AAAAAAAAAAAAAAAAAAAAAA","submission":"a.b.c","mac":"AAAA"}`, "submission", false, 0},
	{"/approvals", `{"proofs":["a.b.c"]}`, "proofs", false, 0},
	{"/stream", `{"proofs":["a.b.c"]}`, "proofs", false, 0},
	{"/approvals/AAAAAAAAAAAAAAAAAAAAAA/decision", `{"decision":"a.b.c"}`, "decision", true, 0},
	{"/approvals/AAAAAAAAAAAAAAAAAAAAAA/disown", `{}`, "", true, 0},
	{"/key", `{}`, "", true, 0},
	{"/key/remove", `{}`, "", true, 0},
	{"/key/rename", `{"name":"Pixel 9"}`, "name", true, 0},
	{"/test", `{}`, "", true, 0},
	{"/pin", `{}`, "", true, 0},
	{"/pin/check", `{}`, "", true, 0},
	{"/push/subscribe", subscribeBody, "endpoint", true, 0},
	{"/push/unsubscribe", `{"channel":"webpush"}`, "channel", true, 0},
	{"/push/test", `{}`, "", true, 0},
	{"/push/state", `{}`, "", true, 0},
	{"/approvals/AAAAAAAAAAAAAAAAAAAAAA/seen", `{"what":"received"}`, "what", true, 0},
	{"/approvals/missed", `{"proofs":["a.b.c"]}`, "proofs", false, 0},
	{"/messages/open", `{}`, "", true, 0},
	{"/messages/shut", `{}`, "", true, 0},
	{"/messages/unread", `{"proofs":["a.b.c"]}`, "proofs", false, 0},
	{"/messages", `{"search":"phone"}`, "search", true, 0},
	{"/messages/read", `{"reference":"2026-0001"}`, "reference", true, 0},
	{"/messages/reply", `{"reference":"2026-0001","text":"x","signature":"a.b.c"}`, "text", true, wire.MaxMessageBody},
	{"/messages/status", `{"reference":"2026-0001","status":"closed"}`, "status", true, 0},
}

func TestBodiesThatAreNotTheProtocolsChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	phone.asked("ann")
	before := h.dump()
	for _, p := range paths {
		inner := strings.Trim(p.body, "{}")
		also := func(member string) string {
			if inner == "" {
				return "{" + member + "}"
			}
			return "{" + inner + "," + member + "}"
		}
		most := cmp.Or(p.most, wire.MaxBody)
		cases := map[string]struct {
			body, media, key string
			status           int
		}{
			"nothing":       {"", "", "request.json_syntax", 400},
			"no JSON":       {"decision=yes", "", "request.json_syntax", 400},
			"half":          {strings.TrimSuffix(p.body, "}"), "", "request.json_syntax", 400},
			"trailing":      {p.body + " {}", "", "request.json_trailing", 400},
			"unknown":       {also(`"admin":true`), "", "request.json_unknown", 400},
			"unknown, odd":  {also(`"<script>":"<b>"`), "", "request.json_unknown", 400},
			"prototype":     {also(`"__proto__":{}`), "", "request.json_unknown", 400},
			"array":         {"[]", "", "request.json_type", 400},
			"null":          {"null", "", "request.json_type", 400},
			"number":        {"1", "", "request.json_type", 400},
			"deep":          {strings.Repeat("[", 5000), "", "request.json_depth", 400},
			"not Unicode":   {also("\"\xff\":1"), "", "request.json_text", 400},
			"surrogate":     {also(`"\ud800":1`), "", "request.json_text", 400},
			"form":          {p.body, "application/x-www-form-urlencoded", "request.not_json", 415},
			"text":          {p.body, "text/plain", "request.not_json", 415},
			"no media type": {p.body, "none", "request.not_json", 415},
			"oversized":     {also(`"x":"` + strings.Repeat("a", most+(1<<10)) + `"`), "", "request.too_large", 413},
			"oversized end": {p.body + strings.Repeat(" ", most+(6<<10)), "", "request.too_large", 413},
		}
		add := func(name, body, key string) {
			cases[name] = struct {
				body, media, key string
				status           int
			}{body, "", key, 400}
		}
		if p.member != "" {
			add("twice", also(`"`+p.member+`":"x"`), "request.json_duplicate")
			add("other case", strings.Replace(p.body, p.member, strings.ToUpper(p.member), 1), "request.json_unknown")
			add("twice in other case", also(`"`+strings.ToUpper(p.member)+`":"x"`), "")
			add("wrong type", `{"`+p.member+`":{"a":1}}`, "request.json_type")
			add("null member", `{"`+p.member+`":null}`, "request.json_type")
			add("number member", `{"`+p.member+`":1e400}`, "request.json_type")
		}
		for what, c := range cases {
			for _, chunked := range []bool{false, true} {
				var proofs []string
				if p.signed {
					proofs = []string{phone.prove(p.path, []byte(c.body), nil)}
				}
				var body io.Reader = strings.NewReader(c.body)
				if chunked {
					body = io.MultiReader(body)
				}
				a := h.send("POST", p.path, body, func(r *http.Request) {
					switch {
					case c.media == "none":
						r.Header.Del("Content-Type")
					case c.media != "":
						r.Header.Set("Content-Type", c.media)
					}
				}, proofs...)
				refused(t, p.path+" "+what, a, c.status, c.key)
				if strings.Contains(a.body, "<script>") {
					t.Errorf("%s %s: the answer repeats what was sent", p.path, what)
				}
			}
		}
	}
	nodkeytest.Unchanged(t, "a body that does not hold", before, h.dump())
}

func TestProofsThatDoNotHoldChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	ann.asked("ann")
	before := h.dump()
	for _, p := range paths {
		if !p.signed {
			continue
		}
		body := []byte(p.body)
		good := ann.prove(p.path, body, nil)
		forged := *bob
		forged.key.ID = ann.key.ID // bob signs, ann is named
		parts := strings.Split(good, ".")
		for what, proofs := range map[string][]string{
			"none": nil, "empty": {""}, "two": {good, good}, "two in a line": {good + "," + good}, "no JWS": {"a.b.c"}, "odd": {"Bearer x"}, "long": {strings.Repeat("a", 20<<10)},
			"other path":      {ann.prove("/key/x", body, nil)},
			"other body":      {ann.prove(p.path, []byte(p.body+" "), nil)},
			"other method":    {ann.prove(p.path, body, func(r *wire.Request) { r.Htm = "GET" })},
			"other host":      {ann.prove(p.path, body, func(r *wire.Request) { r.Htu = "https://evil.example" + wire.APIPrefix + p.path })},
			"query":           {ann.prove(p.path, body, func(r *wire.Request) { r.Htu += "?x" })},
			"other server":    {ann.prove(p.path, body, func(r *wire.Request) { r.Aud = strings.Repeat("A", 22) })},
			"no jti":          {ann.prove(p.path, body, func(r *wire.Request) { r.Jti = "" })},
			"long jti":        {ann.prove(p.path, body, func(r *wire.Request) { r.Jti = strings.Repeat("A", 2000) })},
			"other type":      {ann.sign(wire.TypDecision, wire.Request{})},
			"unknown key":     {func() string { x := *ann; x.key.ID = strings.Repeat("A", 43); return x.prove(p.path, body, nil) }()},
			"another's":       {forged.prove(p.path, body, nil)},
			"no signature":    {parts[0] + "." + parts[1] + "."},
			"short signature": {good[:len(good)-8]},
		} {
			refused(t, p.path+" "+what, h.post(p.path, p.body, proofs...), http.StatusUnauthorized, "")
		}
		for what, shift := range map[string]time.Duration{"old": -61 * time.Second, "new": 61 * time.Second, "ancient": -1e6 * time.Hour} {
			a := h.post(p.path, p.body, ann.prove(p.path, body, func(r *wire.Request) { r.Iat += shift.Milliseconds() }))
			refused(t, p.path+" "+what, a, http.StatusUnauthorized, "proof.time")
			if a.Args["now"] != float64(h.clock.Now().UnixMilli()) {
				t.Errorf("the time is not told: %v", a.Args)
			}
		}
	}
	for _, path := range []string{"/approvals", "/stream", "/messages/unread"} {
		one := func(proofs ...string) string {
			raw, err := json.Marshal(wire.Proofs{Proofs: proofs})
			must(t, err)
			return string(raw)
		}
		for what, body := range map[string]string{
			"none": `{"proofs":[]}`, "too many": one(make([]string, wire.MaxProofs+1)...), "broken": one("a.b.c", ""), "another path's": one(ann.prove("/key", nil, nil)),
			"with a body's hash": one(ann.prove(path, []byte("{}"), nil)),
		} {
			refused(t, path+" "+what, h.post(path, body), http.StatusUnauthorized, "")
		}
	}
	nodkeytest.Unchanged(t, "a proof that does not hold", before, h.dump())
}

func TestWritesAreCarriedOutOnce(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	proof := phone.prove("/pin", []byte("{}"), nil)
	if a := h.post("/pin", "{}", proof); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	a, number, _ := phone.asked("ann")
	before := h.dump()
	refused(t, "a replay", h.post("/pin", "{}", proof), http.StatusUnauthorized, "proof.replayed")
	nodkeytest.Unchanged(t, "a replay", before, h.dump())

	_, err := phone.Approve(t.Context(), a, number, pin)
	must(t, err)
	path := strings.TrimPrefix(phone.tap.last.URL.Path, wire.APIPrefix)
	body, proof := string(phone.tap.body), phone.tap.last.Header.Get(wire.RequestHeader)
	before = h.dump()
	for what, p := range map[string]string{"as it was": proof, "with a fresh proof": phone.prove(path, []byte(body), nil)} {
		if again := h.post(path, body, p); again.status != http.StatusOK || strings.TrimSpace(again.body) != `{"state":"approved"}` {
			t.Errorf("the same decision %s: %d %s", what, again.status, again.body)
		}
	}
	nodkeytest.Unchanged(t, "a repeated decision", before, h.dump())
}

// decide signs a decision and sends it to the approval's path.
func (x *handset) decide(a client.Approval, typed string, change func(*wire.Decision, *wire.DecisionRequest)) answer {
	x.h.t.Helper()
	return x.decideAt(a.ID, a, typed, change)
}

func (x *handset) decideAt(id string, a client.Approval, typed string, change func(*wire.Decision, *wire.DecisionRequest)) answer {
	x.h.t.Helper()
	d := wire.Decision{Aud: x.key.Server.ID, ID: a.ID, Statement: x.digest(a), Verdict: "yes", Factor: "pin", Key: x.key.ID, Iat: x.h.clock.Now().UnixMilli()}
	var in wire.DecisionRequest
	if change != nil {
		change(&d, &in)
	}
	if in.Decision == "" {
		in.Decision = x.sign(wire.TypDecision, d)
	}
	if typed != "" {
		input, _ := wire.SigningInput(in.Decision)
		binding, digest := wire.Binding{ServerID: x.key.Server.ID, KeyID: x.key.ID}, wire.Digest(input)
		var err error
		in.PINProof, err = binding.SealPINProof(x.key.Server.PIN, digest, wire.ProvePIN(binding.PINVerifier(x.key.Kp, typed), digest))
		must(x.h.t, err)
	}
	body, err := json.Marshal(in)
	must(x.h.t, err)
	path := "/approvals/" + id + "/decision"
	return x.h.post(path, string(body), x.prove(path, body, nil))
}

// digest finds the digest of an open approval's statement.
func (x *handset) digest(a client.Approval) []byte {
	x.h.t.Helper()
	var found []byte
	must(x.h.t, x.h.store.View(x.h.t.Context(), func(tx nodkey.Tx) error {
		row, err := tx.Approval(nodkey.ApprovalID(a.ID))
		found = row.Digest
		return err
	}))
	return found
}

func TestDecisionsThatDoNotHoldChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	mine, number, _ := ann.asked("ann")
	theirs, _, _ := bob.asked("bob")
	before := h.dump()
	yes := func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number = number }
	refused(t, "another user's request", ann.decide(theirs, pin, yes), http.StatusNotFound, "approval.none")
	refused(t, "another user's request, denied", ann.decide(theirs, "", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Verdict, d.Factor, d.Reason = "no", "", "not_me" }), http.StatusNotFound, "approval.none")
	unknown := theirs
	unknown.ID = strings.Repeat("A", 22)
	other := h.post("/approvals/"+unknown.ID+"/decision", `{"decision":"x"}`, ann.prove("/approvals/"+unknown.ID+"/decision", []byte(`{"decision":"x"}`), nil))
	refused(t, "an unknown request", other, http.StatusBadRequest, "request.jws")
	refused(t, "another path", ann.decideAt(theirs.ID, mine, pin, yes), http.StatusBadRequest, "decision.address")
	for what, id := range map[string]string{"odd": "%00", "long": strings.Repeat("A", 8000), "dots": "%2e%2e%2fkey"} {
		if a := ann.decideAt(id, mine, pin, yes); a.status < 400 || a.status > 499 {
			t.Errorf("%s id: got %d %s", what, a.status, a.body)
		}
	}
	for what, c := range map[string]struct {
		key    string
		change func(*wire.Decision, *wire.DecisionRequest)
	}{
		"other server":        {"decision.address", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Aud = "x" }},
		"other key":           {"decision.address", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Key = bob.key.ID }},
		"other statement":     {"decision.statement", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Statement = make([]byte, 32) }},
		"no statement":        {"decision.statement", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Statement = nil }},
		"maybe":               {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Verdict = "maybe" }},
		"no without a reason": {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Verdict, d.Factor = "no", "" }},
		"own reason": {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) {
			d.Verdict, d.Factor, d.Reason = "no", "", "wrong_number"
		}},
		"yes with a reason":  {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Reason = "not_me" }},
		"no factor":          {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Factor = "" }},
		"finger without one": {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Factor = "biometric" }},
		"finger of nobody": {"decision.factor", func(d *wire.Decision, in *wire.DecisionRequest) {
			d.Factor, d.Number, in.Assertion = "biometric", number, &wire.Assertion{}
		}},
		"new PIN unasked":     {"decision.shape", func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number, d.NewPIN = number, &wire.NewPIN{} }},
		"a request as answer": {"request.jws", func(_ *wire.Decision, in *wire.DecisionRequest) { in.Decision = ann.prove("/key", nil, nil) }},
		"another's signature": {"request.jws", func(d *wire.Decision, in *wire.DecisionRequest) { in.Decision = bob.sign(wire.TypDecision, d) }},
		"not a JWS":           {"request.jws", func(_ *wire.Decision, in *wire.DecisionRequest) { in.Decision = "..." }},
		"unknown member": {"request.jws", func(_ *wire.Decision, in *wire.DecisionRequest) {
			in.Decision = ann.sign(wire.TypDecision, map[string]any{"aud": "x", "admin": true})
		}},
	} {
		refused(t, what, ann.decide(mine, pin, c.change), http.StatusBadRequest, c.key)
	}
	refused(t, "no PIN", ann.decide(mine, "", yes), http.StatusBadRequest, "decision.shape")
	nodkeytest.Unchanged(t, "a decision that does not hold", before, h.dump("used_proofs"))
	if a := ann.decide(mine, pin, yes); a.status != http.StatusOK {
		t.Fatalf("the right decision: %s", a.body)
	}
}

func TestLateDecisionsAreToldWhatBecameOfIt(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	no := func(d *wire.Decision, _ *wire.DecisionRequest) { d.Verdict, d.Factor, d.Reason = "no", "", "mistake" }
	for key, end := range map[string]func(client.Approval, string, nodkey.Token){
		"approval.approved": func(a client.Approval, number string, _ nodkey.Token) {
			phone.decide(a, pin, func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number = number })
		},
		"approval.denied":  func(a client.Approval, _ string, _ nodkey.Token) { phone.decide(a, "", no) },
		"approval.expired": func(client.Approval, string, nodkey.Token) { h.clock.Advance(nodkey.ApprovalLife) },
		"approval.cancelled": func(_ client.Approval, _ string, token nodkey.Token) {
			must(t, h.services.SignIns.Cancel(t.Context(), caller(), token))
		},
	} {
		a, number, token := phone.asked("ann")
		end(a, number, token)
		before := h.dump()
		refused(t, key, phone.decide(a, pin, func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number, d.Iat = number, 1 }), http.StatusConflict, key)
		refused(t, key+", no", phone.decide(a, "", func(d *wire.Decision, in *wire.DecisionRequest) { no(d, in); d.Iat = 2 }), http.StatusConflict, key)
		nodkeytest.Unchanged(t, "a late decision ("+key+")", before, h.dump())
	}
	a, _, _ := phone.asked("ann")
	path := "/approvals/" + a.ID + "/disown"
	before := h.dump()
	refused(t, "taking back what was never said", h.post(path, "{}", phone.prove(path, []byte("{}"), nil)), http.StatusConflict, "approval.disown")
	nodkeytest.Unchanged(t, "taking back what was never said", before, h.dump())
	path = "/approvals/AAAAAAAAAAAAAAAAAAAAAA/disown"
	refused(t, "taking back nothing", h.post(path, "{}", phone.prove(path, []byte("{}"), nil)), http.StatusNotFound, "approval.none")
}

func TestFiveWrongPINsSuspendTheKey(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	a, number, _ := phone.asked("ann")
	yes := func(d *wire.Decision, _ *wire.DecisionRequest) { d.Number = number }
	for left := 4; left > 0; left-- {
		got := phone.decide(a, "0000", yes)
		refused(t, "a wrong PIN", got, http.StatusForbidden, "pin.wrong")
		if got.Args["left"] != float64(left) {
			t.Errorf("%v tries are left, want %d", got.Args, left)
		}
	}
	refused(t, "the fifth", phone.decide(a, "0000", yes), http.StatusForbidden, "key.suspended")
	refused(t, "the right one after it", phone.decide(a, pin, yes), http.StatusForbidden, "key.suspended")
	if h.audited("pin.wrong") != 5 || h.audited("key.suspended") != 1 || h.audited("approval.approved") != 0 {
		t.Error("the audit log does not tell of the wrong PINs")
	}
}

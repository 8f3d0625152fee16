package phoneapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// reach is how far the page says that the request came to its only phone.
func (h *house) reach(token nodkey.Token) nodkey.Reach {
	h.t.Helper()
	w, err := h.services.SignIns.Wait(h.t.Context(), token)
	must(h.t, err)
	if len(w.Phones) != 1 {
		h.t.Fatalf("%d phones are asked", len(w.Phones))
	}
	return w.Phones[0].Reach
}

// state reads how the server says that messages reach the handset.
func (x *handset) state() (out wire.PushState, body string) {
	x.h.t.Helper()
	a := x.write("/push/state", "{}")
	if a.status != http.StatusOK {
		x.h.t.Fatal(a.body)
	}
	must(x.h.t, wire.DecodeStrict([]byte(a.body), &out))
	return out, strings.TrimSpace(a.body)
}

func TestAPhoneSaysHowFarARequestCame(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	phone.write("/push/subscribe", subscribeBody)
	a, _, token := phone.asked("ann")
	if got := h.reach(token); got != nodkey.ReachQueued {
		t.Errorf("at once it is %q", got)
	}
	for _, step := range []struct {
		what string
		want nodkey.Reach
	}{{"received", nodkey.ReachArrived}, {"shown", nodkey.ReachShown}, {"received", nodkey.ReachShown}, {"opened", nodkey.ReachOpened}} {
		if got := phone.write("/approvals/"+a.ID+"/seen", `{"what":"`+step.what+`"}`); got.status != http.StatusOK || strings.TrimSpace(got.body) != "{}" {
			t.Fatalf("%s: %d %s", step.what, got.status, got.body)
		}
		if got := h.reach(token); got != step.want {
			t.Errorf("after %s it is %q, want %q", step.what, got, step.want)
		}
	}
}

func TestWordsThatDoNotHoldChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	mine, _, token := ann.asked("ann")
	theirs, _, _ := bob.asked("bob")
	at := func(id string) string { return "/approvals/" + id + "/seen" }
	before := h.dump()
	for what, c := range map[string]struct {
		id, body, key string
		status        int
	}{
		"another user's":  {theirs.ID, `{"what":"opened"}`, "approval.none", 404},
		"an unknown one":  {strings.Repeat("A", 22), `{"what":"opened"}`, "approval.none", 404},
		"no word":         {mine.ID, `{}`, "seen.what", 400},
		"an empty word":   {mine.ID, `{"what":""}`, "seen.what", 400},
		"another word":    {mine.ID, `{"what":"approved"}`, "seen.what", 400},
		"in other case":   {mine.ID, `{"what":"Opened"}`, "seen.what", 400},
		"several at once": {mine.ID, `{"what":["opened"]}`, "request.json_type", 400},
	} {
		refused(t, what, ann.write(at(c.id), c.body), c.status, c.key)
	}
	// Bob signs, Ann is named; a proof for another request; one that was used.
	forged := *bob
	forged.key.ID = ann.key.ID
	body := `{"what":"opened"}`
	refused(t, "another's signature", h.post(at(mine.ID), body, forged.prove(at(mine.ID), []byte(body), nil)), http.StatusUnauthorized, "proof.wrong")
	refused(t, "a proof of another request", h.post(at(mine.ID), body, ann.prove(at(theirs.ID), []byte(body), nil)), http.StatusUnauthorized, "proof.wrong")
	nodkeytest.Unchanged(t, "a word that does not hold", before, h.dump())
	proof := ann.prove(at(mine.ID), []byte(`{"what":"received"}`), nil)
	if a := h.post(at(mine.ID), `{"what":"received"}`, proof); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	before = h.dump()
	refused(t, "a replay", h.post(at(mine.ID), `{"what":"received"}`, proof), http.StatusUnauthorized, "proof.replayed")
	refused(t, "its proof with another word", h.post(at(mine.ID), body, proof), http.StatusUnauthorized, "proof.wrong")
	nodkeytest.Unchanged(t, "a replay", before, h.dump())
	if got := h.reach(token); got != nodkey.ReachArrived {
		t.Errorf("after all that it is %q", got)
	}
}

func TestAPhoneTestsItsNotifications(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	refused(t, "without a subscription", phone.write("/push/test", "{}"), http.StatusConflict, "push.none")
	if _, body := phone.state(); !strings.Contains(body, `"channels":[]`) || strings.Contains(body, "test") {
		t.Errorf("before anything: %s", body)
	}
	phone.write("/push/subscribe", subscribeBody)
	asked := h.clock.Now()
	a := phone.write("/push/test", "{}")
	if a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	var answer wire.StatementResponse
	must(t, wire.DecodeStrict([]byte(a.body), &answer))
	parsed, err := wire.ParseJWS(answer.Statement)
	must(t, err)
	var s wire.Statement
	must(t, wire.DecodeStrict(parsed.Payload, &s))
	if s.Kind != "push_test" || !s.FitsKind() || len(s.Keys) != 1 || s.Keys[0] != phone.key.ID || s.Number || s.Exp-s.Iat != 60_000 {
		t.Errorf("the statement: %+v", s)
	}
	// The service worker finds it by asking; nothing that shows requests does.
	listed := h.post("/approvals", `{"proofs":["`+phone.prove("/approvals", nil, nil)+`"]}`)
	var list wire.Approvals
	must(t, json.Unmarshal([]byte(listed.body), &list))
	if len(list.Statements) != 1 || list.Statements[0] != answer.Statement {
		t.Errorf("asked for, there are %d statements", len(list.Statements))
	}
	if open, err := phone.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the phone shows %+v, %v", open, err)
	}
	path := "/approvals/" + s.ID + "/decision"
	before := h.dump("used_proofs")
	input, _ := wire.SigningInput(answer.Statement)
	digest := wire.Digest(input)
	said := phone.sign(wire.TypDecision, wire.Decision{Aud: phone.key.Server.ID, ID: s.ID, Statement: digest[:], Verdict: "no", Reason: "not_me", Key: phone.key.ID})
	body := `{"decision":"` + said + `"}`
	refused(t, "an answer to it", h.post(path, body, phone.prove(path, []byte(body), nil)), http.StatusBadRequest, "decision.kind")
	nodkeytest.Unchanged(t, "an answer to it", before, h.dump("used_proofs"))

	h.clock.Advance(2 * time.Second)
	if a := phone.write("/approvals/"+s.ID+"/seen", `{"what":"received"}`); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	state, text := phone.state()
	if state.Test == nil || *state.Test != (wire.PushTest{AskedAt: asked.UnixMilli(), ReceivedAt: asked.Add(2 * time.Second).UnixMilli()}) || state.Now != h.clock.Now().UnixMilli() {
		t.Errorf("the test: %s", text)
	}
	want := wire.PushChannel{Channel: "webpush", Service: "push.example", Since: asked.UnixMilli()}
	if len(state.Channels) != 1 || state.Channels[0] != want {
		t.Errorf("the channels: %s", text)
	}
	if strings.Contains(text, "JzLQ3") || strings.Contains(h.log.String(), "JzLQ3") {
		t.Error("the endpoint is told")
	}
	refused(t, "ntfy, which is off", phone.write("/push/subscribe", `{"channel":"ntfy","endpoint":"https://ntfy.example/t"}`), http.StatusConflict, "push.off")
	refused(t, "a webhook", phone.write("/push/subscribe", `{"channel":"webhook","endpoint":"https://x.example/"}`), http.StatusBadRequest, "push.channel")
	refused(t, "unsubscribing from nothing known", phone.write("/push/unsubscribe", `{"channel":"sms"}`), http.StatusBadRequest, "push.channel")
	if a := phone.write("/push/unsubscribe", `{"channel":"webpush"}`); a.status != http.StatusOK {
		t.Error(a.body)
	}
	if state, text := phone.state(); len(state.Channels) != 0 || state.Test == nil {
		t.Errorf("afterwards: %s", text)
	}
}

func TestAPhoneWhoseClockIsTenMinutesOffWorks(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		h := newHouse(t, nil)
		h.add("ann")
		x := &handset{h: h, tap: &tap{next: h.http.Transport}}
		var err error
		x.Phone, err = client.New(client.Config{HTTP: &http.Client{Transport: x.tap}, Now: func() time.Time { return h.clock.Now().Add(off) }}, client.State{})
		must(t, err)
		offer, err := x.Lookup(t.Context(), h.phone.String(), h.offered("ann"))
		must(t, err)
		_, err = x.Activate(t.Context(), offer, pin, "Pixel 8")
		must(t, err)
		x.key = x.State().Keys[0]
		// As its clock has it, a proof is out of time; the answer says what time it is.
		late := func(r *wire.Request) { r.Iat += off.Milliseconds() }
		for path, body := range map[string]string{"/push/subscribe": subscribeBody, "/push/test": "{}", "/push/state": "{}", "/approvals/AAAAAAAAAAAAAAAAAAAAAA/seen": `{"what":"opened"}`} {
			a := h.post(path, body, x.prove(path, []byte(body), late))
			refused(t, off.String()+" "+path, a, http.StatusUnauthorized, "proof.time")
			if a.Args["now"] != float64(h.clock.Now().UnixMilli()) {
				t.Errorf("%s %s: the time is not told: %v", off, path, a.Args)
			}
			if a := x.write(path, body); a.status == http.StatusUnauthorized {
				t.Errorf("%s %s: with the server's time: %s", off, path, a.body)
			}
		}
		// The phone measures the difference, and everything works.
		a, number, token := x.asked("ann")
		must(t, x.Seen(t.Context(), a, client.Opened))
		if got := h.reach(token); got != nodkey.ReachOpened {
			t.Errorf("%s: the request is %q", off, got)
		}
		if outcome, err := x.Approve(t.Context(), a, number, pin); err != nil || outcome.State != "approved" {
			t.Errorf("%s: %+v, %v", off, outcome, err)
		}
	}
}

package nodkey_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

func TestParallelDecisionsHaveOneWinner(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for round := range 5 {
		s, w := p.ask(t)
		answers := []nodkeytest.Answer{{PIN: pin, Number: w.Number}, {Number: w.Number}, {No: "mistake"}, {No: "not_me"},
			{PIN: pin, Number: w.Number + "0"}}
		states, errs := make([]string, 20), make([]error, 20)
		var wg sync.WaitGroup
		for i := range states {
			a := answers[i%len(answers)]
			a.Bend = func(d *wire.Decision) { d.Iat += int64(i) } // no two are the same decision
			in, err := p.key.Decision(s, a)
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.key.Caller(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				got, err := h.Approvals.Decide(h.ctx, c, nodkey.ApprovalID(s.ID), in)
				states[i], errs[i] = got.State, err
			})
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			switch {
			case err == nil && states[i] != "":
				won++
			case !nodkey.HasKey(err, "approval.approved") && !nodkey.HasKey(err, "approval.denied") &&
				!nodkey.HasKey(err, "biometric.failed"): // whose counter was overtaken
				t.Errorf("decision %d: %v", i, err)
			}
		}
		if won != 1 {
			t.Errorf("%d winners", won)
		}
		if n := len(h.actions(t, p.id, "approval.approved")) + len(h.actions(t, p.id, "approval.denied")); n != round+1 {
			t.Errorf("%d audit rows after %d decisions", n, round+1)
		}
		if _, err := p.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(20 * time.Minute)
	}
}

func TestARepeatedDecisionGetsTheAnswerItHad(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, w := p.ask(t)
	in, err := p.key.Decision(s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := p.key.Send(h.ctx, s.ID, in); err != nil || got.State != "approved" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{No: "mistake"})
	is(t, err, "approval.approved", "another one")
}

func TestAWrongNumberDenies(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for _, number := range []string{"", "1", "123", "xx"} {
		s, _ := p.ask(t)
		got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: number})
		if err != nil || got != (wire.DecisionResponse{State: "denied", Cause: "wrong_number"}) {
			t.Errorf("%q: %+v, %v", number, got, err)
		}
		if w, err := p.browser.Wait(h.ctx); err != nil || w.State != nodkey.SignInDenied || w.Cause != nodkey.ReasonWrongNumber {
			t.Errorf("%q: the page says %v, %v, %v", number, w.State, w.Cause, err)
		}
		is(t, p.browser.Finish(h.ctx), "sign_in.over", "collecting after %q", number)
		h.Clock.Advance(10 * time.Minute)
	}
}

func TestAReplayedProofIsRefusedOnEveryServer(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := p.key.Prove("/x", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	req := nodkey.SignedRequest{Method: "POST", Path: "/x"}
	c1, err := h.Keys.Caller(h.ctx, p.key.Phone.Caller(), proof, req)
	if err != nil {
		t.Fatal(err)
	}
	c2, err := second.Keys.Caller(h.ctx, p.key.Phone.Caller(), proof, req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Keys.AskPINChange(h.ctx, c1); err != nil {
		t.Fatal(err)
	}
	_, err = second.Keys.AskPINChange(h.ctx, c2)
	is(t, err, "proof.replayed", "a PIN change on the second server")
	is(t, second.Keys.RemoveOwn(h.ctx, c2), "proof.replayed", "a removal")
	is(t, second.Approvals.Disown(h.ctx, c2, "x"), "proof.replayed", "a disowning")
	s, w := p.ask(t)
	for _, a := range []nodkeytest.Answer{{No: "mistake"}, {Number: w.Number}, {PIN: pin, Number: w.Number}} {
		in, err := p.key.Decision(s, a)
		if err != nil {
			t.Fatal(err)
		}
		_, err = second.Approvals.Decide(h.ctx, c2, nodkey.ApprovalID(s.ID), in)
		is(t, err, "proof.replayed", "a decision %+v", a)
	}
	if got, err := p.key.Receipt(h.ctx); err != nil || got.State != "active" {
		t.Errorf("after all that: %+v, %v", got, err)
	}
}

func TestAProofFitsItsRequestOnly(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	req := nodkey.SignedRequest{Method: "POST", Path: "/x", Body: []byte(`{}`)}
	for what, c := range map[string]struct {
		bend func(*wire.Request)
		key  string
	}{
		"as it is":         {func(*wire.Request) {}, ""},
		"another server":   {func(r *wire.Request) { r.Aud = "x" }, "proof.wrong"},
		"another method":   {func(r *wire.Request) { r.Htm = "GET" }, "proof.wrong"},
		"another address":  {func(r *wire.Request) { r.Htu += "/y" }, "proof.wrong"},
		"another body":     {func(r *wire.Request) { r.Bh[0] ^= 1 }, "proof.wrong"},
		"a short jti":      {func(r *wire.Request) { r.Jti = "abc" }, "proof.wrong"},
		"no jti":           {func(r *wire.Request) { r.Jti = "" }, "proof.wrong"},
		"a minute old":     {func(r *wire.Request) { r.Iat -= 60_000 }, ""},
		"older":            {func(r *wire.Request) { r.Iat -= 60_001 }, "proof.time"},
		"from the future":  {func(r *wire.Request) { r.Iat += 60_001 }, "proof.time"},
		"from far, far on": {func(r *wire.Request) { r.Iat = 1 << 62 }, "proof.time"},
	} {
		proof, err := p.key.Prove("/x", req.Body, c.bend)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Keys.Caller(h.ctx, p.key.Phone.Caller(), proof, req)
		is(t, err, c.key, "%s", what)
		if (string(got.KeyID()) == p.key.ID) != (c.key == "") {
			t.Errorf("%s: the caller is %q", what, got.KeyID())
		}
	}
	stolen := *other.key
	stolen.ID = p.key.ID // signs with its own key in the other's name
	proof, err := stolen.Prove("/x", req.Body, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, proof := range map[string]string{"another's signature": proof, "text": "a.b.c", "dots": "..", "half": proof[:40]} {
		_, err := h.Keys.Caller(h.ctx, p.key.Phone.Caller(), proof, req)
		is(t, err, "proof.wrong", "%s", what)
	}
	_, err = h.Keys.Caller(h.ctx, p.key.Phone.Caller(), "", req)
	is(t, err, "proof.missing", "no proof")
	for what, err := range map[string]error{
		"remove": h.Keys.RemoveOwn(h.ctx, p.key.Phone.Caller()), "disown": h.Approvals.Disown(h.ctx, p.key.Phone.Caller(), "x"),
	} {
		is(t, err, "proof.missing", "%s", what)
	}
}

// A decision that fits in all but one thing is refused, and nothing changes.
func TestADecisionFitsItsStatementOnly(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	first, _ := p.ask(t)
	s, w := p.ask(t)
	theirs, _ := other.ask(t)
	yes := nodkeytest.Answer{PIN: pin, Number: w.Number}
	bend := func(f func(*wire.Decision)) nodkeytest.Answer {
		return nodkeytest.Answer{PIN: pin, Number: w.Number, Bend: f}
	}
	for what, c := range map[string]struct {
		answer nodkeytest.Answer
		key    string
	}{
		"another server":            {bend(func(d *wire.Decision) { d.Aud = "x" }), "decision.address"},
		"another approval":          {bend(func(d *wire.Decision) { d.ID = first.ID }), "decision.address"},
		"another user's approval":   {bend(func(d *wire.Decision) { d.ID = theirs.ID }), "decision.address"},
		"another key":               {bend(func(d *wire.Decision) { d.Key = other.key.ID }), "decision.address"},
		"another statement":         {bend(func(d *wire.Decision) { d.Statement = first.Digest[:] }), "decision.statement"},
		"another user's statement":  {bend(func(d *wire.Decision) { d.Statement = theirs.Digest[:] }), "decision.statement"},
		"no statement":              {bend(func(d *wire.Decision) { d.Statement = []byte{} }), "decision.statement"},
		"a verdict of neither kind": {bend(func(d *wire.Decision) { d.Verdict = "maybe" }), "decision.shape"},
		"a yes with a reason":       {bend(func(d *wire.Decision) { d.Reason = "mistake" }), "decision.shape"},
		"a yes without factor":      {bend(func(d *wire.Decision) { d.Factor = "" }), "decision.shape"},
		"a yes by nothing known":    {bend(func(d *wire.Decision) { d.Factor = "nod" }), "decision.shape"},
		"a yes with a new PIN":      {bend(func(d *wire.Decision) { d.NewPIN = &wire.NewPIN{E: []byte{1}, Wrap: []byte{2}} }), "decision.shape"},
		"a no without reason":       {nodkeytest.Answer{No: "because"}, "decision.shape"},
		"a no by PIN":               {nodkeytest.Answer{No: "mistake", PIN: pin, Bend: func(d *wire.Decision) { d.Factor = "pin" }}, "decision.shape"},
		"a proof left out": {nodkeytest.Answer{PIN: pin, Number: w.Number, BendWhole: func(in *wire.DecisionRequest) { in.PINProof = nil }},
			"decision.shape"},
		"an assertion left out": {nodkeytest.Answer{Number: w.Number, BendWhole: func(in *wire.DecisionRequest) { in.Assertion = nil }},
			"decision.shape"},
		"no decision": {nodkeytest.Answer{PIN: pin, BendWhole: func(in *wire.DecisionRequest) { in.Decision = "" }}, "request.jws"},
		"another signature": {nodkeytest.Answer{PIN: pin, Number: w.Number, BendWhole: func(in *wire.DecisionRequest) {
			in.Decision = in.Decision[:len(in.Decision)-86] + first.JWS[len(first.JWS)-86:]
		}}, "request.jws"},
		"a proof that is none": {nodkeytest.Answer{PIN: pin, Number: w.Number, BendWhole: func(in *wire.DecisionRequest) {
			in.PINProof = &wire.PINProof{Epk: []byte{4}, Ct: []byte{}}
		}}, "pin.wrong"},
	} {
		_, err := p.key.Answer(h.ctx, s, c.answer)
		is(t, err, c.key, "%s", what)
	}
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}

	in, err := p.key.Decision(s, yes)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Send(h.ctx, first.ID, in)
	is(t, err, "decision.address", "sent to another approval")
	_, err = p.key.Send(h.ctx, theirs.ID, in)
	is(t, err, "decision.address", "sent to another user's approval")
	_, err = other.key.Send(h.ctx, s.ID, in)
	is(t, err, "request.jws", "sent by another key")
	in, err = other.key.Decision(s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.key.Send(h.ctx, s.ID, in)
	is(t, err, "approval.none", "decided by another user's key")
	forged := *other.key
	forged.ID = p.key.ID
	in, err = forged.Decision(s, yes)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Send(h.ctx, s.ID, in)
	is(t, err, "request.jws", "signed by another key in this one's name")

	named := *p.key
	named.ID = other.key.ID // its header names another key than the one that signed
	in, err = named.Decision(s, nodkeytest.Answer{PIN: pin, Number: w.Number, Bend: func(d *wire.Decision) { d.Key = p.key.ID }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Send(h.ctx, s.ID, in)
	is(t, err, "request.jws", "in another key's name")

	if again := p.newest(t); again.ID != s.ID {
		t.Error("something changed")
	}
	if got, err := p.key.Answer(h.ctx, s, yes); err != nil || got.State != "approved" {
		t.Errorf("the honest one: %+v, %v", got, err)
	}
}

func TestAPINProofIsOfOneDecision(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	first, w1 := p.ask(t)
	s, w := p.ask(t)
	in, err := p.key.Decision(first, nodkeytest.Answer{PIN: pin, Number: w1.Number})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: w.Number, BendWhole: func(mine *wire.DecisionRequest) {
		mine.PINProof = in.PINProof
	}})
	is(t, err, "pin.wrong", "the proof of another decision")
}

func TestAnAssertionIsOfOneDecisionAndOneCredential(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	first, w1 := p.ask(t)
	s, w := p.ask(t)
	foreign, err := p.key.Decision(first, nodkeytest.Answer{Number: w1.Number})
	if err != nil {
		t.Fatal(err)
	}
	own := p.key.Authenticator
	for what, a := range map[string]nodkeytest.Answer{
		"of another decision": {Number: w.Number, BendWhole: func(in *wire.DecisionRequest) { in.Assertion = foreign.Assertion }},
		"cut": {Number: w.Number, BendWhole: func(in *wire.DecisionRequest) {
			in.Assertion.AuthenticatorData = slices.Clone(in.Assertion.AuthenticatorData[:36])
		}},
		"empty": {Number: w.Number, BendWhole: func(in *wire.DecisionRequest) { in.Assertion = &wire.Assertion{} }},
	} {
		_, err := p.key.Answer(h.ctx, s, a)
		is(t, err, "biometric.failed", "an assertion %s", what)
	}
	for what, bend := range map[string]func(*nodkeytest.PhoneKey){
		"of another credential":     func(k *nodkeytest.PhoneKey) { k.Authenticator = other.key.Authenticator },
		"without the person":        func(k *nodkeytest.PhoneKey) { k.Authenticator.Flags = nodkeytest.FlagUP },
		"from another origin":       func(k *nodkeytest.PhoneKey) { k.Authenticator.Origin = "https://portal.house.test" },
		"for another relying party": func(k *nodkeytest.PhoneKey) { k.Authenticator.RPID = "house.test" },
	} {
		k, a := *p.key, *own
		k.Authenticator = &a
		bend(&k)
		_, err := k.Answer(h.ctx, s, nodkeytest.Answer{Number: w.Number})
		is(t, err, "biometric.failed", "an assertion %s", what)
	}
	if n := len(h.actions(t, p.id, "biometric.wrong")); n != 7 {
		t.Errorf("%d audit rows of 7 assertions that do not hold", n)
	}
	bare := h.add(t)
	bare.key, _, err = h.phone("PIN only").Activate(h.ctx, h.code(t, bare.visit(t)), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	s2, w2 := bare.ask(t)
	bare.key.Authenticator = own
	_, err = bare.key.Answer(h.ctx, s2, nodkeytest.Answer{Number: w2.Number})
	is(t, err, "decision.factor", "biometric of a key that has none")
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{Number: w.Number}); err != nil || got.State != "approved" {
		t.Errorf("the honest one: %+v, %v", got, err)
	}
}

package client

import (
	"crypto/ecdh"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

func (s *server) key(body []byte, r *http.Request) (any, error) {
	id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, false)
	if err != nil {
		return nil, err
	}
	return wire.ReceiptResponse{Receipt: s.receipt(id)}, nil
}

func (s *server) remove(body []byte, r *http.Request) (any, error) {
	id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true)
	if err != nil {
		return nil, err
	}
	s.keys[id].state = "removed"
	return struct{}{}, nil
}

// about answers with a statement of this kind about the calling key.
func (s *server) about(kind string) func([]byte, *http.Request) (any, error) {
	return func(body []byte, r *http.Request) (any, error) {
		id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true)
		if err != nil {
			return nil, err
		}
		a := s.ask(kind, id)
		return wire.StatementResponse{Statement: s.approvals[a].statement}, nil
	}
}

func (s *server) rename(body []byte, r *http.Request) (any, error) {
	id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true)
	if err != nil {
		return nil, err
	}
	var in wire.RenameRequest
	if err := wire.DecodeStrict(body, &in); err != nil {
		return nil, no(400, "bad_input", "json")
	}
	s.keys[id].name = in.Name
	return struct{}{}, nil
}

// request makes an approval and gives its id.
func (s *server) request(kind string, keys ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ask(kind, keys...)
}

func (s *server) ask(kind string, keys ...string) string {
	a, id, now := &approval{state: "open"}, newID(), s.time()
	m := wire.Statement{Aud: s.id, ID: id, User: s.keys[keys[0]].user, Keys: keys, Kind: kind, Locale: "en",
		App: "Aldermere Client Portal", Who: "Mara Lindqvist", Address: "203.0.113.24", With: "Firefox on Windows",
		Iat: now.UnixMilli(), Exp: now.Add(3 * time.Minute).UnixMilli()}
	switch kind {
	case "sign_in":
		m.Number, a.number = true, "47"
	case "pin_change":
		a.es = newExchange(s.t)
		m.Es = a.es.PublicKey().Bytes()
	case "key_add":
		m.NewKey = &wire.NewKey{ID: keys[0], Name: "Pixel 8"}
	}
	if s.bendStatement != nil {
		s.bendStatement(&m)
	}
	signer := s.signing
	if s.signStatement != nil {
		signer = s.signStatement
	}
	a.statement = s.sign(signer, wire.TypStatement, m)
	s.approvals[id] = a
	return id
}

func (s *server) openStatements() []string { return s.statementsIn("open") }

func (s *server) statementsIn(state string) []string {
	statements := []string{}
	for _, a := range s.approvals {
		if a.state == state {
			statements = append(statements, a.statement)
		}
	}
	return statements
}

func (s *server) open(body []byte, r *http.Request) (any, error) {
	if err := s.callers(body, r); err != nil {
		return nil, err
	}
	return wire.Approvals{Now: s.time().UnixMilli(), Statements: s.openStatements()}, nil
}

func (s *server) ranOut(body []byte, r *http.Request) (any, error) {
	if err := s.callers(body, r); err != nil {
		return nil, err
	}
	return wire.Approvals{Now: s.time().UnixMilli(), Statements: s.statementsIn("expired")}, nil
}

func (s *server) callers(body []byte, r *http.Request) error {
	var in wire.Proofs
	if err := wire.DecodeStrict(body, &in); err != nil {
		return no(400, "bad_input", "json")
	}
	var last error = no(401, "unauthenticated", "proof.missing")
	for _, jws := range in.Proofs {
		if _, last = s.caller(jws, nil, r, false); last == nil {
			return nil
		}
	}
	return last
}

func (s *server) decide(body []byte, r *http.Request) (any, error) {
	id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true)
	if err != nil {
		return nil, err
	}
	a := s.approvals[r.PathValue("id")]
	if a == nil {
		return nil, no(404, "not_found", "approval.unknown")
	}
	var in wire.DecisionRequest
	if err := wire.DecodeStrict(body, &in); err != nil {
		return nil, no(400, "bad_input", "json")
	}
	k := s.keys[id]
	parsed, err := wire.ParseJWS(in.Decision)
	var d wire.Decision
	if err != nil || parsed.Header.Typ != wire.TypDecision || parsed.Header.Kid != id || (proof.JOSE{}).Verify(in.Decision, k.point) != nil || wire.DecodeStrict(parsed.Payload, &d) != nil {
		return nil, no(400, "bad_input", "jws")
	}
	if a.state != "open" {
		if a.decision == parsed.SigningInput {
			return a.answer, nil
		}
		return nil, no(409, "conflict", "approval."+a.state)
	}
	input, _ := wire.SigningInput(a.statement)
	digest := wire.Digest(input)
	if d.Aud != s.id || d.ID != r.PathValue("id") || d.Key != id || string(d.Statement) != string(digest[:]) {
		return nil, no(400, "bad_input", "decision.address")
	}
	s.decided[d.ID] = d
	switch {
	case d.Verdict == "no":
		a.answer = wire.DecisionResponse{State: "denied"}
	case a.number != d.Number:
		a.answer = wire.DecisionResponse{State: "denied", Cause: "wrong_number"}
	default:
		b := wire.Binding{ServerID: s.id, KeyID: id}
		got, err := b.OpenPINProof(s.pin, parsed.Digest, in.PINProof)
		if err != nil || !hmac.Equal(got, wire.ProvePIN(k.vpin, parsed.Digest)) {
			return nil, &APIError{Status: 403, Kind: "refused", Key: "pin.wrong", Args: map[string]any{"Left": 4}}
		}
		if d.NewPIN != nil {
			e, err := ecdh.P256().NewPublicKey(d.NewPIN.E)
			if err != nil {
				return nil, no(400, "bad_input", "decision.pin")
			}
			z, err := a.es.ECDH(e)
			if err != nil {
				return nil, no(400, "bad_input", "decision.pin")
			}
			if k.vpin, _, err = wire.UnwrapVerifiers(b.WrapKey(z, wire.Transcript(digest, k.point, d.NewPIN.E)), d.NewPIN.Wrap); err != nil {
				return nil, no(400, "bad_input", "decision.pin")
			}
		}
		a.answer = wire.DecisionResponse{State: "approved"}
	}
	a.state, a.decision = a.answer.State, parsed.SigningInput
	return a.answer, nil
}

func (s *server) disown(body []byte, r *http.Request) (any, error) {
	if _, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true); err != nil {
		return nil, err
	}
	a := s.approvals[r.PathValue("id")]
	if a == nil || a.state != "approved" {
		return nil, no(409, "conflict", "approval.disown")
	}
	a.state = "disowned"
	return struct{}{}, nil
}

func (s *server) see(body []byte, r *http.Request) (any, error) {
	if _, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, true); err != nil {
		return nil, err
	}
	var in wire.SeenRequest
	id := r.PathValue("id")
	switch err := wire.DecodeStrict(body, &in); {
	case err != nil:
		return nil, no(400, "bad_input", "request.json_syntax")
	case in.What != Received && in.What != Shown && in.What != Opened:
		return nil, no(400, "bad_input", "seen.what")
	case s.approvals[id] == nil:
		return nil, no(404, "not_found", "approval.none")
	}
	s.seen[id] = append(s.seen[id], in.What)
	return struct{}{}, nil
}

// stream says what the test puts in lines, after the list of what is open. "cut" breaks it off.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	var in wire.Proofs
	err := wire.ReadStrict(r.Body, wire.MaxBody, &in)
	raw, _ := json.Marshal(in)
	s.mu.Lock()
	s.calls = append(s.calls, "/stream")
	if err == nil {
		err = s.callers(raw, r)
	}
	first := wire.StreamEvent{Type: "approvals", Now: s.time().UnixMilli(), Statements: s.openStatements()}
	s.mu.Unlock()
	if err != nil {
		s.reply(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	text, _ := json.Marshal(first)
	fmt.Fprintf(w, "%s\n", text)
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case line := <-s.lines:
			if line == "cut" {
				panic(http.ErrAbortHandler)
			}
			fmt.Fprintf(w, "%s\n", line)
			w.(http.Flusher).Flush()
		}
	}
}

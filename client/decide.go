package client

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// The reasons of a no.
const (
	NotMe   = "not_me"
	Mistake = "mistake"
)

// Outcome is what a decision made of an approval.
type Outcome struct {
	State string `json:"state"`           // approved or denied
	Cause string `json:"cause,omitempty"` // wrong_number
}

// Approve says yes with the PIN, and with the two digits that the page shows where the statement asks for them.
func (p *Phone) Approve(ctx context.Context, a Approval, number, pin string) (Outcome, error) {
	if a.Number && (len(number) != 2 || !allDigits(number)) {
		return Outcome{}, fault("number.missing", nil)
	}
	if !a.Number {
		number = ""
	}
	if a.Kind == "pin_change" {
		return Outcome{}, fault("statement.wrong", errors.New("a change of PIN needs the new one"))
	}
	return p.decide(ctx, a, wire.Decision{Verdict: "yes", Number: number, Factor: "pin"}, NormalisePIN(pin))
}

// Deny says no, because of NotMe or Mistake. It needs no PIN.
func (p *Phone) Deny(ctx context.Context, a Approval, reason string) (Outcome, error) {
	return p.decide(ctx, a, wire.Decision{Verdict: "no", Reason: reason}, "")
}

// decide signs a decision and sends it, again while the connection fails: the same bytes get the same answer.
func (p *Phone) decide(ctx context.Context, a Approval, d wire.Decision, pin string) (Outcome, error) {
	k, err := p.key(a.Key.ID)
	if err != nil {
		return Outcome{}, err
	}
	if err := p.measure(ctx, k.Server.URL); err != nil {
		return Outcome{}, err
	}
	now := p.serverTime(k.Server.URL)
	if !now.Before(a.Expires) {
		return Outcome{}, fault("approval.expired", nil)
	}
	d.Aud, d.ID, d.Statement, d.Key, d.Iat = k.Server.ID, a.ID, a.digest[:], k.ID, now.UnixMilli()
	var body wire.DecisionRequest
	if body.Decision, err = k.sign(wire.TypDecision, d); err != nil {
		return Outcome{}, err
	}
	if d.Factor == "pin" {
		input, _ := wire.SigningInput(body.Decision)
		digest := wire.Digest(input)
		b := k.binding()
		if body.PINProof, err = b.SealPINProof(k.Server.PIN, digest, wire.ProvePIN(b.PINVerifier(k.Kp, pin), digest)); err != nil {
			return Outcome{}, err
		}
	}
	var answer wire.DecisionResponse
	err = p.again(ctx, func() error { return p.signed(ctx, k, "/approvals/"+a.ID+"/decision", body, &answer) })
	if err != nil {
		return Outcome{}, err
	}
	if answer.State != "approved" && answer.State != "denied" || d.Verdict == "no" && answer.State != "denied" {
		return Outcome{}, fault("answer.wrong", nil)
	}
	return Outcome(answer), nil
}

// Disown says that a yes of this key within the last 24 hours was not its person's after all.
func (p *Phone) Disown(ctx context.Context, keyID, approvalID string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	if !isID(approvalID) {
		return fault("answer.wrong", errors.New("no approval has such an id"))
	}
	return p.again(ctx, func() error {
		return p.signed(ctx, k, "/approvals/"+approvalID+"/disown", struct{}{}, &struct{}{})
	})
}

// ChangePIN proves the old PIN and puts a new one in its place (docs/protocol.md §6.3).
func (p *Phone) ChangePIN(ctx context.Context, keyID, old, replacement string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	if err := k.Server.CheckPIN(replacement, k.Name, k.DisplayName); err != nil {
		return err
	}
	var answer wire.StatementResponse
	if err := p.signed(ctx, k, "/pin", struct{}{}, &answer); err != nil {
		return err
	}
	a, err := k.readStatement(answer.Statement, p.serverTime(k.Server.URL))
	if err != nil {
		return err
	}
	if a.Kind != "pin_change" {
		return fault("statement.wrong", errors.New("it is not about the PIN"))
	}
	newPIN, err := k.newPIN(a, NormalisePIN(replacement))
	if err != nil {
		return err
	}
	outcome, err := p.decide(ctx, a, wire.Decision{Verdict: "yes", Factor: "pin", NewPIN: newPIN}, NormalisePIN(old))
	if err != nil {
		return err
	}
	if outcome.State != "approved" {
		return fault("answer.wrong", nil)
	}
	return nil
}

// newPIN wraps the verifier of a new PIN for the server alone.
func (k StoredKey) newPIN(a Approval, pin string) (*wire.NewPIN, error) {
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	d, err := k.signer()
	if err != nil {
		return nil, err
	}
	pointD, err := d.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	z, err := e.ECDH(a.es)
	if err != nil {
		return nil, err
	}
	b, h := k.binding(), wire.Transcript(a.digest, pointD, e.PublicKey().Bytes())
	wrap, err := wire.WrapVerifiers(b.WrapKey(z, h), b.PINVerifier(k.Kp, pin), nil)
	if err != nil {
		return nil, err
	}
	return &wire.NewPIN{E: e.PublicKey().Bytes(), Wrap: wrap}, nil
}

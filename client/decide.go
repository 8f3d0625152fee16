package client

import (
	"context"
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

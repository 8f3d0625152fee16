package client

import (
	"context"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// AskTest asks for a test request for a key: an approval to answer like any other, and nothing hangs on it.
func (p *Phone) AskTest(ctx context.Context, keyID string) (Approval, error) {
	_, a, err := p.ask(ctx, keyID, "/test", "test")
	return a, err
}

// Rename tells a key's server what its portal shall call this phone, 1 to 40 characters: *APIError "phone.name" for others.
func (p *Phone) Rename(ctx context.Context, keyID, name string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/key/rename", wire.RenameRequest{Name: name}, &struct{}{})
}

// ask asks for a statement about a key itself, and checks that it is one.
func (p *Phone) ask(ctx context.Context, keyID, path, kind string) (StoredKey, Approval, error) {
	k, err := p.key(keyID)
	if err != nil {
		return StoredKey{}, Approval{}, err
	}
	var answer wire.StatementResponse
	if err := p.signed(ctx, k, path, struct{}{}, &answer); err != nil {
		return StoredKey{}, Approval{}, err
	}
	a, err := k.readStatement(answer.Statement, p.serverTime(k.Server.URL))
	if err != nil {
		return StoredKey{}, Approval{}, err
	}
	if a.Kind != kind {
		return StoredKey{}, Approval{}, fault("statement.wrong", errors.New("it is about something else"))
	}
	return k, a, nil
}

// mustApprove says yes to what this phone asked for itself; any other outcome is an error.
func (p *Phone) mustApprove(ctx context.Context, a Approval, d wire.Decision, pin string) error {
	d.Verdict, d.Factor = "yes", "pin"
	outcome, err := p.decide(ctx, a, d, NormalisePIN(pin))
	if err == nil && outcome.State != "approved" {
		err = fault("answer.wrong", nil)
	}
	return err
}

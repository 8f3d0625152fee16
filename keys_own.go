package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"

	"github.com/nodkey/nodkey/wire"
)

// AskPINChange makes the statement for changing the calling key's PIN (docs/protocol.md §6.3). Errors: pin.none, key.* for
// a key that is not active, user.slow.
func (k *Keys) AskPINChange(ctx context.Context, c Caller) (statement string, err error) {
	es, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return "", AsError(err)
	}
	return k.askOwn(ctx, c, ApprovePINChange, wire.Statement{Es: es.PublicKey().Bytes()}, func(id ApprovalID) ([]byte, error) {
		return k.id.seal("approvals", "payload", string(id), es.Bytes())
	})
}

// AskPINCheck makes a statement that only a PIN answers and that nothing hangs on: so a phone that adds a user has the PIN
// checked which its person knows already (docs/protocol.md §6.5). Errors as AskPINChange.
func (k *Keys) AskPINCheck(ctx context.Context, c Caller) (statement string, err error) {
	return k.askOwn(ctx, c, ApprovePINCheck, wire.Statement{}, nil)
}

// AskTest makes a statement that nothing hangs on, for the calling key alone: whoever answers it sees that the phone works.
// Errors: key.* for a key that is not active, user.slow.
func (k *Keys) AskTest(ctx context.Context, c Caller) (statement string, err error) {
	return k.askOwn(ctx, c, ApproveTest, wire.Statement{}, nil)
}

// askOwn makes a statement for the calling key alone, which wakes nobody: the phone gets it as its answer. payload may be
// nil.
func (k *Keys) askOwn(ctx context.Context, c Caller, kind ApprovalKind, extra wire.Statement, payload func(ApprovalID) ([]byte, error)) (string, error) {
	if c.key == nil {
		return "", fail(Unauthenticated, "proof.missing")
	}
	if c.key.State != KeyActive {
		return "", k.notActive(*c.key)
	}
	if kind.byPINOnly() && !c.key.HasPIN() {
		return "", fail(Conflict, "pin.none")
	}
	now := k.now()
	var user User
	err := k.Store.View(ctx, func(tx Tx) (err error) {
		user, err = tx.User(c.key.UserID)
		return err
	})
	if err != nil {
		return "", AsError(err)
	}
	a := Approval{UserID: user.ID, Kind: kind, Known: true, Subject: string(c.key.ID)}
	a, err = k.newApproval(c, user, []Key{*c.key}, a, extra, now)
	if err != nil {
		return "", AsError(err)
	}
	spend := func(tx Tx) error { return k.spend(tx, c) }
	// The newest statement is the one that counts.
	same := func(x Approval) bool { return x.Kind == kind && x.Subject == a.Subject }
	if err := k.put(ctx, c, a, payload, spend, same, now); err != nil {
		return "", err
	}
	return a.Statement, nil
}

// RenameOwn gives the calling phone another name at the portal. Only an active key may, so that a phone that waits for a yes
// stays called what the question says. Errors: phone.name, key.*, user.slow.
func (k *Keys) RenameOwn(ctx context.Context, c Caller, name string) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	if !cleanText(name, 40) {
		return fail(BadInput, "phone.name")
	}
	now := k.now()
	err := k.Store.Update(ctx, func(tx Tx) error {
		key, err := k.spendActive(tx, c)
		if err != nil {
			return err
		}
		return k.rename(tx, c, key, name, now)
	})
	if err != nil {
		return AsError(err)
	}
	k.Bus.Publish(topicOfActivations(c.key.UserID))
	return nil
}

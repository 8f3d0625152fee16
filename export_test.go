package nodkey

import "context"

// SealFor seals as the message centre does, for benchmarks that fill a store.
func (m *Messages) SealFor(table, column, row string, plain []byte) ([]byte, error) {
	return m.id.seal(table, column, row, plain)
}

// Raise writes any notice, also of those that later parts of the server raise.
func (m *Messages) Raise(ctx context.Context, id UserID, n AccountNotice) error {
	return m.Store.Update(ctx, func(tx Tx) error {
		user, err := tx.User(id)
		if err != nil {
			return err
		}
		return m.notice(tx, Caller{}, user, n, m.now())
	})
}

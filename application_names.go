package nodkey

import (
	"context"
	"errors"
)

// NameOf gives what a user types to sign in to an application that knows the user's id, from an id token of before (id_token_hint);
// empty, which is nobody's name, where there is no such user any more.
func (s *Applications) NameOf(ctx context.Context, c Caller, id UserID) (string, error) {
	if _, err := c.asApplication(); err != nil {
		return "", err
	}
	var user User
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if user, err = tx.User(id); errors.Is(err, ErrNoRow) {
			return nil
		}
		return err
	})
	return user.Name, wrap(err)
}

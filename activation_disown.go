package nodkey

import (
	"context"
	"errors"
	"slices"
	"time"
)

// disownLife is how long an activation can be undone.
const disownLife = 24 * time.Hour

// NotMine undoes the activation of a key: the key goes with every key that it said yes to, and every session that they
// opened ends; addresses that they put in force go, too. The session that offered it may do so within a day, also when the key itself was removed meanwhile and left
// others behind. So may a full session that another active key opened, as long as that one does not stem from this key:
// for a key that waits, and for a day after it became active. Errors: key.unknown, key.not_mine.
func (s *Activations) NotMine(ctx context.Context, c Caller, id KeyID) error {
	now := s.now()
	var user UserID
	var gone []KeyID
	err := s.Store.Update(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		user = session.UserID
		key, err := s.mayDisown(tx, session, id, now)
		if err != nil {
			return err
		}
		if gone, err = s.removeWithOffspring(tx, c, key, now); err != nil {
			return err
		}
		if err := s.dropContactsOf(tx, c, key.UserID, gone, now); err != nil {
			return err
		}
		if err := s.forgetFirstKey(tx, key.UserID, gone); err != nil {
			return err
		}
		if err := tx.ForgetBrowsers(key.UserID); err != nil { // those that it let in are not told from the user's own
			return err
		}
		return s.record(tx, c, now, "key.disowned", key.UserID, string(id), "phone", key.Phone.Name)
	})
	if err == nil {
		s.Bus.Publish(append(topicsOfKeys(gone), topicOfActivations(user), topicOfMessages(user), topicOfSummaries)...)
	}
	return wrap(err)
}

// MayDisown reports whether the caller's session could undo the activation of a key with NotMine at this moment.
func (s *Activations) MayDisown(ctx context.Context, c Caller, id KeyID) (bool, error) {
	may := false
	err := s.Store.View(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		_, err = s.mayDisown(tx, session, id, s.now())
		if may = err == nil; HasKey(err, "key.unknown") || HasKey(err, "key.not_mine") {
			return nil
		}
		return err
	})
	return may, wrap(err)
}

// mayDisown gives the key that a session wants undone, if that session may.
func (s *Activations) mayDisown(tx Tx, session Session, id KeyID, now time.Time) (Key, error) {
	keys, err := tx.KeysOf(session.UserID)
	if err != nil {
		return Key{}, err
	}
	at := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	if at < 0 {
		return Key{}, fail(NotFound, "key.unknown")
	}
	key, family := keys[at], withOffspring(keys, id)
	gone := key.StateAt(now) == KeyRemoved
	if gone && !slices.ContainsFunc(keys, func(k Key) bool { return slices.Contains(family, k.ID) && k.StateAt(now) != KeyRemoved }) {
		return Key{}, fail(NotFound, "key.unknown")
	}
	a, err := tx.Activation(key.ActivationID)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return Key{}, err
	}
	if err == nil && a.SessionID == session.ID && now.Sub(key.CreatedAt) <= disownLife {
		return key, nil
	}
	opener := slices.ContainsFunc(keys, func(k Key) bool {
		return k.ID == session.KeyID && k.State == KeyActive && !slices.Contains(family, k.ID)
	})
	fresh := key.ActivatedAt.IsZero() || now.Sub(key.ActivatedAt) <= disownLife
	if session.Level == Full && opener && !gone && fresh {
		return key, nil
	}
	return Key{}, fail(Refused, "key.not_mine")
}

// withOffspring names a key, those that it said yes to, and so on.
func withOffspring(keys []Key, id KeyID) []KeyID {
	family := []KeyID{id}
	for i := 0; i < len(family); i++ {
		for _, k := range keys {
			if k.ApprovedBy == family[i] && !slices.Contains(family, k.ID) {
				family = append(family, k.ID)
			}
		}
	}
	return family
}

// removeWithOffspring removes a key, those that it said yes to, and so on: a stranger's key must leave none behind.
func (s *Activations) removeWithOffspring(tx Tx, c Caller, key Key, now time.Time) ([]KeyID, error) {
	keys, err := tx.KeysOf(key.UserID)
	if err != nil {
		return nil, err
	}
	gone := withOffspring(keys, key.ID)
	for _, k := range keys {
		if !slices.Contains(gone, k.ID) || k.State == KeyRemoved {
			continue
		}
		if err := s.removeKey(tx, c, k, now); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// forgetFirstKey puts an account back to where it was before its first key, when that key turned out to be a stranger's:
// otherwise its owner, who never had a phone, would count as one who lost it.
func (s *Activations) forgetFirstKey(tx Tx, id UserID, strangers []KeyID) error {
	keys, err := tx.KeysOf(id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !slices.Contains(strangers, k.ID) && !k.ActivatedAt.IsZero() {
			return nil
		}
	}
	user, err := tx.User(id)
	if err != nil {
		return err
	}
	user.HadKey = false
	return tx.SaveUser(user)
}

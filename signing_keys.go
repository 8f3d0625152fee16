package nodkey

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"sync"
	"time"
)

// SigningKeys are what tokens for applications are signed with. They change while servers run: each call reads which there are, so
// what another process or the operator's command did counts at once.
type SigningKeys struct {
	*base
	mu     sync.Mutex
	opened map[string]crypto.Signer // by SigningKey.ID
}

const (
	// SigningKeyAge is how long a key signs before another one is made.
	SigningKeyAge = 90 * 24 * time.Hour
	// SigningKeyAhead is how long a key is published before it signs, for applications that keep key sets for a day.
	SigningKeyAhead = 24 * time.Hour
	// SigningKeyKept is how long it is published after it signed last: longer than what it signed is good for.
	SigningKeyKept = 7 * 24 * time.Hour
	// SigningKeyWait is the latest that a new key may begin to sign.
	SigningKeyWait = 30 * 24 * time.Hour
)

// Current gives the key that signs now. The first one of an algorithm is made when it is first wanted, and signs at once.
func (s *SigningKeys) Current(ctx context.Context, alg SigningAlg) (SigningKey, error) {
	now := s.now()
	keys, err := s.rows(ctx)
	if err != nil {
		return SigningKey{}, AsError(err)
	}
	if k, ok := signingNow(keys, alg, now); ok {
		return k, nil
	}
	made, err := s.make(alg, now, now)
	if err != nil {
		return SigningKey{}, AsError(err)
	}
	var current SigningKey
	err = s.Store.Update(ctx, func(tx Tx) error {
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		if k, ok := signingNow(keys, alg, now); ok { // another was faster
			current = k
			return nil
		}
		current = made
		if err := tx.InsertSigningKey(made); err != nil {
			return err
		}
		return s.record(tx, Caller{}, now, "signing_key.made", "", made.ID, "alg", alg)
	})
	if err != nil {
		return SigningKey{}, AsError(err)
	}
	return current, nil
}

// signingNow finds the key that signs: the list begins with those that sign from the latest time.
func signingNow(keys []SigningKey, alg SigningAlg, now time.Time) (SigningKey, bool) {
	for _, k := range keys {
		if k.Alg == alg && k.aliveAt(now) && !now.Before(k.SignsFrom) {
			return k, true
		}
	}
	return SigningKey{}, false
}

func (s *SigningKeys) rows(ctx context.Context) (keys []SigningKey, err error) {
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.SigningKeys()
		return err
	})
	return keys, err
}

// make makes a key that is in no store yet.
func (s *SigningKeys) make(alg SigningAlg, now, from time.Time) (SigningKey, error) {
	signer, err := newSigner(alg)
	if err != nil {
		return SigningKey{}, err
	}
	k := SigningKey{ID: newID(), Alg: alg, CreatedAt: now, SignsFrom: from}
	if k.Public, err = x509.MarshalPKIXPublicKey(signer.Public()); err != nil {
		return SigningKey{}, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return SigningKey{}, err
	}
	k.Sealed, err = s.id.seal("signing_keys", "private", k.ID, raw)
	return k, err
}

// Published lists the keys that what was signed may be checked with: those that sign, have signed or will.
func (s *SigningKeys) Published(ctx context.Context) ([]SigningKey, error) {
	now := s.now()
	keys, err := s.rows(ctx)
	if err != nil {
		return nil, AsError(err)
	}
	var alive []SigningKey
	for _, k := range keys {
		if k.aliveAt(now) {
			alive = append(alive, k)
		}
	}
	return alive, nil
}

// Sign signs with a key that Current gave: RS256 or, in 64 bytes, ES256 over the signing input of a JWS (RFC 7515 §5.1).
func (s *SigningKeys) Sign(k SigningKey, input []byte) ([]byte, error) {
	signer, err := s.open(k)
	if err != nil {
		return nil, AsError(err)
	}
	signature, err := signInput(signer, input)
	return signature, wrap(err)
}

// openedMost bounds the private keys that are kept open; there are as many as algorithms, but around a rotation.
const openedMost = 8

func (s *SigningKeys) open(k SigningKey) (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if signer, ok := s.opened[k.ID]; ok {
		return signer, nil
	}
	raw, err := s.id.open("signing_keys", "private", k.ID, k.Sealed)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, err
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("a signing key that cannot sign")
	}
	if s.opened == nil || len(s.opened) >= openedMost {
		s.opened = make(map[string]crypto.Signer, openedMost)
	}
	s.opened[k.ID] = signer
	return signer, nil
}

// Rotate makes a new key for each algorithm that has one. They are published now and sign after a time, at most [SigningKeyWait]; those
// of before are published for [SigningKeyKept] longer. With drop, for keys that somebody else may have, those of before end at once and
// the new ones sign at once: what was signed with the old is checked by nobody any more. Error: signing_key.after.
func (s *SigningKeys) Rotate(ctx context.Context, c Caller, after time.Duration, drop bool) ([]SigningKey, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	if after < 0 || after > SigningKeyWait || drop && after > 0 {
		return nil, fail(BadInput, "signing_key.after")
	}
	return s.rotate(ctx, c, after, drop, func([]SigningKey, SigningAlg, time.Time) bool { return true })
}

// Tick makes the next key of each algorithm whose newest one has signed for [SigningKeyAge].
func (s *SigningKeys) Tick(ctx context.Context) error {
	_, err := s.rotate(ctx, Caller{}, SigningKeyAhead, false, func(keys []SigningKey, alg SigningAlg, now time.Time) bool {
		newest, ok := newestOf(keys, alg)
		return ok && !now.Before(newest.SignsFrom.Add(SigningKeyAge))
	})
	return err
}

// newestOf is the key of an algorithm that signs from the latest time, now or then.
func newestOf(keys []SigningKey, alg SigningAlg) (SigningKey, bool) {
	for _, k := range keys {
		if k.Alg == alg {
			return k, true
		}
	}
	return SigningKey{}, false
}

// rotate makes the next key of those algorithms that are due. Keys are made outside the transaction, which asks again.
func (s *SigningKeys) rotate(ctx context.Context, c Caller, after time.Duration, drop bool, due func([]SigningKey, SigningAlg, time.Time) bool) ([]SigningKey, error) {
	now := s.now()
	keys, err := s.rows(ctx)
	if err != nil {
		return nil, AsError(err)
	}
	next := map[SigningAlg]SigningKey{}
	for _, alg := range SigningAlgs() {
		if _, has := newestOf(keys, alg); !has || !due(keys, alg, now) {
			continue
		}
		if next[alg], err = s.make(alg, now, now.Add(after)); err != nil {
			return nil, AsError(err)
		}
	}
	if len(next) == 0 {
		return nil, nil
	}
	ends := now.Add(after + SigningKeyKept)
	if drop {
		ends = now
	}
	var made []SigningKey
	err = s.Store.Update(ctx, func(tx Tx) error {
		made = nil
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		for _, alg := range SigningAlgs() {
			k, ok := next[alg]
			if !ok || !due(keys, alg, now) {
				continue
			}
			if err := endSigning(tx, keys, alg, ends); err != nil {
				return err
			}
			if err := tx.InsertSigningKey(k); err != nil {
				return err
			}
			if err := s.record(tx, c, now, "signing_key.made", "", k.ID, "alg", alg, "afterSeconds", int64(after.Seconds()), "drop", drop); err != nil {
				return err
			}
			made = append(made, k)
		}
		return nil
	})
	return made, wrap(err)
}

// endSigning sets the end of an algorithm's keys; one that ends sooner already stays as it is.
func endSigning(tx Tx, keys []SigningKey, alg SigningAlg, ends time.Time) error {
	for _, k := range keys {
		if k.Alg != alg || !k.EndsAt.IsZero() && !ends.Before(k.EndsAt) {
			continue
		}
		k.EndsAt = ends
		if err := tx.SaveSigningKey(k); err != nil {
			return err
		}
	}
	return nil
}

package nodkey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nodkey/nodkey/seal"
)

// DataKeys are the keys that seal what the store keeps (package seal). They change while servers run: the newest seals,
// every one opens, and [Upkeep.Reseal] moves what older ones sealed over to it.
type DataKeys struct{ *base }

// SealedColumn is one kind of sealed value, named as its label names it. Its row is the row's primary key, or its
// [SealedSubscription.Row].
type SealedColumn struct{ Table, Column string }

// SealedColumns are all there are.
func SealedColumns() []SealedColumn {
	return []SealedColumn{
		{"secrets", "value"}, {"users", "password"}, {"keys", "ocra"}, {"keys", "pin"}, {"keys", "prf"},
		{"activations", "code"}, {"activations", "es"}, {"activations", "digits"}, {"approvals", "payload"},
		{"subscriptions", "target"},
		{"messages", "subject"}, {"messages", "notice"}, {"message_entries", "text"}, {"message_entries", "signature"},
		{"message_files", "name"}, {"file_chunks", "data"}, {"announcement_texts", "subject"}, {"announcement_texts", "text"},
		{"summaries", "address"}, {"contacts", "address"}, {"contact_tries", "address"}, {"contact_tries", "code"},
		{"applications", "settings"}, {"application_secrets", "value"}, {"signing_keys", "private"},
		{"grant_requests", "data"}, {"grants", "data"}, {"callbacks", "data"},
	}
}

// SealedValue is one of them, as it stands in the store.
type SealedValue struct {
	Row    string
	Sealed []byte
}

// resealBatch is how many values one transaction of the sweep takes: fewer of those that are big.
func (c SealedColumn) resealBatch() int {
	if c.Table == "file_chunks" {
		return 8
	}
	return 200
}

// resealSettle is longer than a server goes on sealing under a data key that is not the newest any more: it asks for new
// ones once in [PurgeEvery].
const resealSettle = 3 * PurgeEvery

// sweeping is how far the sweep of a process is.
type sweeping struct {
	mu    sync.Mutex
	to    uint32    // the version that it moves values to
	since time.Time // when it first saw that version
	done  bool      // nothing is left, and nobody seals under an older one
}

// loadDataKeys takes in the data keys that other processes have made. It never looks at older ones again.
func (b *base) loadDataKeys(ctx context.Context) error {
	var keys []seal.WrappedKey
	err := b.Store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.DataKeys()
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Version <= b.id.ring.Current() {
			continue
		}
		if err := b.id.ring.Add(k); err != nil {
			return err
		}
	}
	return nil
}

// Rotate makes a data key and seals under it from now on, here and, within a minute, in every server on the store. It
// gives the key's version. What is sealed already is moved over by the servers' upkeep.
func (d *DataKeys) Rotate(ctx context.Context, c Caller) (version uint32, err error) {
	if err := c.asOperator(); err != nil {
		return 0, err
	}
	for range 3 {
		if err := d.loadDataKeys(ctx); err != nil {
			return 0, AsError(err)
		}
		key, err := d.id.ring.GenerateDataKey()
		if err != nil {
			return 0, AsError(err)
		}
		err = d.Store.Update(ctx, func(tx Tx) error {
			if err := tx.InsertDataKey(key); err != nil {
				return err
			}
			return d.record(tx, c, d.now(), "data_key.made", "", "", "version", key.Version)
		})
		if errors.Is(err, ErrExists) {
			continue // somebody else made one meanwhile
		}
		if err == nil {
			err = d.id.ring.Add(key)
		}
		return key.Version, wrap(err)
	}
	return 0, fail(Unavailable, "server.busy", "Seconds", 1)
}

// DataKey is what an operator sees of a data key.
type DataKey struct {
	Version uint32
	Newest  bool
	Left    int // values that are sealed under it still; not counted for the newest
}

// List gives the data keys, oldest first.
func (d *DataKeys) List(ctx context.Context, c Caller) ([]DataKey, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	if err := d.loadDataKeys(ctx); err != nil {
		return nil, AsError(err)
	}
	newest, left := d.id.ring.Current(), map[uint32]int{}
	err := d.older(ctx, newest, func(_ SealedColumn, values []SealedValue) error {
		for _, v := range values {
			left[seal.Version(v.Sealed)]++
		}
		return nil
	})
	if err != nil {
		return nil, AsError(err)
	}
	var out []DataKey
	err = d.Store.View(ctx, func(tx Tx) error {
		out = nil
		keys, err := tx.DataKeys()
		for _, k := range keys {
			out = append(out, DataKey{Version: k.Version, Newest: k.Version == newest, Left: left[k.Version]})
		}
		return err
	})
	return out, wrap(err)
}

// older pages through what is sealed under data keys before a version.
func (b *base) older(ctx context.Context, version uint32, each func(SealedColumn, []SealedValue) error) error {
	for _, column := range SealedColumns() {
		batch := column.resealBatch()
		for after, more := "", true; more; {
			var values []SealedValue
			err := b.Store.View(ctx, func(tx Tx) (err error) {
				values, err = tx.Sealed(column, version, after, batch)
				return err
			})
			if err != nil {
				return err
			}
			if more = len(values) == batch; len(values) > 0 {
				after = values[len(values)-1].Row
				if err := each(column, values); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Reseal takes in new data keys and seals again what older ones sealed, in small transactions. It gives how many values it
// moved, and is cheap while there is one data key, or once nothing is left.
func (u *Upkeep) Reseal(ctx context.Context) (moved int, err error) {
	s := &u.id.sweep
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := u.loadDataKeys(ctx); err != nil {
		return 0, AsError(err)
	}
	newest, began := u.id.ring.Current(), u.now()
	if s.to != newest {
		s.to, s.since, s.done = newest, began, newest == 1
	}
	if s.done {
		return 0, nil
	}
	broken := 0
	err = u.older(ctx, newest, func(column SealedColumn, values []SealedValue) error {
		fresh := make([][]byte, len(values))
		for i, v := range values {
			plain, err := u.id.open(column.Table, column.Column, v.Row, v.Sealed)
			if err != nil {
				broken++
				continue // it is of no use where it is, and stays
			}
			if fresh[i], err = u.id.seal(column.Table, column.Column, v.Row, plain); err != nil {
				return err
			}
		}
		n := 0
		err := u.Store.Update(ctx, func(tx Tx) error {
			n = 0
			for i, v := range values {
				if fresh[i] == nil {
					continue
				}
				err := tx.Reseal(column, v.Row, v.Sealed, fresh[i])
				if errors.Is(err, ErrNoRow) {
					continue // it was changed meanwhile, or is gone
				}
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		moved += n
		return err
	})
	if err != nil {
		return moved, AsError(err)
	}
	if moved > 0 {
		err = u.Store.Update(ctx, func(tx Tx) error {
			return u.record(tx, Caller{operator: "system"}, u.now(), "data_key.resealed", "", "", "version", newest, "values", moved)
		})
	} else if began.Sub(s.since) >= resealSettle {
		s.done = true
	}
	if err == nil && broken > 0 {
		err = fmt.Errorf("%d values of older data keys do not open", broken)
	}
	return moved, wrap(err)
}

// Rewrap wraps every data key under another master key, in one transaction. Sealed values stay as they are. No server may
// run meanwhile, and these services are good for nothing afterwards: open others with the new master key.
func (d *DataKeys) Rewrap(ctx context.Context, c Caller, master [32]byte) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	if err := d.loadDataKeys(ctx); err != nil {
		return AsError(err)
	}
	wrapped, err := d.id.ring.Rewrap(master)
	if err != nil {
		return AsError(err)
	}
	ring := seal.NewRing(d.id.serverID, master)
	for _, k := range wrapped {
		if err := ring.Add(k); err != nil {
			return AsError(err)
		}
	}
	return wrap(d.Store.Update(ctx, func(tx Tx) error {
		stored, err := tx.DataKeys()
		if err != nil {
			return err
		}
		if !slices.EqualFunc(stored, wrapped, func(a, b seal.WrappedKey) bool { return a.Version == b.Version }) {
			return fail(Unavailable, "server.busy", "Seconds", 1) // one was made meanwhile
		}
		for _, k := range wrapped {
			if err := tx.SaveDataKey(k); err != nil {
				return err
			}
		}
		signing, err := tx.Secret("signing")
		if err != nil {
			return err
		}
		if _, err := ring.Open(seal.Label{Table: "secrets", Column: "value", Row: "signing"}, signing); err != nil {
			return fmt.Errorf("the rewrapped data keys do not open what they sealed: %w", err)
		}
		return d.record(tx, c, d.now(), "master_key.changed", "", "", "dataKeys", len(wrapped))
	}))
}

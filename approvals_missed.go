package nodkey

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// What phones are told of requests that they missed (docs/protocol.md §5.9).
const (
	// MissedFor is how long a request that ran out is listed, from when it was made.
	MissedFor = 7 * 24 * time.Hour
	// MissedMost is how many are listed at once, for all keys of a phone.
	MissedMost = 20
)

// Missed lists the statements of sign-ins and of applications' texts that named a phone's keys and ran out with no answer within
// [MissedFor], newest first, at most [MissedMost]; those over the budget too, which woke nobody. What was taken back is not among
// them. It tells that nobody answered this request and no more: the same may have been asked again, and answered then.
func (s *Approvals) Missed(ctx context.Context, phones []Caller) (wire.Approvals, error) {
	now := s.now()
	out := wire.Approvals{Now: now.UnixMilli(), Statements: []string{}}
	var missed []Approval
	err := s.Store.View(ctx, func(tx Tx) error {
		missed = nil
		for _, c := range phones {
			if c.key == nil {
				return fail(Unauthenticated, "proof.missing")
			}
			key, err := tx.Key(c.key.ID)
			if errors.Is(err, ErrNoRow) || err == nil && key.State == KeyRemoved {
				continue // nothing concerns it any more
			}
			if err != nil {
				return err
			}
			list, err := tx.MissedBy(key.UserID, key.ID, now.Add(-MissedFor), now, MissedMost)
			if err != nil {
				return err
			}
			missed = append(missed, list...)
		}
		return nil
	})
	if err != nil {
		return wire.Approvals{}, AsError(err)
	}
	slices.SortStableFunc(missed, func(a, b Approval) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	missed = slices.CompactFunc(missed, func(a, b Approval) bool { return a.ID == b.ID }) // asked by several keys of one user
	for _, a := range missed[:min(len(missed), MissedMost)] {
		out.Statements = append(out.Statements, a.Statement)
	}
	return out, nil
}

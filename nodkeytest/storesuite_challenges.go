package nodkeytest

import (
	"fmt"
	"time"

	"github.com/nodkey/nodkey"
)

// approval puts an open approval in the store.
func (k kit) approval(id nodkey.ApprovalID, user nodkey.UserID) nodkey.ApprovalID {
	k.Helper()
	k.update(func(tx nodkey.Tx) error {
		return tx.InsertApproval(nodkey.Approval{ID: id, UserID: user, State: nodkey.ApprovalOpen, CreatedAt: start, ExpiresAt: start.Add(time.Hour)})
	})
	return id
}

func challengeTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were, newest first": func(k kit) {
			user := k.user("u")
			a, other := k.approval("a", user), k.approval("other", user)
			full, sparse := fill[nodkey.Challenge](1), nodkey.Challenge{ID: "sparse", ApprovalID: a}
			full.ApprovalID = a
			want := []nodkey.Challenge{full, sparse}
			k.update(func(tx nodkey.Tx) error { return tx.InsertChallenge(sparse) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertChallenge(full) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertChallenge(nodkey.Challenge{ID: "x", ApprovalID: other}) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertChallenge(full) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertChallenge(nodkey.Challenge{ID: "y", ApprovalID: "no approval"})
			})
			see(k, want, func(tx nodkey.Tx) ([]nodkey.Challenge, error) { return tx.ChallengesOf(a) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.Challenge, error) { return tx.ChallengesOf("no approval") })
		},
		"go with their approval": func(k kit) {
			user := k.user("u")
			k.approval("a", user)
			k.update(func(tx nodkey.Tx) error { return tx.InsertChallenge(nodkey.Challenge{ID: "c", ApprovalID: "a"}) })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(longEnough), 9); return err })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.Challenge, error) { return tx.ChallengesOf("a") })
		},
		"take so many answers, in time": func(k kit) {
			a := k.approval("a", k.user("u"))
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertChallenge(nodkey.Challenge{ID: "c", ApprovalID: a, CreatedAt: start, ExpiresAt: start.Add(time.Minute)})
			})
			reserve := func(id nodkey.ChallengeID, after time.Duration, want int) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					got, err := tx.ReserveChallengeTry(id, 3, start.Add(after))
					if err == nil && got != want {
						k.Errorf("try %d is counted as %d", want, got)
					}
					return err
				}
			}
			k.update(reserve("c", 0, 1))
			k.update(reserve("c", time.Minute-time.Millisecond, 2))
			k.fails(nodkey.ErrNoRow, reserve("c", time.Minute, 0))
			k.update(reserve("c", 0, 3))
			k.fails(nodkey.ErrNoRow, reserve("c", 0, 0))
			k.fails(nodkey.ErrNoRow, reserve("unknown", 0, 0))
			see(k, 3, func(tx nodkey.Tx) (int, error) { list, err := tx.ChallengesOf(a); return list[0].Tries, err })
		},
		"are not asked of a key again": func(k kit) {
			user := k.user("u")
			id, other := k.key("k", user), k.key("other", user)
			ask := func(key nodkey.KeyID, digits string, at time.Time) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.AskChallenge(key, digits, at) }
			}
			k.update(ask(id, "000042", start))
			k.update(ask(id, "000043", start))
			k.update(ask(other, "000042", start))
			k.fails(nodkey.ErrNoRow, ask("no key", "000042", start))
			k.fails(nodkey.ErrExists, ask(id, "000042", start.Add(nodkey.ChallengeRest)))
			purge := func(now time.Time) {
				k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(now, 9); return err })
			}
			purge(start.Add(nodkey.ChallengeRest - time.Millisecond))
			k.fails(nodkey.ErrExists, ask(id, "000042", start.Add(nodkey.ChallengeRest)))
			purge(start.Add(nodkey.ChallengeRest))
			k.update(ask(id, "000042", start.Add(nodkey.ChallengeRest)))
		},
		"reserve codes up to a bound, while the key is active": func(k kit) {
			user := k.user("u")
			id := k.key("k", user)
			reserve := func(key nodkey.KeyID, most, want int) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					got, err := tx.ReserveCodeTry(key, most)
					if err == nil && got != want {
						k.Errorf("try %d is counted as %d", want, got)
					}
					return err
				}
			}
			k.update(reserve(id, 2, 1))
			k.update(reserve(id, 2, 2))
			k.fails(nodkey.ErrNoRow, reserve(id, 2, 0))
			k.fails(nodkey.ErrNoRow, reserve("unknown", 2, 0))
			see(k, 2, func(tx nodkey.Tx) (int, error) { key, err := tx.Key(id); return key.CodeTries, err })
			see(k, 0, func(tx nodkey.Tx) (int, error) { key, err := tx.Key(id); return key.PINTries, err })
			for _, state := range []nodkey.KeyState{nodkey.KeyConfirm, nodkey.KeyApprove, nodkey.KeySuspended, nodkey.KeyRemoved} {
				k.update(func(tx nodkey.Tx) error {
					return tx.SaveKey(nodkey.Key{ID: id, UserID: user, State: state, CreatedAt: start})
				})
				k.fails(nodkey.ErrNoRow, reserve(id, 2, 0))
			}
		},
		"remember wrong codes": func(k kit) {
			user := k.user("u")
			id, other := k.key("k", user), k.key("other", user)
			k.update(func(tx nodkey.Tx) error {
				for i := range 3 {
					if err := tx.InsertCodeFailure(id, fmt.Sprint(i), start.Add(time.Duration(i)*time.Millisecond)); err != nil {
						return err
					}
				}
				return tx.InsertCodeFailure(other, "0", start)
			})
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertCodeFailure(id, "0", start) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertCodeFailure("no key", "0", start) })
			count := func(key nodkey.KeyID, after time.Duration, want int) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) (int, error) { return tx.CountCodeFailures(key, start.Add(after)) })
			}
			count(id, 0, 3)
			count(id, time.Millisecond, 2) // those at that very time count
			k.update(func(tx nodkey.Tx) error { return tx.DeleteCodeFailure(id, "1") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteCodeFailure(id, "1") })
			count(id, 0, 2)
			see(k, 0, func(tx nodkey.Tx) (int, error) { return tx.CountPINFailures(id, time.Time{}) })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(nodkey.CodeTriesInAllIn), 9); return err })
			count(id, 0, 1)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteCodeFailures(id) })
			count(id, 0, 0)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			count(other, 0, 0)
		},
		"an approval waits longer, while it is open": func(k kit) {
			user := k.user("u")
			full := fill[nodkey.Approval](1)
			full.UserID, full.State = user, nodkey.ApprovalOpen
			k.update(func(tx nodkey.Tx) error { return tx.InsertApproval(full) })
			longer := nodkey.Approval{ID: full.ID, Statement: "another", Digest: []byte("its digest"), ExpiresAt: full.ExpiresAt.Add(time.Minute),
				UserID: "nobody", State: nodkey.ApprovalDenied, Source: "elsewhere", Payload: []byte("other")}
			extend := func(a nodkey.Approval, now time.Time) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { _, err := tx.ExtendApproval(a, now); return err }
			}
			k.fails(nodkey.ErrNoRow, extend(longer, full.ExpiresAt))
			k.fails(nodkey.ErrNoRow, extend(nodkey.Approval{ID: "unknown"}, start))
			want := full
			want.Statement, want.Digest, want.ExpiresAt = longer.Statement, longer.Digest, longer.ExpiresAt
			k.update(func(tx nodkey.Tx) error {
				got, err := tx.ExtendApproval(longer, full.ExpiresAt.Add(-time.Millisecond))
				if !same(got, want) {
					k.Errorf("got  %+v\nwant %+v", got, want)
				}
				return err
			})
			see(k, want, func(tx nodkey.Tx) (nodkey.Approval, error) { return tx.Approval(full.ID) })
			k.update(func(tx nodkey.Tx) error {
				_, err := tx.EndApproval(nodkey.Approval{ID: full.ID, State: nodkey.ApprovalDenied, DecidedAt: full.ExpiresAt})
				return err
			})
			k.fails(nodkey.ErrNoRow, extend(longer, start))
		},
	}
}

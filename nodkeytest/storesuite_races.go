package nodkeytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nodkey/nodkey"
)

// racers is how many try at the same time.
const racers = 50

// race lets all try at once and wants this many winners; the others must get lost.
func race(k kit, winners int, lost error, try func(tx nodkey.Tx, i int) error) {
	k.Helper()
	var won atomic.Int64
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-gate
			switch err := k.store.Update(context.Background(), func(tx nodkey.Tx) error { return try(tx, i) }); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, lost):
				k.Errorf("racer %d: %v, want %v", i, err, lost)
			}
		})
	}
	close(gate)
	all.Wait()
	if won.Load() != int64(winners) {
		k.Errorf("%d of %d won, want %d", won.Load(), racers, winners)
	}
}

func raceTests() map[string]func(kit) {
	later := start.Add(time.Hour)
	return map[string]func(kit){
		"an activation has one winner": func(k kit) {
			user := k.user("u")
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertActivation(nodkey.Activation{ID: "a", UserID: user, State: nodkey.ActivationOpen, ExpiresAt: later})
			})
			var winner atomic.Value
			race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, i int) error {
				got, err := tx.ClaimActivation("a", nodkey.KeyID(fmt.Sprint(i)), []byte{byte(i)}, start)
				if err == nil {
					winner.Store(got.KeyID)
				}
				return err
			})
			see(k, winner.Load().(nodkey.KeyID), func(tx nodkey.Tx) (nodkey.KeyID, error) { a, err := tx.Activation("a"); return a.KeyID, err })
		},
		"an approval has one end": func(k kit) {
			user := k.user("u")
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertApproval(nodkey.Approval{ID: "a", UserID: user, State: nodkey.ApprovalOpen, ExpiresAt: later})
			})
			states := []nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled, nodkey.ApprovalExpired}
			var winner atomic.Value
			race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, i int) error {
				at := start
				if states[i%4] == nodkey.ApprovalExpired {
					at = later
				}
				got, err := tx.EndApproval(nodkey.Approval{ID: "a", State: states[i%4], DecidedAt: at, Decision: fmt.Sprint(i)})
				if err == nil {
					winner.Store(got)
				}
				return err
			})
			see(k, winner.Load().(nodkey.Approval), func(tx nodkey.Tx) (nodkey.Approval, error) { return tx.Approval("a") })
		},
		"a challenge is answered so often": func(k kit) {
			a := k.approval("a", k.user("u"))
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertChallenge(nodkey.Challenge{ID: "c", ApprovalID: a, CreatedAt: start, ExpiresAt: later})
			})
			race(k, nodkey.ChallengeTries, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error {
				_, err := tx.ReserveChallengeTry("c", nodkey.ChallengeTries, start)
				return err
			})
		},
		"a sign-in is finished once": func(k kit) {
			user := k.user("u")
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertSignIn(nodkey.SignIn{ID: "s", UserID: user, State: nodkey.SignInApproved, Token: "t"})
			})
			race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, i int) error {
				// The session comes with it: the losers leave none.
				id := fmt.Sprint(i)
				err := tx.InsertSession(nodkey.Session{ID: nodkey.SessionID(id), UserID: user, Token: nodkey.TokenHash(id), ExpiresAt: later})
				if err != nil {
					return err
				}
				_, err = tx.FinishSignIn("s", nodkey.SessionID(id), start)
				return err
			})
			k.view(func(tx nodkey.Tx) error {
				sessions, err := tx.SessionsOf(user, start)
				if err != nil {
					return err
				}
				s, err := tx.SignIn("s")
				if len(sessions) != 1 || sessions[0].ID != s.SessionID {
					k.Errorf("sessions %+v after the sign-in ended as %+v", sessions, s)
				}
				return err
			})
		},
		"PIN tries are as many as there may be": func(k kit) {
			id := k.key("k", k.user("u"))
			race(k, nodkey.PINTriesInARow, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error {
				_, err := tx.ReservePINTry(id, nodkey.PINTriesInARow)
				return err
			})
			see(k, nodkey.PINTriesInARow, func(tx nodkey.Tx) (int, error) { key, err := tx.Key(id); return key.PINTries, err })
		},
		"a proof is used once": func(k kit) {
			id := k.key("k", k.user("u"))
			race(k, 1, nodkey.ErrExists, func(tx nodkey.Tx, _ int) error { return tx.UseProof(id, "jti", later) })
		},
		"a block has one author": func(k kit) {
			k.appendAudit(10)
			rows := k.unsealed(10)
			race(k, 1, nodkey.ErrExists, func(tx nodkey.Tx, i int) error {
				return tx.InsertBlock(nodkey.AuditBlock{Number: 1, Count: i}, rows)
			})
			see(k, 10, func(tx nodkey.Tx) (int, error) { list, err := tx.AuditRowsOfBlock(1); return len(list), err })
		},
		"a name is given once": func(k kit) {
			race(k, 1, nodkey.ErrExists, func(tx nodkey.Tx, i int) error {
				return tx.InsertUser(nodkey.User{ID: nodkey.UserID(fmt.Sprint(i)), Name: "mara"})
			})
		},
		"audit rows are numbered without gaps": func(k kit) {
			race(k, racers/2, errNo, func(tx nodkey.Tx, i int) error {
				if err := tx.AppendAudit(nodkey.AuditRow{At: start, Action: "test.done"}); err != nil {
					return err
				}
				if i%2 == 1 {
					return errNo
				}
				return nil
			})
			for i, a := range k.unsealed(racers) {
				if a.Seq != int64(i+1) {
					k.Errorf("row %d has the number %d", i+1, a.Seq)
				}
			}
		},
	}
}

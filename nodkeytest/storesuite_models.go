package nodkeytest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nodkey/nodkey"
	"pgregory.net/rapid"
)

func modelTests() map[string]func(kit) {
	return map[string]func(kit){
		"approvals behave like a map": func(k kit) {
			round := 0
			rapid.Check(k.T, func(rt *rapid.T) {
				round++
				newApprovalModel(k, rt, round).run(rt)
			})
		},
		"limits behave like a map": func(k kit) {
			round := 0
			rapid.Check(k.T, func(rt *rapid.T) {
				round++
				limitModel(k, rt, round)
			})
		},
	}
}

// approvalModel does to a map what is done to the store, and compares. Each round has users of its own and takes them
// away in the end. Times are few and close together, so that they coincide.
type approvalModel struct {
	k     kit
	users []nodkey.UserID
	rows  map[nodkey.ApprovalID]nodkey.Approval
	round int
	made  int
}

func newApprovalModel(k kit, rt *rapid.T, round int) *approvalModel {
	m := &approvalModel{k: k, round: round, rows: map[nodkey.ApprovalID]nodkey.Approval{}}
	for i := range 2 {
		m.users = append(m.users, nodkey.UserID(fmt.Sprintf("%d-%d", round, i)))
	}
	m.update(rt, func(tx nodkey.Tx) error {
		for _, u := range m.users {
			if err := tx.InsertUser(nodkey.User{ID: u, Name: string(u)}); err != nil {
				return err
			}
		}
		return nil
	})
	return m
}

func (m *approvalModel) run(rt *rapid.T) {
	defer m.update(rt, func(tx nodkey.Tx) error { return errors.Join(tx.DeleteUser(m.users[0]), tx.DeleteUser(m.users[1])) })
	rt.Repeat(map[string]func(*rapid.T){
		"insert": m.insert, "end": m.end, "fail": m.fail, "": m.compare,
	})
}

func (m *approvalModel) update(rt *rapid.T, change func(nodkey.Tx) error) {
	if err := m.k.store.Update(m.k.Context(), change); err != nil {
		rt.Fatalf("Update: %v", err)
	}
}

// moment draws one of twenty times.
func moment(rt *rapid.T, name string) time.Time {
	return start.Add(time.Duration(rapid.IntRange(0, 19).Draw(rt, name)) * time.Millisecond)
}

func (m *approvalModel) draw(rt *rapid.T) nodkey.Approval {
	a := nodkey.Approval{
		ID:        nodkey.ApprovalID(fmt.Sprintf("%d-%d", m.round, rapid.IntRange(0, m.made).Draw(rt, "id"))),
		UserID:    rapid.SampledFrom(m.users).Draw(rt, "user"),
		Kind:      rapid.SampledFrom([]nodkey.ApprovalKind{nodkey.ApproveSignIn, nodkey.ApproveSignIn, nodkey.ApproveTest}).Draw(rt, "kind"),
		State:     rapid.SampledFrom([]nodkey.ApprovalState{nodkey.ApprovalOpen, nodkey.ApprovalOpen, nodkey.ApprovalOpen, nodkey.ApprovalDenied}).Draw(rt, "state"),
		Statement: rapid.String().Draw(rt, "statement"), Digest: rapid.SliceOf(rapid.Byte()).Draw(rt, "digest"),
		Number: rapid.Bool().Draw(rt, "number"), CreatedAt: moment(rt, "made"), ExpiresAt: moment(rt, "expires"),
	}
	for i := range rapid.IntRange(0, 3).Draw(rt, "keys") {
		a.KeyIDs = append(a.KeyIDs, nodkey.KeyID(fmt.Sprint("key-", i)))
	}
	return a
}

func (m *approvalModel) insert(rt *rapid.T) {
	a := m.draw(rt)
	err := m.k.store.Update(m.k.Context(), func(tx nodkey.Tx) error { return tx.InsertApproval(a) })
	if _, taken := m.rows[a.ID]; taken {
		if !errors.Is(err, nodkey.ErrExists) {
			rt.Fatalf("inserting %s again: %v", a.ID, err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	m.rows[a.ID] = a
	m.made++
}

func (m *approvalModel) end(rt *rapid.T) {
	by := nodkey.Approval{
		ID:        nodkey.ApprovalID(fmt.Sprintf("%d-%d", m.round, rapid.IntRange(0, m.made).Draw(rt, "id"))),
		State:     rapid.SampledFrom([]nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled, nodkey.ApprovalExpired}).Draw(rt, "to"),
		DecidedAt: moment(rt, "now"), DecidedBy: "key", Decision: rapid.String().Draw(rt, "decision"), Factor: "pin", Reason: "r",
	}
	var got nodkey.Approval
	err := m.k.store.Update(m.k.Context(), func(tx nodkey.Tx) (err error) { got, err = tx.EndApproval(by); return err })
	row, there := m.rows[by.ID]
	expired := row.StateAt(by.DecidedAt) == nodkey.ApprovalExpired
	if !there || row.State != nodkey.ApprovalOpen || expired != (by.State == nodkey.ApprovalExpired) {
		if !errors.Is(err, nodkey.ErrNoRow) {
			rt.Fatalf("ending %+v as %s at %s: %v, want ErrNoRow", row, by.State, by.DecidedAt, err)
		}
		return
	}
	row.State, row.DecidedAt, row.DecidedBy, row.Decision, row.Factor, row.Reason = by.State, by.DecidedAt, by.DecidedBy, by.Decision, by.Factor, by.Reason
	if err != nil || !same(got, row) {
		rt.Fatalf("got  %+v, %v\nwant %+v", got, err, row)
	}
	m.rows[by.ID] = row
}

// fail does things and then thinks better of it.
func (m *approvalModel) fail(rt *rapid.T) {
	a := m.draw(rt)
	err := m.k.store.Update(m.k.Context(), func(tx nodkey.Tx) error {
		tx.InsertApproval(a)
		tx.EndApproval(nodkey.Approval{ID: a.ID, State: nodkey.ApprovalDenied, DecidedAt: start})
		tx.DeleteUser(a.UserID)
		return errNo
	})
	if err != errNo {
		rt.Fatal(err)
	}
}

func (m *approvalModel) compare(rt *rapid.T) {
	user, now, limit := rapid.SampledFrom(m.users).Draw(rt, "user"), moment(rt, "now"), rapid.IntRange(0, 5).Draw(rt, "limit")
	newestFirst := func(a, b nodkey.Approval) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	}
	firstToExpire := func(a, b nodkey.Approval) int {
		return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.ID, b.ID))
	}
	find := func(order func(a, b nodkey.Approval) int, limit int, is func(nodkey.Approval) bool) []nodkey.Approval {
		found := slices.SortedFunc(maps.Values(m.rows), order)
		found = slices.DeleteFunc(found, func(a nodkey.Approval) bool { return !is(a) })
		return found[:min(limit, len(found))]
	}
	err := m.k.store.View(m.k.Context(), func(tx nodkey.Tx) error {
		for id, want := range m.rows {
			if got, err := tx.Approval(id); err != nil || !same(got, want) {
				rt.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
			}
		}
		open, err1 := tx.OpenApprovals(user, now)
		since, err2 := tx.ApprovalsSince(user, now, limit)
		out, err3 := tx.RunOut(now, limit)
		key := rapid.SampledFrom([]nodkey.KeyID{"key-0", "key-1", "key-", "ey-0"}).Draw(rt, "key")
		from := moment(rt, "from")
		missed, err4 := tx.MissedBy(user, key, from, now, limit)
		for what, pair := range map[string][2][]nodkey.Approval{
			"missed": {missed, find(newestFirst, limit, func(a nodkey.Approval) bool {
				return a.UserID == user && (a.Kind == nodkey.ApproveSignIn || a.Kind == nodkey.ApproveConfirm) && a.StateAt(now) == nodkey.ApprovalExpired && a.Names(key) && !a.CreatedAt.Before(from)
			})},
			"open": {open, find(newestFirst, len(m.rows), func(a nodkey.Approval) bool {
				return a.UserID == user && a.StateAt(now) == nodkey.ApprovalOpen
			})},
			"since":   {since, find(newestFirst, limit, func(a nodkey.Approval) bool { return a.UserID == user && !a.CreatedAt.Before(now) })},
			"run out": {out, find(firstToExpire, limit, func(a nodkey.Approval) bool { return a.State == nodkey.ApprovalOpen && !a.ExpiresAt.After(now) })},
		} {
			if !same(pair[0], pair[1]) {
				rt.Fatalf("%s at %s, at most %d:\ngot  %+v\nwant %+v", what, now, limit, pair[0], pair[1])
			}
		}
		return errors.Join(err1, err2, err3, err4)
	})
	if err != nil {
		rt.Fatal(err)
	}
}

// limitModel saves, reads and purges levels, and compares with a map.
func limitModel(k kit, rt *rapid.T, round int) {
	levels := map[string]nodkey.Limit{}
	name := rapid.Custom(func(rt *rapid.T) string {
		return fmt.Sprintf("%d-%s", round, rapid.SampledFrom([]string{"a", "b", "A", "", "ä", "a "}).Draw(rt, "name"))
	})
	run := func(change func(nodkey.Tx) error) {
		if err := k.store.Update(k.Context(), change); err != nil {
			rt.Fatal(err)
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"save": func(rt *rapid.T) {
			l := nodkey.Limit{Name: name.Draw(rt, "name"), Level: rapid.Float64Range(0, 1e9).Draw(rt, "level"), At: moment(rt, "at"), Empty: moment(rt, "empty")}
			run(func(tx nodkey.Tx) error { return tx.SaveLimit(l) })
			levels[l.Name] = l
		},
		"purge": func(rt *rapid.T) {
			now, want := moment(rt, "now"), 0
			for n, l := range levels {
				if !l.Empty.After(now) {
					delete(levels, n)
					want++
				}
			}
			run(func(tx nodkey.Tx) error {
				n, err := tx.Purge(now, 100)
				if n != want {
					rt.Fatalf("a purge at %s deleted %d levels, want %d", now, n, want)
				}
				return err
			})
		},
		"": func(rt *rapid.T) {
			n := name.Draw(rt, "name")
			want, there := levels[n]
			if !there {
				want = nodkey.Limit{Name: n}
			}
			err := k.store.View(k.Context(), func(tx nodkey.Tx) error {
				if got, err := tx.Limit(n); err != nil || got != want {
					rt.Fatalf("got %+v, %v, want %+v", got, err, want)
				}
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
		},
	})
	run(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Hour), 100); return err })
}

package nodkeytest

import (
	"fmt"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/seal"
)

type dataKey = seal.WrappedKey

func seqOf(a nodkey.AuditRow) int64 { return a.Seq }

func auditTests() map[string]func(kit) {
	return map[string]func(kit){
		"rows come back as they were, numbered by the store": func(k kit) {
			a, b := fill[nodkey.AuditRow](1), fill[nodkey.AuditRow](2)
			k.update(func(tx nodkey.Tx) error { return tx.AppendAudit(a) }) // Seq and Block are the store's
			k.update(func(tx nodkey.Tx) error { return tx.AppendAudit(b) })
			a.Seq, a.Block, b.Seq, b.Block = 1, 0, 2, 0
			see(k, []nodkey.AuditRow{a, b}, func(tx nodkey.Tx) ([]nodkey.AuditRow, error) { return tx.UnsealedAudit(9) })
			see(k, []nodkey.AuditRow{b, a}, func(tx nodkey.Tx) ([]nodkey.AuditRow, error) { return tx.AuditLog(nodkey.AuditFilter{}, 0, 9) })
		},
		"a change that fails leaves no row and no gap": func(k kit) {
			k.update(func(tx nodkey.Tx) error { return tx.AppendAudit(nodkey.AuditRow{At: start}) })
			k.fails(errNo, func(tx nodkey.Tx) error {
				if err := tx.AppendAudit(nodkey.AuditRow{At: start}); err != nil {
					return err
				}
				return errNo
			})
			k.update(func(tx nodkey.Tx) error { return tx.AppendAudit(nodkey.AuditRow{At: start}) })
			see(k, []int64{1, 2}, func(tx nodkey.Tx) ([]int64, error) {
				list, err := tx.UnsealedAudit(9)
				return ids(list, seqOf), err
			})
		},
		"blocks take rows, once": func(k kit) {
			k.appendAudit(5)
			missing(k, func(tx nodkey.Tx) (nodkey.AuditBlock, error) { return tx.LastBlock() })
			rows := k.unsealed(3)
			first, second := fill[nodkey.AuditBlock](1), fill[nodkey.AuditBlock](2)
			first.Number, second.Number = 1, 2
			k.update(func(tx nodkey.Tx) error { return tx.InsertBlock(first, rows) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertBlock(first, k.rowsAfter(tx, 3)) })
			for name, taken := range map[string][]nodkey.AuditRow{
				"sealed": rows[2:], "sealed and not": {rows[2], {Seq: 4}}, "not there": {{Seq: 6}}, "with a gap": {{Seq: 4}, {Seq: 6}}, "twice": {{Seq: 4}, {Seq: 4}},
			} {
				err := k.store.Update(k.Context(), func(tx nodkey.Tx) error {
					tx.InsertBlock(second, taken)
					return nil // a closure that does not look must not commit half a block either
				})
				if err == nil {
					k.Errorf("a block took rows that are %s", name)
				}
			}
			see(k, first, func(tx nodkey.Tx) (nodkey.AuditBlock, error) { return tx.LastBlock() })
			see(k, []int64{4, 5}, func(tx nodkey.Tx) ([]int64, error) { list, err := tx.UnsealedAudit(9); return ids(list, seqOf), err })
			k.update(func(tx nodkey.Tx) error { return tx.InsertBlock(second, []nodkey.AuditRow{{Seq: 5}}) }) // not in a row with the others
			see(k, []int64{4}, func(tx nodkey.Tx) ([]int64, error) { list, err := tx.UnsealedAudit(9); return ids(list, seqOf), err })
			k.update(func(tx nodkey.Tx) error { return tx.InsertBlock(nodkey.AuditBlock{Number: 3}, nil) })
			for i := range rows {
				rows[i].Block = 1
			}
			see(k, rows, func(tx nodkey.Tx) ([]nodkey.AuditRow, error) { return tx.AuditRowsOfBlock(1) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.AuditRow, error) { return tx.AuditRowsOfBlock(3) })
			see(k, []nodkey.AuditBlock{first, second, {Number: 3}}, func(tx nodkey.Tx) ([]nodkey.AuditBlock, error) { return tx.Blocks(0, 9) })
			see(k, []nodkey.AuditBlock{second}, func(tx nodkey.Tx) ([]nodkey.AuditBlock, error) { return tx.Blocks(2, 1) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.AuditBlock, error) { return tx.Blocks(4, 9) })
		},
		"rows with gaps between them fit in a block": func(k kit) {
			k.appendAudit(6)
			want := []nodkey.AuditRow{{Seq: 1}, {Seq: 2}, {Seq: 4}, {Seq: 6}}
			k.update(func(tx nodkey.Tx) error { return tx.InsertBlock(nodkey.AuditBlock{Number: 1}, want) })
			see(k, []int64{1, 2, 4, 6}, func(tx nodkey.Tx) ([]int64, error) { list, err := tx.AuditRowsOfBlock(1); return ids(list, seqOf), err })
			see(k, []int64{3, 5}, func(tx nodkey.Tx) ([]int64, error) { list, err := tx.UnsealedAudit(9); return ids(list, seqOf), err })
		},
		"thousands of rows are read in parts": func(k kit) {
			const all, part = 3000, 900
			k.appendAudit(all)
			var before int64
			for seen := 0; seen < all; {
				k.view(func(tx nodkey.Tx) error {
					list, err := tx.AuditLog(nodkey.AuditFilter{}, before, part)
					if err == nil && len(list) != min(part, all-seen) {
						k.Fatalf("%d rows below %d, want %d", len(list), before, min(part, all-seen))
					}
					for _, a := range list {
						if a.Seq != int64(all-seen) {
							k.Fatalf("row %d comes where %d should", a.Seq, all-seen)
						}
						seen++
					}
					before = list[len(list)-1].Seq
					return err
				})
			}
			k.update(func(tx nodkey.Tx) error {
				rows, err := tx.UnsealedAudit(all)
				if err != nil {
					return err
				}
				return tx.InsertBlock(nodkey.AuditBlock{Number: 1, Count: len(rows)}, rows)
			})
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.AuditRow, error) { return tx.UnsealedAudit(1) })
			see(k, all, func(tx nodkey.Tx) (int, error) { list, err := tx.AuditRowsOfBlock(1); return len(list), err })
		},
		"the log is filtered": auditFilterTest,
	}
}

func auditFilterTest(k kit) {
	actions := []string{"approval.approved", "approval.denied", "approvals.x", "approval", "key.added", "Approval.approved"}
	var rows []nodkey.AuditRow
	k.update(func(tx nodkey.Tx) error {
		for i := range 3 * len(actions) {
			a := nodkey.AuditRow{Seq: int64(i + 1), At: start.Add(time.Duration(i) * time.Second), Action: actions[i%len(actions)], Detail: "{}"}
			if i%3 != 0 {
				a.UserID = nodkey.UserID(fmt.Sprintf("u%d", i%3))
			}
			rows = append(rows, a)
			if err := tx.AppendAudit(a); err != nil {
				return err
			}
		}
		return nil
	})
	matches := func(f nodkey.AuditFilter, a nodkey.AuditRow) bool {
		action := f.Action == "" || f.Action == a.Action ||
			f.Action[len(f.Action)-1] == '.' && len(a.Action) >= len(f.Action) && a.Action[:len(f.Action)] == f.Action
		return action && (f.UserID == "" || f.UserID == a.UserID) && (f.Since.IsZero() || !a.At.Before(f.Since))
	}
	for _, user := range []nodkey.UserID{"", "u1", "u2", "nobody"} {
		for _, action := range []string{"", "approval.", "approval", "key.added", "key.", "x.", "."} {
			for _, since := range []time.Time{{}, start.Add(5 * time.Second), start.Add(time.Hour)} {
				for _, before := range []int64{0, 7, 1} {
					for _, limit := range []int{0, 2, 99} {
						filter := nodkey.AuditFilter{UserID: user, Action: action, Since: since}
						var want []nodkey.AuditRow
						for _, a := range reversed(rows) {
							if matches(filter, a) && (before == 0 || a.Seq < before) && len(want) < limit {
								want = append(want, a)
							}
						}
						k.view(func(tx nodkey.Tx) error {
							got, err := tx.AuditLog(filter, before, limit)
							if !same(got, want) {
								k.Errorf("%+v before %d, at most %d: rows %v, want %v", filter, before, limit, ids(got, seqOf), ids(want, seqOf))
							}
							return err
						})
					}
				}
			}
		}
	}
}

// appendAudit puts n rows in the log.
func (k kit) appendAudit(n int) {
	k.Helper()
	k.update(func(tx nodkey.Tx) error {
		for i := range n {
			if err := tx.AppendAudit(nodkey.AuditRow{At: start, Action: "test.done", Subject: fmt.Sprint(i), Detail: "{}"}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k kit) unsealed(limit int) (rows []nodkey.AuditRow) {
	k.Helper()
	k.view(func(tx nodkey.Tx) (err error) {
		rows, err = tx.UnsealedAudit(limit)
		return err
	})
	return rows
}

// rowsAfter gives the rows that no block of the first n has.
func (k kit) rowsAfter(tx nodkey.Tx, n int64) []nodkey.AuditRow {
	k.Helper()
	rows, err := tx.UnsealedAudit(9)
	if err != nil || len(rows) == 0 || rows[0].Seq != n+1 {
		k.Fatalf("unsealed rows after %d: %v, %v", n, ids(rows, seqOf), err)
	}
	return rows
}

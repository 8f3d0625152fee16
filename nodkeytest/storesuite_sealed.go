package nodkeytest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/seal"
)

// sealedAs is a value as package seal lays it out, under a version; its text makes it one of its own.
func sealedAs(version uint32, text string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{1}, version)
	b = append(b, make([]byte, seal.Overhead-len(b))...)
	return append(b, text...)
}

// putSealed puts a row in the store that has this value in this column, and nothing else that is sealed.
func (k kit) putSealed(c nodkey.SealedColumn, row string, value []byte) {
	k.Helper()
	user := nodkey.User{ID: nodkey.UserID("of-" + row), Name: "of-" + row, CreatedAt: start}
	key := nodkey.Key{ID: nodkey.KeyID(row), UserID: user.ID, State: nodkey.KeyActive, CreatedAt: start}
	activation := nodkey.Activation{ID: nodkey.ActivationID(row), UserID: user.ID, State: nodkey.ActivationOpen, CodeID: []byte(row), CreatedAt: start}
	k.update(func(tx nodkey.Tx) error {
		switch c.Table {
		case "secrets":
			return tx.InsertSecret(row, value)
		case "users":
			user.ID, user.Password = nodkey.UserID(row), value
			return tx.InsertUser(user)
		}
		if err := tx.InsertUser(user); err != nil {
			return err
		}
		if put, err := putCentre(tx, c, user.ID, row, value); put {
			return err
		}
		if put, err := putGrant(tx, c, user.ID, row, value); put {
			return err
		}
		switch c {
		case nodkey.SealedColumn{Table: "keys", Column: "ocra"}:
			key.OCRA = value
		case nodkey.SealedColumn{Table: "keys", Column: "pin"}:
			key.PINVerifier = value
		case nodkey.SealedColumn{Table: "keys", Column: "prf"}:
			key.PRFVerifier = value
		case nodkey.SealedColumn{Table: "activations", Column: "code"}:
			activation.Code = value
		case nodkey.SealedColumn{Table: "activations", Column: "es"}:
			activation.Es = value
		case nodkey.SealedColumn{Table: "activations", Column: "digits"}:
			activation.SealedDigits = value
		case nodkey.SealedColumn{Table: "approvals", Column: "payload"}:
			return tx.InsertApproval(nodkey.Approval{ID: nodkey.ApprovalID(row), UserID: user.ID, State: nodkey.ApprovalOpen, Payload: value, CreatedAt: start})
		case nodkey.SealedColumn{Table: "subscriptions", Column: "target"}:
			if err := tx.InsertKey(key); err != nil {
				return err
			}
			return tx.SaveSubscription(nodkey.SealedSubscription{Row: row, KeyID: key.ID, Channel: channel, Service: "s", CreatedAt: start, Target: value})
		default:
			return fmt.Errorf("the suite does not know %+v", c)
		}
		if c.Table == "keys" {
			return tx.InsertKey(key)
		}
		return tx.InsertActivation(activation)
	})
}

func sealedTests() map[string]func(kit) {
	tests := map[string]func(kit){
		"a data key is wrapped anew": func(k kit) {
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SaveDataKey(seal.WrappedKey{Version: 1, Wrapped: []byte("x")}) })
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.InsertDataKey(seal.WrappedKey{Version: 1, Wrapped: []byte("a")}), tx.InsertDataKey(seal.WrappedKey{Version: 2, Wrapped: []byte("b")}),
					tx.SaveDataKey(seal.WrappedKey{Version: 1, Wrapped: []byte("c")}))
			})
			see(k, []seal.WrappedKey{{Version: 1, Wrapped: []byte("c")}, {Version: 2, Wrapped: []byte("b")}},
				func(tx nodkey.Tx) ([]seal.WrappedKey, error) { return tx.DataKeys() })
		},
		"a column that there is not is refused": func(k kit) {
			none := nodkey.SealedColumn{Table: "users", Column: "name"}
			if err := k.store.Update(k.Context(), func(tx nodkey.Tx) error { _, err := tx.Sealed(none, 2, "", 9); return err }); err == nil {
				k.Error("it is listed")
			}
			if err := k.store.Update(k.Context(), func(tx nodkey.Tx) error { return tx.Reseal(none, "r", []byte("a"), []byte("b")) }); err == nil {
				k.Error("it is replaced")
			}
		},
	}
	for _, c := range nodkey.SealedColumns() {
		tests[c.Table+" "+c.Column] = func(k kit) { resealed(k, c) }
	}
	return tests
}

func resealed(k kit, c nodkey.SealedColumn) {
	row := func(name string) string {
		if c.Table == "file_chunks" && name != "" { // whose rows have names of their own
			return name + "/0"
		}
		return name
	}
	for i, version := range []uint32{1, 2, 255, 256, 1 << 31} { // versions are numbers, not text
		k.putSealed(c, row(fmt.Sprint("r", i)), sealedAs(version, fmt.Sprint(i)))
	}
	k.putSealed(c, row("r9"), nil)
	list := func(below uint32, after string, limit int, want ...string) {
		k.Helper()
		for i := range want {
			want[i] = row(want[i])
		}
		see(k, want, func(tx nodkey.Tx) ([]string, error) {
			values, err := tx.Sealed(c, below, row(after), limit)
			return ids(values, func(v nodkey.SealedValue) string { return v.Row }), err
		})
	}
	list(1, "", 9)
	list(2, "", 9, "r0")
	list(256, "", 9, "r0", "r1", "r2")
	list(1<<32-1, "", 9, "r0", "r1", "r2", "r3", "r4")
	list(1<<32-1, "r1", 2, "r2", "r3")
	list(1<<32-1, "r4", 9)
	list(1<<32-1, "", 0)
	see(k, []nodkey.SealedValue{{Row: row("r1"), Sealed: sealedAs(2, "1")}}, func(tx nodkey.Tx) ([]nodkey.SealedValue, error) { return tx.Sealed(c, 3, row("r0"), 9) })

	swap := func(name string, old, sealed []byte) func(nodkey.Tx) error {
		return func(tx nodkey.Tx) error { return tx.Reseal(c, row(name), old, sealed) }
	}
	k.fails(nodkey.ErrNoRow, swap("r0", sealedAs(1, "another"), sealedAs(3, "0")))
	k.fails(nodkey.ErrNoRow, swap("none", sealedAs(1, "0"), sealedAs(3, "0")))
	k.fails(nodkey.ErrNoRow, swap("r9", nil, sealedAs(3, "0")))
	k.update(swap("r0", sealedAs(1, "0"), sealedAs(3, "0")))
	k.fails(nodkey.ErrNoRow, swap("r0", sealedAs(1, "0"), sealedAs(3, "0")))
	list(3, "", 9, "r1")
	see(k, []nodkey.SealedValue{{Row: row("r0"), Sealed: sealedAs(3, "0")}}, func(tx nodkey.Tx) ([]nodkey.SealedValue, error) { return tx.Sealed(c, 4, "", 1) })
}

package nodkeytest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// StoreSuite checks that what open makes is a [nodkey.Store] as its contract has it. open is called for each test and
// makes an empty store, which it also sees to the end of (t.Cleanup). Passing the suite is what it takes to be a store;
// what is particular to an engine is tested beside it.
func StoreSuite(t *testing.T, open func(t *testing.T) nodkey.Store) {
	groups := []struct {
		name  string
		tests map[string]func(kit)
	}{
		{"Users", userTests()}, {"Keys", keyTests()}, {"Activations", activationTests()}, {"Approvals", approvalTests()},
		{"Challenges", challengeTests()}, {"Push", pushTests()}, {"Delivery", deliveryTests()},
		{"SignIns", signInTests()}, {"Sessions", sessionTests()}, {"Limits", limitTests()}, {"Audit", auditTests()},
		{"Install", installTests()}, {"Purge", purgeTests()}, {"Transactions", transactionTests()}, {"Races", raceTests()},
		{"Models", modelTests()}, {"Sealed", sealedTests()},
		{"Messages", messageTests()}, {"Files", fileTests()}, {"Announcements", announcementTests()},
		{"Summaries", summaryTests()}, {"Contacts", contactTests()}, {"Openings", openingTests()},
		{"Applications", applicationTests()},
		{"Grants", grantTests()}, {"GrantViews", grantViewTests()}, {"Callbacks", callbackTests()},
		{"Signing keys", signingKeyTests()},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) { test(kit{T: t, store: open(t)}) })
			}
		})
	}
}

// start is when the suite's rows are made.
var start = time.Date(2026, 11, 21, 9, 0, 0, 1_000_000, time.UTC)

// kit is what a test of the suite works with.
type kit struct {
	*testing.T
	store nodkey.Store
}

// update runs a closure that must be committed.
func (k kit) update(change func(nodkey.Tx) error) {
	k.Helper()
	if err := k.store.Update(k.Context(), change); err != nil {
		k.Fatalf("Update: %v", err)
	}
}

// fails runs a closure that must end in this error.
func (k kit) fails(want error, change func(nodkey.Tx) error) {
	k.Helper()
	if err := k.store.Update(k.Context(), change); !errors.Is(err, want) {
		k.Fatalf("Update: %v, want %v", err, want)
	}
}

// view runs a closure that must succeed.
func (k kit) view(read func(nodkey.Tx) error) {
	k.Helper()
	if err := k.store.View(k.Context(), read); err != nil {
		k.Fatalf("View: %v", err)
	}
}

// user puts a user in the store, whom other rows may belong to.
func (k kit) user(id nodkey.UserID) nodkey.UserID {
	k.Helper()
	k.update(func(tx nodkey.Tx) error {
		return tx.InsertUser(nodkey.User{ID: id, Name: "name-" + string(id), CreatedAt: start})
	})
	return id
}

// key puts an active key in the store.
func (k kit) key(id nodkey.KeyID, user nodkey.UserID) nodkey.KeyID {
	k.Helper()
	k.update(func(tx nodkey.Tx) error {
		return tx.InsertKey(nodkey.Key{ID: id, UserID: user, State: nodkey.KeyActive, CreatedAt: start})
	})
	return id
}

// see reads with get and compares.
func see[V any](k kit, want V, get func(nodkey.Tx) (V, error)) {
	k.Helper()
	k.view(func(tx nodkey.Tx) error {
		got, err := get(tx)
		if err != nil {
			return err
		}
		if !same(got, want) {
			k.Errorf("got  %+v\nwant %+v", got, want)
		}
		return nil
	})
}

// missing checks that get finds nothing.
func missing[V any](k kit, get func(nodkey.Tx) (V, error)) {
	k.Helper()
	k.view(func(tx nodkey.Tx) error {
		if got, err := get(tx); !errors.Is(err, nodkey.ErrNoRow) {
			k.Errorf("got %+v and %v, want ErrNoRow", got, err)
		}
		return nil
	})
}

// same compares, taking an empty list for no list.
func same(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

// fill sets every field of a row to a value of its own, so that none can be forgotten by a store, one that is added later
// neither. Another seed gives other values. Times have whole milliseconds.
func fill[V any](seed int) V {
	var v V
	n := seed * 1000
	fillValue(reflect.ValueOf(&v).Elem(), &n, "")
	return v
}

func fillValue(v reflect.Value, n *int, name string) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(start.Add(time.Duration(*n) * 1001 * time.Millisecond)))
		return
	case []byte:
		v.SetBytes(bytes.Repeat([]byte{byte(*n), 0, 0xff}, 11))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s-%d", name, *n))
	case reflect.Bool:
		v.SetBool(*n/1000%2 == 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint32:
		v.SetUint(1<<32 - uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 1.0/3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), n, name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			fillValue(v.Index(i), n, name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), n, v.Type().Field(i).Name)
		}
	default:
		panic("nodkeytest: fill does not know " + v.Type().String())
	}
}

// blank sets every blob of a row, at any depth, to an empty one.
func blank[V any](row V) V {
	blankValue(reflect.ValueOf(&row).Elem())
	return row
}

func blankValue(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte{})
	case v.Kind() == reflect.Pointer && !v.IsNil():
		blankValue(v.Elem())
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			blankValue(v.Field(i))
		}
	}
}

// keeping checks what holds for every kind of row: it comes back as it went in, filled, sparse, and with empty blobs;
// it is saved whole; its identity is taken once; saving what is not there finds no row. sparse is a row with all but what it needs zero.
type keeping[V any] struct {
	full, other, sparse V // other: the same row, with everything changed that may change
	insert              func(nodkey.Tx, V) error
	save                func(nodkey.Tx, V) error // nil: rows do not change
	get                 func(nodkey.Tx, V) (V, error)
}

func (c keeping[V]) check(k kit) {
	k.Helper()
	if c.save != nil {
		k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return c.save(tx, c.full) })
	}
	missing(k, func(tx nodkey.Tx) (V, error) { return c.get(tx, c.full) })
	k.update(func(tx nodkey.Tx) error { return c.insert(tx, c.full) })
	see(k, c.full, func(tx nodkey.Tx) (V, error) { return c.get(tx, c.full) })
	k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return c.insert(tx, c.full) })
	k.update(func(tx nodkey.Tx) error { return c.insert(tx, c.sparse) })
	see(k, c.sparse, func(tx nodkey.Tx) (V, error) { return c.get(tx, c.sparse) })
	if c.save == nil {
		return
	}
	k.update(func(tx nodkey.Tx) error { return c.save(tx, c.other) })
	see(k, c.other, func(tx nodkey.Tx) (V, error) { return c.get(tx, c.full) })
	k.update(func(tx nodkey.Tx) error { return c.save(tx, blank(c.other)) })
	see(k, blank(c.other), func(tx nodkey.Tx) (V, error) { return c.get(tx, c.full) })
	see(k, c.sparse, func(tx nodkey.Tx) (V, error) { return c.get(tx, c.sparse) })
}

// ids gives what a list is told by.
func ids[V any, I any](list []V, id func(V) I) []I {
	out := make([]I, 0, len(list))
	for _, v := range list {
		out = append(out, id(v))
	}
	return out
}

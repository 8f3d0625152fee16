package nodkey_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/seal"
)

// sealedValues reads everything that is sealed under data keys below a version.
func (h house) sealedValues(t failer, below uint32) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := h.Ports.Store.View(h.ctx, func(tx nodkey.Tx) error {
		for _, c := range nodkey.SealedColumns() {
			values, err := tx.Sealed(c, below, "", 1000)
			if err != nil {
				return err
			}
			for _, v := range values {
				out[strings.Join([]string{c.Table, c.Column, v.Row}, " ")] = v.Sealed
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("sealed values: %v", err)
	}
	return out
}

func (h house) rotate(t failer, want uint32) {
	t.Helper()
	if v, err := h.DataKeys.Rotate(h.ctx, h.Desk()); err != nil || v != want {
		t.Fatalf("rotated to %d, %v, want %d", v, err, want)
	}
}

// Whoever has an old data key and reads the store after the sweep finds nothing that it opens; and everything goes on.
func TestARotatedDataKeyOpensNothingAnyMore(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.ActivationConfirm = true })
	p := h.add(t)
	c := p.visit(t)
	key, _, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t), PRF: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	h.rotate(t, 2)
	before := h.sealedValues(t, 2)
	if moved, err := h.Upkeep.Reseal(h.ctx); err != nil || moved != len(before) || moved < 9 {
		t.Fatalf("moved %d of %d, %v", moved, len(before), err)
	}
	receipt, err := key.Receipt(h.ctx)
	if err != nil || receipt.State != "confirm" {
		t.Fatalf("%q, %v", receipt.State, err)
	}
	is(t, h.Activations.Confirm(h.ctx, c, receipt.Digits), "", "the six digits")
	p.key = key
	full := p.enter(t)
	asked, err := h.Users.AskPasswordChange(h.ctx, full, password, "ein ganz neues Wort")
	if err != nil {
		t.Fatal(err)
	}
	change, err := h.Approvals.Change(h.ctx, full)
	if err != nil || change.ID != asked {
		t.Fatal(change, err)
	}
	code := h.code(t, full)
	h.rotate(t, 3)
	if _, err := h.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	if left := h.sealedValues(t, 3); len(left) != 0 {
		t.Errorf("%d values are left under old data keys: %v", len(left), left)
	}
	if got, err := key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil || got.State != "approved" {
		t.Errorf("the yes to a change from before: %+v, %v", got, err)
	}
	if _, err := h.phone("Pixel 9").Lookup(h.ctx, code); err != nil {
		t.Errorf("the code from before: %v", err)
	}
	if banner, err := h.Activations.Current(h.ctx, full); err != nil || banner.Code != code {
		t.Errorf("the banner from before: %q, %v", banner.Code, err)
	}
	list, err := h.DataKeys.List(h.ctx, h.Desk())
	if err != nil || len(list) != 3 || list[0].Left+list[1].Left != 0 || !list[2].Newest {
		t.Errorf("%+v, %v", list, err)
	}
}

// A server that has not heard of a new data key opens what another sealed under it, and does not seal under the old one
// beyond its next look.
func TestServersLearnOfANewDataKey(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.rotate(t, 2)
	if err := h.Users.SetPassword(h.ctx, h.Desk(), p.name, "ein ganz neues Wort"); err != nil {
		t.Fatal(err)
	}
	if _, err := second.SignIns.Begin(h.ctx, p.browser.Anonymous(), p.name, "ein ganz neues Wort"); err != nil {
		t.Errorf("the other server: %v", err)
	}
	h.rotate(t, 3)
	if _, err := second.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	other := h.add(t)
	if err := second.Users.SetPassword(h.ctx, h.Desk(), other.name, "noch ein neues Wort"); err != nil {
		t.Fatal(err)
	}
	if left := h.sealedValues(t, 3); len(left) != 0 {
		t.Errorf("the other server seals under an old data key: %v", left)
	}
}

func TestTheSweepGoesOnUntilNobodySealsUnderAnOldKey(t *testing.T) {
	h := start(t, nil)
	late, err := h.Second(h.ctx) // never told
	if err != nil {
		t.Fatal(err)
	}
	h.rotate(t, 2)
	sweep := func(want int) {
		t.Helper()
		if n, err := h.Upkeep.Reseal(h.ctx); err != nil || n != want {
			t.Errorf("moved %d, %v, want %d", n, err, want)
		}
	}
	sweep(5) // the installation's own secrets
	sweep(0)
	if _, err := late.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "late", Password: password}); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	sweep(1)
	if n := len(h.actions(t, "", "data_key.")); n != 3 {
		t.Errorf("%d rows tell of data keys", n)
	}
}

// Somebody who may write the store and damages a value does not keep the others from being moved.
func TestADamagedValueDoesNotStopTheSweep(t *testing.T) {
	h := start(t, nil)
	p, other := h.add(t), h.add(t)
	user := nodkey.SealedColumn{Table: "users", Column: "password"}
	var damaged []byte
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		u, err := tx.User(p.id)
		if err != nil {
			return err
		}
		damaged = bytes.Clone(u.Password)
		damaged[len(damaged)-1] ^= 1
		return tx.Reseal(user, string(p.id), u.Password, damaged)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.rotate(t, 2)
	if n, err := h.Upkeep.Reseal(h.ctx); err == nil || n != 6 {
		t.Errorf("moved %d, %v", n, err)
	}
	left := h.sealedValues(t, 2)
	if len(left) != 1 || !bytes.Equal(left["users password "+string(p.id)], damaged) {
		t.Errorf("left: %v", left)
	}
	h.Clock.Advance(time.Second)
	is(t, other.browser.Begin(h.ctx, other.name, password), "", "another user's password")
}

func TestDataKeysAreTheOperators(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	_, err := h.DataKeys.Rotate(h.ctx, c)
	is(t, err, "operator.only", "rotating")
	_, err = h.DataKeys.List(h.ctx, c)
	is(t, err, "operator.only", "listing")
	is(t, h.DataKeys.Rewrap(h.ctx, c, [32]byte{1}), "operator.only", "wrapping")
}

func TestAnotherMasterKeyTakesTheOldOnesPlace(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.rotate(t, 2)
	before := h.sealedValues(t, 1<<31)
	fresh := [32]byte{7: 1}
	if err := h.DataKeys.Rewrap(h.ctx, h.Desk(), fresh); err != nil {
		t.Fatal(err)
	}
	for row, sealed := range h.sealedValues(t, 1<<31) {
		if !bytes.Equal(before[row], sealed) {
			t.Errorf("%s was touched", row)
		}
	}
	if _, err := h.Second(h.ctx); err == nil || !strings.Contains(err.Error(), seal.ErrWrapped.Error()) {
		t.Errorf("the old master key: %v", err)
	}
	h.Master = fresh
	var err error
	if h.Services, err = h.Second(h.ctx); err != nil {
		t.Fatal(err)
	}
	p.house.Services = h.Services
	h.rotate(t, 3)
	h.Clock.Advance(time.Second)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	p.yes(t, p.browser)
	if _, err := h.Audit.Verify(h.ctx, h.Desk(), ""); err != nil {
		t.Error(err)
	}
}

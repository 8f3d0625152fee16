package nodkey_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/sqlstore"
)

// sealed makes some blocks with a few rows each, and a tail, and gives the head.
func (h house) sealed(t *testing.T) nodkey.Verified {
	t.Helper()
	p := h.join(t)
	for range 3 {
		p.enter(t)
		if n, err := h.Audit.Seal(h.ctx); n == 0 || err != nil {
			t.Fatalf("sealing: %d, %v", n, err)
		}
	}
	if n, err := h.Audit.Seal(h.ctx); n != 0 || err != nil {
		t.Errorf("sealing nothing: %d, %v", n, err)
	}
	p.enter(t)
	v, err := h.Audit.Verify(h.ctx, h.Desk(), "")
	if err != nil || v.Blocks != 3 || v.Unsealed < 3 || v.Rows < 9 {
		t.Fatalf("%+v, %v", v, err)
	}
	return v
}

// tamper writes into the database behind the server's back.
func (h house) tamper(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", h.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range append([]string{"PRAGMA busy_timeout = 5000"}, statements...) {
		r, err := db.Exec(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if n, _ := r.RowsAffected(); n == 0 && s[:6] != "PRAGMA" {
			t.Fatalf("%s changed nothing", s)
		}
	}
}

// copy opens a copy of the house's database.
func (h house) copy(t *testing.T) house {
	t.Helper()
	h.path = filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(h.path, h.file, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), h.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	other := *h.House
	other.Ports.Store = store
	if other.Services, err = other.Second(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.House, h.ctx = &other, t.Context()
	return h
}

func TestVerifyFindsEveryEdit(t *testing.T) {
	original := start(t, nil)
	original.sealed(t)
	original.tamper(t, "PRAGMA wal_checkpoint(TRUNCATE)") // the file alone has everything then
	var err error
	if original.file, err = os.ReadFile(original.path); err != nil {
		t.Fatal(err)
	}
	const row = "(SELECT MIN(seq) + 1 FROM audit_rows WHERE block = 2)"
	for what, statements := range map[string][]string{
		"the time of a row":    {"UPDATE audit_rows SET at = at + 1 WHERE seq = " + row},
		"the action of a row":  {"UPDATE audit_rows SET action = 'x' WHERE seq = " + row},
		"the user of a row":    {"UPDATE audit_rows SET user_id = 'x' WHERE seq = " + row},
		"the actor of a row":   {"UPDATE audit_rows SET actor = 'x' WHERE seq = " + row},
		"the source of a row":  {"UPDATE audit_rows SET source = 'x' WHERE seq = " + row},
		"the subject of a row": {"UPDATE audit_rows SET subject = 'x' WHERE seq = " + row},
		"the detail of a row":  {"UPDATE audit_rows SET detail = 'x' WHERE seq = " + row},
		"text moved to the next field": {
			"UPDATE audit_rows SET action = action || substr(user_id, 1, 1), user_id = substr(user_id, 2) WHERE seq = " + row},
		"a row deleted":          {"DELETE FROM audit_rows WHERE seq = " + row},
		"a row taken out":        {"UPDATE audit_rows SET block = NULL WHERE seq = " + row},
		"a row in another block": {"UPDATE audit_rows SET block = 3 WHERE seq = " + row},
		"a row added": {"INSERT INTO audit_rows (seq, at, action, user_id, actor, source, subject, detail, block) " +
			"VALUES (9999, 1, 'x', '', '', '', '', '{}', 2)"},
		"a row slipped in before a block": {"INSERT INTO audit_rows (seq, at, action, user_id, actor, source, subject, detail) VALUES (-1, 1, 'x', '', '', '', '', '{}')"},
		"two rows swapped": {
			"UPDATE audit_rows SET seq = -seq WHERE block = 2 AND seq <= " + row,
			"UPDATE audit_rows SET seq = (SELECT MIN(-seq) + MAX(-seq) FROM audit_rows WHERE seq < 0) + seq WHERE seq < 0"},
		"a row of the tail deleted":    {"DELETE FROM audit_rows WHERE seq = (SELECT MIN(seq) FROM audit_rows WHERE block IS NULL)"},
		"the count of a block":         {"UPDATE audit_blocks SET row_count = row_count + 1 WHERE number = 2"},
		"the time of a block":          {"UPDATE audit_blocks SET at = at + 1 WHERE number = 2"},
		"the root of a block":          {"UPDATE audit_blocks SET root = zeroblob(32) WHERE number = 2"},
		"the chain":                    {"UPDATE audit_blocks SET prev = zeroblob(32) WHERE number = 2"},
		"a signature":                  {"UPDATE audit_blocks SET signature = (SELECT signature FROM audit_blocks WHERE number = 1) WHERE number = 2"},
		"no signature":                 {"UPDATE audit_blocks SET signature = '' WHERE number = 2"},
		"a block cut out":              {"DELETE FROM audit_rows WHERE block = 2", "DELETE FROM audit_blocks WHERE number = 2"},
		"the first block cut off":      {"DELETE FROM audit_rows WHERE block = 1", "DELETE FROM audit_blocks WHERE number = 1"},
		"a row and the count together": {"DELETE FROM audit_rows WHERE seq = " + row, "UPDATE audit_blocks SET row_count = row_count - 1 WHERE number = 2"},
	} {
		t.Run(what, func(t *testing.T) {
			h := original.copy(t)
			_, err := h.Audit.Verify(h.ctx, h.Desk(), "")
			is(t, err, "", "the untouched log")
			h.tamper(t, statements...)
			_, err = h.Audit.Verify(h.ctx, h.Desk(), "")
			if e := nodkey.AsError(err); err == nil || !strings.HasPrefix(e.Key, "audit.block_") {
				t.Errorf("%s: got %v", what, err)
			}
		})
	}
}

func TestACheckpointFindsACutTail(t *testing.T) {
	h := start(t, nil)
	v := h.sealed(t)
	_, err := h.Audit.Verify(h.ctx, h.Desk(), v.Head)
	is(t, err, "", "the head")
	h.tamper(t, "DELETE FROM audit_rows WHERE block = 3 OR block IS NULL", "DELETE FROM audit_blocks WHERE number = 3")
	_, err = h.Audit.Verify(h.ctx, h.Desk(), "")
	is(t, err, "", "a cut tail without a checkpoint")
	_, err = h.Audit.Verify(h.ctx, h.Desk(), v.Head)
	is(t, err, "audit.checkpoint", "a cut tail")
	_, err = h.Audit.Verify(h.ctx, h.Desk(), "3:x")
	is(t, err, "audit.checkpoint", "a head that never was")
}

func TestTwoServersSealOneLog(t *testing.T) {
	h := start(t, nil)
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := h.join(t)
	for range 4 {
		p.enter(t)
		done := make(chan error, 2)
		for _, s := range []*nodkey.Services{h.Services, second} {
			go func() { _, err := s.Audit.Seal(h.ctx); done <- err }()
		}
		for range 2 {
			is(t, <-done, "", "sealing")
		}
	}
	v, err := second.Audit.Verify(h.ctx, h.Desk(), "")
	if err != nil || v.Unsealed != 0 || v.Blocks < 4 {
		t.Errorf("%+v, %v", v, err)
	}
}

// openAgain opens the house with another master key or phone host.
func (h house) openAgain(host string, bend func(*[32]byte)) error {
	master := h.Master
	bend(&master)
	_, err := nodkey.Open(h.ctx, h.Ports, h.Site, h.Policy, host, master)
	return err
}

func TestAHouseOpensOnlyWithItsOwnKeyAndHost(t *testing.T) {
	h := start(t, nil)
	if err := h.openAgain(nodkeytest.PhoneHost, func(*[32]byte) {}); err != nil {
		t.Errorf("as it is: %v", err)
	}
	if err := h.openAgain(nodkeytest.PhoneHost, func(m *[32]byte) { m[0] ^= 1 }); err == nil {
		t.Error("with another master key")
	}
	if err := h.openAgain("other.test", func(*[32]byte) {}); err == nil {
		t.Error("with another phone host")
	}
}

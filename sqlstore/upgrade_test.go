package sqlstore

import (
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/pressly/goose/v3"
)

// olderFile makes a database as the release of that version did.
func olderFile(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, openTimeout, "_foreign_keys", "1"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseOfTheFirstVersionIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 1)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO keys (id, user_id, created_at, state, phone_id, phone_name, phone_platform, phone_os_version, phone_model, phone_app, public, ocra, "+
			"activation_id, approved_by, pin_tries, activated_at, last_used_at, removed_at) "+
			"VALUES ('k', 'u', 6, 'active', 'p', 'Pixel 8', 'android', '16', 'm', 'a', x'04', x'01', 'act', '', 2, 7, 8, 0)")
	s := openAt(t, path)
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		key, err := tx.Key("k")
		if err != nil {
			return err
		}
		if key.Phone.Name != "Pixel 8" || key.PINTries != 2 || key.CodeTries != 0 || len(key.OCRA) != 1 || !key.LastUsedAt.Equal(time.UnixMilli(8)) {
			t.Errorf("the key of before: %+v", key)
		}
		tries, err := tx.ReserveCodeTry("k", 1)
		if tries != 1 {
			t.Errorf("its first code is counted as %d", tries)
		}
		return errors.Join(err, tx.AskChallenge("k", "314159", time.UnixMilli(9)), tx.SaveSubscription(nodkey.SealedSubscription{Row: "k", KeyID: "k", Channel: "webpush", Service: "s"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

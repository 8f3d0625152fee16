package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/sqlstore"
)

// opened opens a database with one of the two, and closes it at the end of the test.
func opened(t *testing.T, open func(context.Context, string) (*sqlstore.Store, error), path string) *sqlstore.Store {
	t.Helper()
	s, err := open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// definitions gives how every table and index of a file was made, and what the file says of itself.
func definitions(t *testing.T, path string) (all []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema ORDER BY type, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind, name, table, text string
		if err := rows.Scan(&kind, &name, &table, &text); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintln(kind, name, table, text))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, pragma := range []string{"journal_mode", "user_version", "application_id", "page_size", "auto_vacuum", "encoding"} {
		value := ""
		if err := db.QueryRow("PRAGMA " + pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		all = append(all, pragma+" "+value)
	}
	return all
}

func TestACopyIsWhatTheStoreMakes(t *testing.T) {
	copied, made := filepath.Join(t.TempDir(), "nodkey.db"), filepath.Join(t.TempDir(), "nodkey.db")
	s := opened(t, database.Open, copied)
	opened(t, sqlstore.Open, made)
	if a, b := definitions(t, copied), definitions(t, made); len(a) < 40 || !slices.Equal(a, b) {
		t.Errorf("the copy has\n%s\nthe store makes\n%s", a, b)
	}
	const history = "goose_db_version" // it has the time of each step
	before := nodkeytest.Dump(t, made, history)
	nodkeytest.Unchanged(t, "copying", before, nodkeytest.Dump(t, copied, history))
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v), the store makes it for its owner only", info, err)
	}
}

func TestCopiesKnowNothingOfEachOther(t *testing.T) {
	first := opened(t, database.Open, filepath.Join(t.TempDir(), "nodkey.db"))
	write := func(tx nodkey.Tx) error { return tx.SaveLimit(nodkey.Limit{Name: "l", Level: 1}) }
	if err := first.Update(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	second := opened(t, database.Open, filepath.Join(t.TempDir(), "nodkey.db"))
	err := second.View(t.Context(), func(tx nodkey.Tx) error {
		l, err := tx.Limit("l")
		if l.Level != 0 {
			t.Errorf("a new database has the limit of another: %+v", l)
		}
		return err
	})
	if err != nil && !errors.Is(err, nodkey.ErrNoRow) {
		t.Fatal(err)
	}
}

func TestAFileThatIsThereIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Open(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want %v", err, fs.ErrExist)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "mine" {
		t.Errorf("the file has %q (%v)", content, err)
	}
}

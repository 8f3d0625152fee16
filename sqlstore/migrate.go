package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

const noTables = -1 // the version of a new file

// migrate brings the tables up to date, when they are not. It takes the file for itself meanwhile: two processes that
// start together do it once, and none changes tables under another that runs.
func migrate(ctx context.Context, path string) error {
	want, err := newest()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(openTimeout)
	for {
		have, err := version(ctx, path)
		switch {
		case err != nil || have == want:
			return err
		case have > want:
			return fmt.Errorf("this database was %w than this one: its tables have version %d, this nodkey knows %d; use the newer one",
				ErrNewer, have, want)
		}
		// Whoever has the file may be bringing it up to date, and keep it then: look again at once.
		if err = upgrade(ctx, path); err != nil && (!isBusy(err) || time.Now().After(deadline)) {
			return err
		}
	}
}

// newest is the version of the last migration.
func newest() (last int64, err error) {
	files, err := migrations.ReadDir("migrations")
	for _, f := range files {
		v, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, err
		}
		last = max(last, v)
	}
	return last, err
}

func upgrade(ctx context.Context, path string) (err error) {
	connector, err := sqlite.NewConnector(dsn(path, 100*time.Millisecond, "_foreign_keys", "1", "_txlock", "immediate", "_dqs", "0",
		"_pragma", "locking_mode(exclusive)"))
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // it holds the lock
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE; COMMIT"); err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// version reads which migration was the last, without changing the file.
func version(ctx context.Context, path string) (found int64, err error) {
	c, err := connect(ctx, dsn(path, openTimeout, "_query_only", "1", "_dqs", "0"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var tables, ours int64
	err = c.query(func(r *row) { tables, ours = r.integer(), r.integer() },
		"SELECT COUNT(*), COALESCE(SUM(name = 'goose_db_version'), 0) FROM sqlite_schema")
	switch {
	case err != nil:
		return 0, err
	case tables == 0:
		return noTables, nil
	case ours == 0:
		return 0, fmt.Errorf("it is %w", ErrForeign)
	}
	err = c.query(func(r *row) { found = r.integer() }, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1")
	return found, err
}

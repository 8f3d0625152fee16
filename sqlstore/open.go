package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// What Open may say besides errors of the file system; the text around them is a sentence for the operator.
var (
	ErrDamaged = errors.New("damaged, or no SQLite database")
	ErrForeign = errors.New("not a database of nodkey")
	ErrNewer   = errors.New("written by a newer nodkey")
	ErrInUse   = errors.New("locked by another process")
)

const (
	openTimeout  = 5 * time.Second      // how long to wait for another process while opening, and for readers always
	writeTimeout = 3 * time.Millisecond // how long the engine waits itself; then it is the writer's turn to decide
)

// Open opens the database in the file at path, which it makes when there is none (mode 0600; the directory must be there),
// and brings its tables up to date. Several processes may open one file, on one machine; bringing the tables up to date
// needs it alone. Every error is a sentence that names the file.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the database: %w", err)
	}
	if err := touch(path); err != nil {
		return nil, explain(path, err)
	}
	if err := migrate(ctx, path); err != nil {
		return nil, explain(path, err)
	}
	write, err := connect(ctx, dsn(path, openTimeout,
		"_journal_mode", "WAL", "_synchronous", "FULL", "_foreign_keys", "1", "_dqs", "0",
		"_pragma", "journal_size_limit(67108864)", "_pragma", "cache_size(-16000)", "_pragma", "temp_store(memory)"))
	if err != nil {
		return nil, explain(path, err)
	}
	if err := settle(write); err != nil {
		write.close()
		return nil, explain(path, err)
	}
	return newStore(write, dsn(path, openTimeout, "mode", "ro", "_query_only", "1", "_dqs", "0")), nil
}

// settle makes sure that the writing connection is what it was asked to be, and readies it for the writer.
func settle(c *conn) error {
	mode := ""
	if err := c.query(func(r *row) { mode = r.text() }, "PRAGMA journal_mode"); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("it cannot be kept in WAL mode (%s): is it on a network file system?", mode)
	}
	return c.query(func(*row) {}, fmt.Sprintf("PRAGMA busy_timeout = %d", writeTimeout.Milliseconds()))
}

// dsn names a database file to the driver, with how long to wait for locks and these parameters.
func dsn(path string, wait time.Duration, parameters ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	query := url.Values{"_busy_timeout": {strconv.FormatInt(wait.Milliseconds(), 10)}, "_error_rc": {"1"}}
	for i := 0; i < len(parameters); i += 2 {
		query.Add(parameters[i], parameters[i+1])
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}

// touch makes the file, so that nobody else may read it; the engine would ask the umask only. It also finds out what the
// system has to say about the path, which it says better than the engine.
func touch(path string) error {
	made := false
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		made = true
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil || !made {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // a file whose name is lost in a power cut is lost
}

// explain makes a sentence of what went wrong while opening.
func explain(path string, err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot open the database: there is no directory %s: %w", filepath.Dir(path.Path), path.Err)
		}
		return fmt.Errorf("cannot open the database %s: %w", path.Path, path.Err)
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		err = fmt.Errorf("it is %w: restore it from a backup (%w)", ErrDamaged, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		err = fmt.Errorf("it is %w: stop that one first", ErrInUse)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		err = fmt.Errorf("nodkey must be able to write the file and to make others in its directory (%w)", err)
	case sqlite3.SQLITE_FULL:
		err = fmt.Errorf("the disk is full (%w)", err)
	}
	return fmt.Errorf("cannot open the database %s: %w", path, err)
}

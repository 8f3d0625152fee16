package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/nodkey/nodkey/sqlstore"
)

// empty is the content of a database that was opened once and closed. There is nothing else to it: the log is folded in,
// and what a server writes at its first start is not there yet.
var empty = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "nodkey-database-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "nodkey.db")
	store, err := sqlstore.Open(context.Background(), path) // no single test's context: all of them live on it
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Open opens a new database at path, where no file may be yet. The caller closes it. It can be used by several tests at
// once.
func Open(ctx context.Context, path string) (*sqlstore.Store, error) {
	content, err := empty()
	if err != nil {
		return nil, fmt.Errorf("the tables of a new database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return sqlstore.Open(ctx, path)
}

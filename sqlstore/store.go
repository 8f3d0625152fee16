package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/nodkey/nodkey"
)

// ErrClosed is what a closed store says.
var ErrClosed error = unavailable("sqlstore: the database is closed")

// unavailable makes an error that callers of the domain see as "try again soon".
func unavailable(text string) *nodkey.Error {
	return &nodkey.Error{Kind: nodkey.Unavailable, Key: "server.busy", Args: nodkey.Args{"Seconds": 1}, Err: errors.New(text)}
}

// Store is a [nodkey.Store] in one SQLite file. It is safe for concurrent use.
type Store struct {
	dsn     string // of a reading connection
	writer  *writer
	readers chan *conn // idle ones; nil stands for one that is not open yet
	closing sync.Once
	closed  chan struct{}
	err     error // of closing
}

var _ nodkey.Store = (*Store)(nil)

func newStore(write *conn, readDSN string) *Store {
	readers := min(max(runtime.GOMAXPROCS(0), 4), 8)
	s := &Store{dsn: readDSN, writer: newWriter(write), readers: make(chan *conn, readers), closed: make(chan struct{})}
	for range readers {
		s.readers <- nil
	}
	go s.writer.loop()
	return s
}

// Update runs the closure in a transaction, on the caller's goroutine, and returns once it is on the disk. When ctx ends
// while it waits for its turn, the closure does not run; once it runs, Update stays for the outcome, and what it
// returns is what happened. Tx methods refuse work after ctx ended.
func (s *Store) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	return s.writer.update(ctx, change)
}

// View runs the closure on one consistent state. Its Tx refuses writes.
func (s *Store) View(ctx context.Context, read func(nodkey.Tx) error) error {
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	t := &tx{ctx: ctx, conn: c}
	defer func() {
		t.conn = nil
		s.release(c)
	}()
	if err := read(t); err != nil {
		return err
	}
	return t.err
}

// reader takes a connection out of the pool and begins a transaction on it.
func (s *Store) reader(ctx context.Context) (c *conn, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case c = <-s.readers:
	}
	if c == nil {
		if c, err = connect(ctx, s.dsn); err != nil {
			s.readers <- nil
			return nil, fmt.Errorf("sqlstore: open a connection: %w", err)
		}
	}
	if _, err = c.exec("BEGIN"); err != nil {
		s.drop(c)
		return nil, fmt.Errorf("sqlstore: begin: %w", err)
	}
	return c, nil
}

func (s *Store) release(c *conn) {
	if _, err := c.exec("ROLLBACK"); err != nil {
		s.drop(c)
		return
	}
	s.readers <- c
}

// drop closes a connection that is not fit for use any more; its place in the pool stays.
func (s *Store) drop(c *conn) {
	c.close() // it failed already
	s.readers <- nil
}

// Ready reads from the database; it does not wait for the writer.
func (s *Store) Ready(ctx context.Context) error {
	return s.View(ctx, func(t nodkey.Tx) error {
		_, err := t.Install()
		if errors.Is(err, nodkey.ErrNoRow) {
			return nil
		}
		return err
	})
}

// Check reads the whole database and reports what is damaged in it. It takes as long as that takes.
func (s *Store) Check(ctx context.Context) error {
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer s.release(c)
	var errs []error
	err = c.query(func(r *row) {
		if said := r.text(); said != "ok" {
			errs = append(errs, fmt.Errorf("sqlstore: the database is damaged: %s", said))
		}
	}, "PRAGMA integrity_check")
	errs = append(errs, err)
	err = c.query(func(r *row) {
		errs = append(errs, fmt.Errorf("sqlstore: the database is damaged: a row of %s belongs to nothing", r.text()))
	}, "PRAGMA foreign_key_check")
	return errors.Join(append(errs, err)...)
}

// Stats counts what the writer did since the store was opened.
type Stats struct {
	Updates uint64 // closures that were committed, or undone by their own error
	Commits uint64 // transactions that they shared
	Waiting int    // updates that wait for their turn now
}

// Stats is cheap enough to be read at any time.
func (s *Store) Stats() Stats {
	return Stats{Updates: s.writer.updates.Load(), Commits: s.writer.commits.Load(), Waiting: len(s.writer.queue)}
}

// Close commits what waits, waits for the views that run, and closes the database. Later calls do nothing and give the
// same error.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		errs := []error{}
		for range cap(s.readers) {
			if c := <-s.readers; c != nil {
				errs = append(errs, c.close())
			}
		}
		s.err = errors.Join(append(errs, s.writer.close())...)
	})
	return s.err
}

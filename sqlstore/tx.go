package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
)

// ErrOver is what a Tx says that is used after its closure returned.
var ErrOver = errors.New("sqlstore: the transaction is over")

// tx is a [nodkey.Tx]. One goroutine uses it at a time.
type tx struct {
	ctx  context.Context
	conn *conn // nil once the closure has returned
	// err is the first error after which the transaction cannot be trusted: nothing more is done, and the closure's
	// success does not count.
	err error
}

var _ nodkey.Tx = (*tx)(nil)

func (t *tx) ready() error {
	switch {
	case t.conn == nil:
		return ErrOver
	case t.err != nil:
		return t.err
	}
	t.err = t.ctx.Err()
	return t.err
}

// failed makes the domain's errors of the engine's, and remembers those that a transaction does not survive.
func (t *tx) failed(query string, err error) error {
	switch {
	case isTaken(err):
		return nodkey.ErrExists
	case isOrphan(err):
		return nodkey.ErrNoRow
	}
	err = fmt.Errorf("sqlstore: %.40s …: %w", query, err)
	if !isConstraint(err) {
		t.err = err
	}
	return err
}

func (t *tx) exec(query string, args ...driver.Value) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	n, err := t.conn.exec(query, args...)
	if err != nil {
		return 0, t.failed(query, err)
	}
	return n, nil
}

// insert runs an INSERT … ON CONFLICT DO NOTHING.
func (t *tx) insert(query string, args ...driver.Value) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return nodkey.ErrExists
	}
	return err
}

// save runs an UPDATE of one row.
func (t *tx) save(query string, args ...driver.Value) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return nodkey.ErrNoRow
	}
	return err
}

func (t *tx) each(each func(*row), query string, args ...driver.Value) error {
	if err := t.ready(); err != nil {
		return err
	}
	if err := t.conn.query(each, query, args...); err != nil {
		return t.failed(query, err)
	}
	return nil
}

// one gives the row that a query finds.
func one[T any](t *tx, scan func(*row) T, query string, args ...driver.Value) (T, error) {
	var found T
	n := 0
	err := t.each(func(r *row) {
		if n == 0 {
			found = scan(r)
		}
		n++
	}, query, args...)
	if err == nil && n == 0 {
		err = nodkey.ErrNoRow
	}
	return found, err
}

// list gives all rows that a query finds.
func list[T any](t *tx, scan func(*row) T, query string, args ...driver.Value) ([]T, error) {
	var found []T
	err := t.each(func(r *row) { found = append(found, scan(r)) }, query, args...)
	return found, err
}

// most is a LIMIT: one below nothing is nothing, where the engines differ.
func most(limit int) int64 { return int64(max(limit, 0)) }

// insertInto writes an INSERT of these columns (a list with commas) that does nothing when the row, or a unique column,
// is there already. An engine that ends a transaction at the first error goes on that way.
func insertInto(table, columns string) string {
	n := strings.Count(columns, ",") + 1
	places := make([]string, n)
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + strings.Join(places, ", ") + ") ON CONFLICT DO NOTHING"
}

// updateOf writes an UPDATE by the first of these columns. It leaves the next fixed ones alone, which also spares the
// indexes that they are in; see without.
func updateOf(table, columns string, fixed int) string {
	names := strings.Split(columns, ", ")
	var sets []string
	for i, name := range names[1+fixed:] {
		sets = append(sets, name+" = $"+strconv.Itoa(i+2))
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + names[0] + " = $1"
}

// without makes an insert's arguments an update's: it takes those of the fixed columns out.
func without(fixed int, args []driver.Value) []driver.Value {
	return append(args[:1], args[1+fixed:]...)
}

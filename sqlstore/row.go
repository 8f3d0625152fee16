package sqlstore

import (
	"database/sql/driver"
	"time"
)

// row is a row's values, taken one after the other in the order of the statement's columns. The tables are strict, so a
// value has its column's type or is NULL, which is taken as zero.
type row struct {
	values []driver.Value
	next   int
}

func (r *row) take() driver.Value {
	v := r.values[r.next]
	r.next++
	return v
}

func text[T ~string](r *row) T {
	v, _ := r.take().(string)
	return T(v)
}

func (r *row) text() string { return text[string](r) }

func (r *row) integer() int64 {
	v, _ := r.take().(int64)
	return v
}

func (r *row) count() int { return int(r.integer()) }

func (r *row) flag() bool { return r.integer() != 0 }

func (r *row) maybeFlag() *bool {
	v, ok := r.take().(int64)
	if !ok {
		return nil
	}
	b := v != 0
	return &b
}

// real also takes a whole number: an engine may keep it as one.
func (r *row) real() float64 {
	switch v := r.take().(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return 0
}

// blob tells an empty blob from none; the driver gives a nil slice for the former and an untyped nil for the latter.
func (r *row) blob() []byte {
	v, ok := r.take().([]byte)
	if ok && v == nil {
		return []byte{}
	}
	return v
}

func (r *row) time() time.Time {
	v := r.integer()
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMilli(v).UTC()
}

// millis is how a time is kept.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func maybeFlag(b *bool) driver.Value {
	if b == nil {
		return nil
	}
	return flag(*b)
}

// blob tells an empty blob from none on the way in.
func blob(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}

// maybeText keeps no text as NULL, for columns where none is not a value: it equals nothing and may be there twice.
func maybeText(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

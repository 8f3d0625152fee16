package sqlstore

import (
	"errors"

	"github.com/nodkey/nodkey"
)

func scanLimit(r *row) nodkey.Limit {
	return nodkey.Limit{Name: r.text(), Level: r.real(), At: r.time(), Empty: r.time()}
}

func (t *tx) Limit(name string) (nodkey.Limit, error) {
	l, err := one(t, scanLimit, "SELECT name, level, at, empty_at FROM limits WHERE name = $1", name)
	if errors.Is(err, nodkey.ErrNoRow) {
		return nodkey.Limit{Name: name}, nil
	}
	return l, err
}

func (t *tx) SaveLimit(l nodkey.Limit) error {
	_, err := t.exec("INSERT INTO limits (name, level, at, empty_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name)"+
		" DO UPDATE SET level = excluded.level, at = excluded.at, empty_at = excluded.empty_at",
		l.Name, l.Level, millis(l.At), millis(l.Empty))
	return err
}

package sqlstore

import (
	"database/sql/driver"

	"github.com/nodkey/nodkey"
)

const userColumns = "id, created_at, name, display_name, locale, password, first_code, first_code_until, had_key"

var (
	userInsert = insertInto("users", userColumns)
	userUpdate = updateOf("users", userColumns, 1)
)

func userArgs(u nodkey.User) []driver.Value {
	return []driver.Value{string(u.ID), millis(u.CreatedAt), u.Name, u.DisplayName, u.Locale, blob(u.Password),
		blob(u.FirstCode), millis(u.FirstCodeUntil), flag(u.HadKey)}
}

func scanUser(r *row) nodkey.User {
	return nodkey.User{
		ID: text[nodkey.UserID](r), CreatedAt: r.time(), Name: r.text(), DisplayName: r.text(), Locale: r.text(),
		Password: r.blob(), FirstCode: r.blob(), FirstCodeUntil: r.time(), HadKey: r.flag(),
	}
}

func (t *tx) InsertUser(u nodkey.User) error { return t.insert(userInsert, userArgs(u)...) }

func (t *tx) User(id nodkey.UserID) (nodkey.User, error) {
	return one(t, scanUser, "SELECT "+userColumns+" FROM users WHERE id = $1", string(id))
}

func (t *tx) UserByName(name string) (nodkey.User, error) {
	return one(t, scanUser, "SELECT "+userColumns+" FROM users WHERE name = $1", name)
}

func (t *tx) Users(after string, limit int) ([]nodkey.User, error) {
	return list(t, scanUser, "SELECT "+userColumns+" FROM users WHERE name > $1 ORDER BY name LIMIT $2", after, most(limit))
}

func (t *tx) SaveUser(u nodkey.User) error { return t.save(userUpdate, without(1, userArgs(u))...) }

// DeleteUser leaves the rest to ON DELETE CASCADE.
func (t *tx) DeleteUser(id nodkey.UserID) error {
	_, err := t.exec("DELETE FROM users WHERE id = $1", string(id))
	return err
}

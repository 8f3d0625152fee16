package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const callbackColumns = "id, application_id, created_at, door, kind, subject, user_id, sid, data, tries, due_at, expires_at"

var (
	callbackInsert = insertInto("callbacks", callbackColumns)
	callbackUpdate = updateOf("callbacks", callbackColumns, 2)
)

func callbackArgs(c nodkey.SealedCallback) []driver.Value {
	return []driver.Value{c.ID, string(c.ApplicationID), millis(c.CreatedAt), string(c.Door), string(c.Kind), c.Subject, string(c.UserID), c.SID, blob(c.Data),
		int64(c.Tries), millis(c.DueAt), millis(c.ExpiresAt)}
}

func scanCallback(r *row) nodkey.SealedCallback {
	return nodkey.SealedCallback{
		ID: r.text(), ApplicationID: text[nodkey.ApplicationID](r), CreatedAt: r.time(), Door: text[nodkey.Door](r), Kind: text[nodkey.CallbackKind](r),
		Subject: r.text(), UserID: text[nodkey.UserID](r), SID: r.text(), Data: r.blob(), Tries: r.count(), DueAt: r.time(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertCallback(c nodkey.SealedCallback) error {
	return t.insert(callbackInsert, callbackArgs(c)...)
}

func (t *tx) Callback(id string) (nodkey.SealedCallback, error) {
	return one(t, scanCallback, "SELECT "+callbackColumns+" FROM callbacks WHERE id = $1", id)
}

func (t *tx) CallbackAbout(kind nodkey.CallbackKind, subject string) (nodkey.SealedCallback, error) {
	return one(t, scanCallback, "SELECT "+callbackColumns+" FROM callbacks WHERE subject = $1 AND kind = $2", subject, string(kind))
}

func (t *tx) SaveCallback(c nodkey.SealedCallback) error {
	return t.save(callbackUpdate, without(2, callbackArgs(c))...)
}

func (t *tx) DueCallbacks(door nodkey.Door, now time.Time, limit int) ([]nodkey.SealedCallback, error) {
	return list(t, scanCallback, "SELECT "+callbackColumns+" FROM callbacks WHERE door = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3",
		string(door), millis(now), most(limit))
}

func (t *tx) TakeCallback(c nodkey.SealedCallback, until time.Time) (nodkey.SealedCallback, error) {
	return one(t, scanCallback, "UPDATE callbacks SET due_at = $3, tries = tries + 1 WHERE id = $1 AND due_at = $2 RETURNING "+callbackColumns,
		c.ID, millis(c.DueAt), millis(until))
}

func (t *tx) DeleteCallback(id string) error {
	_, err := t.exec("DELETE FROM callbacks WHERE id = $1", id)
	return err
}

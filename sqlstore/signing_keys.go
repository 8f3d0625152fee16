package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const signingKeyColumns = "id, alg, created_at, public, private, signs_from, ends_at"

var (
	signingKeyInsert = insertInto("signing_keys", signingKeyColumns)
	signingKeyUpdate = updateOf("signing_keys", signingKeyColumns, 2)
)

func signingKeyArgs(k nodkey.SigningKey) []driver.Value {
	return []driver.Value{k.ID, string(k.Alg), millis(k.CreatedAt), blob(k.Public), blob(k.Sealed), millis(k.SignsFrom), millis(k.EndsAt)}
}

func scanSigningKey(r *row) nodkey.SigningKey {
	return nodkey.SigningKey{ID: r.text(), Alg: text[nodkey.SigningAlg](r), CreatedAt: r.time(), Public: r.blob(), Sealed: r.blob(), SignsFrom: r.time(), EndsAt: r.time()}
}

func (t *tx) SigningKeys() ([]nodkey.SigningKey, error) {
	return list(t, scanSigningKey, "SELECT "+signingKeyColumns+" FROM signing_keys ORDER BY signs_from DESC, id DESC")
}

func (t *tx) InsertSigningKey(k nodkey.SigningKey) error {
	return t.insert(signingKeyInsert, signingKeyArgs(k)...)
}

func (t *tx) SaveSigningKey(k nodkey.SigningKey) error {
	return t.save(signingKeyUpdate, without(2, signingKeyArgs(k))...)
}

func (t *tx) UseAssertion(id nodkey.ApplicationID, digest []byte, until time.Time) error {
	return t.insert("INSERT INTO used_assertions (application_id, digest, until_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		string(id), blob(digest), millis(until))
}

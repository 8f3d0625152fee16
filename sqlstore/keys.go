package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const keyColumns = "id, user_id, created_at, state, phone_id, phone_name, phone_platform, phone_os_version, phone_model, " +
	"phone_app, phone_rooted, phone_screen_lock, public, ocra, pin_verifier, prf_verifier, credential_id, " +
	"credential_public_key, credential_sign_count, activation_id, approved_by, submission, pin_tries, code_tries, activated_at, last_used_at, removed_at"

var (
	keyInsert = insertInto("keys", keyColumns)
	keyUpdate = updateOf("keys", keyColumns, 2)
)

func keyArgs(k nodkey.Key) []driver.Value {
	args := []driver.Value{string(k.ID), string(k.UserID), millis(k.CreatedAt), string(k.State), k.Phone.ID, k.Phone.Name,
		string(k.Phone.Platform), k.Phone.OSVersion, k.Phone.Model, k.Phone.App, maybeFlag(k.Phone.Rooted),
		maybeFlag(k.Phone.ScreenLock), blob(k.Public), blob(k.OCRA), blob(k.PINVerifier), blob(k.PRFVerifier),
		nil, nil, nil, string(k.ActivationID), string(k.ApprovedBy), blob(k.Submission), int64(k.PINTries), int64(k.CodeTries), millis(k.ActivatedAt),
		millis(k.LastUsedAt), millis(k.RemovedAt)}
	if c := k.Credential; c != nil {
		args[16], args[17], args[18] = blob(c.ID), blob(c.PublicKey), int64(c.SignCount)
	}
	return args
}

func scanKey(r *row) nodkey.Key {
	k := nodkey.Key{
		ID: text[nodkey.KeyID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), State: text[nodkey.KeyState](r),
		Phone: nodkey.Phone{
			ID: r.text(), Name: r.text(), Platform: text[nodkey.Platform](r), OSVersion: r.text(), Model: r.text(),
			App: r.text(), Rooted: r.maybeFlag(), ScreenLock: r.maybeFlag(),
		},
		Public: r.blob(), OCRA: r.blob(), PINVerifier: r.blob(), PRFVerifier: r.blob(),
	}
	id, public := r.blob(), r.blob()
	if count, ok := r.take().(int64); ok {
		k.Credential = &nodkey.Credential{ID: id, PublicKey: public, SignCount: uint32(count)}
	}
	k.ActivationID, k.ApprovedBy = text[nodkey.ActivationID](r), text[nodkey.KeyID](r)
	k.Submission, k.PINTries, k.CodeTries = r.blob(), r.count(), r.count()
	k.ActivatedAt, k.LastUsedAt, k.RemovedAt = r.time(), r.time(), r.time()
	return k
}

func (t *tx) InsertKey(k nodkey.Key) error { return t.insert(keyInsert, keyArgs(k)...) }

func (t *tx) Key(id nodkey.KeyID) (nodkey.Key, error) {
	return one(t, scanKey, "SELECT "+keyColumns+" FROM keys WHERE id = $1", string(id))
}

func (t *tx) KeysOf(user nodkey.UserID) ([]nodkey.Key, error) {
	return list(t, scanKey, "SELECT "+keyColumns+" FROM keys WHERE user_id = $1 ORDER BY created_at, id", string(user))
}

func (t *tx) SaveKey(k nodkey.Key) error { return t.save(keyUpdate, without(2, keyArgs(k))...) }

func (t *tx) ReservePINTry(id nodkey.KeyID, most int) (int, error) {
	return one(t, (*row).count, "UPDATE keys SET pin_tries = pin_tries + 1"+
		" WHERE id = $1 AND state = 'active' AND pin_tries < $2 RETURNING pin_tries", string(id), int64(most))
}

func (t *tx) InsertPINFailure(key nodkey.KeyID, attempt string, at time.Time) error {
	return t.insert("INSERT INTO pin_failures (key_id, attempt, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		string(key), attempt, millis(at))
}

func (t *tx) DeletePINFailure(key nodkey.KeyID, attempt string) error {
	_, err := t.exec("DELETE FROM pin_failures WHERE key_id = $1 AND attempt = $2", string(key), attempt)
	return err
}

func (t *tx) CountPINFailures(key nodkey.KeyID, since time.Time) (int, error) {
	return one(t, (*row).count, "SELECT COUNT(*) FROM pin_failures WHERE key_id = $1 AND at >= $2", string(key), millis(since))
}

func (t *tx) DeletePINFailures(key nodkey.KeyID) error {
	_, err := t.exec("DELETE FROM pin_failures WHERE key_id = $1", string(key))
	return err
}

func (t *tx) UseProof(key nodkey.KeyID, jti string, until time.Time) error {
	return t.insert("INSERT INTO used_proofs (key_id, jti, until_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		string(key), jti, millis(until))
}

package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const activationColumns = "id, user_id, created_at, session_id, state, code_id, code, es, offer, offer_mac, handle, " +
	"challenge, key_id, submission, digits, sealed_digits, digit_tries, expires_at"

var (
	activationInsert = insertInto("activations", activationColumns)
	activationUpdate = updateOf("activations", activationColumns, 2)
)

func activationArgs(a nodkey.Activation) []driver.Value {
	return []driver.Value{string(a.ID), string(a.UserID), millis(a.CreatedAt), string(a.SessionID), string(a.State),
		blob(a.CodeID), blob(a.Code), blob(a.Es), a.Offer, blob(a.OfferMAC), blob(a.Handle), blob(a.Challenge),
		string(a.KeyID), blob(a.Submission), blob(a.Digits), blob(a.SealedDigits), int64(a.DigitTries), millis(a.ExpiresAt)}
}

func scanActivation(r *row) nodkey.Activation {
	return nodkey.Activation{
		ID: text[nodkey.ActivationID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(),
		SessionID: text[nodkey.SessionID](r), State: text[nodkey.ActivationState](r), CodeID: r.blob(), Code: r.blob(),
		Es: r.blob(), Offer: r.text(), OfferMAC: r.blob(), Handle: r.blob(), Challenge: r.blob(),
		KeyID: text[nodkey.KeyID](r), Submission: r.blob(), Digits: r.blob(), SealedDigits: r.blob(),
		DigitTries: r.count(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertActivation(a nodkey.Activation) error {
	return t.insert(activationInsert, activationArgs(a)...)
}

func (t *tx) Activation(id nodkey.ActivationID) (nodkey.Activation, error) {
	return one(t, scanActivation, "SELECT "+activationColumns+" FROM activations WHERE id = $1", string(id))
}

func (t *tx) ActivationByCode(codeID []byte) (nodkey.Activation, error) {
	return one(t, scanActivation, "SELECT "+activationColumns+" FROM activations WHERE code_id = $1", blob(codeID))
}

func (t *tx) ActivationsOf(user nodkey.UserID, limit int) ([]nodkey.Activation, error) {
	return list(t, scanActivation, "SELECT "+activationColumns+" FROM activations WHERE user_id = $1"+
		" ORDER BY created_at DESC, id DESC LIMIT $2", string(user), most(limit))
}

func (t *tx) SaveActivation(a nodkey.Activation) error {
	return t.save(activationUpdate, without(2, activationArgs(a))...)
}

func (t *tx) ClaimActivation(id nodkey.ActivationID, key nodkey.KeyID, submission []byte, now time.Time) (nodkey.Activation, error) {
	return one(t, scanActivation, "UPDATE activations SET state = 'used', key_id = $2, submission = $3, code = NULL, es = NULL"+
		" WHERE id = $1 AND state = 'open' AND expires_at > $4 RETURNING "+activationColumns,
		string(id), string(key), blob(submission), millis(now))
}

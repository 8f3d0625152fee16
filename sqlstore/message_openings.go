package sqlstore

import "github.com/nodkey/nodkey"

const openingColumns = "key_id, approval_id, until_at"

func (t *tx) SaveOpening(o nodkey.Opening) error {
	_, err := t.exec("INSERT INTO message_openings ("+openingColumns+") VALUES ($1, $2, $3)"+
		" ON CONFLICT (key_id) DO UPDATE SET approval_id = excluded.approval_id, until_at = excluded.until_at",
		string(o.KeyID), string(o.ApprovalID), millis(o.Until))
	return err
}

func (t *tx) Opening(key nodkey.KeyID) (nodkey.Opening, error) {
	return one(t, func(r *row) nodkey.Opening {
		return nodkey.Opening{KeyID: text[nodkey.KeyID](r), ApprovalID: text[nodkey.ApprovalID](r), Until: r.time()}
	}, "SELECT "+openingColumns+" FROM message_openings WHERE key_id = $1", string(key))
}

func (t *tx) DeleteOpening(key nodkey.KeyID) error {
	_, err := t.exec("DELETE FROM message_openings WHERE key_id = $1", string(key))
	return err
}

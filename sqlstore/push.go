package sqlstore

import (
	"time"

	"github.com/nodkey/nodkey"
)

const (
	subscriptionColumns = "key_id, service, created_at, target"
	noticeColumns       = "approval_id, key_id, service, created_at, due_at, expires_at, attempts"
)

func scanSubscription(r *row) nodkey.SealedSubscription {
	return nodkey.SealedSubscription{KeyID: text[nodkey.KeyID](r), Service: r.text(), CreatedAt: r.time(), Target: r.blob()}
}

func scanNotice(r *row) nodkey.Notice {
	return nodkey.Notice{
		ApprovalID: text[nodkey.ApprovalID](r), KeyID: text[nodkey.KeyID](r), Service: r.text(), CreatedAt: r.time(),
		DueAt: r.time(), ExpiresAt: r.time(), Attempts: r.count(),
	}
}

func (t *tx) SaveSubscription(s nodkey.SealedSubscription) error {
	_, err := t.exec("INSERT INTO subscriptions ("+subscriptionColumns+") VALUES ($1, $2, $3, $4)"+
		" ON CONFLICT (key_id) DO UPDATE SET service = excluded.service, created_at = excluded.created_at, target = excluded.target",
		string(s.KeyID), s.Service, millis(s.CreatedAt), blob(s.Target))
	return err
}

func (t *tx) Subscription(key nodkey.KeyID) (nodkey.SealedSubscription, error) {
	return one(t, scanSubscription, "SELECT "+subscriptionColumns+" FROM subscriptions WHERE key_id = $1", string(key))
}

func (t *tx) DeleteSubscription(key nodkey.KeyID) error {
	if _, err := t.exec("DELETE FROM outbox WHERE key_id = $1", string(key)); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM subscriptions WHERE key_id = $1", string(key))
	return err
}

func (t *tx) InsertNotice(n nodkey.Notice) (bool, error) {
	made, err := t.exec("INSERT INTO outbox ("+noticeColumns+") SELECT $1, key_id, service, $3, $4, $5, $6"+
		" FROM subscriptions WHERE key_id = $2 ON CONFLICT DO NOTHING",
		string(n.ApprovalID), string(n.KeyID), millis(n.CreatedAt), millis(n.DueAt), millis(n.ExpiresAt), int64(n.Attempts))
	return made > 0, err
}

func (t *tx) DueNotices(service string, now time.Time, limit int) ([]nodkey.Notice, error) {
	return list(t, scanNotice, "SELECT "+noticeColumns+" FROM outbox WHERE service = $1 AND due_at <= $2"+
		" ORDER BY due_at, approval_id, key_id LIMIT $3", service, millis(now), most(limit))
}

func (t *tx) TakeNotice(n nodkey.Notice, until time.Time) (nodkey.Notice, error) {
	return one(t, scanNotice, "UPDATE outbox SET due_at = $4, attempts = attempts + 1"+
		" WHERE approval_id = $1 AND key_id = $2 AND due_at = $3 RETURNING "+noticeColumns,
		string(n.ApprovalID), string(n.KeyID), millis(n.DueAt), millis(until))
}

func (t *tx) PutBackNotice(n nodkey.Notice) error {
	return t.save("UPDATE outbox SET due_at = $3 WHERE approval_id = $1 AND key_id = $2",
		string(n.ApprovalID), string(n.KeyID), millis(n.DueAt))
}

func (t *tx) DeleteNotice(approval nodkey.ApprovalID, key nodkey.KeyID) error {
	_, err := t.exec("DELETE FROM outbox WHERE approval_id = $1 AND key_id = $2", string(approval), string(key))
	return err
}

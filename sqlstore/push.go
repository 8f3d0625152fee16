package sqlstore

import (
	"time"

	"github.com/nodkey/nodkey"
)

const (
	subscriptionColumns = "id, key_id, channel, service, created_at, target, accepted_at, refused_at, refusals"
	noticeColumns       = "approval_id, key_id, channel, service, created_at, due_at, expires_at, attempts"
	noticeKey           = "approval_id = $1 AND key_id = $2 AND channel = $3"
)

func scanSubscription(r *row) nodkey.SealedSubscription {
	return nodkey.SealedSubscription{
		Row: r.text(), KeyID: text[nodkey.KeyID](r), Channel: r.text(), Service: r.text(), CreatedAt: r.time(), Target: r.blob(),
		AcceptedAt: r.time(), RefusedAt: r.time(), Refusals: r.count(),
	}
}

func scanNotice(r *row) nodkey.Notice {
	return nodkey.Notice{
		ApprovalID: text[nodkey.ApprovalID](r), KeyID: text[nodkey.KeyID](r), Channel: r.text(), Service: r.text(), CreatedAt: r.time(),
		DueAt: r.time(), ExpiresAt: r.time(), Attempts: r.count(),
	}
}

func (t *tx) SaveSubscription(s nodkey.SealedSubscription) error {
	_, err := t.exec("INSERT INTO subscriptions ("+subscriptionColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"+
		" ON CONFLICT (key_id, channel) DO UPDATE SET id = excluded.id, service = excluded.service, created_at = excluded.created_at,"+
		" target = excluded.target, accepted_at = excluded.accepted_at, refused_at = excluded.refused_at, refusals = excluded.refusals",
		s.Row, string(s.KeyID), s.Channel, s.Service, millis(s.CreatedAt), blob(s.Target), millis(s.AcceptedAt), millis(s.RefusedAt),
		int64(s.Refusals))
	return err
}

func (t *tx) Subscription(key nodkey.KeyID, channel string) (nodkey.SealedSubscription, error) {
	return one(t, scanSubscription, "SELECT "+subscriptionColumns+" FROM subscriptions WHERE key_id = $1 AND channel = $2", string(key), channel)
}

func (t *tx) SubscriptionsOf(key nodkey.KeyID) ([]nodkey.SealedSubscription, error) {
	return list(t, scanSubscription, "SELECT "+subscriptionColumns+" FROM subscriptions WHERE key_id = $1 ORDER BY channel", string(key))
}

func (t *tx) SubscriptionAccepted(s nodkey.SealedSubscription, at time.Time) error {
	_, err := t.exec("UPDATE subscriptions SET accepted_at = $4, refusals = 0 WHERE key_id = $1 AND channel = $2 AND target = $3",
		string(s.KeyID), s.Channel, blob(s.Target), millis(at))
	return err
}

func (t *tx) SubscriptionRefused(s nodkey.SealedSubscription, at time.Time) error {
	_, err := t.exec("UPDATE subscriptions SET refused_at = $4, refusals = refusals + 1 WHERE key_id = $1 AND channel = $2 AND target = $3",
		string(s.KeyID), s.Channel, blob(s.Target), millis(at))
	return err
}

func (t *tx) DeleteSubscription(key nodkey.KeyID, channel string) error {
	if _, err := t.exec("DELETE FROM outbox WHERE key_id = $1 AND channel = $2", string(key), channel); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM subscriptions WHERE key_id = $1 AND channel = $2", string(key), channel)
	return err
}

func (t *tx) InsertNotice(n nodkey.Notice) (bool, error) {
	if n.Service != "" {
		made, err := t.exec("INSERT INTO outbox ("+noticeColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
			string(n.ApprovalID), string(n.KeyID), n.Channel, n.Service, millis(n.CreatedAt), millis(n.DueAt), millis(n.ExpiresAt), int64(n.Attempts))
		return made > 0, err
	}
	made, err := t.exec("INSERT INTO outbox ("+noticeColumns+") SELECT $1, key_id, channel, service, $4, $5, $6, $7"+
		" FROM subscriptions WHERE key_id = $2 AND channel = $3 ON CONFLICT DO NOTHING",
		string(n.ApprovalID), string(n.KeyID), n.Channel, millis(n.CreatedAt), millis(n.DueAt), millis(n.ExpiresAt), int64(n.Attempts))
	return made > 0, err
}

func (t *tx) NoticesOf(approval nodkey.ApprovalID) ([]nodkey.Notice, error) {
	return list(t, scanNotice, "SELECT "+noticeColumns+" FROM outbox WHERE approval_id = $1 ORDER BY key_id, channel", string(approval))
}

// dueNotices reads in one statement what would take three more for each notice: a full outbox has thousands.
const dueNotices = "SELECT n.approval_id, n.key_id, n.channel, n.service, n.created_at, n.due_at, n.expires_at, n.attempts," +
	" a.user_id, a.kind, a.state, a.subject, a.expires_at, k.state, k.phone_name," +
	" s.id, s.key_id, s.channel, s.service, s.created_at, s.target, s.accepted_at, s.refused_at, s.refusals" +
	" FROM outbox n JOIN approvals a ON a.id = n.approval_id JOIN keys k ON k.id = n.key_id" +
	" LEFT JOIN subscriptions s ON s.key_id = n.key_id AND s.channel = n.channel" +
	" WHERE n.service = $1 AND n.due_at <= $2 ORDER BY n.due_at, n.approval_id, n.key_id, n.channel LIMIT $3"

func scanDueNotice(r *row) nodkey.DueNotice {
	return nodkey.DueNotice{
		Notice: scanNotice(r), User: text[nodkey.UserID](r), Kind: text[nodkey.ApprovalKind](r), State: text[nodkey.ApprovalState](r),
		Subject: r.text(), Ends: r.time(), KeyState: text[nodkey.KeyState](r), PhoneName: r.text(), To: scanSubscription(r),
	}
}

func (t *tx) DueNotices(service string, now time.Time, limit int) ([]nodkey.DueNotice, error) {
	return list(t, scanDueNotice, dueNotices, service, millis(now), most(limit))
}

func (t *tx) TakeNotice(n nodkey.Notice, until time.Time) (nodkey.Notice, error) {
	return one(t, scanNotice, "UPDATE outbox SET due_at = $5, attempts = attempts + 1 WHERE "+noticeKey+" AND due_at = $4 RETURNING "+noticeColumns,
		string(n.ApprovalID), string(n.KeyID), n.Channel, millis(n.DueAt), millis(until))
}

func (t *tx) PutBackNotice(n nodkey.Notice) error {
	return t.save("UPDATE outbox SET due_at = $4 WHERE "+noticeKey, string(n.ApprovalID), string(n.KeyID), n.Channel, millis(n.DueAt))
}

func (t *tx) DeleteNotice(n nodkey.Notice) error {
	_, err := t.exec("DELETE FROM outbox WHERE "+noticeKey, string(n.ApprovalID), string(n.KeyID), n.Channel)
	return err
}

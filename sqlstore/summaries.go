package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	summaryColumns = "id, message_id, user_id, channel, created_at, reason, urgent, expires_at, address, state, due_at, attempts, ended_at, failure"
	tryColumns     = "id, user_id, created_at, channel, address, code, code_hash, session_id, language, tries, state, due_at, expires_at"
	contactColumns = "id, user_id, channel, address, verified_at, key_id"
)

var (
	summaryInsert = insertInto("summaries", summaryColumns)
	tryInsert     = insertInto("contact_tries", tryColumns)
	tryUpdate     = updateOf("contact_tries", tryColumns, 3)
)

func scanSummary(r *row) nodkey.SealedSummary {
	return nodkey.SealedSummary{
		ID: text[nodkey.SummaryID](r), MessageID: text[nodkey.MessageID](r), UserID: text[nodkey.UserID](r),
		Channel: text[nodkey.SummaryChannel](r), CreatedAt: r.time(), Reason: text[nodkey.SummaryReason](r), Urgent: r.flag(), ExpiresAt: r.time(),
		Address: r.blob(), State: text[nodkey.SummaryState](r), DueAt: r.time(), Attempts: r.count(), EndedAt: r.time(), Failure: r.text(),
	}
}

func (t *tx) InsertSummary(s nodkey.SealedSummary) (bool, error) {
	made, err := t.exec(summaryInsert, string(s.ID), string(s.MessageID), string(s.UserID), string(s.Channel), millis(s.CreatedAt),
		string(s.Reason), flag(s.Urgent), millis(s.ExpiresAt), blob(s.Address), string(s.State), millis(s.DueAt), int64(s.Attempts), millis(s.EndedAt), s.Failure)
	return made > 0, err
}

func (t *tx) DueSummaries(channel nodkey.SummaryChannel, urgent bool, now time.Time, limit int) ([]nodkey.SealedSummary, error) {
	return list(t, scanSummary, "SELECT "+summaryColumns+" FROM summaries WHERE state = 'waiting' AND channel = $1 AND urgent = $2 AND due_at <= $3"+
		" ORDER BY due_at, id LIMIT $4", string(channel), flag(urgent), millis(now), most(limit))
}

func (t *tx) TakeSummary(s nodkey.SealedSummary, until time.Time) (nodkey.SealedSummary, error) {
	return one(t, scanSummary, "UPDATE summaries SET due_at = $3, attempts = attempts + 1"+
		" WHERE id = $1 AND state = 'waiting' AND due_at = $2 RETURNING "+summaryColumns, string(s.ID), millis(s.DueAt), millis(until))
}

func (t *tx) SettleSummary(s nodkey.SealedSummary) error {
	return t.save("UPDATE summaries SET state = $2, due_at = $3, ended_at = $4, failure = $5, attempts = $6 WHERE id = $1 AND state = 'waiting'",
		string(s.ID), string(s.State), millis(s.DueAt), millis(s.EndedAt), s.Failure, int64(s.Attempts))
}

func (t *tx) Summary(id nodkey.SummaryID) (nodkey.SealedSummary, error) {
	return one(t, scanSummary, "SELECT "+summaryColumns+" FROM summaries WHERE id = $1", string(id))
}

func (t *tx) BounceSummary(s nodkey.SealedSummary) error {
	return t.save("UPDATE summaries SET state = $2, ended_at = $3, failure = $4 WHERE id = $1 AND (state = 'sent' OR state = 'waiting' AND attempts > 0)",
		string(s.ID), string(s.State), millis(s.EndedAt), s.Failure)
}

func (t *tx) SummariesOf(message nodkey.MessageID, limit int) ([]nodkey.SealedSummary, error) {
	return list(t, scanSummary, "SELECT "+summaryColumns+" FROM summaries WHERE message_id = $1 ORDER BY created_at, id LIMIT $2",
		string(message), most(limit))
}

func scanContact(r *row) nodkey.SealedContact {
	return nodkey.SealedContact{ID: r.text(), UserID: text[nodkey.UserID](r), Channel: text[nodkey.SummaryChannel](r), Address: r.blob(), VerifiedAt: r.time(), ApprovedBy: text[nodkey.KeyID](r)}
}

func (t *tx) SaveContact(c nodkey.SealedContact) error {
	_, err := t.exec("INSERT INTO contacts ("+contactColumns+") VALUES ($1, $2, $3, $4, $5, $6)"+
		" ON CONFLICT (id) DO UPDATE SET address = excluded.address, verified_at = excluded.verified_at, key_id = excluded.key_id",
		c.ID, string(c.UserID), string(c.Channel), blob(c.Address), millis(c.VerifiedAt), string(c.ApprovedBy))
	return err
}

func (t *tx) Contact(user nodkey.UserID, channel nodkey.SummaryChannel) (nodkey.SealedContact, error) {
	return one(t, scanContact, "SELECT "+contactColumns+" FROM contacts WHERE user_id = $1 AND channel = $2", string(user), string(channel))
}

func (t *tx) DeleteContact(user nodkey.UserID, channel nodkey.SummaryChannel) error {
	_, err := t.exec("DELETE FROM contacts WHERE user_id = $1 AND channel = $2", string(user), string(channel))
	return err
}

func tryArgs(c nodkey.ContactTry) []driver.Value {
	return []driver.Value{string(c.ID), string(c.UserID), millis(c.CreatedAt), string(c.Channel), blob(c.Address), blob(c.Code),
		blob(c.CodeHash), maybeText(string(c.SessionID)), c.Language, int64(c.Tries), string(c.State), millis(c.DueAt), millis(c.ExpiresAt)}
}

func scanTry(r *row) nodkey.ContactTry {
	return nodkey.ContactTry{
		ID: text[nodkey.ContactTryID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), Channel: text[nodkey.SummaryChannel](r),
		Address: r.blob(), Code: r.blob(), CodeHash: r.blob(), SessionID: text[nodkey.SessionID](r), Language: r.text(), Tries: r.count(), State: text[nodkey.ContactTryState](r),
		DueAt: r.time(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertContactTry(c nodkey.ContactTry) error { return t.insert(tryInsert, tryArgs(c)...) }

func (t *tx) ContactTry(id nodkey.ContactTryID) (nodkey.ContactTry, error) {
	return one(t, scanTry, "SELECT "+tryColumns+" FROM contact_tries WHERE id = $1", string(id))
}

func (t *tx) NewestContactTry(user nodkey.UserID, channel nodkey.SummaryChannel) (nodkey.ContactTry, error) {
	return one(t, scanTry, "SELECT "+tryColumns+" FROM contact_tries WHERE user_id = $1 AND channel = $2 AND session_id IS NULL"+
		" ORDER BY created_at DESC, id DESC LIMIT 1", string(user), string(channel))
}

func (t *tx) NewestSessionTry(session nodkey.SessionID) (nodkey.ContactTry, error) {
	return one(t, scanTry, "SELECT "+tryColumns+" FROM contact_tries WHERE session_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1", string(session))
}

func (t *tx) ReserveContactTry(id nodkey.ContactTryID, most int, now time.Time) (nodkey.ContactTry, error) {
	return one(t, scanTry, "UPDATE contact_tries SET tries = tries + 1 WHERE id = $1 AND state = 'open' AND tries < $2 AND expires_at > $3"+
		" RETURNING "+tryColumns, string(id), int64(most), millis(now))
}

func (t *tx) SaveContactTry(c nodkey.ContactTry) error {
	return t.save(tryUpdate, without(3, tryArgs(c))...)
}

func (t *tx) DueContactTries(channel nodkey.SummaryChannel, now time.Time, limit int) ([]nodkey.ContactTry, error) {
	return list(t, scanTry, "SELECT "+tryColumns+" FROM contact_tries WHERE code IS NOT NULL AND channel = $1 AND due_at <= $2"+
		" ORDER BY due_at, id LIMIT $3", string(channel), millis(now), most(limit))
}

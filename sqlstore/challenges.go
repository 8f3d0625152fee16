package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const challengeColumns = "id, approval_id, created_at, digits, earlier, tries, expires_at"

var challengeInsert = insertInto("challenges", challengeColumns)

func challengeArgs(c nodkey.Challenge) []driver.Value {
	return []driver.Value{string(c.ID), string(c.ApprovalID), millis(c.CreatedAt), c.Digits, blob(c.Earlier), int64(c.Tries), millis(c.ExpiresAt)}
}

func scanChallenge(r *row) nodkey.Challenge {
	return nodkey.Challenge{
		ID: text[nodkey.ChallengeID](r), ApprovalID: text[nodkey.ApprovalID](r), CreatedAt: r.time(), Digits: r.text(),
		Earlier: r.blob(), Tries: r.count(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertChallenge(c nodkey.Challenge) error {
	return t.insert(challengeInsert, challengeArgs(c)...)
}

func (t *tx) ChallengesOf(approval nodkey.ApprovalID) ([]nodkey.Challenge, error) {
	return list(t, scanChallenge, "SELECT "+challengeColumns+" FROM challenges WHERE approval_id = $1"+
		" ORDER BY created_at DESC, id DESC", string(approval))
}

func (t *tx) ReserveChallengeTry(id nodkey.ChallengeID, most int, now time.Time) (int, error) {
	return one(t, (*row).count, "UPDATE challenges SET tries = tries + 1"+
		" WHERE id = $1 AND tries < $2 AND expires_at > $3 RETURNING tries", string(id), int64(most), millis(now))
}

func (t *tx) AskChallenge(key nodkey.KeyID, digits string, at time.Time) error {
	return t.insert("INSERT INTO asked_challenges (key_id, digits, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		string(key), digits, millis(at))
}

func (t *tx) ReserveCodeTry(id nodkey.KeyID, most int) (int, error) {
	return one(t, (*row).count, "UPDATE keys SET code_tries = code_tries + 1"+
		" WHERE id = $1 AND state = 'active' AND code_tries < $2 RETURNING code_tries", string(id), int64(most))
}

func (t *tx) InsertCodeFailure(key nodkey.KeyID, attempt string, at time.Time) error {
	return t.insert("INSERT INTO code_failures (key_id, attempt, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		string(key), attempt, millis(at))
}

func (t *tx) DeleteCodeFailure(key nodkey.KeyID, attempt string) error {
	_, err := t.exec("DELETE FROM code_failures WHERE key_id = $1 AND attempt = $2", string(key), attempt)
	return err
}

func (t *tx) CountCodeFailures(key nodkey.KeyID, since time.Time) (int, error) {
	return one(t, (*row).count, "SELECT COUNT(*) FROM code_failures WHERE key_id = $1 AND at >= $2", string(key), millis(since))
}

func (t *tx) DeleteCodeFailures(key nodkey.KeyID) error {
	_, err := t.exec("DELETE FROM code_failures WHERE key_id = $1", string(key))
	return err
}

package sqlstore

import (
	"time"

	"github.com/nodkey/nodkey"
)

// How long things are kept that can no longer change anything, counted from their end.
const (
	keepActivation = 30 * 24 * time.Hour  // a phone may ask for its receipt again
	keepSignIn     = 90 * 24 * time.Hour  // the portal lists recent ones
	keepApproval   = 90 * 24 * time.Hour  // with its evidence, and its challenges
	keepSummary    = 90 * 24 * time.Hour  // what was sent, and what became of it
	keepTry        = 24 * time.Hour       // of an address
	keepCallback   = 24 * time.Hour       // of a door that nobody opens any more; others give it up themselves
	keepBrowser    = 400 * 24 * time.Hour // browsers keep no cookie longer (RFC 6265bis §5.5)
)

// purges name what goes: rows of a table by their key, older than an age. A row that has no such time stays.
var purges = []struct {
	query string
	age   time.Duration
}{
	{purge("outbox", "approval_id, key_id, channel", "expires_at"), 0},
	{purge("limits", "name", "empty_at"), 0},
	{purge("sessions", "id", "expires_at"), 0},
	{purge("activations", "id", "expires_at"), keepActivation},
	{purge("sign_ins", "id", "expires_at"), keepSignIn},
	{purge("approvals", "id", "expires_at"), keepApproval},
	{purge("used_proofs", "key_id, jti", "until_at"), 0},
	{purge("pin_failures", "key_id, attempt", "at"), nodkey.PINTriesInAllIn},
	{purge("code_failures", "key_id, attempt", "at"), nodkey.CodeTriesInAllIn},
	{purge("asked_challenges", "key_id, digits", "at"), nodkey.ChallengeRest},
	{purge("application_secrets", "id", "expires_at"), 0},
	{purge("signing_keys", "id", "ends_at"), 0},
	{purge("enrolments", "user_id", "until_at"), 0},
	{purge("used_assertions", "application_id, digest", "until_at"), 0},
	{purge("summaries", "id", "ended_at"), keepSummary},
	{purge("contact_tries", "id", "expires_at"), keepTry},
	{purge("grant_requests", "id", "expires_at"), 0},
	{purge("grant_tokens", "token", "expires_at"), 0},
	{purge("callbacks", "id", "expires_at"), keepCallback},
	{purge("known_browsers", "browser, user_id", "at"), keepBrowser},
}

func purge(table, key, at string) string {
	return "DELETE FROM " + table + " WHERE (" + key + ") IN (SELECT " + key + " FROM " + table +
		" WHERE " + at + " > 0 AND " + at + " <= $1 ORDER BY " + at + " LIMIT $2)"
}

// purgeFiles takes files that were never sent: few at a time, as each has a hundred chunks.
var purgeFiles = purge("message_files", "id", "expires_at")

const filesAtOnce = 10

// forgetCodes takes the secrets out of activations that ran out unused; the rows stay for as long as the others.
const forgetCodes = "UPDATE activations SET code = NULL, es = NULL WHERE id IN (SELECT id FROM activations" +
	" WHERE code IS NOT NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2)"

func (t *tx) Purge(now time.Time, limit int) (int, error) {
	if _, err := t.exec(forgetCodes, millis(now), most(limit)); err != nil {
		return 0, err
	}
	files, err := t.exec(purgeFiles, millis(now), most(min(limit, filesAtOnce)))
	if err != nil {
		return 0, err
	}
	sum := int(files)
	for _, p := range purges {
		n, err := t.exec(p.query, millis(now.Add(-p.age)), most(limit))
		if err != nil {
			return sum, err
		}
		sum += int(n)
	}
	return sum, nil
}

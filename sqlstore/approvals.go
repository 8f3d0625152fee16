package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

const approvalColumns = "id, user_id, created_at, key_ids, kind, state, statement, digest, number, notified, known, source, " +
	"session_id, subject, payload, expires_at, decided_at, decided_by, decision, factor, reason, assertion"

var approvalInsert = insertInto("approvals", approvalColumns)

func approvalArgs(a nodkey.Approval) []driver.Value {
	return []driver.Value{string(a.ID), string(a.UserID), millis(a.CreatedAt), joinKeys(a.KeyIDs), string(a.Kind),
		string(a.State), a.Statement, blob(a.Digest), flag(a.Number), flag(a.Notified), flag(a.Known), a.Source,
		string(a.SessionID), a.Subject, blob(a.Payload), millis(a.ExpiresAt), millis(a.DecidedAt), string(a.DecidedBy),
		a.Decision, a.Factor, a.Reason, a.Assertion}
}

func scanApproval(r *row) nodkey.Approval {
	return nodkey.Approval{
		ID: text[nodkey.ApprovalID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), KeyIDs: splitKeys(r.text()),
		Kind: text[nodkey.ApprovalKind](r), State: text[nodkey.ApprovalState](r), Statement: r.text(), Digest: r.blob(),
		Number: r.flag(), Notified: r.flag(), Known: r.flag(), Source: r.text(), SessionID: text[nodkey.SessionID](r),
		Subject: r.text(), Payload: r.blob(), ExpiresAt: r.time(), DecidedAt: r.time(), DecidedBy: text[nodkey.KeyID](r),
		Decision: r.text(), Factor: r.text(), Reason: r.text(), Assertion: r.text(),
	}
}

// joinKeys needs no escaping: a key id is base64url.
func joinKeys(ids []nodkey.KeyID) string {
	if len(ids) == 1 {
		return string(ids[0])
	}
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(id))
	}
	return b.String()
}

func splitKeys(joined string) []nodkey.KeyID {
	if joined == "" {
		return nil
	}
	ids := make([]nodkey.KeyID, 0, 1+strings.Count(joined, " "))
	for id := range strings.SplitSeq(joined, " ") {
		ids = append(ids, nodkey.KeyID(id))
	}
	return ids
}

func (t *tx) InsertApproval(a nodkey.Approval) error {
	return t.insert(approvalInsert, approvalArgs(a)...)
}

func (t *tx) Approval(id nodkey.ApprovalID) (nodkey.Approval, error) {
	return one(t, scanApproval, "SELECT "+approvalColumns+" FROM approvals WHERE id = $1", string(id))
}

func (t *tx) OpenApprovals(user nodkey.UserID, now time.Time) ([]nodkey.Approval, error) {
	return list(t, scanApproval, "SELECT "+approvalColumns+" FROM approvals"+
		" WHERE user_id = $1 AND state = 'open' AND expires_at > $2 ORDER BY created_at DESC, id DESC", string(user), millis(now))
}

func (t *tx) ApprovalsSince(user nodkey.UserID, since time.Time, limit int) ([]nodkey.Approval, error) {
	return list(t, scanApproval, "SELECT "+approvalColumns+" FROM approvals"+
		" WHERE user_id = $1 AND created_at >= $2 ORDER BY created_at DESC, id DESC LIMIT "+strconv.FormatInt(most(limit), 10),
		string(user), millis(since)) // a parameter there would have the engine plan anew each time, ten times the work
}

const (
	endApproval = "UPDATE approvals SET state = $2, decided_at = $3, decided_by = $4, decision = $5, factor = $6, reason = $7, assertion = $8, payload = NULL" +
		" WHERE id = $1 AND state = 'open' AND "
	endInTime  = endApproval + "expires_at > $3 RETURNING " + approvalColumns
	endTooLate = endApproval + "expires_at <= $3 RETURNING " + approvalColumns
)

func (t *tx) EndApproval(a nodkey.Approval) (nodkey.Approval, error) {
	query := endInTime
	switch a.State {
	case nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled:
	case nodkey.ApprovalExpired:
		query = endTooLate
	default:
		return nodkey.Approval{}, fmt.Errorf("sqlstore: state %q does not end an approval", a.State)
	}
	return one(t, scanApproval, query, string(a.ID), string(a.State), millis(a.DecidedAt), string(a.DecidedBy),
		a.Decision, a.Factor, a.Reason, a.Assertion)
}

func (t *tx) ExtendApproval(a nodkey.Approval, now time.Time) (nodkey.Approval, error) {
	return one(t, scanApproval, "UPDATE approvals SET statement = $2, digest = $3, expires_at = $4"+
		" WHERE id = $1 AND state = 'open' AND expires_at > $5 RETURNING "+approvalColumns,
		string(a.ID), a.Statement, blob(a.Digest), millis(a.ExpiresAt), millis(now))
}

// MissedBy finds a key among others between blanks. Its id may hold a _, which LIKE takes for any character: of 43 random ones
// another key has the rest never.
func (t *tx) MissedBy(user nodkey.UserID, key nodkey.KeyID, since, now time.Time, limit int) ([]nodkey.Approval, error) {
	return list(t, scanApproval, "SELECT "+approvalColumns+" FROM approvals WHERE user_id = $1 AND created_at >= $2 AND kind IN ('sign_in', 'confirm')"+
		" AND (state = 'expired' OR state = 'open' AND expires_at <= $3) AND ' ' || key_ids || ' ' LIKE '% ' || $4 || ' %'"+
		" ORDER BY created_at DESC, id DESC LIMIT $5", string(user), millis(since), millis(now), string(key), most(limit))
}

func (t *tx) RunOut(now time.Time, limit int) ([]nodkey.Approval, error) {
	return list(t, scanApproval, "SELECT "+approvalColumns+" FROM approvals"+
		" WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2", millis(now), most(limit))
}

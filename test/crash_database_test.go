package test

import (
	"database/sql"
	"errors"
	"fmt"

	_ "modernc.org/sqlite"
)

// isRemoved asks the database: the phone itself has forgotten the key.
func (c *crash) isRemoved(key string) error {
	db := c.open("ro")
	defer db.Close()
	state := ""
	err := db.QueryRow("SELECT state FROM keys WHERE id = ?", key).Scan(&state)
	if err == nil && state != "removed" {
		err = fmt.Errorf("a removed key is %s again", state)
	}
	return err
}

func (c *crash) changedPINs(p *crashPerson) (n int) {
	c.t.Helper()
	db := c.open("ro")
	defer db.Close()
	c.must(db.QueryRow("SELECT count(*) FROM audit_rows WHERE action = 'pin.changed' AND subject = ?", p.key).Scan(&n))
	return n
}

// forgetTries forgets tries at passwords and PINs: those that a kill cut off stay charged, as they should, and would slow
// this test down or suspend a key. It is the first to open the database after the kill.
func (c *crash) forgetTries() {
	c.t.Helper()
	db := c.open("rw")
	_, err := db.Exec("DELETE FROM limits; DELETE FROM pin_failures; UPDATE keys SET pin_tries = 0")
	c.must(errors.Join(err, db.Close()))
}

func (c *crash) open(mode string) *sql.DB {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+c.database+"?mode="+mode+"&_pragma=busy_timeout(5000)")
	c.must(err)
	return db
}

// halves are questions that find something only where a change was kept by half.
var halves = map[string]string{
	"an active key without its audit row": `SELECT id FROM keys WHERE activated_at > 0 AND
		(SELECT count(*) FROM audit_rows WHERE action = 'key.activated' AND subject = keys.id) <> 1`,
	"an audit row without its active key": `SELECT seq FROM audit_rows WHERE action = 'key.activated' AND
		NOT EXISTS (SELECT 1 FROM keys WHERE id = subject AND activated_at > 0)`,
	"a key whose activation is not used": `SELECT k.id FROM keys k LEFT JOIN activations a ON a.id = k.activation_id
		WHERE a.state IS NOT 'used' OR a.key_id <> k.id OR a.es IS NOT NULL OR a.code IS NOT NULL`,
	"a used activation without its key": `SELECT id FROM activations WHERE state = 'used' AND NOT EXISTS (SELECT 1 FROM keys WHERE keys.id = key_id AND activation_id = activations.id)`,
	"a decided request without its audit row": `SELECT id FROM approvals WHERE state IN ('approved', 'denied') AND
		(SELECT count(*) FROM audit_rows WHERE action = 'approval.' || approvals.state AND subject = approvals.id) <> 1`,
	"an audit row without its decided request": `SELECT seq FROM audit_rows WHERE action IN ('approval.approved', 'approval.denied') AND
		NOT EXISTS (SELECT 1 FROM approvals WHERE approvals.id = audit_rows.subject AND 'approval.' || state = action)`,
	"an approved request whose sign-in waits":  `SELECT s.id FROM sign_ins s JOIN approvals a ON a.id = s.approval_id WHERE s.state = 'pending' AND a.state <> 'open'`,
	"an approved sign-in whose request is not": `SELECT s.id FROM sign_ins s JOIN approvals a ON a.id = s.approval_id WHERE s.state IN ('approved', 'done') AND a.state <> 'approved'`,
	"a full session without its sign-in":       `SELECT id FROM sessions WHERE level = 'full' AND NOT EXISTS (SELECT 1 FROM sign_ins WHERE session_id = sessions.id AND state = 'done')`,
	"a full session without its audit row":     `SELECT id FROM sessions WHERE level = 'full' AND (SELECT count(*) FROM audit_rows WHERE action = 'session.opened' AND subject = sessions.id) <> 1`,
	"a finished sign-in without a session":     `SELECT id FROM sign_ins WHERE state = 'done' AND NOT EXISTS (SELECT 1 FROM audit_rows WHERE action = 'session.opened' AND subject = session_id)`,
	"a new password without its request": `SELECT seq FROM audit_rows WHERE action = 'password.changed' AND
		NOT EXISTS (SELECT 1 FROM approvals WHERE approvals.id = audit_rows.subject AND kind = 'password_change' AND state = 'approved')`,
	"an approved new password without its audit row": `SELECT id FROM approvals WHERE kind = 'password_change' AND state = 'approved' AND
		(SELECT count(*) FROM audit_rows WHERE action = 'password.changed' AND subject = approvals.id) <> 1`,
	"an approved key that waits": `SELECT a.id FROM approvals a JOIN keys k ON k.id = a.subject WHERE a.kind = 'key_add' AND a.state = 'approved' AND k.state = 'approve'`,
	"a removed key with secrets": `SELECT id FROM keys WHERE state = 'removed' AND (ocra IS NOT NULL OR pin_verifier IS NOT NULL)`,
	"a reference to nothing":     `SELECT "table" FROM pragma_foreign_key_check`,
	"a damaged page":             `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
}

// consistent looks for halves, straight in the database.
func (c *crash) consistent() {
	c.t.Helper()
	db := c.open("ro")
	defer db.Close()
	for what, question := range halves {
		var found string
		err := db.QueryRow(question).Scan(&found)
		if err == nil {
			c.t.Errorf("there is %s: %s", what, found)
		} else if !errors.Is(err, sql.ErrNoRows) {
			c.t.Errorf("%s: %v", what, err)
		}
	}
}

package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const signInColumns = "id, user_id, created_at, state, token, approval_id, source, agent, known, notified, cause, key_id, " +
	"session_id, expires_at, ended_at, application_id, app, asked, text, ask_key, ask_digest"

var (
	signInInsert = insertInto("sign_ins", signInColumns)
	signInUpdate = updateOf("sign_ins", signInColumns, 2)
)

func signInArgs(s nodkey.SignIn) []driver.Value {
	return []driver.Value{string(s.ID), string(s.UserID), millis(s.CreatedAt), string(s.State), maybeText(string(s.Token)),
		string(s.ApprovalID), s.Source, s.Agent, flag(s.Known), flag(s.Notified), s.Cause, string(s.KeyID),
		string(s.SessionID), millis(s.ExpiresAt), millis(s.EndedAt), string(s.ApplicationID), s.App, string(s.Asked), s.Text,
		blob(s.AskKey), blob(s.AskDigest)}
}

func scanSignIn(r *row) nodkey.SignIn {
	return nodkey.SignIn{
		ID: text[nodkey.SignInID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), State: text[nodkey.SignInState](r),
		Token: text[nodkey.TokenHash](r), ApprovalID: text[nodkey.ApprovalID](r), Source: r.text(), Agent: r.text(),
		Known: r.flag(), Notified: r.flag(), Cause: r.text(), KeyID: text[nodkey.KeyID](r),
		SessionID: text[nodkey.SessionID](r), ExpiresAt: r.time(), EndedAt: r.time(), ApplicationID: text[nodkey.ApplicationID](r),
		App: r.text(), Asked: text[nodkey.ApprovalKind](r), Text: r.text(), AskKey: r.blob(), AskDigest: r.blob(),
	}
}

func (t *tx) InsertSignIn(s nodkey.SignIn) error { return t.insert(signInInsert, signInArgs(s)...) }

func (t *tx) SignIn(id nodkey.SignInID) (nodkey.SignIn, error) {
	return one(t, scanSignIn, "SELECT "+signInColumns+" FROM sign_ins WHERE id = $1", string(id))
}

func (t *tx) SignInByToken(token nodkey.TokenHash) (nodkey.SignIn, error) {
	return one(t, scanSignIn, "SELECT "+signInColumns+" FROM sign_ins WHERE token = $1", maybeText(string(token)))
}

func (t *tx) SignInByAsk(application nodkey.ApplicationID, key []byte) (nodkey.SignIn, error) {
	return one(t, scanSignIn, "SELECT "+signInColumns+" FROM sign_ins WHERE application_id = $1 AND ask_key = $2", string(application), blob(key))
}

func (t *tx) AsksOf(application nodkey.ApplicationID, since time.Time, limit int) ([]nodkey.SignIn, error) {
	return list(t, scanSignIn, "SELECT "+signInColumns+" FROM sign_ins WHERE application_id = $1 AND application_id <> '' AND created_at >= $2"+
		" AND asked <> '' AND state IN ('pending', 'approved') ORDER BY created_at, id LIMIT $3", string(application), millis(since), most(limit))
}

func (t *tx) SignInsOf(user nodkey.UserID, limit int) ([]nodkey.SignIn, error) {
	return list(t, scanSignIn, "SELECT "+signInColumns+" FROM sign_ins WHERE user_id = $1"+
		" ORDER BY created_at DESC, id DESC LIMIT $2", string(user), most(limit))
}

func (t *tx) SaveSignIn(s nodkey.SignIn) error {
	return t.save(signInUpdate, without(2, signInArgs(s))...)
}

func (t *tx) FinishSignIn(id nodkey.SignInID, session nodkey.SessionID, now time.Time) (nodkey.SignIn, error) {
	return one(t, scanSignIn, "UPDATE sign_ins SET state = 'done', session_id = $2, ended_at = $3"+
		" WHERE id = $1 AND state = 'approved' RETURNING "+signInColumns, string(id), string(session), millis(now))
}

package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const sessionColumns = "id, user_id, created_at, token, level, may_activate, key_id, approval_id, source, agent, " +
	"last_seen_at, expires_at, application_id, app, browser"

var (
	sessionInsert = insertInto("sessions", sessionColumns)
	sessionUpdate = updateOf("sessions", sessionColumns, 2)
)

func sessionArgs(s nodkey.Session) []driver.Value {
	return []driver.Value{string(s.ID), string(s.UserID), millis(s.CreatedAt), maybeText(string(s.Token)), string(s.Level),
		flag(s.MayActivate), string(s.KeyID), string(s.ApprovalID), s.Source, s.Agent, millis(s.LastSeenAt), millis(s.ExpiresAt),
		maybeText(string(s.ApplicationID)), s.App, string(s.Browser)}
}

func scanSession(r *row) nodkey.Session {
	return nodkey.Session{
		ID: text[nodkey.SessionID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), Token: text[nodkey.TokenHash](r),
		Level: text[nodkey.Level](r), MayActivate: r.flag(), KeyID: text[nodkey.KeyID](r),
		ApprovalID: text[nodkey.ApprovalID](r), Source: r.text(), Agent: r.text(), LastSeenAt: r.time(), ExpiresAt: r.time(),
		ApplicationID: text[nodkey.ApplicationID](r), App: r.text(), Browser: text[nodkey.TokenHash](r),
	}
}

func (t *tx) InsertSession(s nodkey.Session) error { return t.insert(sessionInsert, sessionArgs(s)...) }

func (t *tx) SessionByToken(token nodkey.TokenHash) (nodkey.Session, error) {
	return one(t, scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE token = $1", maybeText(string(token)))
}

func (t *tx) SessionsOf(user nodkey.UserID, now time.Time) ([]nodkey.Session, error) {
	return list(t, scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE user_id = $1 AND expires_at > $2"+
		" ORDER BY created_at DESC, id DESC", string(user), millis(now))
}

func (t *tx) SaveSession(s nodkey.Session) error {
	return t.save(sessionUpdate, without(2, sessionArgs(s))...)
}

func (t *tx) DeleteSession(id nodkey.SessionID) error {
	_, err := t.exec("DELETE FROM sessions WHERE id = $1", string(id))
	return err
}

func (t *tx) KnowBrowser(browser nodkey.TokenHash, user nodkey.UserID, at time.Time) error {
	_, err := t.exec("INSERT INTO known_browsers (browser, user_id, at) VALUES ($1, $2, $3)"+
		" ON CONFLICT (browser, user_id) DO UPDATE SET at = excluded.at", string(browser), string(user), millis(at))
	return err
}

func (t *tx) ForgetBrowsers(user nodkey.UserID) error {
	_, err := t.exec("DELETE FROM known_browsers WHERE user_id = $1", string(user))
	return err
}

func (t *tx) InsertCountry(user nodkey.UserID, country string, at time.Time) error {
	_, err := t.exec("INSERT INTO countries (user_id, country, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", string(user), country, millis(at))
	return err
}

func (t *tx) CountriesOf(user nodkey.UserID) ([]string, error) {
	return list(t, (*row).text, "SELECT country FROM countries WHERE user_id = $1 ORDER BY country", string(user))
}

func (t *tx) KnownBrowser(browser nodkey.TokenHash, user nodkey.UserID) (bool, error) {
	n, err := one(t, (*row).count, "SELECT COUNT(*) FROM known_browsers WHERE browser = $1 AND user_id = $2 AND browser <> ''",
		string(browser), string(user))
	return n > 0, err
}

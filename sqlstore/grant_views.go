package sqlstore

import (
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// Every request through a reverse proxy asks for a view, so all that it depends on comes with one statement.
var grantViewColumns = "g." + strings.ReplaceAll(grantColumns, ", ", ", g.") +
	", u.name, u.display_name, u.locale, k.state, a.doors, a.groups, s.level, s.last_seen_at, s.expires_at"

const grantViewJoins = " JOIN users u ON u.id = g.user_id JOIN applications a ON a.id = g.application_id" +
	" LEFT JOIN keys k ON k.id = g.key_id LEFT JOIN sessions s ON s.id = g.session_id"

func scanGrantView(r *row) nodkey.GrantView {
	return nodkey.GrantView{
		Grant: scanGrant(r), Name: r.text(), Display: r.text(), Locale: r.text(), KeyState: text[nodkey.KeyState](r),
		Doors: splitNames[nodkey.Door](r.text()), Groups: splitNames[string](r.text()),
		Level: text[nodkey.Level](r), SeenAt: r.time(), EndsAt: r.time(),
	}
}

var (
	grantViewSelect  = "SELECT " + grantViewColumns + " FROM grants g" + grantViewJoins + " WHERE g.id = $1"
	accessViewSelect = "SELECT t." + strings.ReplaceAll(accessColumns, ", ", ", t.") + ", " + grantViewColumns +
		" FROM grant_tokens t JOIN grants g ON g.id = t.grant_id" + grantViewJoins + " WHERE t.token = $1"
)

func (t *tx) GrantView(id nodkey.GrantID) (nodkey.GrantView, error) {
	return one(t, scanGrantView, grantViewSelect, string(id))
}

func (t *tx) AccessView(token nodkey.TokenHash) (nodkey.GrantView, nodkey.AccessToken, error) {
	type both struct {
		view   nodkey.GrantView
		access nodkey.AccessToken
	}
	found, err := one(t, func(r *row) both {
		access := scanAccess(r)
		return both{scanGrantView(r), access}
	}, accessViewSelect, string(token))
	return found.view, found.access, err
}

func (t *tx) SeeSession(id nodkey.SessionID, at time.Time) error {
	return t.save("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", string(id), millis(at))
}

func scanConsent(r *row) nodkey.Consent {
	return nodkey.Consent{Application: text[nodkey.ApplicationID](r), Scopes: splitNames[string](r.text()), At: r.time(), Name: r.text()}
}

func (t *tx) SaveConsent(user nodkey.UserID, c nodkey.Consent) error {
	_, err := t.exec("INSERT INTO consents (user_id, application_id, scopes, at) VALUES ($1, $2, $3, $4)"+
		" ON CONFLICT (user_id, application_id) DO UPDATE SET scopes = excluded.scopes, at = excluded.at",
		string(user), string(c.Application), joinNames(c.Scopes), millis(c.At))
	return err
}

func (t *tx) Consent(user nodkey.UserID, application nodkey.ApplicationID) (nodkey.Consent, error) {
	return one(t, scanConsent, "SELECT application_id, scopes, at, '' FROM consents WHERE user_id = $1 AND application_id = $2", string(user), string(application))
}

func (t *tx) ConsentsOf(user nodkey.UserID) ([]nodkey.Consent, error) {
	return list(t, scanConsent, "SELECT c.application_id, c.scopes, c.at, a.name FROM consents c JOIN applications a ON a.id = c.application_id"+
		" WHERE c.user_id = $1 ORDER BY c.application_id", string(user))
}

func (t *tx) DeleteConsent(user nodkey.UserID, application nodkey.ApplicationID) error {
	_, err := t.exec("DELETE FROM consents WHERE user_id = $1 AND application_id = $2", string(user), string(application))
	return err
}

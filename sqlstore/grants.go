package sqlstore

import (
	"database/sql/driver"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	grantRequestColumns = "id, application_id, created_at, token, browser, door, return_to, scopes, ask, ask_again, again, max_age, hint, user_name, tell_end, " +
		"data, refused, agreed_by, expires_at, factors, password, passed_by, passed_at"
	grantColumns = "id, user_id, application_id, created_at, door, session_id, sid, key_id, approval_id, factor, auth_at, scopes, data, offline, tell_end, " +
		"code, redeemed_at, family, refresh, refresh_until, look_at, expires_at"
	accessColumns = "token, grant_id, created_at, scopes, expires_at"
)

var (
	grantRequestInsert = insertInto("grant_requests", grantRequestColumns)
	grantRequestUpdate = updateOf("grant_requests", grantRequestColumns, 2)
	grantInsert        = insertInto("grants", grantColumns)
	grantUpdate        = updateOf("grants", grantColumns, 3)
	accessInsert       = insertInto("grant_tokens", accessColumns)
)

func grantRequestArgs(r nodkey.SealedGrantRequest) []driver.Value {
	return []driver.Value{r.ID, string(r.ApplicationID), millis(r.CreatedAt), maybeText(string(r.Token)), string(r.Browser), string(r.Door), r.Return,
		joinNames(r.Scopes), flag(r.Ask), flag(r.AskAgain), flag(r.Again), r.MaxAge.Milliseconds(), r.Hint, r.User, flag(r.TellEnd), blob(r.Data), r.Refused,
		string(r.AgreedBy), millis(r.ExpiresAt), joinNames(r.Factors), r.Password.Milliseconds(), string(r.PassedBy), millis(r.PassedAt)}
}

func scanGrantRequest(r *row) nodkey.SealedGrantRequest {
	return nodkey.SealedGrantRequest{
		ID: r.text(), ApplicationID: text[nodkey.ApplicationID](r), CreatedAt: r.time(), Token: text[nodkey.TokenHash](r), Browser: text[nodkey.TokenHash](r),
		Door: text[nodkey.Door](r), Return: r.text(), Scopes: splitNames[string](r.text()), Ask: r.flag(), AskAgain: r.flag(), Again: r.flag(),
		MaxAge: time.Duration(r.integer()) * time.Millisecond, Hint: r.text(), User: r.text(), TellEnd: r.flag(), Data: r.blob(), Refused: r.text(),
		AgreedBy: text[nodkey.UserID](r), ExpiresAt: r.time(), Factors: splitNames[string](r.text()),
		Password: time.Duration(r.integer()) * time.Millisecond, PassedBy: text[nodkey.UserID](r), PassedAt: r.time(),
	}
}

func (t *tx) InsertGrantRequest(r nodkey.SealedGrantRequest) error {
	return t.insert(grantRequestInsert, grantRequestArgs(r)...)
}

func (t *tx) GrantRequestByToken(token nodkey.TokenHash) (nodkey.SealedGrantRequest, error) {
	return one(t, scanGrantRequest, "SELECT "+grantRequestColumns+" FROM grant_requests WHERE token = $1", maybeText(string(token)))
}

func (t *tx) SaveGrantRequest(r nodkey.SealedGrantRequest) error {
	return t.save(grantRequestUpdate, without(2, grantRequestArgs(r))...)
}

func (t *tx) ForgetPasses(user nodkey.UserID) error {
	_, err := t.exec("UPDATE grant_requests SET passed_by = '', passed_at = 0 WHERE passed_by = $1 AND passed_by <> ''", string(user))
	return err
}

func (t *tx) TakeGrantRequest(id string) error {
	return t.save("DELETE FROM grant_requests WHERE id = $1", id)
}

func grantArgs(g nodkey.SealedGrant) []driver.Value {
	return []driver.Value{string(g.ID), string(g.UserID), string(g.ApplicationID), millis(g.CreatedAt), string(g.Door), string(g.SessionID), g.SID, string(g.KeyID),
		string(g.ApprovalID), g.Factor, millis(g.AuthAt), joinNames(g.Scopes), blob(g.Data), flag(g.Offline), flag(g.TellEnd), maybeText(string(g.Code)),
		millis(g.RedeemedAt), maybeText(string(g.Family)), string(g.Refresh), millis(g.RefreshUntil), millis(g.LookAt), millis(g.ExpiresAt)}
}

func scanGrant(r *row) nodkey.SealedGrant {
	return nodkey.SealedGrant{
		ID: text[nodkey.GrantID](r), UserID: text[nodkey.UserID](r), ApplicationID: text[nodkey.ApplicationID](r), CreatedAt: r.time(),
		Door: text[nodkey.Door](r), SessionID: text[nodkey.SessionID](r), SID: r.text(), KeyID: text[nodkey.KeyID](r), ApprovalID: text[nodkey.ApprovalID](r),
		Factor: r.text(), AuthAt: r.time(), Scopes: splitNames[string](r.text()), Data: r.blob(), Offline: r.flag(), TellEnd: r.flag(),
		Code: text[nodkey.TokenHash](r), RedeemedAt: r.time(), Family: text[nodkey.TokenHash](r), Refresh: text[nodkey.TokenHash](r),
		RefreshUntil: r.time(), LookAt: r.time(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertGrant(g nodkey.SealedGrant) error { return t.insert(grantInsert, grantArgs(g)...) }

func (t *tx) SaveGrant(g nodkey.SealedGrant) error {
	return t.save(grantUpdate, without(3, grantArgs(g))...)
}

// DeleteGrant leaves the tokens to ON DELETE CASCADE.
func (t *tx) DeleteGrant(id nodkey.GrantID) error {
	_, err := t.exec("DELETE FROM grants WHERE id = $1", string(id))
	return err
}

func (t *tx) GrantByCode(code nodkey.TokenHash) (nodkey.SealedGrant, error) {
	return one(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE code = $1", maybeText(string(code)))
}

func (t *tx) GrantByFamily(family nodkey.TokenHash) (nodkey.SealedGrant, error) {
	return one(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE family = $1", maybeText(string(family)))
}

func (t *tx) RedeemGrant(id nodkey.GrantID, now time.Time) error {
	return t.save("UPDATE grants SET redeemed_at = $2 WHERE id = $1 AND redeemed_at = 0", string(id), millis(now))
}

func (t *tx) RotateGrant(g nodkey.SealedGrant, old nodkey.TokenHash) error {
	return t.save("UPDATE grants SET refresh = $3, refresh_until = $4 WHERE id = $1 AND refresh = $2", string(g.ID), string(old), string(g.Refresh), millis(g.RefreshUntil))
}

func (t *tx) GrantsOf(user nodkey.UserID, application nodkey.ApplicationID) ([]nodkey.SealedGrant, error) {
	if application == "" {
		return list(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE user_id = $1 ORDER BY created_at DESC, id DESC", string(user))
	}
	return list(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE user_id = $1 AND application_id = $2 ORDER BY created_at DESC, id DESC",
		string(user), string(application))
}

func (t *tx) GrantsOfSession(id nodkey.SessionID) ([]nodkey.SealedGrant, error) {
	return list(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE session_id = $1 ORDER BY created_at DESC, id DESC", string(id))
}

func (t *tx) GrantsToLook(now time.Time, limit int) ([]nodkey.SealedGrant, error) {
	return list(t, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE look_at <= $1 ORDER BY look_at, id LIMIT $2", millis(now), most(limit))
}

func accessArgs(a nodkey.AccessToken) []driver.Value {
	return []driver.Value{maybeText(string(a.Token)), string(a.GrantID), millis(a.CreatedAt), joinNames(a.Scopes), millis(a.ExpiresAt)}
}

func scanAccess(r *row) nodkey.AccessToken {
	return nodkey.AccessToken{Token: text[nodkey.TokenHash](r), GrantID: text[nodkey.GrantID](r), CreatedAt: r.time(), Scopes: splitNames[string](r.text()), ExpiresAt: r.time()}
}

func (t *tx) InsertAccess(a nodkey.AccessToken) error {
	return t.insert(accessInsert, accessArgs(a)...)
}

func (t *tx) AccessOf(id nodkey.GrantID) ([]nodkey.AccessToken, error) {
	return list(t, scanAccess, "SELECT "+accessColumns+" FROM grant_tokens WHERE grant_id = $1 ORDER BY created_at DESC, token DESC", string(id))
}

func (t *tx) DeleteAccess(token nodkey.TokenHash) error {
	_, err := t.exec("DELETE FROM grant_tokens WHERE token = $1", string(token))
	return err
}

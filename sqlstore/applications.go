package sqlstore

import (
	"database/sql/driver"
	"strings"

	"github.com/nodkey/nodkey"
)

const (
	applicationColumns = "id, created_at, name, doors, groups, plain, settings, in_file"
	secretColumns      = "id, application_id, created_at, expires_at, hash, value"
)

var (
	applicationInsert = insertInto("applications", applicationColumns)
	applicationUpdate = updateOf("applications", applicationColumns, 1)
	secretInsert      = insertInto("application_secrets", secretColumns)
	secretUpdate      = updateOf("application_secrets", secretColumns, 2)
)

func applicationArgs(a nodkey.Application) []driver.Value {
	return []driver.Value{string(a.ID), millis(a.CreatedAt), a.Name, joinNames(a.Doors), joinNames(a.Groups), flag(a.Plain), blob(a.SealedSettings), flag(a.InFile)}
}

func scanApplication(r *row) nodkey.Application {
	return nodkey.Application{
		ID: text[nodkey.ApplicationID](r), CreatedAt: r.time(), Name: r.text(), Doors: splitNames[nodkey.Door](r.text()), Groups: splitNames[string](r.text()),
		Plain: r.flag(), SealedSettings: r.blob(), InFile: r.flag(),
	}
}

// joinNames needs no escaping: names of doors and groups have no spaces.
func joinNames[T ~string](names []T) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = string(name)
	}
	return strings.Join(parts, " ")
}

func splitNames[T ~string](joined string) []T {
	var names []T
	for _, name := range strings.Fields(joined) {
		names = append(names, T(name))
	}
	return names
}

func (t *tx) InsertApplication(a nodkey.Application) error {
	return t.insert(applicationInsert, applicationArgs(a)...)
}

func (t *tx) Application(id nodkey.ApplicationID) (nodkey.Application, error) {
	return one(t, scanApplication, "SELECT "+applicationColumns+" FROM applications WHERE id = $1", string(id))
}

func (t *tx) Applications(after nodkey.ApplicationID, limit int) ([]nodkey.Application, error) {
	return list(t, scanApplication, "SELECT "+applicationColumns+" FROM applications WHERE id > $1 ORDER BY id LIMIT $2", string(after), most(limit))
}

func (t *tx) SaveApplication(a nodkey.Application) error {
	return t.save(applicationUpdate, without(1, applicationArgs(a))...)
}

// DeleteApplication leaves the secrets to ON DELETE CASCADE.
func (t *tx) DeleteApplication(id nodkey.ApplicationID) error {
	_, err := t.exec("DELETE FROM applications WHERE id = $1", string(id))
	return err
}

func secretArgs(s nodkey.ApplicationSecret) []driver.Value {
	return []driver.Value{s.ID, string(s.ApplicationID), millis(s.CreatedAt), millis(s.ExpiresAt), blob(s.Hash), blob(s.Sealed)}
}

func scanSecret(r *row) nodkey.ApplicationSecret {
	return nodkey.ApplicationSecret{ID: r.text(), ApplicationID: text[nodkey.ApplicationID](r), CreatedAt: r.time(), ExpiresAt: r.time(),
		Hash: r.blob(), Sealed: r.blob()}
}

func (t *tx) InsertApplicationSecret(s nodkey.ApplicationSecret) error {
	return t.insert(secretInsert, secretArgs(s)...)
}

func (t *tx) ApplicationSecrets(id nodkey.ApplicationID) ([]nodkey.ApplicationSecret, error) {
	return list(t, scanSecret, "SELECT "+secretColumns+" FROM application_secrets WHERE application_id = $1 ORDER BY created_at DESC, id DESC", string(id))
}

func (t *tx) SaveApplicationSecret(s nodkey.ApplicationSecret) error {
	return t.save(secretUpdate, without(2, secretArgs(s))...)
}

const enrolmentColumns = "user_id, application_id, code, until_at"

var enrolmentInsert = insertInto("enrolments", enrolmentColumns)

func (t *tx) InsertEnrolment(e nodkey.Enrolment) error {
	return t.insert(enrolmentInsert, string(e.UserID), string(e.ApplicationID), blob(e.Code), millis(e.Until))
}

func (t *tx) Enrolment(user nodkey.UserID) (nodkey.Enrolment, error) {
	return one(t, func(r *row) nodkey.Enrolment {
		return nodkey.Enrolment{UserID: text[nodkey.UserID](r), ApplicationID: text[nodkey.ApplicationID](r), Code: r.blob(), Until: r.time()}
	}, "SELECT "+enrolmentColumns+" FROM enrolments WHERE user_id = $1", string(user))
}

func (t *tx) GroupsOf(user nodkey.UserID) ([]string, error) {
	return list(t, (*row).text, "SELECT name FROM user_groups WHERE user_id = $1 ORDER BY name", string(user))
}

func (t *tx) InsertGroup(user nodkey.UserID, name string) error {
	return t.insert("INSERT INTO user_groups (user_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", string(user), name)
}

func (t *tx) DeleteGroup(user nodkey.UserID, name string) error {
	return t.save("DELETE FROM user_groups WHERE user_id = $1 AND name = $2", string(user), name)
}

package sqlstore

import (
	"encoding/binary"
	"fmt"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/seal"
)

func scanInstall(r *row) nodkey.Install {
	return nodkey.Install{ServerID: r.text(), RPID: r.text(), CreatedAt: r.time()}
}

func scanDataKey(r *row) seal.WrappedKey {
	return seal.WrappedKey{Version: uint32(r.integer()), Wrapped: r.blob()}
}

func (t *tx) Install() (nodkey.Install, error) {
	return one(t, scanInstall, "SELECT server_id, rp_id, created_at FROM install")
}

func (t *tx) InsertInstall(i nodkey.Install) error {
	return t.insert("INSERT INTO install (one, server_id, rp_id, created_at) VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING",
		i.ServerID, i.RPID, millis(i.CreatedAt))
}

func (t *tx) Secret(name string) ([]byte, error) {
	return one(t, (*row).blob, "SELECT sealed FROM secrets WHERE name = $1", name)
}

func (t *tx) InsertSecret(name string, sealed []byte) error {
	return t.insert("INSERT INTO secrets (name, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, blob(sealed))
}

func (t *tx) DataKeys() ([]seal.WrappedKey, error) {
	return list(t, scanDataKey, "SELECT version, wrapped FROM data_keys ORDER BY version")
}

func (t *tx) InsertDataKey(k seal.WrappedKey) error {
	return t.insert("INSERT INTO data_keys (version, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING", int64(k.Version), blob(k.Wrapped))
}

func (t *tx) SaveDataKey(k seal.WrappedKey) error {
	return t.save("UPDATE data_keys SET wrapped = $2 WHERE version = $1", int64(k.Version), blob(k.Wrapped))
}

// sealedIn says where the sealed values are: table, primary key and column.
var sealedIn = map[nodkey.SealedColumn][3]string{
	{Table: "secrets", Column: "value"}:        {"secrets", "name", "sealed"},
	{Table: "users", Column: "password"}:       {"users", "id", "password"},
	{Table: "keys", Column: "ocra"}:            {"keys", "id", "ocra"},
	{Table: "keys", Column: "pin"}:             {"keys", "id", "pin_verifier"},
	{Table: "keys", Column: "prf"}:             {"keys", "id", "prf_verifier"},
	{Table: "activations", Column: "code"}:     {"activations", "id", "code"},
	{Table: "activations", Column: "es"}:       {"activations", "id", "es"},
	{Table: "activations", Column: "digits"}:   {"activations", "id", "sealed_digits"},
	{Table: "approvals", Column: "payload"}:    {"approvals", "id", "payload"},
	{Table: "subscriptions", Column: "target"}: {"subscriptions", "id", "target"},

	{Table: "messages", Column: "subject"}:           {"messages", "id", "subject"},
	{Table: "messages", Column: "notice"}:            {"messages", "id", "notice"},
	{Table: "message_entries", Column: "text"}:       {"message_entries", "id", "text"},
	{Table: "message_entries", Column: "signature"}:  {"message_entries", "id", "signature"},
	{Table: "message_files", Column: "name"}:         {"message_files", "id", "name"},
	{Table: "file_chunks", Column: "data"}:           {"file_chunks", "id", "data"},
	{Table: "announcement_texts", Column: "subject"}: {"announcement_texts", "id", "subject"},
	{Table: "announcement_texts", Column: "text"}:    {"announcement_texts", "id", "text"},
	{Table: "summaries", Column: "address"}:          {"summaries", "id", "address"},
	{Table: "contacts", Column: "address"}:           {"contacts", "id", "address"},
	{Table: "contact_tries", Column: "address"}:      {"contact_tries", "id", "address"},
	{Table: "contact_tries", Column: "code"}:         {"contact_tries", "id", "code"},

	{Table: "applications", Column: "settings"}:     {"applications", "id", "settings"},
	{Table: "application_secrets", Column: "value"}: {"application_secrets", "id", "value"},
	{Table: "grant_requests", Column: "data"}:       {"grant_requests", "id", "data"},
	{Table: "grants", Column: "data"}:               {"grants", "id", "data"},
	{Table: "callbacks", Column: "data"}:            {"callbacks", "id", "data"},
	{Table: "signing_keys", Column: "private"}:      {"signing_keys", "id", "private"},
}

func placeOf(c nodkey.SealedColumn) (table, key, column string, err error) {
	at, ok := sealedIn[c]
	if !ok {
		err = fmt.Errorf("sqlstore: nothing sealed is in %s.%s", c.Table, c.Column)
	}
	return at[0], at[1], at[2], err
}

func scanSealed(r *row) nodkey.SealedValue {
	return nodkey.SealedValue{Row: r.text(), Sealed: r.blob()}
}

func (t *tx) Sealed(c nodkey.SealedColumn, below uint32, after string, limit int) ([]nodkey.SealedValue, error) {
	table, key, column, err := placeOf(c)
	if err != nil {
		return nil, err
	}
	return list(t, scanSealed, "SELECT "+key+", "+column+" FROM "+table+" WHERE "+key+" > $1 AND substr("+column+", 2, 4) < $2"+
		" ORDER BY "+key+" LIMIT $3", after, binary.BigEndian.AppendUint32(nil, below), most(limit))
}

func (t *tx) Reseal(c nodkey.SealedColumn, row string, old, sealed []byte) error {
	table, key, column, err := placeOf(c)
	if err != nil {
		return err
	}
	return t.save("UPDATE "+table+" SET "+column+" = $3 WHERE "+key+" = $1 AND "+column+" = $2", row, blob(old), blob(sealed))
}

package sqlstore

import (
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

package sqlstore

import (
	"database/sql/driver"
	"strconv"
	"time"

	"github.com/nodkey/nodkey"
)

const fileColumns = "id, user_id, created_at, by_desk, entry_id, type, size, chunks, ready, name, expires_at"

var (
	fileInsert = insertInto("message_files", fileColumns)
	fileUpdate = updateOf("message_files", fileColumns, 3)
)

func fileArgs(f nodkey.SealedFile) []driver.Value {
	return []driver.Value{string(f.ID), string(f.UserID), millis(f.CreatedAt), flag(f.ByDesk), maybeText(string(f.EntryID)), f.Type, f.Size,
		int64(f.Chunks), flag(f.Ready), blob(f.Name), millis(f.ExpiresAt)}
}

func scanFile(r *row) nodkey.SealedFile {
	return nodkey.SealedFile{
		ID: text[nodkey.FileID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), ByDesk: r.flag(), EntryID: text[nodkey.EntryID](r),
		Type: r.text(), Size: r.integer(), Chunks: r.count(), Ready: r.flag(), Name: r.blob(), ExpiresAt: r.time(),
	}
}

func (t *tx) InsertFile(f nodkey.SealedFile) error { return t.insert(fileInsert, fileArgs(f)...) }

func (t *tx) File(id nodkey.FileID) (nodkey.SealedFile, error) {
	return one(t, scanFile, "SELECT "+fileColumns+" FROM message_files WHERE id = $1", string(id))
}

func (t *tx) SaveFile(f nodkey.SealedFile) error {
	return t.save(fileUpdate, without(3, fileArgs(f))...)
}

func (t *tx) DeleteFile(id nodkey.FileID) error {
	_, err := t.exec("DELETE FROM message_files WHERE id = $1", string(id))
	return err
}

func (t *tx) FilesOf(entry nodkey.EntryID) ([]nodkey.SealedFile, error) {
	return list(t, scanFile, "SELECT "+fileColumns+" FROM message_files WHERE entry_id = $1 ORDER BY id", string(entry))
}

func (t *tx) WaitingFiles(user nodkey.UserID, now time.Time) ([]nodkey.SealedFile, error) {
	return list(t, scanFile, "SELECT "+fileColumns+" FROM message_files WHERE user_id = $1 AND expires_at > $2 ORDER BY expires_at", string(user), millis(now))
}

func chunkID(file nodkey.FileID, number int) string { return string(file) + "/" + strconv.Itoa(number) }

func (t *tx) InsertChunk(file nodkey.FileID, number int, sealed []byte) error {
	return t.insert("INSERT INTO file_chunks (id, file_id, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		chunkID(file, number), string(file), blob(sealed))
}

func (t *tx) Chunk(file nodkey.FileID, number int) ([]byte, error) {
	return one(t, (*row).blob, "SELECT data FROM file_chunks WHERE id = $1", chunkID(file, number))
}

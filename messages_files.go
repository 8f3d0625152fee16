package nodkey

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"
)

// Upload keeps a file that waits to be sent with a message, chunk by chunk as it comes: nobody holds it whole. What it is is
// found out by its content. Errors: message.file_big, message.file_type, message.file_broken (r failed), message.files_waiting,
// message.slow, session.*.
func (m *Messages) Upload(ctx context.Context, c Caller, name string, r io.Reader) (File, error) {
	if _, err := c.withSession(Full); err != nil {
		return File{}, err
	}
	return m.keepFile(ctx, c, name, r, func(tx Tx) (UserID, error) {
		session, err := m.live(tx, c, Full)
		return session.UserID, err
	})
}

// keepFile streams a file into the store for the user that whose names, asked anew in each transaction.
func (b *base) keepFile(ctx context.Context, c Caller, name string, r io.Reader, whose func(Tx) (UserID, error)) (File, error) {
	now := b.now()
	f := SealedFile{ID: FileID(newID()), CreatedAt: now, ByDesk: c.operator != "", ExpiresAt: now.Add(FileWaitLife)}
	err := b.Store.Update(ctx, func(tx Tx) (err error) {
		if f.UserID, err = whose(tx); err != nil {
			return err
		}
		if !f.ByDesk {
			if err := chargeUpload(tx, f.UserID, now); err != nil {
				return err
			}
		}
		waiting, err := tx.WaitingFiles(f.UserID, now)
		if err != nil {
			return err
		}
		waiting = slices.DeleteFunc(waiting, func(w SealedFile) bool { return w.ByDesk != f.ByDesk })
		if len(waiting) >= filesWaiting {
			return fail(Conflict, "message.files_waiting", "Most", filesWaiting)
		}
		return tx.InsertFile(f)
	})
	if err != nil {
		return File{}, AsError(err)
	}
	check, err := b.keepChunks(ctx, &f, r, whose)
	kind := ""
	if err == nil {
		kind, err = check.end()
	}
	if err != nil {
		return File{}, b.dropFile(ctx, f, err)
	}
	f.Type, f.Size, f.Ready = kind, check.size, true
	clean := cleanFileName(name[max(0, len(name)-nameMost):], fileTypes[kind])
	if f.Name, err = b.id.seal("message_files", "name", string(f.ID), []byte(clean)); err != nil {
		return File{}, b.dropFile(ctx, f, err)
	}
	err = b.Store.Update(ctx, func(tx Tx) error {
		if _, err := whose(tx); err != nil {
			return err
		}
		if err := errors.Join(tx.SaveFile(f), chargeKept(tx, f, now)); err != nil {
			return err
		}
		return b.record(tx, c, now, "message_file.kept", f.UserID, string(f.ID), "type", kind, "bytes", f.Size)
	})
	if err != nil {
		return File{}, b.dropFile(ctx, f, err)
	}
	return b.file(f), nil
}

// keepChunks stores what r gives, sealed, and looks at it on the way.
func (b *base) keepChunks(ctx context.Context, f *SealedFile, r io.Reader, whose func(Tx) (UserID, error)) (*fileCheck, error) {
	check, chunk := &fileCheck{}, make([]byte, FileChunk)
	for {
		n, err := io.ReadFull(r, chunk)
		over := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !over {
			return check, fail(BadInput, "message.file_broken").because(err)
		}
		if n > 0 {
			if err := check.add(chunk[:n]); err != nil {
				return check, err
			}
			sealed, err := b.id.seal("file_chunks", "data", chunkRow(f.ID, f.Chunks), chunk[:n])
			if err != nil {
				return check, err
			}
			err = b.Store.Update(ctx, func(tx Tx) error {
				if _, err := whose(tx); err != nil { // whoever is signed out stops sending
					return err
				}
				return tx.InsertChunk(f.ID, f.Chunks, sealed)
			})
			if err != nil {
				return check, err
			}
			f.Chunks++
		}
		if over {
			return check, nil
		}
	}
}

// dropFile forgets a file that is not to be, and makes the error that says why. The caller may be gone: it is done all the same.
func (b *base) dropFile(ctx context.Context, f SealedFile, why error) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	// If this fails, too, the file expires.
	_ = b.Store.Update(late, func(tx Tx) error { return tx.DeleteFile(f.ID) })
	switch {
	case errors.Is(why, errFileBig):
		return fail(BadInput, "message.file_big", "Megabytes", FilesBytes>>20)
	case errors.Is(why, errFileKind), errors.Is(why, errFileShape):
		return fail(BadInput, "message.file_type").because(why)
	}
	return AsError(why)
}

// chargeUpload counts a file before it comes; chargeKept counts what of it was kept.
func chargeUpload(tx LimitRows, user UserID, now time.Time) error {
	wait, err := megabytesKept.wait(tx, megabytesOf(user), 1, now)
	if err == nil && wait == 0 {
		wait, _, err = uploadsByUser.take(tx, "uploads:user:"+string(user), 1, now)
	}
	if err == nil && wait > 0 {
		err = limited("message.slow", wait)
	}
	return err
}

func chargeKept(tx LimitRows, f SealedFile, now time.Time) error {
	if f.ByDesk {
		return nil
	}
	return megabytesKept.add(tx, megabytesOf(f.UserID), float64(f.Size)/(1<<20), now)
}

func megabytesOf(user UserID) string { return "uploads:megabytes:" + string(user) }

// attach sends files with an entry: files of the same box and the same side, whole, and not sent yet. Errors: message.files,
// message.file_unknown.
func attach(tx Tx, user UserID, e SealedEntry, files []FileID, now time.Time) error {
	rows, err := waitingFiles(tx, user, e.Author == ByOperator, files, now)
	if err != nil {
		return err
	}
	for _, f := range rows {
		f.EntryID, f.ExpiresAt = e.ID, time.Time{}
		if err := tx.SaveFile(f); err != nil {
			return err
		}
	}
	return nil
}

// waitingFiles looks up files that are to be sent together. Errors: message.files, message.file_unknown.
func waitingFiles(tx MessageFileRows, user UserID, byDesk bool, files []FileID, now time.Time) ([]SealedFile, error) {
	if len(files) > FilesMax {
		return nil, fail(BadInput, "message.files", "Most", FilesMax, "Megabytes", FilesBytes>>20)
	}
	var rows []SealedFile
	var sum int64
	for i, id := range files {
		f, err := tx.File(id)
		if errors.Is(err, ErrNoRow) || slices.Contains(files[:i], id) ||
			err == nil && (f.UserID != user || f.ByDesk != byDesk || f.EntryID != "" || !f.Ready || !now.Before(f.ExpiresAt)) {
			return nil, fail(NotFound, "message.file_unknown")
		}
		if err != nil {
			return nil, err
		}
		if sum += f.Size; sum > FilesBytes {
			return nil, fail(BadInput, "message.files", "Most", FilesMax, "Megabytes", FilesBytes>>20)
		}
		rows = append(rows, f)
	}
	return rows, nil
}

// Discard forgets a file of the caller's that was not sent. Error: message.file_unknown.
func (m *Messages) Discard(ctx context.Context, c Caller, id FileID) error {
	return wrap(m.Store.Update(ctx, func(tx Tx) error {
		session, err := m.live(tx, c, Full)
		if err != nil {
			return err
		}
		f, err := tx.File(id)
		if errors.Is(err, ErrNoRow) || err == nil && (f.UserID != session.UserID || f.ByDesk || f.EntryID != "") {
			return fail(NotFound, "message.file_unknown")
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteFile(id); err != nil {
			return err
		}
		return m.record(tx, c, m.now(), "message_file.discarded", f.UserID, string(id))
	}))
}

// Download gives a file of the caller's own box, and what reads it: a chunk at a time, and only for as long as the caller may.
// Error: message.file_unknown, for another's too.
func (m *Messages) Download(ctx context.Context, c Caller, id FileID) (File, io.Reader, error) {
	return m.readFile(ctx, id, func(tx Tx, f SealedFile) error {
		user, err := m.box(tx, c)
		if err == nil && (f.UserID != user.ID || f.ByDesk && f.EntryID == "") {
			err = fail(NotFound, "message.file_unknown")
		}
		return err
	})
}

// readFile gives a file to whoever may have it; allowed is asked again for each chunk.
func (b *base) readFile(ctx context.Context, id FileID, allowed func(Tx, SealedFile) error) (File, io.Reader, error) {
	var f SealedFile
	err := b.Store.View(ctx, func(tx Tx) (err error) {
		if f, err = tx.File(id); err == nil && !f.Ready {
			err = ErrNoRow
		}
		if errors.Is(err, ErrNoRow) {
			err = allowed(tx, SealedFile{ID: id}) // who may ask at all is told nothing else
			if err == nil {
				err = fail(NotFound, "message.file_unknown")
			}
			return err
		}
		if err != nil {
			return err
		}
		return allowed(tx, f)
	})
	if err != nil {
		return File{}, nil, AsError(err)
	}
	return b.file(f), &fileReader{base: b, ctx: ctx, file: f, allowed: allowed}, nil
}

// fileReader reads a kept file. One goroutine uses it.
type fileReader struct {
	*base
	ctx     context.Context
	file    SealedFile
	allowed func(Tx, SealedFile) error
	next    int
	rest    []byte
}

func (r *fileReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.next == r.file.Chunks {
			return 0, io.EOF
		}
		var sealed []byte
		err := r.Store.View(r.ctx, func(tx Tx) (err error) {
			if err := r.allowed(tx, r.file); err != nil {
				return err
			}
			sealed, err = tx.Chunk(r.file.ID, r.next)
			return err
		})
		if err != nil {
			return 0, AsError(err)
		}
		if r.rest, err = r.id.open("file_chunks", "data", chunkRow(r.file.ID, r.next), sealed); err != nil {
			return 0, AsError(err)
		}
		r.next++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

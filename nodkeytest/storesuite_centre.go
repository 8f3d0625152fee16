package nodkeytest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

func fileTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			k.message("m", user, 1, nil)
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertEntry(nodkey.SealedEntry{ID: "e", MessageID: "m", Number: 1})
			})
			full, other := fill[nodkey.SealedFile](1), fill[nodkey.SealedFile](2)
			full.UserID, full.EntryID = user, "e"
			other.ID, other.UserID, other.CreatedAt, other.ByDesk, other.EntryID = full.ID, user, full.CreatedAt, full.ByDesk, ""
			keeping[nodkey.SealedFile]{
				full: full, other: other, sparse: nodkey.SealedFile{ID: "sparse", UserID: user}, insert: nodkey.Tx.InsertFile, save: nodkey.Tx.SaveFile,
				get: func(tx nodkey.Tx, f nodkey.SealedFile) (nodkey.SealedFile, error) { return tx.File(f.ID) },
			}.check(k)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertFile(nodkey.SealedFile{ID: "f", UserID: "nobody"}) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteFile(full.ID) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteFile(full.ID) })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedFile, error) { return tx.File(full.ID) })
		},
		"are of an entry, or wait": func(k kit) {
			user := k.user("u")
			k.message("m", user, 1, nil)
			k.update(func(tx nodkey.Tx) error {
				if err := tx.InsertEntry(nodkey.SealedEntry{ID: "e", MessageID: "m", Number: 1}); err != nil {
					return err
				}
				for i, f := range []nodkey.SealedFile{
					{ID: "b", EntryID: "e", Size: 1}, {ID: "a", EntryID: "e", Size: 2}, {ID: "c", Size: 40, ExpiresAt: start.Add(time.Second)}, {ID: "d", Size: 500, ExpiresAt: start.Add(2 * time.Second)},
				} {
					f.UserID, f.CreatedAt = user, start.Add(time.Duration(i))
					if err := tx.InsertFile(f); err != nil {
						return err
					}
				}
				return nil
			})
			see(k, []nodkey.FileID{"a", "b"}, func(tx nodkey.Tx) ([]nodkey.FileID, error) {
				list, err := tx.FilesOf("e")
				return ids(list, func(f nodkey.SealedFile) nodkey.FileID { return f.ID }), err
			})
			for after, want := range map[time.Duration]int{0: 2, time.Second: 1, 2 * time.Second: 0} {
				see(k, want, func(tx nodkey.Tx) (int, error) {
					rows, err := tx.WaitingFiles(user, start.Add(after))
					return len(rows), err
				})
			}
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Second), 9); return err })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedFile, error) { return tx.File("c") })
			see(k, "d", func(tx nodkey.Tx) (nodkey.FileID, error) { f, err := tx.File("d"); return f.ID, err })
			see(k, "a", func(tx nodkey.Tx) (nodkey.FileID, error) { f, err := tx.File("a"); return f.ID, err })
		},
		"are kept in chunks": func(k kit) {
			user := k.user("u")
			k.update(func(tx nodkey.Tx) error { return tx.InsertFile(nodkey.SealedFile{ID: "f", UserID: user}) })
			put := func(file nodkey.FileID, n int, text string) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.InsertChunk(file, n, []byte(text)) }
			}
			k.update(put("f", 0, "zero"))
			k.update(put("f", 1, ""))
			k.fails(nodkey.ErrExists, put("f", 0, "other"))
			k.fails(nodkey.ErrNoRow, put("none", 0, "x"))
			see(k, []byte("zero"), func(tx nodkey.Tx) ([]byte, error) { return tx.Chunk("f", 0) })
			see(k, []byte{}, func(tx nodkey.Tx) ([]byte, error) { return tx.Chunk("f", 1) })
			missing(k, func(tx nodkey.Tx) ([]byte, error) { return tx.Chunk("f", 2) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteFile("f") })
			missing(k, func(tx nodkey.Tx) ([]byte, error) { return tx.Chunk("f", 0) })
		},
	}
}

func summaryTests() map[string]func(kit) {
	waiting := func(id nodkey.SummaryID, after time.Duration) nodkey.SealedSummary {
		return nodkey.SealedSummary{ID: id, MessageID: "m", UserID: "u", Channel: nodkey.SummaryEmail, CreatedAt: start, State: nodkey.SummaryWaiting, DueAt: start.Add(after)}
	}
	insert := func(k kit, s nodkey.SealedSummary, want bool) {
		k.Helper()
		k.update(func(tx nodkey.Tx) error {
			made, err := tx.InsertSummary(s)
			if made != want {
				k.Errorf("%s is made: %t", s.ID, made)
			}
			return err
		})
	}
	id := func(s nodkey.SealedSummary) nodkey.SummaryID { return s.ID }
	return map[string]func(kit){
		"come back as they were, one waiting a message and channel": func(k kit) {
			k.message("m", k.user("u"), 1, nil)
			full := fill[nodkey.SealedSummary](1)
			full.MessageID, full.UserID, full.State, full.CreatedAt = "m", "u", nodkey.SummarySent, start.Add(-time.Hour)
			insert(k, full, true)
			insert(k, full, false)
			first, again := waiting("a", 0), waiting("b", 0)
			insert(k, first, true)
			insert(k, again, false)
			again.Address = []byte("elsewhere")
			insert(k, again, true)
			sms := waiting("c", 0)
			sms.Channel = nodkey.SummarySMS
			insert(k, sms, true)
			see(k, []nodkey.SealedSummary{full, first, again, sms}, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) { return tx.SummariesOf("m", 9) })
			see(k, []nodkey.SealedSummary{full}, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) { return tx.SummariesOf("m", 1) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				_, err := tx.InsertSummary(nodkey.SealedSummary{ID: "x", MessageID: "none", UserID: "u"})
				return err
			})
			first.State, first.EndedAt = nodkey.SummarySent, start
			k.update(func(tx nodkey.Tx) error { return tx.SettleSummary(first) })
			insert(k, waiting("d", 0), true) // the one before has gone
		},
		"are taken and settled by one": func(k kit) {
			k.user("u")
			for i, after := range []time.Duration{2, 1, 3} {
				k.message(nodkey.MessageID(fmt.Sprint("m", i)), "u", i, nil)
				s := waiting(nodkey.SummaryID(fmt.Sprint("s", i)), after*time.Second)
				s.MessageID = nodkey.MessageID(fmt.Sprint("m", i))
				insert(k, s, true)
			}
			k.message("m9", "u", 9, nil)
			urgent := waiting("s9", 0)
			urgent.MessageID, urgent.Urgent, urgent.Channel = "m9", true, nodkey.SummarySMS
			insert(k, urgent, true)
			see(k, []nodkey.SealedSummary{urgent}, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) {
				return tx.DueSummaries(nodkey.SummarySMS, true, start, 9)
			})
			due := func(after time.Duration, limit int, want ...nodkey.SummaryID) []nodkey.SealedSummary {
				k.Helper()
				var list []nodkey.SealedSummary
				see(k, want, func(tx nodkey.Tx) (_ []nodkey.SummaryID, err error) {
					list, err = tx.DueSummaries(nodkey.SummaryEmail, false, start.Add(after), limit)
					return ids(list, id), err
				})
				return list
			}
			due(time.Second-time.Millisecond, 9)
			due(2*time.Second, 9, "s1", "s0")
			list := due(2*time.Second, 1, "s1")
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) {
				return tx.DueSummaries(nodkey.SummarySMS, false, start.Add(time.Hour), 9)
			})
			race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error {
				got, err := tx.TakeSummary(list[0], start.Add(time.Minute))
				if err == nil && (got.Attempts != 1 || !got.DueAt.Equal(start.Add(time.Minute))) {
					k.Errorf("taken as %+v", got)
				}
				return err
			})
			due(2*time.Second, 9, "s0")
			done := list[0]
			done.State, done.EndedAt, done.Failure = nodkey.SummaryFailed, start, "550 no such user"
			race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error { return tx.SettleSummary(done) })
			due(time.Hour, 9, "s0", "s2")
			bounce := func(tx nodkey.Tx, id nodkey.SummaryID) error {
				return tx.BounceSummary(nodkey.SealedSummary{ID: id, State: nodkey.SummaryFailed, EndedAt: start, Failure: "came back"})
			}
			for _, id := range []nodkey.SummaryID{done.ID, "s2", "nobody's"} { // failed, never taken, unknown
				k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return bounce(tx, id) })
			}
			missing(k, func(tx nodkey.Tx) (nodkey.SealedSummary, error) { return tx.Summary("nobody's") })
			see(k, "550 no such user", func(tx nodkey.Tx) (string, error) {
				list, err := tx.SummariesOf("m1", 9)
				return list[0].Failure, err
			})
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(longEnough), 9); return err })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) { return tx.SummariesOf("m1", 9) })
			for i, s := range due(time.Hour, 9, "s0", "s2") { // one that is in the air, one that was sent
				k.update(func(tx nodkey.Tx) error {
					taken, err := tx.TakeSummary(s, start.Add(time.Minute))
					if err == nil && i == 1 {
						taken.State = nodkey.SummarySent
						err = tx.SettleSummary(taken)
					}
					return err
				})
				race(k, 1, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error { return bounce(tx, s.ID) })
				see(k, "failed came back", func(tx nodkey.Tx) (string, error) {
					got, err := tx.Summary(s.ID)
					return string(got.State) + " " + got.Failure, err
				})
			}
			due(time.Hour, 9)
		},
	}
}

func contactTests() map[string]func(kit) {
	return map[string]func(kit){
		"a user has one a channel": func(k kit) {
			user := k.user("u")
			get := func(tx nodkey.Tx) (nodkey.SealedContact, error) { return tx.Contact(user, nodkey.SummarySMS) }
			missing(k, get)
			full := fill[nodkey.SealedContact](1)
			full.UserID, full.Channel = user, nodkey.SummarySMS
			other := full
			other.Address, other.VerifiedAt = []byte("another"), start
			for _, want := range []nodkey.SealedContact{full, other} {
				k.update(func(tx nodkey.Tx) error { return tx.SaveContact(want) })
				see(k, want, get)
			}
			missing(k, func(tx nodkey.Tx) (nodkey.SealedContact, error) { return tx.Contact(user, nodkey.SummaryEmail) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SaveContact(nodkey.SealedContact{ID: "x", UserID: "nobody"}) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteContact(user, nodkey.SummarySMS) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteContact(user, nodkey.SummarySMS) })
			missing(k, get)
		},
		"tries come back as they were, and are counted": func(k kit) {
			user := k.user("u")
			full, other := fill[nodkey.ContactTry](1), fill[nodkey.ContactTry](2)
			full.UserID = user
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.InsertSession(nodkey.Session{ID: full.SessionID, UserID: user, Token: "a"}), tx.InsertSession(nodkey.Session{ID: other.SessionID, UserID: user, Token: "b"}))
			})
			other.ID, other.UserID, other.CreatedAt, other.Channel = full.ID, user, full.CreatedAt, full.Channel
			keeping[nodkey.ContactTry]{
				full: full, other: other, sparse: nodkey.ContactTry{ID: "sparse", UserID: user}, insert: nodkey.Tx.InsertContactTry, save: nodkey.Tx.SaveContactTry,
				get: func(tx nodkey.Tx, c nodkey.ContactTry) (nodkey.ContactTry, error) { return tx.ContactTry(c.ID) },
			}.check(k)
			try := nodkey.ContactTry{ID: "t", UserID: user, Channel: nodkey.SummaryEmail, State: nodkey.ContactOpen, CreatedAt: start, ExpiresAt: start.Add(time.Minute), Code: []byte("c"), DueAt: start}
			older := try
			older.ID, older.CreatedAt, older.DueAt = "older", start.Add(-time.Minute), start.Add(time.Second)
			k.update(func(tx nodkey.Tx) error { return errors.Join(tx.InsertContactTry(try), tx.InsertContactTry(older)) })
			see(k, try, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestContactTry(user, nodkey.SummaryEmail) })
			missing(k, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestContactTry(user, nodkey.SummarySMS) })
			own, ownOlder := try, try
			own.ID, own.SessionID, own.CreatedAt, own.Code = "own", "here", start.Add(time.Hour), nil
			ownOlder.ID, ownOlder.SessionID, ownOlder.Channel, ownOlder.Code = "own older", "here", nodkey.SummarySMS, nil
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertContactTry(own) })
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.InsertSession(nodkey.Session{ID: "here", UserID: user, Token: "c"}), tx.InsertContactTry(own), tx.InsertContactTry(ownOlder))
			})
			see(k, own, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestSessionTry("here") })
			see(k, try, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestContactTry(user, nodkey.SummaryEmail) })
			missing(k, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestContactTry(user, nodkey.SummarySMS) })
			missing(k, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestSessionTry("elsewhere") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSession("here") })
			missing(k, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.NewestSessionTry("here") })
			due := func(after time.Duration, limit int, want ...nodkey.ContactTryID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.ContactTryID, error) {
					list, err := tx.DueContactTries(nodkey.SummaryEmail, start.Add(after), limit)
					return ids(list, func(c nodkey.ContactTry) nodkey.ContactTryID { return c.ID }), err
				})
			}
			due(0, 9, "t")
			due(time.Second, 9, "t", "older")
			due(time.Second, 1, "t")
			race(k, 5, nodkey.ErrNoRow, func(tx nodkey.Tx, _ int) error { _, err := tx.ReserveContactTry("t", 5, start); return err })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				_, err := tx.ReserveContactTry("older", 5, start.Add(time.Minute))
				return err
			})
			older.State, older.Code = nodkey.ContactEnded, nil
			k.update(func(tx nodkey.Tx) error { return tx.SaveContactTry(older) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { _, err := tx.ReserveContactTry("older", 5, start); return err })
			due(time.Second, 9, "t")
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(longEnough), 9); return err })
			missing(k, func(tx nodkey.Tx) (nodkey.ContactTry, error) { return tx.ContactTry("t") })
		},
	}
}

// putCentre puts a row of the message centre's in the store that has this value in this column; false for a column that is
// none of its.
func putCentre(tx nodkey.Tx, c nodkey.SealedColumn, u nodkey.UserID, row string, value []byte) (bool, error) {
	message := nodkey.SealedMessage{ID: nodkey.MessageID(row), UserID: u, Year: 1, Number: len(row)*256 + int(row[1])}
	entry := nodkey.SealedEntry{ID: nodkey.EntryID(row), MessageID: message.ID, Number: 1}
	announcement := nodkey.Announcement{ID: nodkey.AnnouncementID(row)}
	text := nodkey.SealedText{ID: row, AnnouncementID: announcement.ID}
	try := nodkey.ContactTry{ID: nodkey.ContactTryID(row), UserID: u}
	switch c {
	case nodkey.SealedColumn{Table: "messages", Column: "subject"}:
		message.Subject = value
		return true, tx.InsertMessage(message)
	case nodkey.SealedColumn{Table: "messages", Column: "notice"}:
		message.Notice = value
		return true, tx.InsertMessage(message)
	case nodkey.SealedColumn{Table: "message_entries", Column: "text"}:
		entry.Text = value
		return true, errors.Join(tx.InsertMessage(message), tx.InsertEntry(entry))
	case nodkey.SealedColumn{Table: "message_entries", Column: "signature"}:
		entry.Signature = value
		return true, errors.Join(tx.InsertMessage(message), tx.InsertEntry(entry))
	case nodkey.SealedColumn{Table: "message_files", Column: "name"}:
		return true, tx.InsertFile(nodkey.SealedFile{ID: nodkey.FileID(row), UserID: u, Name: value})
	case nodkey.SealedColumn{Table: "file_chunks", Column: "data"}:
		file, _, _ := strings.Cut(row, "/")
		if err := tx.InsertFile(nodkey.SealedFile{ID: nodkey.FileID(file), UserID: u}); err != nil {
			return true, err
		}
		return true, tx.InsertChunk(nodkey.FileID(file), 0, value)
	case nodkey.SealedColumn{Table: "announcement_texts", Column: "subject"}:
		text.Subject = value
		return true, errors.Join(tx.InsertAnnouncement(announcement), tx.InsertAnnouncementText(text))
	case nodkey.SealedColumn{Table: "announcement_texts", Column: "text"}:
		text.Text = value
		return true, errors.Join(tx.InsertAnnouncement(announcement), tx.InsertAnnouncementText(text))
	case nodkey.SealedColumn{Table: "summaries", Column: "address"}:
		if err := tx.InsertMessage(message); err != nil {
			return true, err
		}
		_, err := tx.InsertSummary(nodkey.SealedSummary{ID: nodkey.SummaryID(row), MessageID: message.ID, UserID: u, Address: value})
		return true, err
	case nodkey.SealedColumn{Table: "contacts", Column: "address"}:
		return true, tx.SaveContact(nodkey.SealedContact{ID: row, UserID: u, Address: value})
	case nodkey.SealedColumn{Table: "contact_tries", Column: "address"}:
		try.Address = value
		return true, tx.InsertContactTry(try)
	case nodkey.SealedColumn{Table: "contact_tries", Column: "code"}:
		try.Code = value
		return true, tx.InsertContactTry(try)
	case nodkey.SealedColumn{Table: "applications", Column: "settings"}:
		return true, tx.InsertApplication(nodkey.Application{ID: nodkey.ApplicationID(row), SealedSettings: value})
	case nodkey.SealedColumn{Table: "application_secrets", Column: "value"}:
		if err := tx.InsertApplication(nodkey.Application{ID: nodkey.ApplicationID(row)}); err != nil {
			return true, err
		}
		return true, tx.InsertApplicationSecret(nodkey.ApplicationSecret{ID: row, ApplicationID: nodkey.ApplicationID(row), Sealed: value})
	case nodkey.SealedColumn{Table: "signing_keys", Column: "private"}:
		return true, tx.InsertSigningKey(nodkey.SigningKey{ID: row, Sealed: value})
	}
	return false, nil
}

package nodkey

import (
	"context"
	"errors"
	"time"
)

// The limits on what people write and send; each leaves rows behind that stay.
var (
	messagesByUser = bucket{size: 20, drain: 3 * time.Minute} // 20 an hour
	uploadsByUser  = bucket{size: 20, drain: 3 * time.Minute}
	megabytesKept  = bucket{size: 200, drain: 6 * time.Minute} // of a user's files: 10 MiB an hour, once the first 200 are used up
)

// Thread is a message with all that it says.
type Thread struct {
	Message
	Entries   []MessageEntry
	Languages []string // those that an announcement is written in; empty for the others
}

// Read gives a message of the caller's own, an announcement in a language or, where it has no text in that, in the one that the
// settings choose. It is read from now on, unless something came in meanwhile. Errors: message.unknown, session.*, key.*.
func (m *Messages) Read(ctx context.Context, c Caller, r Reference, language string) (Thread, error) {
	var t Thread
	var seen SealedMessage
	err := m.Store.View(ctx, func(tx Tx) error {
		o, err := m.opener(tx, c)
		if err != nil {
			return err
		}
		if seen, err = owned(tx, o.user.ID, r); err != nil {
			return err
		}
		if t, err = o.thread(seen, language); err != nil {
			return err
		}
		for i := range t.Entries {
			t.Entries[i].Name = "" // an operator's account is the desk's own business: to people, the desk writes
		}
		return nil
	})
	if err != nil || !seen.Unread {
		return t, wrap(err)
	}
	now := m.now()
	err = m.Store.Update(ctx, func(tx Tx) error {
		user, err := m.box(tx, c)
		if err != nil {
			return err
		}
		row, err := owned(tx, user.ID, r)
		if err != nil {
			return err
		}
		if !row.Unread || !row.UpdatedAt.Equal(seen.UpdatedAt) || row.Entries != seen.Entries {
			return nil
		}
		row.Unread, row.RemindAt = false, time.Time{}
		if err := tx.SaveMessage(row); err != nil {
			return err
		}
		return m.record(tx, c, now, "message.read", user.ID, string(row.ID))
	})
	if err == nil {
		m.publishMessages(seen.UserID)
	}
	return t, wrap(err)
}

func (o *opener) thread(row SealedMessage, language string) (t Thread, err error) {
	if t.Message, err = o.message(row); err != nil {
		return t, err
	}
	if t.Entries, err = o.entries(row, language, t.Message); err != nil {
		return t, err
	}
	for _, x := range o.texts[row.AnnouncementID] { // none for the other kinds
		t.Languages = append(t.Languages, x.Language)
	}
	if row.AnnouncementID != "" && language != "" { // the subject in the same language as the text
		text, err := o.text(row.AnnouncementID, language)
		if err != nil {
			return t, err
		}
		subject, err := o.id.open("announcement_texts", "subject", text.ID, text.Subject)
		t.Subject, t.Language, t.Damaged = string(subject), text.Language, err != nil
	}
	return t, nil
}

// Draft is a new message of a person's.
type Draft struct {
	Category, Topic string // of Categories; Topic may be empty
	MessageText
	Files []FileID // of Upload, at most FilesMax
	// Once names this draft among its person's: sent again with the same words and files, it gives the message that it became
	// the first time. Empty: each time is another message.
	Once string
}

// Write sends a new message to the desk and gives its reference. It needs a full session: a phone answers only. Errors:
// message.category, message.subject, message.text, message.text_long, message.files, message.file_unknown, message.slow,
// session.*.
func (m *Messages) Write(ctx context.Context, c Caller, d Draft) (Reference, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return Reference{}, err
	}
	if d, err = m.checkDraft(d); err != nil {
		return Reference{}, err
	}
	now := m.now()
	row := SealedMessage{ID: MessageID(m.onceID(session.UserID, d.Once, d.parts()...)), CreatedAt: now, Year: now.Year(), Kind: MessageTicket, Category: d.Category, Topic: d.Topic,
		Priority: PriorityNormal, Status: MessageNew, UpdatedAt: now, DeskUnread: true}
	if row.Subject, err = m.id.seal("messages", "subject", string(row.ID), []byte(d.Subject)); err != nil {
		return Reference{}, AsError(err)
	}
	again := false
	err = m.Store.Update(ctx, func(tx Tx) error {
		session, err := m.live(tx, c, Full)
		if err != nil {
			return err
		}
		if sent, err := tx.Message(row.ID); err == nil {
			row, again = sent, true
			return nil
		} else if !errors.Is(err, ErrNoRow) {
			return err
		}
		if err := chargeMessage(tx, session.UserID, now); err != nil {
			return err
		}
		fresh := row
		fresh.UserID = session.UserID
		if fresh.Number, err = tx.CountMessages(now.Year(), 1); err != nil {
			return err
		}
		if err := m.insertFirst(tx, &fresh, SealedEntry{Author: ByUser, Language: SpokenTag(c.Locale)}, d.Text, d.Files, now); err != nil {
			return err
		}
		row.UserID, row.Number = fresh.UserID, fresh.Number
		return m.record(tx, c, now, "message.written", fresh.UserID, string(fresh.ID), "reference", Reference{fresh.Year, fresh.Number}.String(), "files", len(d.Files))
	})
	if err != nil {
		return Reference{}, AsError(err)
	}
	if !again {
		m.publishMessages(row.UserID)
	}
	return Reference{row.Year, row.Number}, nil
}

// insertFirst stores a message with its first entry and that one's files.
func (b *base) insertFirst(tx Tx, m *SealedMessage, e SealedEntry, text string, files []FileID, now time.Time) error {
	m.Entries = 1
	if err := tx.InsertMessage(*m); err != nil {
		return err
	}
	m.Entries = 0
	return b.addEntry(tx, m, e, text, "", files, now)
}

// addEntry puts a message's next entry in its place and counts it, with its files and, where signed is set, the phone's signature;
// whoever calls it saves the message. Errors: message.full, message.files, message.file_unknown.
func (b *base) addEntry(tx Tx, m *SealedMessage, e SealedEntry, text, signed string, files []FileID, now time.Time) error {
	had, err := tx.EntryBytes(m.ID)
	if err != nil {
		return err
	}
	if m.Entries >= entriesMost || had+int64(len(text)) > entryBytes {
		return fail(Conflict, "message.full", "Most", m.Entries)
	}
	m.Entries++
	if e.ID == "" {
		e.ID = EntryID(newID())
	}
	e.MessageID, e.At, e.Number, e.Files = m.ID, now, m.Entries, len(files)
	if e.Text, err = b.id.seal("message_entries", "text", string(e.ID), []byte(text)); err != nil {
		return err
	}
	if signed != "" {
		if e.Signature, err = b.id.seal("message_entries", "signature", string(e.ID), []byte(signed)); err != nil {
			return err
		}
	}
	if err := tx.InsertEntry(e); err != nil {
		return err
	}
	return attach(tx, m.UserID, e, files, now)
}

func chargeMessage(tx LimitRows, user UserID, now time.Time) error {
	wait, ok, err := messagesByUser.take(tx, "messages:user:"+string(user), 1, now)
	if err == nil && !ok {
		err = limited("message.slow", wait)
	}
	return err
}

// Answer is what somebody adds to a message.
type Answer struct {
	Text      string
	Files     []FileID
	Signature string // a phone's JWS over the text (docs/messages.md); only phones have one, and phones need one
	Once      string // as a Draft's
}

// Reply adds to a ticket of the caller's own. Errors: message.unknown, message.no_reply, message.closed, message.full and those of
// Write; message.signature from a phone whose signature does not hold. What a phone signed comes once: the same signature again
// changes nothing.
func (m *Messages) Reply(ctx context.Context, c Caller, r Reference, a Answer) error {
	text, err := checkText(a.Text)
	if err != nil {
		return err
	}
	signed, err := m.checkReply(c, r, a, text)
	if err != nil {
		return err
	}
	now := m.now()
	var user UserID
	err = m.Store.Update(ctx, func(tx Tx) error {
		row, err := m.toChange(tx, c, r)
		if err != nil {
			return err
		}
		user = row.UserID
		if again, err := m.repeated(tx, c, signed); again || err != nil {
			return err
		}
		e := SealedEntry{ID: EntryID(m.onceID(user, a.Once, append([]string{string(row.ID), text}, namesOf(a.Files)...)...)), Author: ByUser, Language: SpokenTag(c.Locale)}
		if _, err := tx.Entry(e.ID); !errors.Is(err, ErrNoRow) {
			return err // nil: it was sent before
		}
		if err := mayAdd(row); err != nil {
			return err
		}
		if err := chargeMessage(tx, user, now); err != nil {
			return err
		}
		if err := m.addEntry(tx, &row, e, text, signed.jws, a.Files, now); err != nil {
			return err
		}
		if row.Status == MessageAnswered {
			row.Status = MessageOpen
		}
		row.UpdatedAt, row.DeskUnread = now, true
		if err := tx.SaveMessage(row); err != nil {
			return err
		}
		return m.record(tx, c, now, "message.replied", user, string(row.ID), "files", len(a.Files), "signed", signed.jws != "")
	})
	if err == nil {
		m.publishMessages(user)
	}
	return wrap(err)
}

// toChange gives a message of the caller's own to write to, and uses up what the caller called with.
func (m *Messages) toChange(tx Tx, c Caller, r Reference) (SealedMessage, error) {
	owner, err := m.box(tx, c)
	if err != nil {
		return SealedMessage{}, err
	}
	if err := m.spend(tx, c); err != nil {
		return SealedMessage{}, err
	}
	return owned(tx, owner.ID, r)
}

func mayAdd(m SealedMessage) error {
	if m.Kind != MessageTicket {
		return fail(Conflict, "message.no_reply")
	}
	if m.Status == MessageClosed {
		return fail(Conflict, "message.closed")
	}
	return nil
}

// Close puts a message of the caller's own away; Reopen takes it back, a ticket to the desk. Doing it again changes nothing.
// Errors: message.unknown, user.slow.
func (m *Messages) Close(ctx context.Context, c Caller, r Reference) error {
	return m.move(ctx, c, r, MessageClosed, "message.closed_by_user")
}

// Reopen undoes Close, and the desk's closing, too.
func (m *Messages) Reopen(ctx context.Context, c Caller, r Reference) error {
	return m.move(ctx, c, r, MessageOpen, "message.reopened")
}

func (m *Messages) move(ctx context.Context, c Caller, r Reference, to MessageStatus, action string) error {
	now := m.now()
	var user UserID
	err := m.Store.Update(ctx, func(tx Tx) error {
		row, err := m.toChange(tx, c, r)
		if err != nil {
			return err
		}
		user = row.UserID
		if (row.Status == MessageClosed) == (to == MessageClosed) {
			return nil
		}
		if err := chargeChange(tx, user, now); err != nil {
			return err
		}
		row.Status, row.UpdatedAt = to, now
		if row.Kind == MessageTicket {
			row.DeskUnread = true
		}
		if to == MessageClosed {
			row.Unread, row.RemindAt = false, time.Time{}
		}
		if err := tx.SaveMessage(row); err != nil {
			return err
		}
		return m.record(tx, c, now, action, user, string(row.ID))
	})
	if err == nil {
		m.publishMessages(user)
	}
	return wrap(err)
}

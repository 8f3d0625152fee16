package nodkey

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"
)

// MessageDesk is the operator's side of the message centre. Every call needs an operator ([Operator]); to people it
// is the desk that wrote: an operator's account is for the audit log and for other operators.
type MessageDesk struct{ *base }

// DeskMessage is a ticket as the desk's list shows it.
type DeskMessage struct {
	Message
	User        string // the user's name
	DisplayName string
}

// DeskPage is a part of the desk's list.
type DeskPage struct {
	Messages []DeskMessage
	Next     Cursor // empty: that was all
}

// List gives tickets of all users, those that the desk has not read first and then the newest; at most 100. Errors:
// operator.only, message.cursor.
func (d *MessageDesk) List(ctx context.Context, c Caller, filter MessageFilter, after Cursor, limit int) (DeskPage, error) {
	if err := c.asOperator(); err != nil {
		return DeskPage{}, err
	}
	place, err := after.place()
	if err != nil {
		return DeskPage{}, err
	}
	limit = MessageQuery{Limit: limit}.limit()
	var page DeskPage
	err = d.Store.View(ctx, func(tx Tx) error {
		page = DeskPage{}
		rows, err := tx.DeskMessages(filter, place, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p := rows[limit-1].place()
			p.Unread = rows[limit-1].DeskUnread
			page.Next = p.cursor()
		}
		for _, row := range rows {
			user, err := tx.User(row.UserID)
			if err != nil {
				return err
			}
			o := &opener{base: d.base, tx: tx, user: user, settings: defaultSettings(user)}
			m, err := o.message(row)
			if err != nil {
				return err
			}
			page.Messages = append(page.Messages, DeskMessage{Message: m, User: user.Name, DisplayName: user.DisplayName})
		}
		return nil
	})
	return page, wrap(err)
}

// DeskThread is a message with what was sent of it.
type DeskThread struct {
	DeskMessage
	Entries   []MessageEntry
	Summaries []SealedSummary // at most 50, oldest first; their addresses stay sealed
}

// Read gives any message, and notes that the desk has read it, unless something came in meanwhile. Errors: operator.only, message.unknown.
func (d *MessageDesk) Read(ctx context.Context, c Caller, r Reference) (DeskThread, error) {
	if err := c.asOperator(); err != nil {
		return DeskThread{}, err
	}
	var t DeskThread
	var seen SealedMessage
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		if seen, err = referred(tx, r); err != nil {
			return err
		}
		user, err := tx.User(seen.UserID)
		if err != nil {
			return err
		}
		o, err := d.openerFor(tx, user)
		if err != nil {
			return err
		}
		thread, err := o.thread(seen, "")
		t = DeskThread{DeskMessage: DeskMessage{Message: thread.Message, User: user.Name, DisplayName: user.DisplayName}, Entries: thread.Entries}
		if err != nil {
			return err
		}
		t.Summaries, err = tx.SummariesOf(seen.ID, 50)
		return err
	})
	if err != nil {
		return DeskThread{}, AsError(err)
	}
	return t, wrap(d.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.Message(seen.ID)
		if errors.Is(err, ErrNoRow) {
			return fail(NotFound, "message.unknown")
		}
		if err != nil {
			return err
		}
		if row.DeskUnread && row.Entries == seen.Entries && row.UpdatedAt.Equal(seen.UpdatedAt) {
			row.DeskUnread = false
			if err := tx.SaveMessage(row); err != nil {
				return err
			}
		}
		return d.record(tx, c, d.now(), "message.read_by_desk", row.UserID, string(row.ID))
	}))
}

// Posting is a message of the desk's to one user.
type Posting struct {
	Category, Topic string
	Priority        Priority // empty: normal
	// Texts by language of ours. The user gets the one that their settings choose.
	Texts map[string]MessageText
	Files []FileID // of Upload for that user
}

// Post writes to one user and gives the message's reference. Errors: operator.only, user.unknown, message.category,
// message.priority, message.languages, message.subject, message.text, message.text_long, message.files, message.file_unknown.
func (d *MessageDesk) Post(ctx context.Context, c Caller, name string, p Posting) (Reference, error) {
	if err := c.asOperator(); err != nil {
		return Reference{}, err
	}
	priority, texts, err := d.checkTexts(p.Category, p.Topic, p.Priority, p.Texts)
	if err != nil {
		return Reference{}, err
	}
	now := d.now()
	var row SealedMessage
	err = d.Store.Update(ctx, func(tx Tx) error {
		user, err := d.userNamed(tx, name)
		if err != nil {
			return err
		}
		settings, err := d.messageSettings(tx, user)
		if err != nil {
			return err
		}
		language := settings.choose(languagesOf(texts))
		row = SealedMessage{ID: MessageID(newID()), UserID: user.ID, CreatedAt: now, Year: now.Year(), Kind: MessageTicket, Category: p.Category,
			Topic: p.Topic, Priority: priority, Status: MessageAnswered, UpdatedAt: now, Unread: true}
		row.remindFirst(now)
		if row.Subject, err = d.id.seal("messages", "subject", string(row.ID), []byte(texts[language].Subject)); err != nil {
			return err
		}
		if row.Number, err = tx.CountMessages(row.Year, 1); err != nil {
			return err
		}
		if err := d.insertFirst(tx, &row, SealedEntry{Author: ByOperator, Name: c.operator, Language: language}, texts[language].Text, p.Files, now); err != nil {
			return err
		}
		if err := d.summarise(tx, row, settings, SummaryNew, now); err != nil {
			return err
		}
		return d.record(tx, c, now, "message.posted", user.ID, string(row.ID), "reference", row.reference().String(), "language", language, "files", len(p.Files))
	})
	if err != nil {
		return Reference{}, AsError(err)
	}
	d.publishMessages(row.UserID)
	return row.reference(), nil
}

// userNamed gives an account. Error: user.unknown.
func (b *base) userNamed(tx Tx, name string) (User, error) { return (&Users{base: b}).named(tx, name) }

// checkTexts checks what an operator writes.
func (b *base) checkTexts(category, topic string, priority Priority, texts map[string]MessageText) (Priority, map[string]MessageText, error) {
	if err := b.checkTopic(category, topic); err != nil {
		return "", nil, err
	}
	if priority == "" {
		priority = PriorityNormal
	}
	if !priority.known() {
		return "", nil, fail(BadInput, "message.priority")
	}
	if len(texts) == 0 {
		return "", nil, fail(BadInput, "message.languages")
	}
	clean := map[string]MessageText{}
	for language, t := range texts {
		if !slices.Contains(Languages(), language) {
			return "", nil, fail(BadInput, "message.languages")
		}
		kept, err := t.Kept()
		if err != nil {
			return "", nil, err
		}
		clean[language] = kept
	}
	return priority, clean, nil
}

// Kept gives a text as it would be kept. Errors: message.subject, message.text, message.text_long.
func (t MessageText) Kept() (MessageText, error) {
	subject, err := checkSubject(t.Subject)
	if err != nil {
		return MessageText{}, err
	}
	text, err := checkText(t.Text)
	return MessageText{Subject: subject, Text: text}, err
}

func languagesOf(texts map[string]MessageText) (list []string) {
	for _, l := range Languages() {
		if _, ok := texts[l]; ok {
			list = append(list, l)
		}
	}
	return list
}

// Reply answers a ticket, in one language: that of the ticket's person, whom the desk is talking to. Errors: operator.only,
// message.unknown, message.no_reply, message.closed, message.full, message.text, message.text_long, message.files,
// message.file_unknown, message.languages, message.signature.
func (d *MessageDesk) Reply(ctx context.Context, c Caller, r Reference, language string, a Answer) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	if !slices.Contains(Languages(), language) {
		return fail(BadInput, "message.languages")
	}
	if a.Signature != "" {
		return fail(BadInput, "message.signature")
	}
	text, err := checkText(a.Text)
	if err != nil {
		return err
	}
	now := d.now()
	return d.change(ctx, r, func(tx Tx, row *SealedMessage) error {
		if err := mayAdd(*row); err != nil {
			return err
		}
		if err := d.addEntry(tx, row, SealedEntry{Author: ByOperator, Name: c.operator, Language: language}, text, "", a.Files, now); err != nil {
			return err
		}
		row.Status, row.UpdatedAt, row.Unread, row.DeskUnread, row.Reminders = MessageAnswered, now, true, false, 0
		row.remindFirst(now)
		user, err := tx.User(row.UserID)
		if err != nil {
			return err
		}
		settings, err := d.messageSettings(tx, user)
		if err != nil {
			return err
		}
		if err := d.summarise(tx, *row, settings, SummaryReply, now); err != nil {
			return err
		}
		return d.record(tx, c, now, "message.answered", row.UserID, string(row.ID), "files", len(a.Files))
	})
}

// SetStatus moves a ticket: open (the desk has it), answered or closed. Errors: operator.only, message.unknown, message.status.
func (d *MessageDesk) SetStatus(ctx context.Context, c Caller, r Reference, to MessageStatus) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	if to != MessageOpen && to != MessageAnswered && to != MessageClosed {
		return fail(BadInput, "message.status")
	}
	now := d.now()
	return d.change(ctx, r, func(tx Tx, row *SealedMessage) error {
		if row.Kind != MessageTicket {
			return fail(Conflict, "message.no_reply")
		}
		if row.Status == to {
			return nil
		}
		before := row.Status
		row.Status, row.UpdatedAt, row.DeskUnread = to, now, false
		return d.record(tx, c, now, "message.moved", row.UserID, string(row.ID), "from", before, "to", to)
	})
}

// change loads any message, alters it and saves it, and tells its user's page.
func (d *MessageDesk) change(ctx context.Context, r Reference, alter func(Tx, *SealedMessage) error) error {
	var user UserID
	err := d.Store.Update(ctx, func(tx Tx) error {
		row, err := referred(tx, r)
		if err != nil {
			return err
		}
		if err := alter(tx, &row); err != nil {
			return err
		}
		user = row.UserID
		return tx.SaveMessage(row)
	})
	if err == nil {
		d.publishMessages(user)
	}
	return wrap(err)
}

// Upload keeps a file that the desk is going to send to a user. Errors: operator.only, user.unknown, and those of
// [Messages.Upload].
func (d *MessageDesk) Upload(ctx context.Context, c Caller, name, file string, r io.Reader) (File, error) {
	if err := c.asOperator(); err != nil {
		return File{}, err
	}
	return d.keepFile(ctx, c, file, r, func(tx Tx) (UserID, error) {
		user, err := d.userNamed(tx, name)
		return user.ID, err
	})
}

// Download gives any file that was sent, or that the desk is going to send. Errors: operator.only, message.file_unknown.
func (d *MessageDesk) Download(ctx context.Context, c Caller, id FileID) (File, io.Reader, error) {
	if err := c.asOperator(); err != nil {
		return File{}, nil, err
	}
	f, r, err := d.readFile(ctx, id, func(_ Tx, f SealedFile) error {
		if f.EntryID == "" && !f.ByDesk {
			return fail(NotFound, "message.file_unknown") // a person may still think better of it
		}
		return nil
	})
	if err != nil {
		return File{}, nil, err
	}
	err = d.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.File(id)
		if err != nil {
			return err
		}
		return d.record(tx, c, d.now(), "message_file.read_by_desk", row.UserID, string(id))
	})
	return f, r, wrap(err)
}

func (m SealedMessage) reference() Reference { return Reference{m.Year, m.Number} }

// reminders are when an unread message is spoken of again, by priority: after each of these times since the one before.
var reminders = map[Priority][]time.Duration{
	PriorityNormal: {4 * day},
	PriorityHigh:   {2 * day, 5 * day},
	PriorityUrgent: {day, 2 * day, 4 * day},
}

const day = 24 * time.Hour

// remindFirst and remindNext say when a message is spoken of, or again; never after the last of its priority's times.
func (m *SealedMessage) remindFirst(now time.Time) { m.Reminders = 0; m.remindNext(now) }

func (m *SealedMessage) remindNext(now time.Time) {
	m.RemindAt = time.Time{}
	if times := reminders[m.Priority]; m.Reminders < len(times) {
		m.RemindAt = now.Add(times[m.Reminders])
	}
}

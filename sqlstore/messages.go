package sqlstore

import (
	"database/sql/driver"
	"strconv"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	messageColumns = "id, user_id, created_at, year, number, kind, announcement_id, category, topic, priority, status, subject, notice, " +
		"entries, updated_at, unread, desk_unread, remind_at, reminders"
	entryColumns    = "id, message_id, at, number, author, name, language, files, text, signature"
	settingsColumns = "user_id, first, second, delivery, account, announcements, reminders, quiet_from, quiet_to, zone"
)

var (
	messageInsert = insertInto("messages", messageColumns)
	messageUpdate = updateOf("messages", messageColumns, 6)
	entryInsert   = insertInto("message_entries", entryColumns)
)

func messageArgs(m nodkey.SealedMessage) []driver.Value {
	return []driver.Value{string(m.ID), string(m.UserID), millis(m.CreatedAt), int64(m.Year), int64(m.Number), string(m.Kind),
		maybeText(string(m.AnnouncementID)), m.Category, m.Topic, string(m.Priority), string(m.Status), blob(m.Subject), blob(m.Notice),
		int64(m.Entries), millis(m.UpdatedAt), flag(m.Unread), flag(m.DeskUnread), millis(m.RemindAt), int64(m.Reminders)}
}

func scanMessage(r *row) nodkey.SealedMessage {
	return nodkey.SealedMessage{
		ID: text[nodkey.MessageID](r), UserID: text[nodkey.UserID](r), CreatedAt: r.time(), Year: r.count(), Number: r.count(),
		Kind: text[nodkey.MessageKind](r), AnnouncementID: text[nodkey.AnnouncementID](r), Category: r.text(), Topic: r.text(),
		Priority: text[nodkey.Priority](r), Status: text[nodkey.MessageStatus](r), Subject: r.blob(), Notice: r.blob(),
		Entries: r.count(), UpdatedAt: r.time(), Unread: r.flag(), DeskUnread: r.flag(), RemindAt: r.time(), Reminders: r.count(),
	}
}

func (t *tx) CountMessages(year, n int) (int, error) {
	last, err := one(t, (*row).count, "INSERT INTO message_numbers (year, last) VALUES ($1, $2)"+
		" ON CONFLICT (year) DO UPDATE SET last = message_numbers.last + excluded.last RETURNING last", int64(year), int64(n))
	return last - n + 1, err
}

func (t *tx) InsertMessage(m nodkey.SealedMessage) error {
	return t.insert(messageInsert, messageArgs(m)...)
}

func (t *tx) Message(id nodkey.MessageID) (nodkey.SealedMessage, error) {
	return one(t, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE id = $1", string(id))
}

func (t *tx) MessageByReference(r nodkey.Reference) (nodkey.SealedMessage, error) {
	return one(t, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE year = $1 AND number = $2", int64(r.Year), int64(r.Number))
}

// SaveMessage leaves alone what a message is, and so the indexes that this is in.
func (t *tx) SaveMessage(m nodkey.SealedMessage) error {
	return t.save(messageUpdate, without(6, messageArgs(m))...)
}

// conditions make the rest of a WHERE, after n parameters.
func conditions(f nodkey.MessageFilter, unread string, args []driver.Value) (string, []driver.Value) {
	where := ""
	and := func(column, value string) {
		if value != "" {
			args = append(args, value)
			where += " AND " + column + " = $" + strconv.Itoa(len(args))
		}
	}
	and("kind", string(f.Kind))
	and("status", string(f.Status))
	and("category", f.Category)
	if f.Unread {
		where += " AND " + unread + " = 1"
	}
	return where, args
}

// literal is a LIMIT in the statement's own text: as a parameter it would have the engine plan anew each time.
func literal(limit int) string { return strconv.FormatInt(most(limit), 10) }

// placed gives the three values that a place is compared by; nothing comes before the beginning.
func placed(p *nodkey.MessagePlace) (unread, at int64, id string) {
	if p == nil {
		return 2, 0, ""
	}
	return flag(p.Unread), millis(p.UpdatedAt), string(p.ID)
}

func (t *tx) MessagesOf(user nodkey.UserID, f nodkey.MessageFilter, after *nodkey.MessagePlace, limit int) ([]nodkey.SealedMessage, error) {
	unread, at, id := placed(after)
	where, args := conditions(f, "unread", []driver.Value{string(user), unread, at, id})
	return list(t, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE user_id = $1 AND (unread, updated_at, id) < ($2, $3, $4)"+where+
		" ORDER BY unread DESC, updated_at DESC, id DESC LIMIT "+literal(limit), args...)
}

func (t *tx) UnreadOf(user nodkey.UserID, limit int) (n int, err error) {
	err = t.each(func(*row) { n++ }, "SELECT 1 FROM messages WHERE user_id = $1 AND unread = 1 LIMIT "+literal(limit), string(user))
	return n, err
}

func (t *tx) DeskMessages(f nodkey.MessageFilter, after *nodkey.MessagePlace, limit int) ([]nodkey.SealedMessage, error) {
	unread, at, id := placed(after)
	f.Kind = ""
	where, args := conditions(f, "desk_unread", []driver.Value{unread, at, id})
	return list(t, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE kind = 'ticket' AND (desk_unread, updated_at, id) < ($1, $2, $3)"+where+
		" ORDER BY desk_unread DESC, updated_at DESC, id DESC LIMIT "+literal(limit), args...)
}

func (t *tx) MessagesToRemind(now time.Time, limit int) ([]nodkey.SealedMessage, error) {
	return list(t, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE remind_at > 0 AND remind_at <= $1"+
		" ORDER BY remind_at, id LIMIT $2", millis(now), most(limit))
}

func scanEntry(r *row) nodkey.SealedEntry {
	return nodkey.SealedEntry{
		ID: text[nodkey.EntryID](r), MessageID: text[nodkey.MessageID](r), At: r.time(), Number: r.count(), Author: text[nodkey.Author](r),
		Name: r.text(), Language: r.text(), Files: r.count(), Text: r.blob(), Signature: r.blob(),
	}
}

func (t *tx) InsertEntry(e nodkey.SealedEntry) error {
	return t.insert(entryInsert, string(e.ID), string(e.MessageID), millis(e.At), int64(e.Number), string(e.Author), e.Name, e.Language,
		int64(e.Files), blob(e.Text), blob(e.Signature))
}

func (t *tx) Entry(id nodkey.EntryID) (nodkey.SealedEntry, error) {
	return one(t, scanEntry, "SELECT "+entryColumns+" FROM message_entries WHERE id = $1", string(id))
}

func (t *tx) LastEntry(message nodkey.MessageID) (nodkey.SealedEntry, error) {
	return one(t, scanEntry, "SELECT "+entryColumns+" FROM message_entries WHERE message_id = $1 ORDER BY number DESC LIMIT 1", string(message))
}

func (t *tx) EntriesOf(message nodkey.MessageID) ([]nodkey.SealedEntry, error) {
	return list(t, scanEntry, "SELECT "+entryColumns+" FROM message_entries WHERE message_id = $1 ORDER BY number", string(message))
}

func (t *tx) EntryBytes(message nodkey.MessageID) (int64, error) {
	return one(t, (*row).integer, "SELECT COALESCE(SUM(LENGTH(text)), 0) FROM message_entries WHERE message_id = $1", string(message))
}

func scanSettings(r *row) nodkey.MessageSettings {
	return nodkey.MessageSettings{
		UserID: text[nodkey.UserID](r), First: r.text(), Second: r.text(), Delivery: text[nodkey.SummaryDelivery](r), Account: r.flag(),
		Announcements: r.flag(), Reminders: r.flag(), QuietFrom: r.count(), QuietTo: r.count(), Zone: r.text(),
	}
}

func (t *tx) MessageSettings(user nodkey.UserID) (nodkey.MessageSettings, error) {
	return one(t, scanSettings, "SELECT "+settingsColumns+" FROM message_settings WHERE user_id = $1", string(user))
}

func (t *tx) SaveMessageSettings(s nodkey.MessageSettings) error {
	_, err := t.exec("INSERT INTO message_settings ("+settingsColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"+
		" ON CONFLICT (user_id) DO UPDATE SET first = excluded.first, second = excluded.second, delivery = excluded.delivery,"+
		" account = excluded.account, announcements = excluded.announcements, reminders = excluded.reminders,"+
		" quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, zone = excluded.zone",
		string(s.UserID), s.First, s.Second, string(s.Delivery), flag(s.Account), flag(s.Announcements), flag(s.Reminders),
		int64(s.QuietFrom), int64(s.QuietTo), s.Zone)
	return err
}

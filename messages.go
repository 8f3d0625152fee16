package nodkey

import (
	"context"
	"errors"
	"slices"
)

// Messages are a person's box, for the portal's full session and for a phone's active key. Whatever is not in the caller's own
// box is not found.
type Messages struct{ *base }

// How much a call looks at.
const (
	pageSize    = 20
	pageMost    = 100
	unreadMost  = 100     // what is shown is "99+" from there on
	searchStep  = 200     // messages a transaction
	searchMost  = 2000    // messages a call
	searchBytes = 4 << 20 // of texts a call
	entriesMost = 500     // of one message
	entryBytes  = 2 << 20 // and of their texts: a message is shown whole
)

// box gives the caller whose box it is, looked up again in the transaction. A phone's key needs an opening besides. Error:
// messages.closed.
func (b *base) box(tx Tx, c Caller) (User, error) {
	user, err := b.boxOwner(tx, c)
	if err == nil && c.key != nil {
		err = b.opened(tx, c.key.ID)
	}
	return user, err
}

// boxOwner is box for what a phone may see without an opening.
func (b *base) boxOwner(tx Tx, c Caller) (User, error) {
	var id UserID
	if c.key != nil {
		key, err := tx.Key(c.key.ID)
		if errors.Is(err, ErrNoRow) {
			return User{}, fail(Refused, "key.removed")
		}
		if err != nil {
			return User{}, err
		}
		if key.State != KeyActive {
			return User{}, b.notActive(key)
		}
		id = key.UserID
	} else {
		session, err := b.live(tx, c, Full)
		if err != nil {
			return User{}, err
		}
		id = session.UserID
	}
	return tx.User(id)
}

// owned gives a message of a user's own. Error: message.unknown, for another's too.
func owned(tx MessageRows, user UserID, r Reference) (SealedMessage, error) {
	m, err := referred(tx, r)
	if err == nil && m.UserID != user {
		return SealedMessage{}, fail(NotFound, "message.unknown")
	}
	return m, err
}

// referred gives anybody's message. Error: message.unknown.
func referred(tx MessageRows, r Reference) (SealedMessage, error) {
	m, err := tx.MessageByReference(r)
	if errors.Is(err, ErrNoRow) {
		err = fail(NotFound, "message.unknown")
	}
	return m, err
}

// Topics are what the bus is told when something in the caller's box changes, for a page that shows it live.
func (m *Messages) Topics(user UserID) []string {
	return []string{topicOfMessages(user), topicOfActivations(user)}
}

func topicOfMessages(user UserID) string { return "messages:" + string(user) }

// MessageQuery is what a list is asked for.
type MessageQuery struct {
	Filter MessageFilter
	// Search: all of these words are in the subject, the texts, the names of files or the reference; at most 100 characters.
	Search string
	After  Cursor
	Limit  int // 0: 20; at most 100
	// Said gives a notice's words, so that they are searched, too; nil: only what they were made of.
	Said func(AccountNotice) string
}

func (q MessageQuery) limit() int {
	if q.Limit <= 0 {
		return pageSize
	}
	return min(q.Limit, pageMost)
}

// MessagePage is a part of a box.
type MessagePage struct {
	Messages []Message
	Next     Cursor // empty: that was all. A search may give few messages, or none, and still go on from here.
	Unread   int    // in the whole box, at most 100
}

// List gives messages, unread ones first and then the newest. Errors: message.cursor, message.query, session.*, key.*,
// messages.closed, message.search_slow from a phone that searches without end.
func (m *Messages) List(ctx context.Context, c Caller, q MessageQuery) (MessagePage, error) {
	after, err := q.After.place()
	if err != nil {
		return MessagePage{}, err
	}
	wanted, err := words(q.Search)
	if err != nil {
		return MessagePage{}, err
	}
	if len(wanted) > 0 {
		if err := m.chargeSearch(ctx, c); err != nil {
			return MessagePage{}, err
		}
		return m.search(ctx, c, q, wanted, after)
	}
	var page MessagePage
	err = m.Store.View(ctx, func(tx Tx) error {
		page = MessagePage{}
		o, err := m.opener(tx, c)
		if err != nil {
			return err
		}
		rows, err := tx.MessagesOf(o.user.ID, q.Filter, after, q.limit()+1)
		if err != nil {
			return err
		}
		if len(rows) > q.limit() {
			rows = rows[:q.limit()]
			page.Next = rows[len(rows)-1].place().cursor()
		}
		for _, row := range rows {
			message, err := o.message(row)
			if err != nil {
				return err
			}
			page.Messages = append(page.Messages, message)
		}
		page.Unread, err = tx.UnreadOf(o.user.ID, unreadMost)
		return err
	})
	return page, wrap(err)
}

// chargeSearch counts a search of a phone's. It is the only reading that costs the server more than it costs the phone.
func (m *Messages) chargeSearch(ctx context.Context, c Caller) error {
	if c.key == nil {
		return nil
	}
	now := m.now()
	return wrap(m.Store.Update(ctx, func(tx Tx) error {
		if _, err := m.box(tx, c); err != nil { // whoever may not search charges nothing
			return err
		}
		wait, ok, err := searchesByKey.take(tx, "searches:key:"+string(c.key.ID), 1, now)
		if err == nil && !ok {
			err = limited("message.search_slow", wait)
		}
		return err
	}))
}

// Unread counts the unread messages of the caller's box, at most 100. A phone needs no opening.
func (m *Messages) Unread(ctx context.Context, c Caller) (n int, err error) {
	err = m.Store.View(ctx, func(tx Tx) error {
		user, err := m.boxOwner(tx, c)
		if err != nil {
			return err
		}
		n, err = tx.UnreadOf(user.ID, unreadMost)
		return err
	})
	return n, wrap(err)
}

// search looks through the box in steps. Everything in it is sealed, so it is opened here, and no more of it than searchMost
// messages and, but for the last message, searchBytes a call.
func (m *Messages) search(ctx context.Context, c Caller, q MessageQuery, wanted []string, after *MessagePlace) (page MessagePage, err error) {
	for looked, bytes, more := 0, 0, true; more && looked < searchMost && bytes < searchBytes && len(page.Messages) < q.limit(); {
		var found []Message
		var last *MessagePlace
		n, opened := 0, 0
		err := m.Store.View(ctx, func(tx Tx) error {
			found, last, n, opened = nil, nil, 0, 0
			o, err := m.opener(tx, c)
			if err != nil {
				return err
			}
			rows, err := tx.MessagesOf(o.user.ID, q.Filter, after, searchStep)
			if err != nil {
				return err
			}
			more = len(rows) == searchStep
			for i, row := range rows {
				message, hit, err := o.holds(row, wanted, q.Said)
				if err != nil {
					return err
				}
				place := row.place()
				n, last, opened = n+1, &place, o.opened
				if hit {
					found = append(found, message)
				}
				if len(page.Messages)+len(found) == q.limit() || bytes+opened >= searchBytes {
					more = more || i+1 < len(rows)
					break
				}
			}
			page.Unread, err = tx.UnreadOf(o.user.ID, unreadMost)
			return err
		})
		if err != nil {
			return MessagePage{}, AsError(err)
		}
		page.Messages = append(page.Messages, found...)
		looked, bytes = looked+n, bytes+opened
		page.Next = ""
		if last != nil {
			after = last
			if more {
				page.Next = last.cursor()
			}
		}
	}
	return page, nil
}

// holds opens a message and tells whether all words are in it.
func (o *opener) holds(row SealedMessage, wanted []string, said func(AccountNotice) string) (Message, bool, error) {
	m, err := o.message(row)
	if err != nil {
		return m, false, err
	}
	left := missing(wanted, m.Subject, m.Reference.String())
	if m.Notice != nil {
		n := m.Notice
		left = missing(left, n.Phone, n.With, n.From, n.Contact)
		if said != nil && len(left) > 0 {
			left = missing(left, said(*n))
		}
	}
	if len(left) == 0 || m.Notice != nil {
		return m, len(left) == 0, nil
	}
	entries, err := o.entries(row, "", m)
	for _, e := range entries {
		left = missing(left, e.Text)
		for _, f := range e.Files {
			left = missing(left, f.Name)
		}
	}
	return m, len(left) == 0, err
}

// entries opens what a message says. An entry that does not open is left empty.
func (o *opener) entries(row SealedMessage, language string, m Message) ([]MessageEntry, error) {
	if row.AnnouncementID != "" {
		text, err := o.text(row.AnnouncementID, language)
		if err != nil {
			return nil, err
		}
		body, err := o.id.open("announcement_texts", "text", text.ID, text.Text)
		o.opened += len(body)
		return []MessageEntry{{Number: 1, At: m.CreatedAt, Author: ByOperator, Language: text.Language, Text: string(body), Markdown: true, Damaged: err != nil}}, nil
	}
	rows, err := o.tx.EntriesOf(row.ID)
	if err != nil {
		return nil, err
	}
	out := make([]MessageEntry, 0, len(rows))
	for _, r := range rows {
		e := MessageEntry{ID: r.ID, Number: r.Number, At: r.At, Author: r.Author, Name: r.Name, Language: r.Language, Markdown: r.Author == ByOperator, Signed: r.Signature != nil}
		text, err := o.id.open("message_entries", "text", string(r.ID), r.Text)
		e.Text, e.Damaged, o.opened = string(text), err != nil, o.opened+len(text)
		if r.Files > 0 {
			if e.Files, err = o.files(r.ID); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (o *opener) files(entry EntryID) ([]File, error) {
	rows, err := o.tx.FilesOf(entry)
	slices.SortStableFunc(rows, func(a, b SealedFile) int { return a.CreatedAt.Compare(b.CreatedAt) }) // as they were added
	var out []File
	for _, r := range rows {
		out = append(out, o.base.file(r))
	}
	return out, err
}

// file opens a file's name; one that does not open still has its type.
func (b *base) file(r SealedFile) File {
	f := File{ID: r.ID, Type: fileTypes[r.Type].Type, Size: r.Size}
	name, err := b.id.open("message_files", "name", string(r.ID), r.Name)
	if f.Name = string(name); err != nil && r.Ready {
		f.Name = cleanFileName("", fileTypes[r.Type])
	}
	return f
}

// publishMessages tells that something in users' boxes is new.
func (b *base) publishMessages(users ...UserID) { b.Bus.Publish(topicsOfBoxes(users...)...) }

func topicsOfBoxes(users ...UserID) []string {
	topics := []string{topicOfSummaries}
	for _, u := range users {
		topics = append(topics, topicOfMessages(u))
	}
	return topics
}

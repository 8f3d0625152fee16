package nodkey

import (
	"encoding/json"
	"errors"
)

// opener opens what one person reads, in one transaction.
type opener struct {
	*base
	tx       Tx
	user     User
	settings MessageSettings
	texts    map[AnnouncementID][]SealedText
	opened   int // bytes of texts
}

func (b *base) opener(tx Tx, c Caller) (*opener, error) {
	user, err := b.box(tx, c)
	if err != nil {
		return nil, err
	}
	o, err := b.openerFor(tx, user)
	if err != nil || user.Locale != "" || c.Locale == "" {
		return o, err
	}
	if _, err = tx.MessageSettings(user.ID); errors.Is(err, ErrNoRow) { // nobody chose a language: the page's is theirs
		o.settings.First = SpokenTag(c.Locale)
		return o, nil
	}
	return o, err
}

func (b *base) openerFor(tx Tx, user User) (*opener, error) {
	settings, err := b.messageSettings(tx, user)
	return &opener{base: b, tx: tx, user: user, settings: settings, texts: map[AnnouncementID][]SealedText{}}, err
}

// message opens a row. What does not open is shown as damaged, so that it hides nothing else.
func (o *opener) message(row SealedMessage) (Message, error) {
	m := Message{ID: row.ID, UserID: row.UserID, Reference: Reference{row.Year, row.Number}, Kind: row.Kind, Category: row.Category,
		Topic: row.Topic, Priority: row.Priority, Status: row.Status, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		Unread: row.Unread, DeskUnread: row.DeskUnread}
	switch {
	case row.Notice != nil:
		raw, err := o.id.open("messages", "notice", string(row.ID), row.Notice)
		n := &AccountNotice{}
		if err == nil {
			err = json.Unmarshal(raw, n)
		}
		if m.Damaged = err != nil; !m.Damaged {
			m.Notice = n
		}
	case row.AnnouncementID != "":
		text, err := o.text(row.AnnouncementID, "")
		if err != nil {
			return m, err
		}
		m.Language = text.Language
		subject, err := o.id.open("announcement_texts", "subject", text.ID, text.Subject)
		m.Subject, m.Damaged = string(subject), err != nil
	default:
		subject, err := o.id.open("messages", "subject", string(row.ID), row.Subject)
		m.Subject, m.Damaged = string(subject), err != nil
	}
	return m, nil
}

// text gives an announcement in a language, or in the one that the person would choose.
func (o *opener) text(id AnnouncementID, language string) (SealedText, error) {
	texts, ok := o.texts[id]
	if !ok {
		var err error
		if texts, err = o.tx.AnnouncementTexts(id); err != nil {
			return SealedText{}, err
		}
		o.texts[id] = texts
	}
	var there []string
	for _, t := range texts {
		there = append(there, t.Language)
	}
	chosen := o.settings.choose(there)
	for _, t := range texts {
		if t.Language == language {
			return t, nil
		}
	}
	for _, t := range texts {
		if t.Language == chosen {
			return t, nil
		}
	}
	return SealedText{}, errors.New("an announcement without a text")
}

package nodkey

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Announcements go to many. [Announcements.Send] hands them out in chunks, each one transaction that also moves the position on:
// whoever dies in between leaves whole chunks, and the next one goes on behind the last. A user gets each announcement once,
// whatever happens, as the store keeps announcement and user unique together.
type Announcements struct{ *base }

// How many users a transaction takes: few enough that others who write wait for milliseconds only.
const (
	announceStep = 200
	audienceMost = 200_000 // names on a list
)

// Announcing is what an operator announces.
type Announcing struct {
	Category, Topic string
	Priority        Priority // empty: normal
	Texts           map[string]MessageText
	To              []string  // users' names; nil: everybody who has an account when it is sent
	At              time.Time // not before that; zero: now
}

// Announce starts an announcement, which is then sent by whoever runs Send. Nothing is sent when an error comes back. Errors:
// operator.only, those of [MessageDesk.Post] about texts, user.unknown with the Name of the first that is unknown,
// announcement.nobody for an empty list, announcement.many.
func (a *Announcements) Announce(ctx context.Context, c Caller, in Announcing) (AnnouncementID, error) {
	if err := c.asOperator(); err != nil {
		return "", err
	}
	priority, texts, err := a.checkTexts(in.Category, in.Topic, in.Priority, in.Texts)
	if err != nil {
		return "", err
	}
	now := a.now()
	row := Announcement{ID: AnnouncementID(newID()), CreatedAt: now, Author: c.operator, Category: in.Category, Topic: in.Topic,
		Priority: priority, Audience: AudienceAll, State: AnnouncementDraft, StartsAt: now}
	if in.At.After(now) {
		row.StartsAt = in.At.UTC().Truncate(time.Millisecond)
	}
	if in.To != nil {
		row.Audience = AudienceList
		if len(in.To) == 0 {
			return "", fail(BadInput, "announcement.nobody")
		}
		if len(in.To) > audienceMost {
			return "", fail(BadInput, "announcement.many", "Most", audienceMost)
		}
	}
	sealed, err := a.sealTexts(row.ID, texts)
	if err != nil {
		return "", AsError(err)
	}
	err = a.Store.Update(ctx, func(tx Tx) error {
		if err := tx.InsertAnnouncement(row); err != nil {
			return err
		}
		for _, t := range sealed {
			if err := tx.InsertAnnouncementText(t); err != nil {
				return err
			}
		}
		return a.record(tx, c, now, "announcement.made", "", string(row.ID), "languages", languagesOf(texts), "audience", row.Audience, "names", len(in.To))
	})
	for names := range slices.Chunk(in.To, announceStep) {
		if err != nil {
			break
		}
		err = a.Store.Update(ctx, func(tx Tx) error {
			for _, name := range names {
				user, err := a.userNamed(tx, name)
				if err != nil {
					return err
				}
				if err := tx.AddAudience(row.ID, user.ID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return "", AsError(err) // what there is of it stays a draft
	}
	return row.ID, a.move(ctx, c, row.ID, AnnouncementDraft, AnnouncementSending, "announcement.started")
}

func (a *Announcements) sealTexts(id AnnouncementID, texts map[string]MessageText) (list []SealedText, err error) {
	for _, language := range languagesOf(texts) {
		t := SealedText{ID: textID(id, language), AnnouncementID: id, Language: language}
		if t.Subject, err = a.id.seal("announcement_texts", "subject", t.ID, []byte(texts[language].Subject)); err != nil {
			return nil, err
		}
		if t.Text, err = a.id.seal("announcement_texts", "text", t.ID, []byte(texts[language].Text)); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// Stop keeps an announcement from going further; those who have it keep it. Errors: operator.only, announcement.unknown,
// announcement.state.
func (a *Announcements) Stop(ctx context.Context, c Caller, id AnnouncementID) error {
	return a.move(ctx, c, id, AnnouncementSending, AnnouncementStopped, "announcement.stopped")
}

// Resume goes on where it was stopped. Errors: as Stop.
func (a *Announcements) Resume(ctx context.Context, c Caller, id AnnouncementID) error {
	return a.move(ctx, c, id, AnnouncementStopped, AnnouncementSending, "announcement.resumed")
}

func (a *Announcements) move(ctx context.Context, c Caller, id AnnouncementID, from, to AnnouncementState, action string) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	err := a.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.Announcement(id)
		if errors.Is(err, ErrNoRow) {
			return fail(NotFound, "announcement.unknown")
		}
		if err != nil {
			return err
		}
		if row.State != from {
			return fail(Conflict, "announcement.state")
		}
		row.State = to
		if err := tx.SaveAnnouncement(row); err != nil {
			return err
		}
		return a.record(tx, c, a.now(), action, "", string(id), "sent", row.Sent)
	})
	if err == nil {
		a.Bus.Publish(topicOfAnnouncements)
	}
	return wrap(err)
}

// List gives the newest announcements, at most 100. Error: operator.only.
func (a *Announcements) List(ctx context.Context, c Caller) (list []Announcement, err error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	err = a.Store.View(ctx, func(tx Tx) (err error) {
		list, err = tx.Announcements(100)
		return err
	})
	return list, wrap(err)
}

// Texts gives what an announcement says, by language. Errors: operator.only, announcement.unknown.
func (a *Announcements) Texts(ctx context.Context, c Caller, id AnnouncementID) (map[string]MessageText, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	var sealed []SealedText
	err := a.Store.View(ctx, func(tx Tx) (err error) {
		sealed, err = tx.AnnouncementTexts(id)
		return err
	})
	if err == nil && len(sealed) == 0 {
		err = fail(NotFound, "announcement.unknown")
	}
	if err != nil {
		return nil, AsError(err)
	}
	out := map[string]MessageText{}
	for _, t := range sealed {
		subject, err1 := a.id.open("announcement_texts", "subject", t.ID, t.Subject)
		text, err2 := a.id.open("announcement_texts", "text", t.ID, t.Text)
		if err := errors.Join(err1, err2); err != nil {
			return nil, AsError(err)
		}
		out[t.Language] = MessageText{Subject: string(subject), Text: string(text)}
	}
	return out, nil
}

const topicOfAnnouncements = "announcements"

// Wake tells that an announcement was started or resumed; losing a wake-up costs time, never an announcement.
func (a *Announcements) Wake() (wake <-chan struct{}, cancel func()) {
	return a.Bus.Subscribe(topicOfAnnouncements)
}

// Send hands out one chunk of what is due, and gives how many messages it made and whether there is more to do at once. Several
// may run it at the same time.
func (a *Announcements) Send(ctx context.Context) (made int, more bool, err error) {
	now := a.now()
	var due []Announcement
	err = a.Store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.AnnouncementsDue(now, 1)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, false, wrap(err)
	}
	var told []UserID
	err = a.Store.Update(ctx, func(tx Tx) error {
		told = nil
		row, err := tx.Announcement(due[0].ID) // somebody else may have moved it on, or stopped it
		if err != nil {
			return err
		}
		if row.State != AnnouncementSending {
			return nil
		}
		told, err = a.step(tx, &row, now)
		if err != nil {
			return err
		}
		return tx.SaveAnnouncement(row)
	})
	if err != nil {
		return 0, false, AsError(err)
	}
	a.publishMessages(told...)
	return len(told), true, nil
}

// step posts to the next users and moves the position behind them.
func (a *Announcements) step(tx Tx, row *Announcement, now time.Time) (told []UserID, err error) {
	users, err := a.next(tx, row)
	if err != nil {
		return nil, err
	}
	system := Caller{operator: row.Author}
	if len(users) == 0 {
		row.State, row.EndedAt = AnnouncementDone, now
		return nil, a.record(tx, system, now, "announcement.done", "", string(row.ID), "sent", row.Sent)
	}
	number, err := tx.CountMessages(now.Year(), len(users))
	if err != nil {
		return nil, err
	}
	for i, user := range users {
		m := SealedMessage{ID: MessageID(newID()), UserID: user.ID, CreatedAt: now, Year: now.Year(), Number: number + i, Kind: MessageAnnouncement,
			AnnouncementID: row.ID, Category: row.Category, Topic: row.Topic, Priority: row.Priority, Status: MessageOpen, UpdatedAt: now, Unread: true}
		m.remindFirst(now)
		err := tx.InsertMessage(m)
		if errors.Is(err, ErrExists) {
			continue // has it already
		}
		if err != nil {
			return nil, err
		}
		settings, err := a.messageSettings(tx, user)
		if err != nil {
			return nil, err
		}
		if err := a.summarise(tx, m, settings, SummaryNew, now); err != nil {
			return nil, err
		}
		told = append(told, user.ID)
	}
	row.Sent += len(told)
	return told, a.record(tx, system, now, "announcement.sent", "", string(row.ID), "messages", len(told), "position", row.Position)
}

// next gives the users of the next chunk and puts the position behind them.
func (a *Announcements) next(tx Tx, row *Announcement) ([]User, error) {
	if row.Audience == AudienceAll {
		users, err := tx.Users(row.Position, announceStep)
		if len(users) > 0 {
			row.Position = users[len(users)-1].Name
		}
		return users, err
	}
	ids, err := tx.Audience(row.ID, UserID(row.Position), announceStep)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	row.Position = string(ids[len(ids)-1])
	var users []User
	for _, id := range ids {
		user, err := tx.User(id)
		if err != nil {
			return nil, err
		}
		users = append(users, user)
	}
	return users, nil
}

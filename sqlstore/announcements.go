package sqlstore

import (
	"database/sql/driver"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	announcementColumns = "id, created_at, author, category, topic, priority, audience, state, starts_at, position, sent, ended_at"
	textColumns         = "id, announcement_id, language, subject, text"
)

var (
	announcementInsert = insertInto("announcements", announcementColumns)
	announcementUpdate = updateOf("announcements", announcementColumns, 2)
	textInsert         = insertInto("announcement_texts", textColumns)
)

func announcementArgs(a nodkey.Announcement) []driver.Value {
	return []driver.Value{string(a.ID), millis(a.CreatedAt), a.Author, a.Category, a.Topic, string(a.Priority), string(a.Audience),
		string(a.State), millis(a.StartsAt), a.Position, int64(a.Sent), millis(a.EndedAt)}
}

func scanAnnouncement(r *row) nodkey.Announcement {
	return nodkey.Announcement{
		ID: text[nodkey.AnnouncementID](r), CreatedAt: r.time(), Author: r.text(), Category: r.text(), Topic: r.text(),
		Priority: text[nodkey.Priority](r), Audience: text[nodkey.Audience](r), State: text[nodkey.AnnouncementState](r),
		StartsAt: r.time(), Position: r.text(), Sent: r.count(), EndedAt: r.time(),
	}
}

func (t *tx) InsertAnnouncement(a nodkey.Announcement) error {
	return t.insert(announcementInsert, announcementArgs(a)...)
}

func (t *tx) Announcement(id nodkey.AnnouncementID) (nodkey.Announcement, error) {
	return one(t, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE id = $1", string(id))
}

// SaveAnnouncement leaves the author alone, too.
func (t *tx) SaveAnnouncement(a nodkey.Announcement) error {
	return t.save(announcementUpdate, without(2, announcementArgs(a))...)
}

func (t *tx) Announcements(limit int) ([]nodkey.Announcement, error) {
	return list(t, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements ORDER BY created_at DESC, id DESC LIMIT $1", most(limit))
}

func (t *tx) AnnouncementsDue(now time.Time, limit int) ([]nodkey.Announcement, error) {
	return list(t, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE state = 'sending' AND starts_at <= $1"+
		" ORDER BY starts_at, id LIMIT $2", millis(now), most(limit))
}

func scanText(r *row) nodkey.SealedText {
	return nodkey.SealedText{ID: r.text(), AnnouncementID: text[nodkey.AnnouncementID](r), Language: r.text(), Subject: r.blob(), Text: r.blob()}
}

func (t *tx) InsertAnnouncementText(x nodkey.SealedText) error {
	return t.insert(textInsert, x.ID, string(x.AnnouncementID), x.Language, blob(x.Subject), blob(x.Text))
}

func (t *tx) AnnouncementTexts(id nodkey.AnnouncementID) ([]nodkey.SealedText, error) {
	return list(t, scanText, "SELECT "+textColumns+" FROM announcement_texts WHERE announcement_id = $1 ORDER BY language", string(id))
}

func (t *tx) AddAudience(id nodkey.AnnouncementID, user nodkey.UserID) error {
	_, err := t.exec("INSERT INTO announcement_users (announcement_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", string(id), string(user))
	return err
}

func (t *tx) Audience(id nodkey.AnnouncementID, after nodkey.UserID, limit int) ([]nodkey.UserID, error) {
	return list(t, text[nodkey.UserID], "SELECT user_id FROM announcement_users WHERE announcement_id = $1 AND user_id > $2"+
		" ORDER BY user_id LIMIT $3", string(id), string(after), most(limit))
}

func (t *tx) AudienceSize(a nodkey.Announcement) (int, error) {
	if a.Audience == nodkey.AudienceAll {
		return one(t, (*row).count, "SELECT count(*) FROM users")
	}
	return one(t, (*row).count, "SELECT count(*) FROM announcement_users WHERE announcement_id = $1", string(a.ID))
}

func (t *tx) AnnouncementCounts(id nodkey.AnnouncementID) (nodkey.AnnouncementCounts, error) {
	counts, err := one(t, func(r *row) nodkey.AnnouncementCounts {
		return nodkey.AnnouncementCounts{Messages: r.count(), Unread: r.count(), Closed: r.count()}
	}, "SELECT count(*), count(*) FILTER (WHERE unread = 1), count(*) FILTER (WHERE status = 'closed') FROM messages WHERE announcement_id = $1", string(id))
	if err != nil {
		return counts, err
	}
	counts.Summaries = map[nodkey.SummaryChannel]map[nodkey.SummaryState]int{}
	err = t.each(func(r *row) {
		channel := text[nodkey.SummaryChannel](r)
		if counts.Summaries[channel] == nil {
			counts.Summaries[channel] = map[nodkey.SummaryState]int{}
		}
		counts.Summaries[channel][text[nodkey.SummaryState](r)]++
	}, "SELECT s.channel, s.state FROM messages m JOIN summaries s ON s.message_id = m.id WHERE m.announcement_id = $1", string(id))
	return counts, err
}

func (t *tx) FailedSummaries(id nodkey.AnnouncementID, limit int) ([]nodkey.SealedSummary, error) {
	return list(t, scanSummary, "SELECT s."+strings.ReplaceAll(summaryColumns, ", ", ", s.")+" FROM messages m JOIN summaries s ON s.message_id = m.id"+
		" WHERE m.announcement_id = $1 AND s.state = 'failed' LIMIT $2", string(id), most(limit))
}

package nodkeytest

import (
	"errors"
	"fmt"
	"time"

	"github.com/nodkey/nodkey"
)

func announcementTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			full, other := fill[nodkey.Announcement](1), fill[nodkey.Announcement](2)
			other.ID, other.CreatedAt, other.Author = full.ID, full.CreatedAt, full.Author
			keeping[nodkey.Announcement]{
				full: full, other: other, sparse: nodkey.Announcement{ID: "sparse"}, insert: nodkey.Tx.InsertAnnouncement, save: nodkey.Tx.SaveAnnouncement,
				get: func(tx nodkey.Tx, a nodkey.Announcement) (nodkey.Announcement, error) { return tx.Announcement(a.ID) },
			}.check(k)
		},
		"are due while they are sent, and listed newest first": func(k kit) {
			for i, state := range []nodkey.AnnouncementState{nodkey.AnnouncementSending, nodkey.AnnouncementDraft, nodkey.AnnouncementSending, nodkey.AnnouncementStopped, nodkey.AnnouncementDone} {
				k.announcement(nodkey.AnnouncementID(fmt.Sprint("a", i)), func(a *nodkey.Announcement) {
					a.State, a.CreatedAt, a.StartsAt = state, start.Add(time.Duration(i)*time.Second), start.Add(time.Duration(9-i)*time.Minute)
				})
			}
			id := func(a nodkey.Announcement) nodkey.AnnouncementID { return a.ID }
			due := func(after time.Duration, limit int, want ...nodkey.AnnouncementID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.AnnouncementID, error) {
					list, err := tx.AnnouncementsDue(start.Add(after), limit)
					return ids(list, id), err
				})
			}
			due(7*time.Minute-time.Millisecond, 9)
			due(7*time.Minute, 9, "a2")
			due(9*time.Minute, 9, "a2", "a0")
			due(9*time.Minute, 1, "a2")
			see(k, []nodkey.AnnouncementID{"a4", "a3", "a2"}, func(tx nodkey.Tx) ([]nodkey.AnnouncementID, error) {
				list, err := tx.Announcements(3)
				return ids(list, id), err
			})
		},
		"have a text a language, and a list": func(k kit) {
			k.announcement("a", nil)
			full := fill[nodkey.SealedText](1)
			full.AnnouncementID, full.Language = "a", "ja"
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.InsertAnnouncementText(full), tx.InsertAnnouncementText(nodkey.SealedText{ID: "a/de", AnnouncementID: "a", Language: "de"}))
			})
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertAnnouncementText(full) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertAnnouncementText(nodkey.SealedText{ID: "n/de", AnnouncementID: "none"})
			})
			see(k, []nodkey.SealedText{{ID: "a/de", AnnouncementID: "a", Language: "de"}, full}, func(tx nodkey.Tx) ([]nodkey.SealedText, error) { return tx.AnnouncementTexts("a") })
			want := []nodkey.UserID{"u1", "u2", "u3"}
			for _, u := range want {
				k.user(u)
			}
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.AddAudience("a", "u3"), tx.AddAudience("a", "u1"), tx.AddAudience("a", "u2"), tx.AddAudience("a", "u1"))
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.AddAudience("a", "nobody") })
			see(k, want, func(tx nodkey.Tx) ([]nodkey.UserID, error) { return tx.Audience("a", "", 9) })
			see(k, want[1:2], func(tx nodkey.Tx) ([]nodkey.UserID, error) { return tx.Audience("a", "u1", 1) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.UserID, error) { return tx.Audience("none", "", 9) })
		},
		"count whom they go to, and what has become of them": func(k kit) {
			k.announcement("a", nil)
			k.announcement("b", nil)
			owner := map[nodkey.MessageID]nodkey.UserID{"1": "u1", "2": "u2", "3": "u3", "4": "u1"}
			summary := func(id nodkey.SummaryID, m nodkey.MessageID, channel nodkey.SummaryChannel, state nodkey.SummaryState) nodkey.SealedSummary {
				s := nodkey.SealedSummary{ID: id, MessageID: m, UserID: owner[m], Channel: channel, State: state, Failure: string(id)}
				k.update(func(tx nodkey.Tx) error {
					made, err := tx.InsertSummary(s)
					if !made {
						k.Errorf("%s is not made", id)
					}
					return err
				})
				return s
			}
			for i, m := range []nodkey.MessageID{"1", "2", "3"} {
				u := k.user("u" + nodkey.UserID(m))
				k.message(m, u, i+1, func(row *nodkey.SealedMessage) {
					row.AnnouncementID, row.Unread, row.Status = "a", i > 0, nodkey.MessageOpen
					if i == 1 {
						row.Status = nodkey.MessageClosed
					}
				})
			}
			k.message("4", "u1", 4, func(row *nodkey.SealedMessage) { row.AnnouncementID, row.Unread = "b", true })
			k.update(func(tx nodkey.Tx) error { return errors.Join(tx.AddAudience("a", "u1"), tx.AddAudience("a", "u2")) })
			summary("s1", "1", nodkey.SummaryEmail, nodkey.SummarySent)
			failed := summary("s2", "1", nodkey.SummarySMS, nodkey.SummaryFailed)
			summary("s3", "2", nodkey.SummaryEmail, nodkey.SummarySent)
			summary("s4", "4", nodkey.SummaryEmail, nodkey.SummaryFailed)
			see(k, nodkey.AnnouncementCounts{Messages: 3, Unread: 2, Closed: 1, Summaries: map[nodkey.SummaryChannel]map[nodkey.SummaryState]int{
				nodkey.SummaryEmail: {nodkey.SummarySent: 2}, nodkey.SummarySMS: {nodkey.SummaryFailed: 1},
			}}, func(tx nodkey.Tx) (nodkey.AnnouncementCounts, error) { return tx.AnnouncementCounts("a") })
			see(k, []nodkey.SealedSummary{failed}, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) { return tx.FailedSummaries("a", 9) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.SealedSummary, error) { return tx.FailedSummaries("a", 0) })
			for want, a := range map[int]nodkey.Announcement{
				2: {ID: "a", Audience: nodkey.AudienceList}, 0: {ID: "b", Audience: nodkey.AudienceList}, 3: {ID: "a", Audience: nodkey.AudienceAll},
			} {
				see(k, want, func(tx nodkey.Tx) (int, error) { return tx.AudienceSize(a) })
			}
		},
	}
}

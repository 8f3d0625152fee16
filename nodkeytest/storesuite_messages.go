package nodkeytest

import (
	"errors"
	"fmt"
	"time"

	"github.com/nodkey/nodkey"
)

// message puts a message in the store and gives it as it must come back.
func (k kit) message(id nodkey.MessageID, user nodkey.UserID, number int, change func(*nodkey.SealedMessage)) nodkey.SealedMessage {
	k.Helper()
	m := nodkey.SealedMessage{ID: id, UserID: user, CreatedAt: start, Year: 2026, Number: number, Kind: nodkey.MessageTicket,
		Priority: nodkey.PriorityNormal, Status: nodkey.MessageNew, UpdatedAt: start.Add(time.Duration(number) * time.Second)}
	if change != nil {
		change(&m)
	}
	k.update(func(tx nodkey.Tx) error { return tx.InsertMessage(m) })
	return m
}

func messageID(m nodkey.SealedMessage) nodkey.MessageID { return m.ID }

func (k kit) announcement(id nodkey.AnnouncementID, change func(*nodkey.Announcement)) nodkey.Announcement {
	k.Helper()
	a := nodkey.Announcement{ID: id, CreatedAt: start, State: nodkey.AnnouncementSending, Audience: nodkey.AudienceAll}
	if change != nil {
		change(&a)
	}
	k.update(func(tx nodkey.Tx) error { return tx.InsertAnnouncement(a) })
	return a
}

func messageTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user, announced := k.user("u"), k.announcement("a", nil)
			full, other := fill[nodkey.SealedMessage](1), fill[nodkey.SealedMessage](2)
			full.UserID, full.AnnouncementID = user, announced.ID
			other.ID, other.UserID, other.CreatedAt, other.AnnouncementID = full.ID, user, full.CreatedAt, announced.ID
			other.Year, other.Number, other.Kind = full.Year, full.Number, full.Kind
			keeping[nodkey.SealedMessage]{
				full: full, other: other, sparse: nodkey.SealedMessage{ID: "sparse", UserID: user},
				insert: nodkey.Tx.InsertMessage, save: nodkey.Tx.SaveMessage,
				get: func(tx nodkey.Tx, m nodkey.SealedMessage) (nodkey.SealedMessage, error) { return tx.Message(m.ID) },
			}.check(k)
			see(k, full.ID, func(tx nodkey.Tx) (nodkey.MessageID, error) {
				m, err := tx.MessageByReference(nodkey.Reference{Year: full.Year, Number: full.Number})
				return m.ID, err
			})
			missing(k, func(tx nodkey.Tx) (nodkey.SealedMessage, error) {
				return tx.MessageByReference(nodkey.Reference{Year: full.Year})
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertMessage(nodkey.SealedMessage{ID: "m", UserID: "nobody", Year: 1})
			})
		},
		"numbers are given once": func(k kit) {
			count := func(year, n, want int) {
				k.Helper()
				k.update(func(tx nodkey.Tx) error {
					got, err := tx.CountMessages(year, n)
					if got != want {
						k.Errorf("%d numbers of %d begin with %d, want %d", n, year, got, want)
					}
					return err
				})
			}
			count(2026, 1, 1)
			count(2026, 1, 2)
			count(2026, 200, 3)
			count(2026, 1, 203)
			count(2027, 3, 1)
			count(2026, 1, 204)
			user := k.user("u")
			k.message("a", user, 7, nil)
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error {
				return tx.InsertMessage(nodkey.SealedMessage{ID: "b", UserID: user, Year: 2026, Number: 7})
			})
			given := make(chan int, racers)
			race(k, racers, errNo, func(tx nodkey.Tx, _ int) error {
				n, err := tx.CountMessages(2030, 1)
				given <- n
				return err
			})
			close(given)
			seen := map[int]bool{}
			for n := range given {
				if seen[n] {
					k.Errorf("number %d is given twice", n)
				}
				seen[n] = true
			}
		},
		"an announcement comes to a user once": func(k kit) {
			user, other := k.user("u"), k.user("other")
			k.announcement("a", nil)
			to := func(id nodkey.MessageID, u nodkey.UserID, n int, a nodkey.AnnouncementID) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					return tx.InsertMessage(nodkey.SealedMessage{ID: id, UserID: u, Year: 2026, Number: n, AnnouncementID: a})
				}
			}
			k.update(to("1", user, 1, "a"))
			k.fails(nodkey.ErrExists, to("2", user, 2, "a"))
			k.update(to("3", other, 3, "a"))
			k.update(to("4", user, 4, ""))
			k.update(to("5", user, 5, ""))
			k.fails(nodkey.ErrNoRow, to("6", user, 6, "none"))
			k.announcement("again", nil)
			race(k, 1, nodkey.ErrExists, func(tx nodkey.Tx, i int) error {
				return tx.InsertMessage(nodkey.SealedMessage{ID: nodkey.MessageID(fmt.Sprint("r", i)), UserID: user, Year: 2031, Number: i + 1, AnnouncementID: "again"})
			})
		},
		"are listed unread ones first, then newest first": func(k kit) {
			user, other := k.user("u"), k.user("other")
			for i := range 6 {
				k.message(nodkey.MessageID(fmt.Sprint("m", i)), user, i, func(m *nodkey.SealedMessage) {
					m.Unread = i == 1 || i == 4
					m.DeskUnread = i == 0
					if i == 3 {
						m.UpdatedAt = start.Add(2 * time.Second) // as m2: the greater id first
					}
					if i == 5 {
						m.Kind, m.Status, m.Category = nodkey.MessageSecurity, nodkey.MessageOpen, "c"
					}
				})
			}
			k.message("others", other, 9, func(m *nodkey.SealedMessage) { m.Unread = true })
			want := []nodkey.MessageID{"m4", "m1", "m5", "m3", "m2", "m0"}
			for after := -1; after < len(want); after++ {
				for limit := range len(want) + 2 {
					see(k, want[after+1:min(after+1+limit, len(want))], func(tx nodkey.Tx) ([]nodkey.MessageID, error) {
						var place *nodkey.MessagePlace
						if after >= 0 {
							m, err := tx.Message(want[after])
							if err != nil {
								return nil, err
							}
							place = &nodkey.MessagePlace{Unread: m.Unread, UpdatedAt: m.UpdatedAt, ID: m.ID}
						}
						list, err := tx.MessagesOf(user, nodkey.MessageFilter{}, place, limit)
						return ids(list, messageID), err
					})
				}
			}
			filtered := func(f nodkey.MessageFilter, want ...nodkey.MessageID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.MessageID, error) {
					list, err := tx.MessagesOf(user, f, nil, 9)
					return ids(list, messageID), err
				})
			}
			filtered(nodkey.MessageFilter{Unread: true}, "m4", "m1")
			filtered(nodkey.MessageFilter{Kind: nodkey.MessageSecurity}, "m5")
			filtered(nodkey.MessageFilter{Status: nodkey.MessageOpen, Category: "c"}, "m5")
			filtered(nodkey.MessageFilter{Kind: nodkey.MessageSecurity, Unread: true})
			see(k, 2, func(tx nodkey.Tx) (int, error) { return tx.UnreadOf(user, 100) })
			see(k, 1, func(tx nodkey.Tx) (int, error) { return tx.UnreadOf(user, 1) })
			see(k, 0, func(tx nodkey.Tx) (int, error) { return tx.UnreadOf("nobody", 9) })
			desk := func(f nodkey.MessageFilter, after *nodkey.MessagePlace, want ...nodkey.MessageID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.MessageID, error) {
					list, err := tx.DeskMessages(f, after, 9)
					return ids(list, messageID), err
				})
			}
			desk(nodkey.MessageFilter{}, nil, "m0", "others", "m4", "m3", "m2", "m1")
			desk(nodkey.MessageFilter{Unread: true}, nil, "m0")
			desk(nodkey.MessageFilter{}, &nodkey.MessagePlace{UpdatedAt: start.Add(2 * time.Second), ID: "m3"}, "m2", "m1")
		},
		"are found when it is time to speak of them again": func(k kit) {
			user := k.user("u")
			for i, after := range []time.Duration{0, time.Hour, time.Minute} {
				k.message(nodkey.MessageID(fmt.Sprint("m", i)), user, i, func(m *nodkey.SealedMessage) {
					if after > 0 {
						m.RemindAt = start.Add(after)
					}
				})
			}
			due := func(after time.Duration, limit int, want ...nodkey.MessageID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.MessageID, error) {
					list, err := tx.MessagesToRemind(start.Add(after), limit)
					return ids(list, messageID), err
				})
			}
			due(time.Minute-time.Millisecond, 9)
			due(time.Minute, 9, "m2")
			due(time.Hour, 9, "m2", "m1")
			due(time.Hour, 1, "m2")
		},
		"have entries by number": func(k kit) {
			user := k.user("u")
			m := k.message("m", user, 1, nil)
			full := fill[nodkey.SealedEntry](1)
			full.MessageID = m.ID
			keeping[nodkey.SealedEntry]{
				full: full, sparse: nodkey.SealedEntry{ID: "sparse", MessageID: m.ID}, insert: nodkey.Tx.InsertEntry,
				get: func(tx nodkey.Tx, e nodkey.SealedEntry) (nodkey.SealedEntry, error) { return tx.Entry(e.ID) },
			}.check(k)
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error {
				return tx.InsertEntry(nodkey.SealedEntry{ID: "another", MessageID: m.ID, Number: full.Number})
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertEntry(nodkey.SealedEntry{ID: "e", MessageID: "none"}) })
			see(k, full.ID, func(tx nodkey.Tx) (nodkey.EntryID, error) { e, err := tx.LastEntry(m.ID); return e.ID, err })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedEntry, error) { return tx.LastEntry("none") })
			see(k, []nodkey.EntryID{"sparse", full.ID}, func(tx nodkey.Tx) ([]nodkey.EntryID, error) {
				list, err := tx.EntriesOf(m.ID)
				return ids(list, func(e nodkey.SealedEntry) nodkey.EntryID { return e.ID }), err
			})
			see(k, int64(len(full.Text)), func(tx nodkey.Tx) (int64, error) { return tx.EntryBytes(m.ID) })
			see(k, 0, func(tx nodkey.Tx) (int64, error) { return tx.EntryBytes("none") })
		},
		"settings are one to a user": func(k kit) {
			user := k.user("u")
			get := func(tx nodkey.Tx) (nodkey.MessageSettings, error) { return tx.MessageSettings(user) }
			missing(k, get)
			first, second := fill[nodkey.MessageSettings](1), fill[nodkey.MessageSettings](2)
			first.UserID, second.UserID = user, user
			for _, want := range []nodkey.MessageSettings{first, second, {UserID: user}} {
				k.update(func(tx nodkey.Tx) error { return tx.SaveMessageSettings(want) })
				see(k, want, get)
			}
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SaveMessageSettings(nodkey.MessageSettings{UserID: "nobody"}) })
		},
		"go with their user, with all that hangs on them": func(k kit) {
			for _, u := range []nodkey.UserID{"goes", "stays"} {
				k.user(u)
				k.centre(u)
			}
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser("goes") })
			k.countCentre("goes", 0)
			k.countCentre("stays", 9)
		},
	}
}

// centre puts one of everything of the message centre's that can be a user's in the store.
func (k kit) centre(u nodkey.UserID) {
	k.Helper()
	id := string(u)
	k.announcement(nodkey.AnnouncementID(id), nil)
	k.update(func(tx nodkey.Tx) error {
		number, err := tx.CountMessages(2026, 1)
		for _, err := range []error{
			err,
			tx.InsertMessage(nodkey.SealedMessage{ID: nodkey.MessageID(id), UserID: u, Year: 2026, Number: number, AnnouncementID: nodkey.AnnouncementID(id)}),
			tx.InsertEntry(nodkey.SealedEntry{ID: nodkey.EntryID(id), MessageID: nodkey.MessageID(id), Number: 1}),
			tx.InsertFile(nodkey.SealedFile{ID: nodkey.FileID(id), UserID: u, EntryID: nodkey.EntryID(id)}),
			tx.InsertChunk(nodkey.FileID(id), 0, []byte{1}),
			tx.AddAudience(nodkey.AnnouncementID(id), u),
			tx.SaveMessageSettings(nodkey.MessageSettings{UserID: u}),
			tx.SaveContact(nodkey.SealedContact{ID: id, UserID: u, Channel: nodkey.SummaryEmail}),
			tx.InsertContactTry(nodkey.ContactTry{ID: nodkey.ContactTryID(id), UserID: u}),
		} {
			if err != nil {
				return err
			}
		}
		_, err = tx.InsertSummary(nodkey.SealedSummary{ID: nodkey.SummaryID(id), MessageID: nodkey.MessageID(id), UserID: u, State: nodkey.SummaryWaiting})
		return err
	})
}

// countCentre checks how many of these things are there.
func (k kit) countCentre(u nodkey.UserID, want int) {
	k.Helper()
	id, n := string(u), 0
	k.view(func(tx nodkey.Tx) error {
		_, err1 := tx.Message(nodkey.MessageID(id))
		_, err2 := tx.Entry(nodkey.EntryID(id))
		_, err3 := tx.File(nodkey.FileID(id))
		_, err4 := tx.Chunk(nodkey.FileID(id), 0)
		_, err5 := tx.MessageSettings(u)
		_, err6 := tx.Contact(u, nodkey.SummaryEmail)
		_, err7 := tx.ContactTry(nodkey.ContactTryID(id))
		for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if err == nil {
				n++
			} else if !errors.Is(err, nodkey.ErrNoRow) {
				return err
			}
		}
		listed, err := tx.Audience(nodkey.AnnouncementID(id), "", 9)
		if err != nil {
			return err
		}
		summaries, err := tx.SummariesOf(nodkey.MessageID(id), 9)
		n += len(listed) + len(summaries)
		return err
	})
	if n != want {
		k.Errorf("%d things of user %s are there, want %d", n, u, want)
	}
}

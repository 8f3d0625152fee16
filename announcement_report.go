package nodkey

import (
	"context"
	"errors"
	"slices"
)

// Readership is whom an announcement would go to, and in what language they would read it.
type Readership struct {
	Users int
	// Reads counts them by the language that they would read it in.
	Reads map[string]int
	// Missing counts those for whom there is neither of their languages, by their first; they are among Reads, too.
	Missing map[string]int
	Unknown []string // names that nobody has, in the order of the list
}

const readersStep = 500 // users a transaction

// Readership tells whom a list of names (nil: everybody) would be reached in texts of these languages. It sends nothing. Errors:
// operator.only, message.languages for none or one that is none of ours, announcement.many.
func (a *Announcements) Readership(ctx context.Context, c Caller, to, languages []string) (Readership, error) {
	if err := c.asOperator(); err != nil {
		return Readership{}, err
	}
	if len(languages) == 0 || slices.ContainsFunc(languages, func(l string) bool { return !slices.Contains(Languages(), l) }) {
		return Readership{}, fail(BadInput, "message.languages")
	}
	if len(to) > audienceMost {
		return Readership{}, fail(BadInput, "announcement.many", "Most", audienceMost)
	}
	r := Readership{Reads: map[string]int{}, Missing: map[string]int{}}
	add := func(readers []MessageSettings) {
		for _, s := range readers {
			r.Users++
			r.Reads[s.choose(languages)]++
			if !slices.Contains(languages, s.First) && !slices.Contains(languages, s.Second) {
				r.Missing[s.First]++
			}
		}
	}
	if to == nil {
		return r, wrap(a.everybody(ctx, add))
	}
	seen := map[UserID]bool{}
	for names := range slices.Chunk(to, readersStep) {
		readers, unknown, err := a.readersNamed(ctx, names)
		if err != nil {
			return Readership{}, AsError(err)
		}
		r.Unknown = append(r.Unknown, unknown...)
		for _, s := range readers {
			if !seen[s.UserID] {
				seen[s.UserID] = true
				add([]MessageSettings{s})
			}
		}
	}
	return r, nil
}

// everybody goes through all accounts, some at a time.
func (a *Announcements) everybody(ctx context.Context, add func([]MessageSettings)) error {
	after := ""
	for {
		var readers []MessageSettings
		last := ""
		err := a.Store.View(ctx, func(tx Tx) error {
			readers = nil
			users, err := tx.Users(after, readersStep)
			for _, user := range users {
				s, err := a.messageSettings(tx, user)
				if err != nil {
					return err
				}
				readers, last = append(readers, s), user.Name
			}
			return err
		})
		if err != nil {
			return err
		}
		add(readers)
		if after = last; len(readers) < readersStep {
			return nil
		}
	}
}

func (a *Announcements) readersNamed(ctx context.Context, names []string) (readers []MessageSettings, unknown []string, err error) {
	err = a.Store.View(ctx, func(tx Tx) error {
		readers, unknown = nil, nil
		for _, name := range names {
			user, err := a.userNamed(tx, name)
			if HasKey(err, "user.unknown") || HasKey(err, "user.name_form") {
				unknown = append(unknown, name)
				continue
			}
			if err != nil {
				return err
			}
			s, err := a.messageSettings(tx, user)
			if err != nil {
				return err
			}
			readers = append(readers, s)
		}
		return nil
	})
	return readers, unknown, err
}

// AnnouncementProgress is an announcement as the desk's list shows it.
type AnnouncementProgress struct {
	Announcement
	Users     int      // on its list, or accounts that there are now
	Languages []string // that it has a text in, in the order of ours
	Subject   string   // in the first of them; empty where it does not open
}

// Progress lists the newest announcements with how far they have come, at most 100. Error: operator.only.
func (a *Announcements) Progress(ctx context.Context, c Caller) (list []AnnouncementProgress, err error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	var sealed []SealedText
	err = a.Store.View(ctx, func(tx Tx) error {
		list, sealed = nil, nil
		rows, err := tx.Announcements(100)
		if err != nil {
			return err
		}
		for _, row := range rows {
			users, err1 := tx.AudienceSize(row)
			texts, err2 := tx.AnnouncementTexts(row.ID)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			p, there := AnnouncementProgress{Announcement: row, Users: users}, map[string]MessageText{}
			for _, t := range texts {
				there[t.Language] = MessageText{}
			}
			p.Languages = languagesOf(there)
			first := slices.IndexFunc(texts, func(t SealedText) bool { return len(p.Languages) > 0 && t.Language == p.Languages[0] })
			if first < 0 {
				texts, first = []SealedText{{}}, 0
			}
			list, sealed = append(list, p), append(sealed, texts[first])
		}
		return nil
	})
	if err != nil {
		return nil, AsError(err)
	}
	for i, t := range sealed {
		if subject, err := a.id.open("announcement_texts", "subject", t.ID, t.Subject); err == nil {
			list[i].Subject = string(subject)
		}
	}
	return list, nil
}

// AnnouncementReport is an announcement, what it says, and what has become of it.
type AnnouncementReport struct {
	Announcement
	Texts    map[string]MessageText // by language
	Users    int                    // on its list, or accounts that there are now
	Counts   AnnouncementCounts
	Failures []AnnouncementFailure // at most 20
}

// AnnouncementFailure is a summary of an announcement that did not reach its reader.
type AnnouncementFailure struct {
	User      string // name
	Reference Reference
	SealedSummary
}

const failuresMost = 20

// Show gives an announcement with what has become of it. Errors: operator.only, announcement.unknown.
func (a *Announcements) Show(ctx context.Context, c Caller, id AnnouncementID) (AnnouncementReport, error) {
	texts, err := a.Texts(ctx, c, id)
	if err != nil {
		return AnnouncementReport{}, err
	}
	var r AnnouncementReport
	err = a.Store.View(ctx, func(tx Tx) (err error) {
		r = AnnouncementReport{Texts: texts}
		if r.Announcement, err = tx.Announcement(id); errors.Is(err, ErrNoRow) {
			return fail(NotFound, "announcement.unknown")
		}
		if err != nil {
			return err
		}
		if r.Users, err = tx.AudienceSize(r.Announcement); err != nil {
			return err
		}
		if r.Counts, err = tx.AnnouncementCounts(id); err != nil {
			return err
		}
		failed, err := tx.FailedSummaries(id, failuresMost)
		for _, s := range failed {
			user, err1 := tx.User(s.UserID)
			m, err2 := tx.Message(s.MessageID)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			r.Failures = append(r.Failures, AnnouncementFailure{User: user.Name, Reference: m.reference(), SealedSummary: s})
		}
		return err
	})
	return r, wrap(err)
}

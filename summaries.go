package nodkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Summaries are what leaves the house: see [Summary]. They are written in the transaction of the message that they tell of;
// workers take them, carry them, and settle them. This decides what goes out, to whom, when, and how fast.
type Summaries struct{ *base }

const (
	summaryLease  = 2 * time.Minute    // longer than any try lasts
	summaryLife   = 3 * 24 * time.Hour // so long a mail server may be down
	summaryPause  = time.Minute        // after the first failure; then twice as long each time
	summaryPauses = time.Hour          // but no longer
	failureMost   = 200
)

const topicOfSummaries = "summaries"

// tooLate is why a summary failed that nobody could send while it was worth it.
const tooLate = "could not be sent for three days"

// Wake tells of new summaries; losing a wake-up costs time, never a summary.
func (s *Summaries) Wake() (wake <-chan struct{}, cancel func()) {
	return s.Bus.Subscribe(topicOfSummaries)
}

// summarise writes what is to leave the house of a message, in its transaction: a row for each channel that its user's settings
// name and that has a verified address.
func (b *base) summarise(tx Tx, m SealedMessage, settings MessageSettings, reason SummaryReason, now time.Time) error {
	if !settings.wants(m.Kind) {
		return nil
	}
	due := now
	if m.Kind != MessageSecurity {
		due = settings.loud(now)
	}
	for _, channel := range settings.Delivery.channels() {
		_, err := tx.Contact(m.UserID, channel)
		if errors.Is(err, ErrNoRow) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := tx.InsertSummary(SealedSummary{ID: SummaryID(newID()), MessageID: m.ID, UserID: m.UserID, Channel: channel,
			CreatedAt: now, Reason: reason, Urgent: m.Kind == MessageSecurity, ExpiresAt: due.Add(summaryLife), State: SummaryWaiting, DueAt: due}); err != nil {
			return err
		}
	}
	return nil
}

// SummaryMessage is a summary that is to be sent now.
type SummaryMessage struct {
	ID      SummaryID
	Channel SummaryChannel
	To      string // the address, as it is verified
	Summary Summary
	// Unsubscribe goes into the head of a letter about an announcement; empty for everything else.
	Unsubscribe UnsubscribeToken
	Bounce      BounceToken // for the return address of a letter
	Attempt     int         // from 1
	Until       time.Time   // the caller's until then
	row         SealedSummary
	due         time.Time // when it was, before it was taken
	sealed      []byte    // To
	label       [3]string
}

// Take gives what is to be sent on a channel now, security first and then what has waited longest, and at most limit: each is the caller's until
// its lease ends. What nobody wants any more (read meanwhile, settings changed, no address) it drops, of security notices only what
// has no address any more; what is over a rate, or in somebody's quiet hours, it puts off. more says that there may be further ones at once.
func (s *Summaries) Take(ctx context.Context, channel SummaryChannel, limit int) (taken []SummaryMessage, more bool, err error) {
	rate, err := s.summariesInAll(channel)
	if err != nil {
		return nil, false, err
	}
	now := s.now()
	idle := false // mostly, and then there is nothing to write
	err = s.Store.View(ctx, func(tx Tx) error {
		due, err := dueOf(tx, channel, now, 1)
		idle = len(due) == 0
		return err
	})
	if err != nil || idle {
		return nil, false, wrap(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		taken, more = nil, false
		due, err := dueOf(tx, channel, now, limit)
		if err != nil {
			return err
		}
		for _, row := range due {
			if _, ok, err := rate.take(tx, summariesBucket(channel), 1, now); err != nil || !ok {
				return err // the rest stays due
			}
			message, off, err := s.wanted(tx, row, now)
			if err != nil {
				return err
			}
			if message == nil { // what is not sent does not count
				if err := errors.Join(s.settle(tx, row, off, now), rate.add(tx, summariesBucket(channel), -1, now)); err != nil {
					return err
				}
				continue
			}
			if message.row, err = tx.TakeSummary(row, now.Add(summaryLease)); errors.Is(err, ErrNoRow) {
				continue
			} else if err != nil {
				return err
			}
			message.Attempt, message.Until, message.due = message.row.Attempts, message.row.DueAt, row.DueAt
			taken = append(taken, *message)
		}
		more = len(due) == limit
		return nil
	})
	if err != nil {
		return nil, false, AsError(err)
	}
	opened := taken[:0]
	var lost []SentSummary
	for _, m := range taken {
		to, err := s.id.open(m.label[0], m.label[1], m.label[2], m.sealed)
		if err != nil { // it never will
			lost = append(lost, SentSummary{SummaryMessage: m, Outcome: PushRefused, Failure: "the address does not open"})
			continue
		}
		m.To = string(to)
		opened = append(opened, m)
	}
	return opened, more, s.Settle(ctx, lost)
}

// dueOf lists what is due on a channel: what concerns somebody's security before all that is announced.
func dueOf(tx SummaryRows, channel SummaryChannel, now time.Time, limit int) ([]SealedSummary, error) {
	urgent, err := tx.DueSummaries(channel, true, now, limit)
	if err != nil || len(urgent) >= limit {
		return urgent, err
	}
	rest, err := tx.DueSummaries(channel, false, now, limit-len(urgent))
	return append(urgent, rest...), err
}

// putOff is what becomes of a summary that is not sent now: dropped, or due at another time.
type putOff struct {
	dropped string
	until   time.Time
}

// wanted makes what is sent of a summary, or tells why it is not to be sent now.
func (s *Summaries) wanted(tx Tx, row SealedSummary, now time.Time) (*SummaryMessage, putOff, error) {
	m, err := tx.Message(row.MessageID)
	if err != nil {
		return nil, putOff{}, err
	}
	user, err := tx.User(row.UserID)
	if err != nil {
		return nil, putOff{}, err
	}
	settings, err := s.messageSettings(tx, user)
	if err != nil {
		return nil, putOff{}, err
	}
	out := &SummaryMessage{ID: row.ID, Channel: row.Channel, row: row, sealed: row.Address, label: [3]string{"summaries", "address", string(row.ID)}}
	if row.Address == nil {
		contact, err := tx.Contact(user.ID, row.Channel)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return nil, putOff{}, err
		}
		// Whoever reads first what happened, or turns summaries off, may be the one whom it is about.
		firm := m.Kind == MessageSecurity && row.Reason != SummaryReminder
		switch {
		case !m.Unread && !firm:
			return nil, putOff{dropped: "read"}, nil
		case err != nil || !firm && (!slices.Contains(settings.Delivery.channels(), row.Channel) || !settings.wants(m.Kind)):
			return nil, putOff{dropped: "settings"}, nil
		}
		out.sealed, out.label = contact.Address, [3]string{"contacts", "address", contact.ID}
	}
	if !now.Before(row.ExpiresAt) {
		return nil, putOff{dropped: tooLate}, nil
	}
	if loud := settings.loud(now); row.Address == nil && m.Kind != MessageSecurity && loud.After(now) {
		return nil, putOff{until: loud}, nil
	}
	rule, name := summariesOfOne(m.Kind, user.ID, row.Channel)
	wait, ok, err := rule.take(tx, name, 1, now)
	if err != nil || !ok {
		return nil, putOff{until: now.Add(wait)}, err
	}
	language, err := s.languageOf(tx, m, settings)
	if m.Kind == MessageAnnouncement && row.Channel == SummaryEmail {
		out.Unsubscribe = s.id.unsubscribeToken(user.ID, now)
	}
	if row.Channel == SummaryEmail {
		out.Bounce = s.id.bounceToken(row.ID)
	}
	out.Summary = Summary{Kind: m.Kind, Reason: row.Reason, Subject: subjectOf(m.Kind, row.Reason), Reference: m.reference().String(),
		FirstName: firstName(user.DisplayName), Language: language, Path: "/messages/" + m.reference().String()}
	return out, putOff{}, err
}

// languageOf is the summary's language: the first that the person chose, or the second where the message has no text in the
// first.
func (s *Summaries) languageOf(tx Tx, m SealedMessage, settings MessageSettings) (string, error) {
	var there []string
	if m.AnnouncementID != "" {
		texts, err := tx.AnnouncementTexts(m.AnnouncementID)
		if err != nil {
			return "", err
		}
		for _, t := range texts {
			there = append(there, t.Language)
		}
	} else if m.Kind == MessageTicket {
		last, err := tx.LastEntry(m.ID)
		if err != nil {
			return "", err
		}
		there = append(there, last.Language)
	}
	if settings.Second != "" && !slices.Contains(there, settings.First) && slices.Contains(there, settings.Second) {
		return settings.Second, nil
	}
	return settings.First, nil
}

// settle puts a waiting summary off or drops it.
func (s *Summaries) settle(tx Tx, row SealedSummary, p putOff, now time.Time) error {
	if p.dropped == "" {
		row.DueAt = p.until
		return tx.SettleSummary(row)
	}
	action := "summary.dropped"
	row.State, row.EndedAt, row.Failure = SummaryDropped, now, p.dropped
	if p.dropped == tooLate {
		row.State, action = SummaryFailed, "summary.failed"
	}
	if err := tx.SettleSummary(row); err != nil {
		return err
	}
	return s.record(tx, Caller{operator: "system"}, now, action, row.UserID, string(row.ID), "channel", row.Channel, "why", p.dropped)
}

// SentSummary is a summary with what became of it.
type SentSummary struct {
	SummaryMessage
	Outcome    PushOutcome
	RetryAfter time.Duration // with PushRetry: not before that; zero when nobody said
	Failure    string        // what the service said; what of it is no readable line is taken out
	Away       bool          // with PushRetry: the service took nothing at all. It is due as before, counts as no try, and keeps its place
}

// Settle writes down what became of summaries: delivered ones are sent, gone and refused ones have failed, and the others are due
// again later, until they are too old.
func (s *Summaries) Settle(ctx context.Context, sent []SentSummary) error {
	if len(sent) == 0 {
		return nil
	}
	now := s.now()
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		for _, x := range sent {
			row, action := x.row, "summary.failed"
			row.Failure = oneLine(x.Failure, x.To, failureMost)
			switch x.Outcome {
			case PushRetry:
				if x.Away && now.Before(row.ExpiresAt) {
					if err := s.giveBack(tx, x.SummaryMessage, row, now); err != nil && !errors.Is(err, ErrNoRow) {
						return err
					}
					continue
				}
				row.DueAt = now.Add(max(x.RetryAfter, min(summaryPause<<min(max(row.Attempts-1, 0), 10), summaryPauses)))
				if row.DueAt.Before(row.ExpiresAt) {
					if err := tx.SettleSummary(row); err != nil && !errors.Is(err, ErrNoRow) {
						return err
					}
					continue
				}
				row.State, row.EndedAt = SummaryFailed, now
			case PushDelivered:
				row.State, row.EndedAt, action = SummarySent, now, "summary.sent"
			default:
				row.State, row.EndedAt = SummaryFailed, now
			}
			err := tx.SettleSummary(row)
			if errors.Is(err, ErrNoRow) {
				continue // its user is gone, or another worker had it after the lease
			}
			if err != nil {
				return err
			}
			if err := s.record(tx, Caller{operator: "system"}, now, action, row.UserID, string(row.ID), "channel", row.Channel, "attempts", row.Attempts); err != nil {
				return err
			}
		}
		return nil
	}))
}

// giveBack makes a summary as if it had not been taken.
func (s *Summaries) giveBack(tx Tx, m SummaryMessage, row SealedSummary, now time.Time) error {
	row.DueAt, row.Attempts = m.due, row.Attempts-1
	if err := tx.SettleSummary(row); err != nil {
		return err
	}
	all, err := s.summariesInAll(row.Channel)
	if err != nil {
		return err
	}
	one, name := summariesOfOne(m.Summary.Kind, row.UserID, row.Channel)
	return errors.Join(one.add(tx, name, -1, now), all.add(tx, summariesBucket(row.Channel), -1, now))
}

// oneLine makes one readable line of what somebody else said, without the address that it may name: that is kept sealed alone.
func oneLine(text, address string, most int) string {
	text = text[:min(len(text), 8*most)]
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "@") || address != "" && strings.Contains(w, strings.TrimPrefix(address, "+")) {
			words[i] = "…"
		}
	}
	text = strings.Join(words, " ")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return clip(strings.TrimSpace(text), most)
}

// Remind speaks again of unread messages whose time has come, at most 200, and gives how many it looked at.
func (s *Summaries) Remind(ctx context.Context) (n int, err error) {
	now := s.now()
	err = s.Store.Update(ctx, func(tx Tx) error {
		rows, err := tx.MessagesToRemind(now, announceStep)
		n = len(rows)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.remind(tx, row, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && n > 0 {
		s.publishMessages()
	}
	return n, wrap(err)
}

func (s *Summaries) remind(tx Tx, row SealedMessage, now time.Time) error {
	user, err := tx.User(row.UserID)
	if err != nil {
		return err
	}
	settings, err := s.messageSettings(tx, user)
	if err != nil {
		return err
	}
	if !row.Unread || !settings.Reminders {
		row.RemindAt = time.Time{}
		return tx.SaveMessage(row)
	}
	row.Reminders++
	row.remindNext(now)
	if err := tx.SaveMessage(row); err != nil {
		return err
	}
	if err := s.summarise(tx, row, settings, SummaryReminder, now); err != nil {
		return err
	}
	return s.record(tx, Caller{operator: "system"}, now, "message.reminded", user.ID, string(row.ID), "time", row.Reminders)
}

package nodkey

import (
	"context"
	"slices"
)

// SummaryChannels are all there can be, e-mail first.
func SummaryChannels() []SummaryChannel { return []SummaryChannel{SummaryEmail, SummarySMS} }

// leaves reports whether anything goes out by a channel here.
func (s Site) leaves(channel SummaryChannel) bool {
	switch channel {
	case SummaryEmail:
		return !s.NoEmail
	case SummarySMS:
		return !s.NoSMS
	}
	return false
}

// Channels are those by which summaries and codes leave here: nobody should be asked for an address that nothing would go to.
func (k *Contacts) Channels() []SummaryChannel {
	return slices.DeleteFunc(SummaryChannels(), func(c SummaryChannel) bool { return !k.site.leaves(c) })
}

// possible is a delivery without what does not leave here.
func (s Site) possible(d SummaryDelivery) SummaryDelivery {
	for _, c := range SummaryChannels() {
		if !s.leaves(c) {
			d = d.without(c)
		}
	}
	return d
}

// Expire ends summaries that could not be sent in time, at most 200 a channel, and gives how many: those of a channel that is closed now, or
// whose service has been away for days.
func (s *Summaries) Expire(ctx context.Context) (n int, err error) {
	now := s.now()
	over := func(tx Tx) (rows []SealedSummary, err error) {
		for _, channel := range SummaryChannels() {
			due, err := dueOf(tx, channel, now.Add(-summaryLife), announceStep)
			if err != nil {
				return nil, err
			}
			rows = append(rows, due...)
		}
		return rows, nil
	}
	err = s.Store.View(ctx, func(tx Tx) error { // mostly there is nothing to write
		rows, err := over(tx)
		n = len(rows)
		return err
	})
	if err != nil || n == 0 {
		return 0, wrap(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		n = 0
		rows, err := over(tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if now.Before(row.ExpiresAt) {
				continue
			}
			if err := s.settle(tx, row, putOff{dropped: tooLate}, now); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, wrap(err)
}

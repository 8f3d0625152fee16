package nodkey

import "time"

// The rates of what leaves. Over all people it is for the operator to say ([Policy]); for one person it is not. A notice of
// somebody's own security does not wait behind what others made happen.
var (
	summariesByUser = bucket{size: 5, drain: 12 * time.Minute} // a channel
	securityByUser  = bucket{size: 20, drain: 6 * time.Minute}
)

// summariesInAll is the rule for a channel: so many a second over time, and a minute's worth at once. Error: contact.channel.
func (b *base) summariesInAll(channel SummaryChannel) (bucket, error) {
	rate := map[SummaryChannel]int{SummaryEmail: b.policy.EmailRate, SummarySMS: b.policy.SMSRate}[channel]
	if rate <= 0 {
		return bucket{}, fail(BadInput, "contact.channel")
	}
	return bucket{size: float64(60 * rate), drain: time.Second / time.Duration(rate)}, nil
}

func summariesBucket(channel SummaryChannel) string { return "summaries:" + string(channel) }

// summariesOfOne is the rule for one person, with the name of its bucket.
func summariesOfOne(kind MessageKind, user UserID, channel SummaryChannel) (rule bucket, name string) {
	if kind == MessageSecurity {
		return securityByUser, "summaries:security:" + string(user) + ":" + string(channel)
	}
	return summariesByUser, "summaries:user:" + string(user) + ":" + string(channel)
}

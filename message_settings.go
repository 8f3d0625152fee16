package nodkey

import (
	"errors"
	"slices"
	"time"
	_ "time/tzdata" // a person's time zone must mean the same on every machine
)

// SummaryDelivery is what leaves the house of a message: never its text, a [Summary] at most.
type SummaryDelivery string

// The deliveries.
const (
	DeliverCentre SummaryDelivery = "centre" // nothing leaves
	DeliverEmail  SummaryDelivery = "email"
	DeliverSMS    SummaryDelivery = "sms"
	DeliverBoth   SummaryDelivery = "both"
)

// channels are where a delivery's summaries go.
func (d SummaryDelivery) channels() []SummaryChannel {
	switch d {
	case DeliverEmail:
		return []SummaryChannel{SummaryEmail}
	case DeliverSMS:
		return []SummaryChannel{SummarySMS}
	case DeliverBoth:
		return []SummaryChannel{SummaryEmail, SummarySMS}
	}
	return nil
}

// MessageSettings are a person's. Kinds that are off still come to the centre: they are not spoken of elsewhere. Security
// notices cannot be off.
type MessageSettings struct {
	UserID        UserID
	First, Second string // of Languages; Second may be empty
	Delivery      SummaryDelivery
	Account       bool // summaries of account notices
	Announcements bool // summaries of announcements
	Reminders     bool // of what is unread
	// QuietFrom and QuietTo are minutes of the day in Zone, 0 to 1439: summaries wait in between, but for those of security
	// notices. The same twice: no quiet hours.
	QuietFrom, QuietTo int
	Zone               string // IANA: "Europe/Zurich"; empty: UTC
}

// Languages are those that the catalogues speak; a test compares.
func Languages() []string { return []string{"en", "de", "ja"} }

// SpokenTag gives the language of ours that a BCP 47 tag asks for: "de" for "de-AT", English for what we do not speak.
func SpokenTag(tag string) string {
	for _, l := range Languages() {
		if tag == l || len(tag) > len(l) && tag[:len(l)+1] == l+"-" {
			return l
		}
	}
	return Languages()[0]
}

// defaultSettings are those of a user who saved none: a summary goes to the e-mail address, once one is verified.
func defaultSettings(user User) MessageSettings {
	return MessageSettings{UserID: user.ID, First: SpokenTag(user.Locale), Delivery: DeliverEmail, Account: true, Announcements: true, Reminders: true}
}

func (b *base) messageSettings(tx Tx, user User) (MessageSettings, error) {
	s, err := tx.MessageSettings(user.ID)
	if errors.Is(err, ErrNoRow) {
		return defaultSettings(user), nil
	}
	return s, err
}

// check refuses settings that cannot be meant. Errors: message.settings.
func (s MessageSettings) check() error {
	_, err := zoneOf(s.Zone)
	switch {
	case err != nil || len(s.Zone) > 64,
		!slices.Contains(Languages(), s.First), s.Second != "" && !slices.Contains(Languages(), s.Second),
		s.Delivery != DeliverCentre && s.Delivery.channels() == nil,
		s.QuietFrom < 0 || s.QuietFrom >= 24*60 || s.QuietTo < 0 || s.QuietTo >= 24*60:
		return fail(BadInput, "message.settings").because(err)
	}
	return nil
}

// wants reports whether summaries of a kind may go out.
func (s MessageSettings) wants(kind MessageKind) bool {
	switch kind {
	case MessageAccount:
		return s.Account
	case MessageAnnouncement:
		return s.Announcements
	}
	return true
}

// choose gives the first language of the person's that is there, else the first that is.
func (s MessageSettings) choose(there []string) string {
	for _, l := range []string{s.First, s.Second} {
		if l != "" && slices.Contains(there, l) {
			return l
		}
	}
	for _, l := range Languages() {
		if slices.Contains(there, l) {
			return l
		}
	}
	return ""
}

func zoneOf(name string) (*time.Location, error) {
	if name == "Local" { // the machine's, which is not the person's
		return nil, errors.New("no zone of the IANA")
	}
	return time.LoadLocation(name)
}

// loud gives the first moment from at on that is outside the quiet hours.
func (s MessageSettings) loud(at time.Time) time.Time {
	zone, err := zoneOf(s.Zone)
	if err != nil || s.QuietFrom == s.QuietTo {
		return at
	}
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	quiet := minute >= s.QuietFrom && minute < s.QuietTo
	if s.QuietFrom > s.QuietTo { // over midnight
		quiet = minute >= s.QuietFrom || minute < s.QuietTo
	}
	if !quiet {
		return at
	}
	end := time.Date(local.Year(), local.Month(), local.Day(), s.QuietTo/60, s.QuietTo%60, 0, 0, zone)
	if !end.After(at) {
		end = time.Date(local.Year(), local.Month(), local.Day()+1, s.QuietTo/60, s.QuietTo%60, 0, 0, zone)
	}
	return end.UTC()
}

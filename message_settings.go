package nodkey

import (
	"context"
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

// without is the delivery where one channel has no address any more.
func (d SummaryDelivery) without(channel SummaryChannel) SummaryDelivery {
	left := slices.DeleteFunc(d.channels(), func(c SummaryChannel) bool { return c == channel })
	switch {
	case len(left) == 0:
		return DeliverCentre
	case len(left) == 2:
		return DeliverBoth
	case left[0] == SummarySMS:
		return DeliverSMS
	}
	return DeliverEmail
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
		s, err = defaultSettings(user), nil
	}
	s.Delivery = b.site.possible(s.Delivery)
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

// Settings gives the caller's settings: those saved, or the ones that hold without.
func (m *Messages) Settings(ctx context.Context, c Caller) (s MessageSettings, err error) {
	err = m.Store.View(ctx, func(tx Tx) error {
		user, err := m.box(tx, c)
		if err != nil {
			return err
		}
		s, err = m.messageSettings(tx, user)
		return err
	})
	return s, wrap(err)
}

// SaveSettings keeps the caller's settings; it needs a full session. off are kinds that are to be spoken of no more: naming
// security is refused (message.security). Errors: message.settings, message.security, user.slow, session.*.
func (m *Messages) SaveSettings(ctx context.Context, c Caller, s MessageSettings, off ...MessageKind) error {
	if _, err := c.withSession(Full); err != nil {
		return err
	}
	if slices.Contains(off, MessageSecurity) {
		return fail(BadInput, "message.security")
	}
	for _, kind := range off {
		switch kind {
		case MessageAccount:
			s.Account = false
		case MessageAnnouncement:
			s.Announcements = false
		default:
			return fail(BadInput, "message.settings")
		}
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.Second == s.First {
		s.Second = ""
	}
	now := m.now()
	var user UserID
	err := m.Store.Update(ctx, func(tx Tx) error {
		session, err := m.live(tx, c, Full)
		if err != nil {
			return err
		}
		if err := chargeChange(tx, session.UserID, now); err != nil {
			return err
		}
		owner, err := tx.User(session.UserID)
		if err != nil {
			return err
		}
		s.UserID, user = owner.ID, owner.ID
		if err := m.noticeDelivery(tx, c, owner, s, now); err != nil {
			return err
		}
		if err := tx.SaveMessageSettings(s); err != nil {
			return err
		}
		return m.record(tx, c, now, "message_settings.saved", user, "", "first", s.First, "second", s.Second, "delivery", s.Delivery,
			"account", s.Account, "announcements", s.Announcements, "reminders", s.Reminders)
	})
	if err == nil {
		m.publishMessages(user)
	}
	return wrap(err)
}

// noticeDelivery tells of summaries that go elsewhere from now on, as they went until now: whoever turns them off in somebody's
// name does not do it in silence.
func (m *Messages) noticeDelivery(tx Tx, c Caller, user User, to MessageSettings, now time.Time) error {
	from, err := m.messageSettings(tx, user)
	if err != nil || from.Delivery == to.Delivery {
		return err
	}
	if err := chargeWrite(tx, deliveryByUser, "delivery:user:"+string(user.ID), now); err != nil {
		return err
	}
	message, err := m.noticed(tx, c, user, AccountNotice{Kind: NoticeDelivery}, now)
	if err != nil {
		return err
	}
	for _, channel := range from.Delivery.channels() {
		if slices.Contains(to.Delivery.channels(), channel) {
			continue
		}
		contact, err := tx.Contact(user.ID, channel)
		if errors.Is(err, ErrNoRow) {
			continue
		}
		if err == nil {
			err = m.tellOld(tx, message, contact, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

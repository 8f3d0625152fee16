package nodkey

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// NoticeKind is what the server tells a person of their own account. It is the beginning of the keys of its sentences in the
// catalogues: .title, .happened and .next (what to do if it was somebody else).
type NoticeKind string

// The kinds.
const (
	NoticeKeyAdded        NoticeKind = "notice.key_added"
	NoticeKeyRemoved      NoticeKind = "notice.key_removed"
	NoticeRequestRefused  NoticeKind = "notice.request_refused" // with "that was not me"
	NoticePasswordChanged NoticeKind = "notice.password_changed"
	NoticeNewBrowser      NoticeKind = "notice.new_browser"
	NoticeNewCountry      NoticeKind = "notice.new_country"    // also where the browser is new
	NoticePasswordEntry   NoticeKind = "notice.password_entry" // an application was opened, and no phone asked
	NoticeContactChanged  NoticeKind = "notice.contact_changed"
	NoticeContactRemoved  NoticeKind = "notice.contact_removed"
	NoticeKeySuspended    NoticeKind = "notice.key_suspended"    // after too many wrong PINs
	NoticeDelivery        NoticeKind = "notice.delivery_changed" // of summaries; an address that loses them is told once more

	// Of a way back into an account without a phone. The parts that let people in that way raise them.
	NoticeRecoveryBegun  NoticeKind = "notice.recovery_begun"
	NoticeRecoveryVetoed NoticeKind = "notice.recovery_vetoed"
	NoticeRecoveryDone   NoticeKind = "notice.recovery_done"
	NoticeAccessIssued   NoticeKind = "notice.access_issued" // temporary access, by the desk
)

// NoticeAction is the one thing that a notice offers to do, the key of its button's words. What it is done to is the notice's
// Subject.
type NoticeAction string

// The actions.
const (
	ActRemoveKey      NoticeAction = "notice.act_remove_key"      // Subject: the KeyID
	ActEndSession     NoticeAction = "notice.act_end_session"     // Subject: the SessionID
	ActEndOthers      NoticeAction = "notice.act_end_others"      // end every other browser
	ActChangePassword NoticeAction = "notice.act_change_password" // somebody else may know it
	ActAskDesk        NoticeAction = "notice.act_ask_desk"        // write to the service desk
	ActSettings       NoticeAction = "notice.act_settings"        // look at the message settings
)

// noticeRule is what goes with a kind.
type noticeRule struct {
	kind     MessageKind
	priority Priority
	action   NoticeAction
}

var noticeRules = map[NoticeKind]noticeRule{
	NoticeKeyAdded:        {MessageSecurity, PriorityUrgent, ActRemoveKey},
	NoticeKeyRemoved:      {MessageSecurity, PriorityHigh, ActAskDesk},
	NoticeRequestRefused:  {MessageSecurity, PriorityHigh, ActChangePassword},
	NoticePasswordChanged: {MessageSecurity, PriorityUrgent, ActEndOthers},
	NoticeNewBrowser:      {MessageSecurity, PriorityHigh, ActEndSession},
	NoticeNewCountry:      {MessageSecurity, PriorityUrgent, ActEndSession},
	NoticePasswordEntry:   {MessageSecurity, PriorityHigh, ActChangePassword},
	NoticeContactChanged:  {MessageSecurity, PriorityUrgent, ActAskDesk},
	NoticeContactRemoved:  {MessageSecurity, PriorityUrgent, ActAskDesk},
	NoticeKeySuspended:    {MessageSecurity, PriorityHigh, ActRemoveKey},
	NoticeDelivery:        {MessageAccount, PriorityNormal, ActSettings},
	NoticeRecoveryBegun:   {MessageSecurity, PriorityUrgent, ActAskDesk},
	NoticeRecoveryVetoed:  {MessageSecurity, PriorityHigh, ActChangePassword},
	NoticeRecoveryDone:    {MessageSecurity, PriorityUrgent, ActAskDesk},
	NoticeAccessIssued:    {MessageSecurity, PriorityUrgent, ActAskDesk},
}

// NoticeKinds are all there are, in no particular order.
func NoticeKinds() []NoticeKind {
	var kinds []NoticeKind
	for k := range noticeRules {
		kinds = append(kinds, k)
	}
	return kinds
}

// AccountNotice is what a notice says, as data: words are made of it when it is read, in its reader's language. Empty fields
// are not known. The sentences may use Phone, With, From, Place, Contact and App, and the time At.
type AccountNotice struct {
	Kind    NoticeKind   `json:"kind"`
	At      time.Time    `json:"at"`
	From    string       `json:"from,omitempty"`    // the address it was done from
	Place   string       `json:"place,omitempty"`   // where that address is, in the person's language of then
	With    string       `json:"with,omitempty"`    // browser and system, in no language
	Phone   string       `json:"phone,omitempty"`   // the name of the phone that it is about
	Contact string       `json:"contact,omitempty"` // as much of an address as its owner knows it by
	App     string       `json:"app,omitempty"`     // the application that it is about, for people
	Action  NoticeAction `json:"action"`
	Subject string       `json:"subject,omitempty"` // what the action is done to
}

// NoticeArgs are the names of the values that a notice's sentences may use, besides its time.
func NoticeArgs() []string { return []string{"Phone", "With", "From", "Place", "Contact", "App"} }

// Args are the values of a notice's sentences.
func (n AccountNotice) Args() map[string]any {
	return map[string]any{"Phone": n.Phone, "With": n.With, "From": n.From, "Place": n.Place, "Contact": n.Contact, "App": n.App}
}

// notice tells a user of what happens to the account, in the transaction in which it happens. The audit row of what happened
// is its record, too. Where it does not say from where and with what, it is the caller's.
func (b *base) notice(tx Tx, c Caller, user User, n AccountNotice, now time.Time) error {
	_, err := b.noticed(tx, c, user, n, now)
	return err
}

// noticed is notice, and gives the message.
func (b *base) noticed(tx Tx, c Caller, user User, n AccountNotice, now time.Time) (m SealedMessage, err error) {
	rule := noticeRules[n.Kind]
	n.At, n.Action = now, rule.action
	settings, err := b.messageSettings(tx, user)
	if err != nil {
		return m, err
	}
	if n.From == "" && n.With == "" {
		n.From, n.With = c.address(), c.Agent
	}
	_, n.Place = b.place(sourceOf(n.From), settings.First)
	number, err := tx.CountMessages(now.Year(), 1)
	if err != nil {
		return m, err
	}
	m = SealedMessage{ID: MessageID(newID()), UserID: user.ID, CreatedAt: now, Year: now.Year(), Number: number, Kind: rule.kind,
		Priority: rule.priority, Status: MessageOpen, UpdatedAt: now, Unread: true}
	raw, err := json.Marshal(n)
	if err != nil {
		return m, err
	}
	if m.Notice, err = b.id.seal("messages", "notice", string(m.ID), raw); err != nil {
		return m, err
	}
	m.remindFirst(now)
	if err := tx.InsertMessage(m); err != nil {
		return m, err
	}
	return m, b.summarise(tx, m, settings, SummaryNew, now)
}

// sourceOf gives an address of what limits and rows keep of a source: the address, or the network that it is in.
func sourceOf(kept string) netip.Addr {
	if network, err := netip.ParsePrefix(kept); err == nil {
		return network.Addr()
	}
	address, _ := netip.ParseAddr(kept) // what is none is nowhere
	return address
}

// noticeTo is notice for a user of whom only the id is at hand.
func (b *base) noticeTo(tx Tx, c Caller, id UserID, n AccountNotice, now time.Time) error {
	user, err := tx.User(id)
	if err != nil {
		return err
	}
	return b.notice(tx, c, user, n, now)
}

// noticeRefused tells of a request that was refused with "that was not me", and where it came from.
func (b *base) noticeRefused(tx Tx, c Caller, ended Approval, now time.Time) error {
	if ended.Reason != ReasonNotMe {
		return nil
	}
	n := AccountNotice{Kind: NoticeRequestRefused, From: ended.Source}
	if ended.Kind.ofSignIn() {
		signIn, err := tx.SignIn(SignInID(ended.Subject))
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if err == nil {
			n.From, n.With = signIn.Source, signIn.Agent
		}
	}
	return b.noticeTo(tx, c, ended.UserID, n, now)
}

// announceNotice wakes those who wait for what the end of an approval told its user.
func (b *base) announceNotice(a Approval) {
	if a.Reason == ReasonNotMe || a.State == ApprovalApproved && (a.Kind == ApproveKeyAdd || a.Kind == ApproveKeyRemove || a.Kind == ApprovePasswordChange || a.Kind.aboutContact()) {
		b.publishMessages(a.UserID)
	}
}

// noticeSession tells of a session from where the user never was before: a country, else a browser.
func (b *base) noticeSession(tx Tx, c Caller, session Session, browser Token, now time.Time) (told bool, err error) {
	known, err := tx.KnownBrowser(browser.Hash(), session.UserID)
	if err != nil {
		return false, err
	}
	strange, err := b.newCountry(tx, c, session.UserID, now)
	if err != nil || known && !strange {
		return false, err
	}
	n := AccountNotice{Kind: NoticeNewBrowser, Subject: string(session.ID)}
	if strange {
		n.Kind = NoticeNewCountry
	}
	return true, b.noticeTo(tx, c, session.UserID, n, now)
}

// newCountry remembers where a user signs in from, and reports whether it is a country that none of the sessions before was in.
func (b *base) newCountry(tx Tx, c Caller, user UserID, now time.Time) (bool, error) {
	country, _ := b.place(c.Source, "")
	if country == "" {
		return false, nil
	}
	seen, err := tx.CountriesOf(user)
	if err != nil || slices.Contains(seen, country) {
		return false, err
	}
	return len(seen) > 0, tx.InsertCountry(user, country, now)
}

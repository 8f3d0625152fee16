package nodkey

import (
	"strings"
	"time"
	"unicode"
)

// SummaryChannel is a way out of the house.
type SummaryChannel string

// The channels.
const (
	SummaryEmail SummaryChannel = "email"
	SummarySMS   SummaryChannel = "sms"
)

// Summary is all that e-mail and SMS ever say of a message. It has no field for a text, a subject or a notice's words, so that
// none can leave.
type Summary struct {
	Kind      MessageKind
	Reason    SummaryReason
	Subject   SummarySubject // the subject line's sentence in the catalogues
	Reference string         // "2026-0412"
	FirstName string         // empty where it cannot be told from the family name
	Language  string         // BCP 47
	Path      string         // of the page behind the sign-in: "/messages/2026-0412"
}

// SummarySubject is the key of a subject line; it says nothing of what the message says.
type SummarySubject string

// The subject lines.
const (
	SubjectTicket       SummarySubject = "summary.subject_ticket"
	SubjectReply        SummarySubject = "summary.subject_reply"
	SubjectSecurity     SummarySubject = "summary.subject_security"
	SubjectAccount      SummarySubject = "summary.subject_account"
	SubjectAnnouncement SummarySubject = "summary.subject_announcement"
	SubjectReminder     SummarySubject = "summary.subject_reminder"
)

// SummarySubjects are all there are.
func SummarySubjects() []SummarySubject {
	return []SummarySubject{SubjectTicket, SubjectReply, SubjectSecurity, SubjectAccount, SubjectAnnouncement, SubjectReminder}
}

// SummaryReason is why a summary goes out.
type SummaryReason string

// The reasons.
const (
	SummaryNew      SummaryReason = "new"
	SummaryReply    SummaryReason = "reply"
	SummaryReminder SummaryReason = "reminder"
)

// SummaryState is what became of a summary.
type SummaryState string

// The states.
const (
	SummaryWaiting SummaryState = "waiting"
	SummarySent    SummaryState = "sent"
	SummaryFailed  SummaryState = "failed"  // the service would not have it, or did not take it for days
	SummaryDropped SummaryState = "dropped" // nobody wants it any more: the message was read, or the settings changed
)

// SealedSummary is a row of the message centre's outbox. It holds nothing of what the message says; what is sent is made when
// it is taken.
type SealedSummary struct {
	ID        SummaryID
	MessageID MessageID
	UserID    UserID
	Channel   SummaryChannel
	CreatedAt time.Time
	Reason    SummaryReason
	Urgent    bool // goes before all that is not
	ExpiresAt time.Time
	Address   []byte // sealed; nil: the user's own of that channel, as it stands when it is sent
	State     SummaryState
	DueAt     time.Time // when it may be taken; while somebody sends it, when that one is given up
	Attempts  int
	EndedAt   time.Time
	Failure   string // what the service said, at most 200 characters of one line
}

func subjectOf(kind MessageKind, reason SummaryReason) SummarySubject {
	switch {
	case reason == SummaryReminder:
		return SubjectReminder
	case kind == MessageSecurity:
		return SubjectSecurity
	case kind == MessageAccount:
		return SubjectAccount
	case kind == MessageAnnouncement:
		return SubjectAnnouncement
	case reason == SummaryReply:
		return SubjectReply
	}
	return SubjectTicket
}

// firstName gives the one name that may leave the house. In scripts of East Asia the family name comes first, and a name that is
// written in one piece cannot be told apart: then there is none.
func firstName(display string) string {
	parts := strings.Fields(display)
	if len(parts) == 0 {
		return ""
	}
	east := strings.ContainsFunc(display, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	})
	switch {
	case east && len(parts) == 1:
		return ""
	case east:
		return clip(parts[len(parts)-1], 40)
	case strings.HasSuffix(parts[0], ","): // "Lindqvist, Mara"
		if len(parts) == 1 {
			return ""
		}
		return clip(parts[1], 40)
	}
	return clip(parts[0], 40)
}

package nodkey

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Identifiers of the message centre, made like the others.
type (
	MessageID      string
	EntryID        string
	FileID         string
	AnnouncementID string
	SummaryID      string
)

// MessageKind is what a message is, for people and for their settings.
type MessageKind string

// The kinds. Both sides add to a ticket; the others are said once and cannot be answered.
const (
	MessageTicket       MessageKind = "ticket"
	MessageSecurity     MessageKind = "security"     // written by the server when something happened to the account's security
	MessageAccount      MessageKind = "account"      // the same, of lesser weight
	MessageAnnouncement MessageKind = "announcement" // one text to many
)

// MessageStatus is where a message stands.
type MessageStatus string

// The states. A ticket of a user's is new until somebody at the desk takes it or answers; one of the desk's is answered at
// once, as it waits for the user. A notice is open until it is put away.
const (
	MessageNew      MessageStatus = "new"
	MessageOpen     MessageStatus = "open"     // the desk has it, or the user has added to it
	MessageAnswered MessageStatus = "answered" // the desk's word was the last
	MessageClosed   MessageStatus = "closed"
)

// Priority is how urgent a message is to its reader; it decides when an unread one is spoken of again (reminders.go).
type Priority string

// The priorities.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

func (p Priority) known() bool {
	return p == PriorityLow || p == PriorityNormal || p == PriorityHigh || p == PriorityUrgent
}

// Reference is a message's number, by which people speak of it: "2026-0412". Numbers count from 1 each year (UTC), have four
// digits at least, and are never given twice.
type Reference struct{ Year, Number int }

func (r Reference) String() string { return fmt.Sprintf("%04d-%04d", r.Year, r.Number) }

// ParseReference reads what String writes, and nothing else.
func ParseReference(text string) (Reference, bool) {
	year, number, _ := strings.Cut(text, "-")
	y, err1 := strconv.Atoi(year)
	n, err2 := strconv.Atoi(number)
	r := Reference{Year: y, Number: n}
	return r, err1 == nil && err2 == nil && n > 0 && r.String() == text
}

// Message is one thread: a ticket, a notice or an announcement, in one user's box. What it says is in its entries, but for a
// notice, which says it in Notice, and an announcement, whose one entry is made when it is read.
type Message struct {
	ID         MessageID
	UserID     UserID
	Reference  Reference
	Kind       MessageKind
	Category   string // of MessageCategories; empty for notices
	Topic      string
	Priority   Priority
	Status     MessageStatus
	Subject    string // plain text; empty for a notice, whose words are the catalogues'
	Language   string // of Subject, BCP 47
	Notice     *AccountNotice
	CreatedAt  time.Time
	UpdatedAt  time.Time // of the last entry or change of status
	Unread     bool      // by its user
	DeskUnread bool      // by the desk
	Damaged    bool      // what it says does not open
}

// SealedMessage is a message as it is kept.
type SealedMessage struct {
	ID             MessageID
	UserID         UserID
	CreatedAt      time.Time
	Year, Number   int
	Kind           MessageKind
	AnnouncementID AnnouncementID // whose texts it shows; empty: none
	Category       string
	Topic          string
	Priority       Priority
	Status         MessageStatus
	Subject        []byte // sealed; nil where a notice or an announcement says it
	Notice         []byte // sealed: an AccountNotice in JSON
	Entries        int    // how many it has
	UpdatedAt      time.Time
	Unread         bool
	DeskUnread     bool
	RemindAt       time.Time // when it is spoken of again if it is still unread; zero: never
	Reminders      int       // how often it was
}

// Author is who wrote an entry.
type Author string

// The authors.
const (
	ByUser     Author = "user"
	ByOperator Author = "operator"
	BySystem   Author = "system"
)

// MessageEntry is one text of a message.
type MessageEntry struct {
	ID       EntryID
	Number   int // from 1, in its message
	At       time.Time
	Author   Author
	Name     string // the operator's account, for the desk alone; empty for the others
	Language string // BCP 47
	Text     string // with \n at the ends of lines, at most TextMax characters
	Markdown bool   // Text is Markdown (package prose), as the desk writes; otherwise it is plain
	Signed   bool   // by the phone that wrote it
	Damaged  bool   // the text does not open
	Files    []File
}

// SealedEntry is an entry as it is kept.
type SealedEntry struct {
	ID        EntryID
	MessageID MessageID
	At        time.Time
	Number    int
	Author    Author
	Name      string
	Language  string
	Files     int    // how many it has
	Text      []byte // sealed
	Signature []byte // sealed: the JWS of the phone that wrote it; nil: none
}

// MessageFilter narrows a listing; zero fields match everything.
type MessageFilter struct {
	Kind     MessageKind
	Status   MessageStatus
	Category string
	Unread   bool // unread ones only
}

// MessagePlace is a place in a box, which goes from unread ones to read ones and from new to old.
type MessagePlace struct {
	Unread    bool
	UpdatedAt time.Time
	ID        MessageID
}

func (m SealedMessage) place() MessagePlace {
	return MessagePlace{Unread: m.Unread, UpdatedAt: m.UpdatedAt, ID: m.ID}
}

// Cursor is a place as doors carry it about, in characters that an address may hold; empty: the beginning.
type Cursor string

func (p MessagePlace) cursor() Cursor {
	unread := "0"
	if p.Unread {
		unread = "1"
	}
	return Cursor(unread + "." + strconv.FormatInt(p.UpdatedAt.UnixMilli(), 10) + "." + string(p.ID))
}

// place reads a cursor. Error: message.cursor for what is none of ours.
func (c Cursor) place() (*MessagePlace, error) {
	if c == "" {
		return nil, nil
	}
	parts := strings.Split(string(c), ".")
	if len(parts) != 3 || parts[0] != "0" && parts[0] != "1" || len(parts[2]) > 64 {
		return nil, fail(BadInput, "message.cursor")
	}
	ms, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || ms < 0 || ms > 1<<53 {
		return nil, fail(BadInput, "message.cursor")
	}
	return &MessagePlace{Unread: parts[0] == "1", UpdatedAt: time.UnixMilli(ms).UTC(), ID: MessageID(parts[2])}, nil
}

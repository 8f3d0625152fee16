package nodkey

import "time"

// AnnouncementState is where an announcement stands.
type AnnouncementState string

// The states.
const (
	AnnouncementDraft   AnnouncementState = "draft"   // its list is being written; one that stays so is never sent
	AnnouncementSending AnnouncementState = "sending" // from StartsAt on
	AnnouncementStopped AnnouncementState = "stopped" // by an operator, who may resume it
	AnnouncementDone    AnnouncementState = "done"
)

// Audience is who gets an announcement.
type Audience string

// The audiences.
const (
	AudienceAll  Audience = "all" // whoever has an account when its turn comes
	AudienceList Audience = "list"
)

// Announcement is one text, in several languages, to many users. Each gets a message that points to it.
type Announcement struct {
	ID        AnnouncementID
	CreatedAt time.Time
	Author    string // the operator's name
	Category  string
	Topic     string
	Priority  Priority
	Audience  Audience
	State     AnnouncementState
	StartsAt  time.Time
	Position  string // the last user who was looked at: by name, of a list by id
	Sent      int    // messages made
	EndedAt   time.Time
}

// AnnouncementCounts is what has become of an announcement.
type AnnouncementCounts struct {
	Messages int // made, and still there
	Unread   int // of them
	Closed   int // of them, put away by their readers
	// Summaries of them by channel and state.
	Summaries map[SummaryChannel]map[SummaryState]int
}

// SealedText is an announcement in one language, as it is kept.
type SealedText struct {
	ID             string // announcement/language
	AnnouncementID AnnouncementID
	Language       string
	Subject, Text  []byte // sealed
}

func textID(id AnnouncementID, language string) string { return string(id) + "/" + language }

// MessageText is what an operator or a user writes: a subject of one line, and a text, which is plain where a user
// wrote it and Markdown where the desk did.
type MessageText struct {
	Subject string // 1 to SubjectMax characters
	Text    string // 1 to TextMax characters
}

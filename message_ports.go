package nodkey

import "time"

// CentreRows keep the message centre. All of it that is a user's goes with the user.
type CentreRows interface {
	MessageRows
	MessageFileRows
	AnnouncementRows
	SummaryRows
	ContactRows
}

// MessageRows keeps messages, their entries and the users' settings. A message's Year and Number are unique together, and so
// are its AnnouncementID, where it has one, and its user.
type MessageRows interface {
	// CountMessages gives n further numbers of a year: the first of them, from 1, the others following it.
	CountMessages(year, n int) (first int, err error)
	InsertMessage(SealedMessage) error
	Message(MessageID) (SealedMessage, error)
	MessageByReference(Reference) (SealedMessage, error)
	SaveMessage(SealedMessage) error
	// MessagesOf lists a user's messages, unread ones first, then by UpdatedAt and id, the newest first: those after a place
	// (nil: from the beginning), at most limit.
	MessagesOf(user UserID, filter MessageFilter, after *MessagePlace, limit int) ([]SealedMessage, error)
	// UnreadOf counts a user's unread messages, at most most.
	UnreadOf(user UserID, most int) (int, error)
	// DeskMessages lists the tickets of all users likewise; unread is what the desk has not read.
	DeskMessages(filter MessageFilter, after *MessagePlace, limit int) ([]SealedMessage, error)
	// MessagesToRemind lists messages whose RemindAt has come, first come first, at most limit.
	MessagesToRemind(now time.Time, limit int) ([]SealedMessage, error)

	// InsertEntry gives ErrExists also when the message has an entry of that number.
	InsertEntry(SealedEntry) error
	Entry(EntryID) (SealedEntry, error)
	// LastEntry gives a message's entry of the highest number.
	LastEntry(MessageID) (SealedEntry, error)
	// EntriesOf lists a message's entries by number.
	EntriesOf(MessageID) ([]SealedEntry, error)
	// EntryBytes adds up the sealed texts of a message's entries.
	EntryBytes(MessageID) (int64, error)

	MessageSettings(UserID) (MessageSettings, error)
	// SaveMessageSettings also makes them; ErrNoRow when there is no such user.
	SaveMessageSettings(MessageSettings) error
}

// MessageFileRows keeps files. A file goes with its entry, its chunks with the file.
type MessageFileRows interface {
	InsertFile(SealedFile) error
	File(FileID) (SealedFile, error)
	SaveFile(SealedFile) error
	DeleteFile(FileID) error
	// FilesOf lists an entry's files by id.
	FilesOf(EntryID) ([]SealedFile, error)
	// WaitingFiles lists a user's files that are not sent and have not expired at now, the first to expire first.
	WaitingFiles(user UserID, now time.Time) ([]SealedFile, error)
	// InsertChunk keeps a file's chunk of that number, from 0; ErrExists when there is one.
	InsertChunk(file FileID, number int, sealed []byte) error
	Chunk(file FileID, number int) ([]byte, error)
}

// AnnouncementRows keeps announcements. They stay for as long as messages show them.
type AnnouncementRows interface {
	InsertAnnouncement(Announcement) error
	Announcement(AnnouncementID) (Announcement, error)
	SaveAnnouncement(Announcement) error
	// Announcements lists them newest first, at most limit.
	Announcements(limit int) ([]Announcement, error)
	// AnnouncementsDue lists those that are being sent and whose StartsAt has come, first come first, at most limit.
	AnnouncementsDue(now time.Time, limit int) ([]Announcement, error)
	// InsertAnnouncementText gives ErrExists when there is one in that language.
	InsertAnnouncementText(SealedText) error
	// AnnouncementTexts lists an announcement's texts by language.
	AnnouncementTexts(AnnouncementID) ([]SealedText, error)
	// AddAudience puts a user on an announcement's list; it is no error when that is so already.
	AddAudience(AnnouncementID, UserID) error
	// Audience lists an announcement's users by id, those after the given one, at most limit.
	Audience(id AnnouncementID, after UserID, limit int) ([]UserID, error)
	// AudienceSize counts the users on an announcement's list, or all accounts for one that goes to all.
	AudienceSize(Announcement) (int, error)
	// AnnouncementCounts counts an announcement's messages and their summaries.
	AnnouncementCounts(AnnouncementID) (AnnouncementCounts, error)
	// FailedSummaries lists an announcement's summaries that failed, at most limit.
	FailedSummaries(id AnnouncementID, limit int) ([]SealedSummary, error)
}

// SummaryRows keeps what is to be sent, and what became of it. A message has one waiting summary a channel, but for those
// that go to an address of their own.
type SummaryRows interface {
	// InsertSummary makes nothing when there is one already that waits for the same.
	InsertSummary(SealedSummary) (made bool, err error)
	// DueSummaries lists a channel's waiting summaries, urgent ones or the others, that are due at now, those due first, at most
	// limit.
	DueSummaries(channel SummaryChannel, urgent bool, now time.Time, limit int) ([]SealedSummary, error)
	// TakeSummary makes a waiting summary due at another time and counts an attempt, by one conditional UPDATE; ErrNoRow when
	// its DueAt is not the argument's any more, or it does not wait.
	TakeSummary(s SealedSummary, until time.Time) (SealedSummary, error)
	// SettleSummary stores State, DueAt, Attempts, EndedAt and Failure of a waiting summary, by one conditional UPDATE; ErrNoRow when it
	// does not wait any more.
	SettleSummary(SealedSummary) error
	Summary(SummaryID) (SealedSummary, error)
	// BounceSummary stores State, EndedAt and Failure of a summary that was sent, or taken and not settled, by one conditional
	// UPDATE; ErrNoRow for any other.
	BounceSummary(SealedSummary) error
	// SummariesOf lists what was sent of a message, oldest first, at most limit.
	SummariesOf(message MessageID, limit int) ([]SealedSummary, error)
}

// ContactRows keeps where people can be reached.
type ContactRows interface {
	// SaveContact puts a user's address of a channel in the place of the one before it; ErrNoRow when there is no such user.
	SaveContact(SealedContact) error
	// Contact gives ErrNoRow when the user has none of that channel.
	Contact(UserID, SummaryChannel) (SealedContact, error)
	DeleteContact(UserID, SummaryChannel) error
	// InsertContactTry gives ErrNoRow when there is no such user, or no such session where it has one. A try goes with its session.
	InsertContactTry(ContactTry) error
	ContactTry(ContactTryID) (ContactTry, error)
	// NewestContactTry gives a user's newest try of a channel that has no session.
	NewestContactTry(UserID, SummaryChannel) (ContactTry, error)
	// NewestSessionTry gives the newest try that was made for a session.
	NewestSessionTry(SessionID) (ContactTry, error)
	// ReserveContactTry counts an answer before it is checked, by one conditional UPDATE; ErrNoRow when the try is not open, has
	// expired at now, or has had most answers already.
	ReserveContactTry(id ContactTryID, most int, now time.Time) (ContactTry, error)
	SaveContactTry(ContactTry) error
	// DueContactTries lists a channel's tries whose code is to be sent at now, those due first, at most limit.
	DueContactTries(channel SummaryChannel, now time.Time, limit int) ([]ContactTry, error)
}

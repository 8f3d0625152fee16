package wire

// MaxMessageBody is the largest body of an answer in the message centre, and of what comes back of a list or a message, in
// bytes (§10).
const MaxMessageBody = 256 << 10

// UnreadResponse answers POST /messages/unread (§10.2).
type UnreadResponse struct {
	Now    int64          `json:"now"`
	Unread map[string]int `json:"unread"` // by key id; at most 100
}

// MessagesRequest is the body of POST /messages (§10.3).
type MessagesRequest struct {
	Language string `json:"language,omitempty"` // BCP 47
	Search   string `json:"search,omitempty"`   // at most 100 characters
	Kind     string `json:"kind,omitempty"`     // as in Message
	Status   string `json:"status,omitempty"`   // as in Message
	Unread   *bool  `json:"unread,omitempty"`   // true alone
	After    string `json:"after,omitempty"`    // Next of the page before
	Limit    *int   `json:"limit,omitempty"`    // 1 to MaxMessages; absent: 20
}

// MaxMessages is how many messages one answer may have.
const MaxMessages = 50

// MessagesResponse is a page of a box, unread messages first, then the newest.
type MessagesResponse struct {
	Now      int64     `json:"now"`
	Unread   int       `json:"unread"` // in the whole box; at most 100
	Messages []Message `json:"messages"`
	Next     string    `json:"next,omitempty"`
}

// Message is one message of a box as a list has it. Times are milliseconds since 1970.
type Message struct {
	Reference string `json:"reference"` // "2026-0412"
	Kind      string `json:"kind"`      // ticket, security, account or announcement
	Status    string `json:"status"`    // new, open, answered or closed
	Priority  string `json:"priority"`  // low, normal, high or urgent
	Subject   string `json:"subject"`   // one line; of a notice its title
	Language  string `json:"language"`  // of Subject, BCP 47
	CreatedAt int64  `json:"createdAt"`
	UpdatedAt int64  `json:"updatedAt"`
	Unread    bool   `json:"unread"`
	Damaged   bool   `json:"damaged,omitempty"`
}

// MessageRequest is the body of POST /messages/read (§10.4).
type MessageRequest struct {
	Reference string `json:"reference"`
	Language  string `json:"language,omitempty"`
	From      *int   `json:"from,omitempty"` // number of the first entry that is wanted
}

// MessageResponse is a message with what it says, or with a part of that.
type MessageResponse struct {
	Now       int64          `json:"now"`
	Message   Message        `json:"message"`
	Languages []string       `json:"languages"` // of an announcement; empty for the others
	CanReply  bool           `json:"canReply"`
	Notice    *MessageNotice `json:"notice,omitempty"`
	Entries   []MessageEntry `json:"entries"`
	Next      int            `json:"next,omitempty"` // number of the first entry that did not fit
}

// MessageNotice is what the server tells of the user's own account.
type MessageNotice struct {
	Happened string `json:"happened"`
	Next     string `json:"next"` // what to do if it was somebody else
	At       int64  `json:"at"`
	From     string `json:"from,omitempty"` // an address
	Place    string `json:"place,omitempty"`
	With     string `json:"with,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// MessageEntry is one text of a message: Text is plain, Blocks are what the desk wrote.
type MessageEntry struct {
	Number   int           `json:"number"`
	At       int64         `json:"at"`
	Author   string        `json:"author"` // user, operator or system
	Language string        `json:"language"`
	Signed   bool          `json:"signed,omitempty"` // by a phone
	Text     string        `json:"text,omitempty"`
	Blocks   []Block       `json:"blocks,omitempty"`
	Files    []MessageFile `json:"files,omitempty"`
	Damaged  bool          `json:"damaged,omitempty"`
}

// MessageFile names a file, which phones are not given.
type MessageFile struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"` // bytes
}

// Block is a part of a text that stands by itself.
type Block struct {
	Kind   string    `json:"kind"`             // p, h, ul, ol, quote, code or rule
	Runs   []Run     `json:"runs,omitempty"`   // of p, h and code
	Items  [][]Block `json:"items,omitempty"`  // of ul and ol
	Blocks []Block   `json:"blocks,omitempty"` // of quote
}

// Run is a piece of text in one style.
type Run struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong,omitempty"`
	Em     bool   `json:"em,omitempty"`
	Code   bool   `json:"code,omitempty"`
	Href   string `json:"href,omitempty"` // https or mailto
}

// ReplyRequest is the body of POST /messages/reply (§10.5).
type ReplyRequest struct {
	Reference string `json:"reference"`
	Text      string `json:"text"`
	Signature string `json:"signature"` // a Reply as JWS
}

// MessageStatusRequest is the body of POST /messages/status (§10.6).
type MessageStatusRequest struct {
	Reference string `json:"reference"`
	Status    string `json:"status"` // closed or open
}

package portal

// SettingsView is "message_settings": what a person wants to hear of messages, where, and in which language.
type SettingsView struct {
	Page
	First, Second []Option
	Delivery      []DeliveryChoice
	Contacts      []ContactRow
	Missing       []ContactRow // ways that were chosen and have no address
	Account       bool
	Announcements bool
	Reminders     bool
	Quiet         bool
	From, To      string // "22:00"
	Zone          []Option
	Guess         bool // nobody has chosen a zone: the browser's own is put in where a script runs
	Problem       *Problem
	Saved         bool
}

// DeliveryChoice is a way in which summaries go out.
type DeliveryChoice struct {
	Value   string
	Title   string // key of the catalogues
	Text    Sentence
	Chosen  bool
	Missing bool // it has no address yet
	Closed  bool // nothing leaves here that way
}

// UnsubscribeView is "unsubscribe": whether letters about announcements are to end.
type UnsubscribeView struct {
	Page
	Token string
	Done  bool
}

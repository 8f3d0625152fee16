package portal

// AskView is "ask": an application asks the person's phone, and their browser waits here for the answer.
type AskView struct {
	Page
	Number    string // two digits to type on the phone; empty: number matching is off
	Phone     string // the phone that is asked; empty: any of several
	Notified  bool
	Codes     bool // a phone without a connection may answer by a code
	Countdown Countdown
	Problem   *Problem // of what was tried beside
	AppURL    string   // the phone app
	Action    string   // path that the forms are posted to
	Live      Live
}

// AskCodeView is "ask_code": the same, while a phone without a connection is to answer by a code.
type AskCodeView struct {
	Page
	Digits    []string // six, in two halves; none where only the square code is taken
	QR        string   // path of the picture
	Number    string   // two digits of the request that waits on the phone all the same; empty: none
	Typed     string
	Left      int // tries
	Fewer     bool
	Problem   *Problem
	Countdown Countdown
	Action    string
	Live      Live
}

// AskOverView is "ask_over": it ended without a yes.
type AskOverView struct {
	Page
	Outcome Outcome
	App     string
	Again   bool // it may be asked once more
	Action  string
}

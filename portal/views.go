package portal

import (
	"html/template"
	"strings"
	"time"
)

// Page is what every view carries: whose portal it is, who looks at it and
// in which language. A view is a struct that embeds Page.
type Page struct {
	Lang       string // of Languages; chooses the texts
	Theme      string // "light", "dark", or empty: the device's wish
	Operator   Operator
	Viewer     string     // display name of the signed-in user; empty: nobody
	Restricted bool       // the session had the password only
	Languages  []Language // the switch shows with two or more
	Return     string     // path that the language switch comes back to
	Form       string     // id of the page's form, which the language switch sends instead, so that nothing typed is lost
	Links      []Link     // the footer's own links
	Toast      *Sentence  // said once, of something that succeeded
	Badge      *Badge     // of unread messages; nil where there is no message centre
	Way        string     // what the page's own addresses end in on a browser's way to an application: "?to=…"; else empty
	Onward     string     // that application, where the page says so; empty: it does not
	Demo       string     // origin of the page that shows this portal beside a phone; empty but in the demo
}

// page lets Render reach the embedded Page.
func (p Page) page() Page { return p }

// with is the page with the form that the language switch sends.
func (p Page) with(form string) Page {
	p.Form = form
	return p
}

// Operator is whose portal it is.
type Operator struct {
	Name    string // "Aldermere", stands in the header
	Portal  string // "Client Portal"; empty: the catalogue's name in the page's language
	Company string // "Aldermere Savings", stands in the footer; may be empty
}

// Language is one choice of the language switch.
type Language struct {
	Tag     string // "de"
	Name    string // its own name, "Deutsch"
	Current bool
}

// Link is a link whose text the operator chose.
type Link struct{ Text, URL string }

// Sentence is a key of the catalogues with its arguments; an error of the
// domain is one as it comes.
type Sentence struct {
	Key  string
	Args map[string]any
}

// Problem is what kept a form from being accepted. Field is the id of the
// input it is about; empty, it stands above the form.
type Problem struct {
	Field string
	Text  Sentence
}

// Countdown is time that runs out; Left is what is left when the page is made.
type Countdown struct{ Left, Total time.Duration }

// Live is how a page learns that something changed. Stream (server-sent
// events) and Poll are paths; both answer
// {"state": string, "remaining": milliseconds, "version": string, "progress": string}. When the
// version differs from Version, the browser goes to Next; when the progress differs from Progress, it fetches Next and
// changes what is shown of it in place.
type Live struct{ Stream, Poll, Version, Progress, Next string }

// SignInView is "sign_in": name and password.
type SignInView struct {
	Page
	Host     string    // "portal.aldermere.example", so that people learn it
	Username string    // what was typed before
	Fixed    bool      // the application asks for this name and no other
	Why      *Sentence // it asks again; nil: there is nothing to explain
	Alone    bool      // name and password are enough for where it leads: no phone is asked
	Problem  *Problem
	Seal     template.HTML // web.Seal of the server's key; shown on wide screens
}

// FirstVisitView is "first_visit": a first-access code becomes an own password.
type FirstVisitView struct {
	Page
	Username string
	Code     string // what was typed before
	Problem  *Problem
	Least    int // characters that a password has at least
}

// CodeView is "code": what a phone without a connection makes its eight digits from, and the field that takes them.
type CodeView struct {
	Page
	Digits    []string // six, in two halves; none where only the square code is taken
	QR        string   // path of the picture
	Number    string   // two digits of the request that waits on the phone all the same; empty: none
	Typed     string   // what was typed before
	Left      int      // tries left
	Fewer     bool     // some were used
	Problem   *Problem
	Countdown Countdown
	Live      Live
}

// OutcomeView is "outcome": what became of a sign-in or a change.
type OutcomeView struct {
	Page
	Outcome Outcome
	Phone   string
	Took    string   // how long the phone's answer to a test took, in words
	Tips    []string // keys of what one can try
	Retry   string   // POST to it asks again; empty: the main button leads to Next
	Back    string   // path back to the request that still waits; empty: none does
	Another string   // path where another phone can be chosen; empty: there is none
	Next    string   // path of the main button when nothing is asked again
}

// HomeView is "home".
type HomeView struct {
	Page
	Greeting   Greeting
	FirstName  string
	Activation *ActivationView // the banner; nil: none
	Activated  *ActivatedView  // a phone was activated just now
	Proof      *ProofView      // a contact on record is to be proved first; nil: not
	// Closed: there is no key and this session may not make one; the page says whom to ask.
	Closed    bool
	Desk      Desk
	Phones    int    // active keys
	LastEntry string // "today, 14:33"; empty: none before this one
	Tiles     []Tile // applications to open, the first few of them
	More      int    // how many there are beyond these
}

// Greeting is a key of the catalogues.
type Greeting string

// The greetings, by the hour at the operator's place.
const (
	Morning   Greeting = "home.morning"
	Afternoon Greeting = "home.afternoon"
	Evening   Greeting = "home.evening"
)

// GreetingAt chooses by the time of day: morning from 5, afternoon from 12,
// evening from 18 o'clock.
func GreetingAt(t time.Time) Greeting {
	switch hour := t.Hour(); {
	case hour >= 5 && hour < 12:
		return Morning
	case hour >= 12 && hour < 18:
		return Afternoon
	}
	return Evening
}

// ActivationView is the activation banner, at home and on "phone_add".
type ActivationView struct {
	State     ActivationStep
	First     bool     // the user's first phone
	Spent     bool     // ended because a phone used the code, and did not become active
	QR        string   // path of the picture
	Groups    []string // five groups of four
	Address   string   // the phone app's address without scheme, short enough to type
	OpenURL   string   // what the QR code holds: opens the app on this very phone
	Phone     string   // the phone whose key arrived
	Number    string   // two digits for the phone that approves; empty: none
	TriesLeft int      // of typing the six digits
	Problem   *Problem
	Countdown Countdown
	Live      Live
}

// ActivationStep is where the banner stands.
type ActivationStep string

// The steps. Offer shows the code; Digits asks for the six digits that the
// phone shows; Approve waits for the yes of another phone; Ended offers a new
// code.
const (
	ActivationOffer   ActivationStep = "offer"
	ActivationDigits  ActivationStep = "digits"
	ActivationApprove ActivationStep = "approve"
	ActivationEnded   ActivationStep = "ended"
)

// ActivatedView says which phone became active, with the way to undo it.
type ActivatedView struct {
	KeyID  string
	Name   string // "Pixel 8"
	System string
	At     string // "14:32:21"
}

// ConfirmView is "confirm": a question whose answer cannot be taken back,
// for browsers without script; with script the same stands in a dialog.
type ConfirmView struct {
	Page
	Question Question
	Name     string // of the phone
	Action   string // POST to it does the deed
	Back     string // the harmless answer
	Last     bool   // it is the last phone
}

// Question chooses the words of a ConfirmView.
type Question string

// The questions.
const (
	AskRemove Question = "remove"   // remove a phone
	AskDisown Question = "not_mine" // a phone that was activated is not the user's
)

// PhoneAddView is "phone_add": a further phone, or why none can be added.
type PhoneAddView struct {
	Page
	Activation *ActivationView
	Full       bool // the limit is reached; Phones tells which to remove
	Limit      int
	Phones     []PhoneCard
	Active     []PhoneCard // a test request proves that these work
}

// ScreenLockView is "screen_lock": how to set up screen lock, fingerprint and face.
type ScreenLockView struct{ Page }

// DeskView is "desk": whom to ask. Lost: the password was right and the last
// phone is gone.
type DeskView struct {
	Page
	Lost bool
	Desk Desk
}

// Desk is the service desk; what is empty is not shown.
type Desk struct{ Name, Phone, Email, Hours string }

// PasswordView is "password": a new password.
type PasswordView struct {
	Page
	Problem *Problem
	Least   int
}

// MessageView is "message": a page of its own for something that went wrong.
type MessageView struct {
	Page
	Message Message
	// Happened replaces the message's own first part when the domain said more exactly what it was.
	Happened  *Sentence
	Reference string // finds the log line; shown last
	Next      string // path of the main button
}

// Code is the whole code as it is copied: groups joined by hyphens.
func (a ActivationView) Code() string { return strings.Join(a.Groups, "-") }

// RenameView is "rename": another name for a phone.
type RenameView struct {
	Page
	KeyID   string
	Name    string
	Problem *Problem
}

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
	Host     string // "portal.aldermere.example", so that people learn it
	Username string // what was typed before
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

// WaitView is "wait": the page that waits for a phone's answer.
type WaitView struct {
	Page
	Purpose   Purpose
	Number    string // two digits to type on the phone; empty: number matching is off
	Phone     string // the phone that is asked; empty: any of several
	Notified  bool   // a notification was sent; else the app is to be opened
	Codes     bool   // a phone without a connection may answer by a code
	Another   string // path where another phone can be chosen; empty: there is none
	Countdown Countdown
	Steps     []Step
	Notice    Notice   // takes the place of what the page asks for; its room is kept free while there is none
	News      Sentence // of how far the request has come, said when it changes
	AppURL    string   // the phone app
	Live      Live
}

// Notice is a key of the catalogues: why other ways are offered; {{.Phone}} in it is the view's phone.
type Notice string

// The notices. Empty: the request arrived, or may still.
const (
	NoticeUnconfirmed    Notice = "wait.unconfirmed" // nothing has said that it arrived
	NoticeUnconfirmedAny Notice = "wait.unconfirmed_any"
	NoticeUnsent         Notice = "wait.unsent" // nobody takes the notification
	NoticeUnsentAny      Notice = "wait.unsent_any"
)

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

// Purpose is what a waiting page waits for: it chooses the words.
type Purpose string

// The purposes.
const (
	ForSignIn   Purpose = "sign_in"
	ForAddition Purpose = "key_add"
	ForRemoval  Purpose = "key_remove"
	ForPassword Purpose = "password_change"
	ForTest     Purpose = "test"
)

// Step is one line of "What is going on".
type Step struct {
	Text  StepText
	Phone string // that it is about; empty: the view's
	At    string // "14:32:06"; empty for what has not happened
	Mark  StepMark
}

// StepMark says how a step stands; it is a class.
type StepMark string

// The marks.
const (
	StepDone  StepMark = "done"
	StepNow   StepMark = "now"
	StepAhead StepMark = "ahead"
	StepLook  StepMark = "look" // did not go as it should, and something else is to be done
)

// StepText is a key of the catalogues; {{.Phone}} in it is the step's phone.
type StepText string

// The steps of a request. Those of a phone take each other's place.
const (
	StepPassword StepText = "wait.step_password"
	StepAsked    StepText = "wait.step_asked"  // the request lies ready for the phone
	StepSent     StepText = "wait.step_sent"   // a service took the notification
	StepUnsent   StepText = "wait.step_unsent" // none does

	StepOnTheWay  StepText = "wait.step_ahead"
	StepInApp     StepText = "wait.step_app"       // nothing is sent to this phone
	StepUnreached StepText = "wait.step_unreached" // nobody takes its notification
	StepSilent    StepText = "wait.step_silent"    // it should have said by now that the request arrived
	StepArrived   StepText = "wait.step_arrived"
	StepOpened    StepText = "wait.step_opened"

	StepWaiting StepText = "wait.step_waiting"
)

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
	// Closed: there is no key and this session may not make one; the page says whom to ask.
	Closed    bool
	Desk      Desk
	Phones    int    // active keys
	LastEntry string // "today, 14:33"; empty: none before this one
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

// SecurityView is "security": what can sign in as the user, and what has.
type SecurityView struct {
	Page
	Phones    []PhoneCard // active and suspended ones
	Pending   []PhoneCard // keys that wait for digits or for another phone
	Limit     int         // keys a user may have
	Asks      []Sentence  // what is asked of phones
	MayAdd    bool
	Browsers  []BrowserRow
	SignIns   []SignInRow
	MayChange bool // remove, end and change the password; a restricted session may only look
}

// PhoneCard is one key and its phone.
type PhoneCard struct {
	KeyID     string
	Name      string // "Pixel 8"
	System    string // "Android 16"
	Factor    Factor
	Chip      Chip
	Told      []Told // what the phone said of itself
	Help      string // path to how fingerprint or face are set up, where they are recommended; else empty
	Active    bool   // a test request can be sent to it
	Activated string // "3 March 2026"
	LastNod   string // "Today, 14:33"; empty: never
	Last      bool   // removing it leaves none
}

// Told is one thing that a phone said of itself: keys of the catalogues. Odd asks to look twice.
type Told struct {
	Name, Value string
	Odd         bool
}

// Factor is a key of the catalogues.
type Factor string

// The factors of a key.
const (
	FactorPIN       Factor = "security.factor_pin"
	FactorBiometric Factor = "security.factor_biometric"
	FactorBoth      Factor = "security.factor_both"
)

// BrowserRow is one session.
type BrowserRow struct {
	SessionID string
	Agent     string // "Firefox on Windows"
	Source    string // "203.0.113.24" or "Hamburg, Germany"
	Since     string // "today, 14:33"
	This      bool
}

// SignInRow is one sign-in of the past.
type SignInRow struct {
	When  string // "Today, 14:32"
	From  string
	Agent string
	Phone string // that answered; may be empty
	Code  bool   // it answered by a code
	Chip  Chip
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

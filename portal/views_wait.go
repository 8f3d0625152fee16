package portal

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

// Purpose is what a waiting page waits for: it chooses the words.
type Purpose string

// The purposes.
const (
	ForSignIn   Purpose = "sign_in"
	ForAddition Purpose = "key_add"
	ForRemoval  Purpose = "key_remove"
	ForPassword Purpose = "password_change"
	ForContact  Purpose = "contact_change"
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

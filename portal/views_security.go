package portal

import "time"

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
	Contacts  []ContactRow
	MayChange bool // remove, end and change the password; a restricted session may only look
}

// PhoneCard is one key and its phone.
type PhoneCard struct {
	KeyID     string
	Name      string // "Pixel 8"
	System    string // "Android 16"
	Factor    Factor
	Chip      Chip
	Told      []Told        // what the phone said of itself
	Help      string        // path to how fingerprint or face are set up, where they are recommended; else empty
	Active    bool          // it can be tested
	Delivery  *DeliveryView // nil: it is not active
	Activated string        // "3 March 2026"
	LastNod   string        // "Today, 14:33"; empty: never
	Last      bool          // removing it leaves none
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
	App       string // that was opened with the password alone; empty: it is signed in here
	This      bool
}

// SignInRow is one sign-in of the past.
type SignInRow struct {
	When  string // "Today, 14:32"
	From  string
	Agent string
	App   string // the application that it led to, or that asked; empty: the portal
	For   string // sign_in or confirm, when the application asked by itself; else empty
	Phone string // that answered; may be empty
	Code  bool   // it answered by a code
	Chip  Chip
}

// DeliveryView is how messages reach a phone.
type DeliveryView struct {
	Ways    string    // "web push"; empty: none, the app has to be open
	Failing bool      // the push service refused the last messages
	Last    *Sentence // when the last test notification was sent, and what became of it; nil: there was none
}

// TestPhoneView is "test_phone": which test is wanted.
type TestPhoneView struct {
	Page
	KeyID, Name string
	Delivery    *DeliveryView
}

// PushTestView is "push_test": a test notification, while it is under way and after.
type PushTestView struct {
	Page
	KeyID, Name string
	Phase       PushPhase
	Elapsed     time.Duration // since it was asked for
	Took        string        // "1.3 s", once it arrived
	Steps       []Step
	Repairs     []string // keys of what one can look at on the phone
	Live        Live
}

// Seconds is Elapsed in whole seconds.
func (v PushTestView) Seconds() int { return int(v.Elapsed / time.Second) }

// PushPhase is where a test notification stands; it chooses the words.
type PushPhase string

// The phases.
const (
	PushWaiting PushPhase = "waiting"
	PushArrived PushPhase = "done"
	PushLate    PushPhase = "late"
	PushSilent  PushPhase = "silent" // taken by a push service, and not heard of since
	PushUnsent  PushPhase = "unsent" // no push service took it
)

// Ring is what the nod line shows.
func (p PushPhase) Ring() string {
	switch p {
	case PushWaiting:
		return "waiting"
	case PushArrived, PushLate:
		return "done"
	}
	return "stopped"
}

// Words are what the page says: keys of the catalogues.
func (p PushPhase) Words() (words struct{ Title, Text string }) {
	switch p {
	case PushWaiting:
		words.Title, words.Text = "delivery.waiting", "delivery.waiting_text"
	case PushArrived:
		words.Title, words.Text = "delivery.done", "delivery.done_text"
	case PushLate:
		words.Title, words.Text = "delivery.late", "delivery.late_text"
	case PushSilent:
		words.Title, words.Text = "delivery.silent", "delivery.silent_text"
	default:
		words.Title, words.Text = "delivery.unsent", "delivery.unsent_text"
	}
	return words
}

// The steps of a test notification.
const (
	StepTestMade StepText = "delivery.step_asked"
	StepTaking   StepText = "delivery.step_taking"
	StepTaken    StepText = "delivery.step_taken"
	StepAwaited  StepText = "delivery.step_waiting"
)

// NotificationsHelpView is "notifications": what to do when none comes.
type NotificationsHelpView struct{ Page }

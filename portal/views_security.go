package portal

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

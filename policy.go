package nodkey

import (
	"strings"
	"time"
)

// Policy is what an organisation decides. The zero value is not usable; start from DefaultPolicy.
type Policy struct {
	// ActivationFirst says what a user without a key needs to activate the first one: FirstByCode, FirstByContact or
	// FirstByPassword.
	ActivationFirst string
	// ActivationConfirm makes the person type six digits from the phone in the portal before a first key is active.
	ActivationConfirm bool
	// MaxKeys is how many keys a user may have, 1 to 20.
	MaxKeys int
	// NumberMatching makes the person type the page's two digits on the phone.
	NumberMatching bool
	// Codes says which codes of a phone that is offline count: CodesAny, CodesScanned or CodesOff.
	Codes string
	// Devices says which of a user's active phones a sign-in asks where there are several: DevicesChoose, DevicesChooseOrAll or
	// DevicesAll.
	Devices string
	// RestrictedSessions lets a user who never had a key in with the password, to a session that can do little.
	RestrictedSessions bool
	// Posture is what phones must say of themselves.
	Posture PosturePolicy
	// PasswordMin is the least length of a password in code points, 8 to 64 (NIST SP 800-63B-4 §3.1.1.2).
	PasswordMin int
	// SessionLife and SessionIdle bound a full session from its start and from its last use.
	SessionLife, SessionIdle time.Duration
	// EmailRate and SMSRate are how many summaries leave a second at most, over time: 1 to 1000. A minute's worth may leave at once.
	EmailRate, SMSRate int
}

// What a first activation needs (Policy.ActivationFirst).
const (
	FirstByCode     = "code"     // a first-access code from the service desk
	FirstByContact  = "contact"  // the password, and a code that is sent to a contact on record
	FirstByPassword = "password" // the password alone: weak, for demos
)

// Which codes of a phone that is offline count (Policy.Codes). Anything else is CodesOff.
const (
	CodesAny     = "any"     // also those that the six typed digits alone lead to, which are bound to nothing else
	CodesScanned = "scanned" // only those that are bound to the scanned statement
	CodesOff     = "off"
)

// takesCodes reports whether codes of a phone that is offline count at all.
func (p Policy) takesCodes() bool { return p.Codes == CodesAny || p.Codes == CodesScanned }

// takesTyped reports whether a code counts that only the six digits led to. Never for a text that a yes is wanted to: whoever types
// digits into the phone is not shown it.
func (p Policy) takesTyped(kind ApprovalKind) bool {
	return p.Codes == CodesAny && kind != ApproveConfirm
}

// Which phones a sign-in asks where there are several (Policy.Devices).
const (
	DevicesChoose      = "choose"        // the one that the person chooses
	DevicesChooseOrAll = "choose-or-all" // the same, or all of them at once
	DevicesAll         = "all"           // all of them at once, without a question
)

// chooses reports whether a person with several phones is asked which.
func (p Policy) chooses() bool { return p.Devices != DevicesAll }

// choosesAll reports whether they may choose all of them.
func (p Policy) choosesAll() bool { return p.Devices == DevicesChooseOrAll }

// DefaultPolicy is what serve does when its configuration says nothing else; a test of the command's keeps both alike.
func DefaultPolicy() Policy {
	return Policy{
		ActivationFirst: FirstByCode, MaxKeys: 3, NumberMatching: true, Codes: CodesAny, Devices: DevicesChoose, RestrictedSessions: true, Posture: DefaultPosture(),
		PasswordMin: 12, SessionLife: 12 * time.Hour, SessionIdle: 30 * time.Minute,
		EmailRate: 10, SMSRate: 1,
	}
}

// Site is how the installation presents itself.
type Site struct {
	ServerName  string // "Aldermere"
	Operator    string // "Aldermere Savings"
	App         string // what statements say one signs in to: "Aldermere Client Portal", at most 40 characters
	PhoneOrigin string // "https://phone.example"
	ServiceDesk string // whom people ask who lost their phone: a telephone number, an address

	AppIn map[string]string // App in further languages, by BCP 47 tag; may be nil

	NoEmail, NoSMS bool // nothing leaves this installation by e-mail, by SMS

	Categories []MessageCategory // what people may write to the desk about; nil: DefaultCategories
}

// app is the name of what one signs in to in a language: of the tag itself, else of its first part ("de" for "de-AT").
func (s Site) app(locale string) string {
	base, _, _ := strings.Cut(locale, "-")
	for _, tag := range []string{locale, base} {
		if name := s.AppIn[tag]; name != "" {
			return name
		}
	}
	return s.App
}

// The PIN's length in characters (docs/protocol.md §6.1).
const (
	PINMin = 4
	PINMax = 6
)

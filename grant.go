package nodkey

import (
	"encoding/json"
	"slices"
	"time"
)

// GrantID names a grant. It is no secret and gives access to nothing.
type GrantID string

// ScopeOffline is the scope of a grant that outlasts the browser's session (OpenID Connect Core §11).
const ScopeOffline = "offline_access"

// scopeEmail is the scope without which an application is told no address.
const scopeEmail = "email"

// GrantRequest is what a door asks for in the name of an application, when a person's browser is on its way there.
type GrantRequest struct {
	Application ApplicationID
	Door        Door
	Return      string   // the path of the door on the portal's host that the browser ends at, such as /oidc/return
	Scopes      []string // at most 32 of at most 100 printable ASCII characters without spaces, each once
	Ask         bool     // the person's consent is asked for, unless it was given before for these scopes
	AskAgain    bool     // it is asked for whatever was given before (prompt=consent)
	Again       bool     // the person signs in after this request was made (prompt=login)
	// MaxAge is how long ago the person may have signed in; 0: as Again; below 0: no matter.
	MaxAge time.Duration
	// Factors are those of which the person's yes should have been one (pin, biometric, code): a session that another one opened, before this
	// request was made, leads through sign-in again. What the person then uses is theirs to choose, and stands in Grant.Factor. None: any.
	Factors []string
	Hint    string // the name that is probably typed (login_hint); may be empty
	User    string // the name of the only user who may answer; empty: anybody whom the application is for
	// Password, above 0, says that name and password alone are enough, for a grant that lasts this long at most: no phone is asked
	// ([Grants.Pass]). Of door forward alone, without Ask, AskAgain, Factors, TellEnd and ScopeOffline. 0: a phone's yes is needed.
	Password time.Duration
	TellEnd  bool            // a [Callback] of kind logout is made when the session that it came from ends
	Data     json.RawMessage // the door's own, at most 8 KiB, sealed; it comes back with Issue and Redeem
	Life     time.Duration   // zero: 10 minutes, which is also the longest
}

// GrantState is where a grant request stands, and so what the portal shows.
type GrantState string

// The states.
const (
	GrantSignIn  GrantState = "sign_in" // nobody is signed in who can answer; GrantStep.Reason says why
	GrantConsent GrantState = "consent" // whoever is signed in is to agree
	GrantDenied  GrantState = "denied"  // whoever is signed in may not go on; GrantStep.Reason says why
	GrantReady   GrantState = "ready"   // on to GrantStep.Return: all that was asked for is there, or it was refused
	GrantOver    GrantState = "over"    // it ran out, was answered already, or is another browser's
)

// Why a request is not ready.
const (
	GrantNobody     = "nobody"     // sign_in: no session
	GrantAge        = "age"        // sign_in: it is to be done again, or was too long ago
	GrantOther      = "other"      // sign_in: somebody else is signed in than the request is for
	GrantGroup      = "group"      // denied: the application is not for this person
	GrantRestricted = "restricted" // denied: the session had no phone's yes, as there is no phone yet
	GrantPhone      = "phone"      // sign_in: the phone that signed in was removed or suspended since
)

// GrantStep is what the portal needs to take a browser one step further.
type GrantStep struct {
	State       GrantState
	Reason      string
	Application ApplicationID
	Name        string   // the application's, for people
	Door        Door     //
	Scopes      []string // that are asked for
	Hint        string   // the name to prefill; with User set it is that
	User        string   // the only user who may answer, empty: anybody
	Password    bool     // with GrantSignIn: name and password lead on by [Grants.Pass], and no phone is asked
	Passed      bool     // name and password were typed for it, and are enough: it is that user's, whoever is signed in
	Return      string   // where to go with ?to=TOKEN when ready
	ExpiresAt   time.Time
	// Browser is set when the browser has no cookie of [Caller.Browser] yet: the door sets it, or the next step is another browser's.
	Browser Token
}

// Issued is how a grant request ended.
type Issued struct {
	Application ApplicationID
	Code        Token // for the application, good once within 60 seconds; empty when Refused
	Refused     bool
	Reason      string          // of the refusal: refused (by the person), group or restricted
	Data        json.RawMessage // the door's
}

// Grant is what an application may know of a person, and for how long.
type Grant struct {
	ID          GrantID
	Application ApplicationID
	Door        Door
	User        UserID
	Name        string // what is typed to sign in
	Display     string // what people read
	Locale      string // BCP 47
	// Email is where the person can be reached, empty without scope email or where there is none; Verified says that a code was sent there
	// and typed.
	Email         string
	EmailVerified bool
	Groups        []string
	Factor        string // pin, biometric or code; FactorPassword where no phone was asked
	KeyID         KeyID  // whose yes it was; empty: no phone's
	AuthTime      time.Time
	Scopes        []string
	Data          json.RawMessage // the door's
	SID           string          // the browser session, for others; empty where there was none
	Offline       bool            // it outlasts the session
	CreatedAt     time.Time
	ExpiresAt     time.Time
}

// Has reports whether the grant has a scope.
func (g Grant) Has(scope string) bool { return slices.Contains(g.Scopes, scope) }

// Consent is what a person has agreed that an application gets.
type Consent struct {
	Application ApplicationID
	Name        string // the application's, for people
	Scopes      []string
	At          time.Time
}

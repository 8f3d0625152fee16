package nodkey

import "time"

// SealedGrantRequest is a browser's way to an application, as it is kept until it is answered or has run out.
type SealedGrantRequest struct {
	ID            string
	ApplicationID ApplicationID
	CreatedAt     time.Time
	Token         TokenHash
	Browser       TokenHash // the first one that came; empty: none yet
	Door          Door
	Return        string
	Scopes        []string
	Ask           bool
	AskAgain      bool
	Again         bool
	Factors       []string
	MaxAge        time.Duration // whole milliseconds, below 0: no matter
	Hint          string
	User          string // name
	TellEnd       bool
	Data          []byte // sealed
	Refused       string // why; empty: it is not
	AgreedBy      UserID // whose consent it has, empty: nobody's
	ExpiresAt     time.Time
	Password      time.Duration // whole milliseconds; 0: a phone's yes is needed
	PassedBy      UserID        // who typed name and password, where that is enough; empty: nobody
	PassedAt      time.Time
}

// SealedGrant is a grant, as it is kept.
type SealedGrant struct {
	ID            GrantID
	UserID        UserID
	ApplicationID ApplicationID
	CreatedAt     time.Time
	Door          Door
	SessionID     SessionID // that it hangs on; none: it came from no browser
	SID           string    // of the session that it came from, as the application was told; another sign-in of the same person moves the grant, not this
	KeyID         KeyID
	ApprovalID    ApprovalID
	Factor        string
	AuthAt        time.Time
	Scopes        []string
	Data          []byte // sealed
	Offline       bool
	TellEnd       bool
	Code          TokenHash // none: it came from no browser
	RedeemedAt    time.Time // zero: the code waits
	Family        TokenHash // of the first half of its refresh tokens; none: it has none
	Refresh       TokenHash // of the second half of the one that counts
	RefreshUntil  time.Time
	LookAt        time.Time // when upkeep has a look whether it is over
	ExpiresAt     time.Time
}

// AccessToken stands for a grant.
type AccessToken struct {
	Token     TokenHash
	GrantID   GrantID
	CreatedAt time.Time
	Scopes    []string
	ExpiresAt time.Time
}

// GrantView is a grant with what its use depends on, read at once.
type GrantView struct {
	Grant    SealedGrant
	Name     string // the user's
	Display  string
	Locale   string
	KeyState KeyState // empty: the key is gone
	Doors    []Door   // the application's
	Groups   []string // whose users it is for
	Level    Level    // the session's; empty: there is none
	SeenAt   time.Time
	EndsAt   time.Time
}

// GrantRows keeps ways to applications, grants, their tokens, and consents. All go with their application, and all but the first with
// their user; tokens go with their grant.
type GrantRows interface {
	// InsertGrantRequest gives ErrNoRow when there is no such application. Token is unique.
	InsertGrantRequest(SealedGrantRequest) error
	GrantRequestByToken(TokenHash) (SealedGrantRequest, error)
	SaveGrantRequest(SealedGrantRequest) error
	// ForgetPasses takes PassedBy and PassedAt out of all requests that a user passed; there may be none.
	ForgetPasses(UserID) error
	// TakeGrantRequest deletes a request; ErrNoRow when somebody was first.
	TakeGrantRequest(id string) error

	// InsertGrant gives ErrNoRow when there is no such user or application. Code and Family are unique.
	InsertGrant(SealedGrant) error
	SaveGrant(SealedGrant) error
	// DeleteGrant is no error when there is none.
	DeleteGrant(GrantID) error
	GrantByCode(TokenHash) (SealedGrant, error)
	GrantByFamily(TokenHash) (SealedGrant, error)
	// RedeemGrant stores when a grant's code was used, by one conditional UPDATE; ErrNoRow when it was used before.
	RedeemGrant(id GrantID, now time.Time) error
	// RotateGrant stores Refresh and RefreshUntil, by one conditional UPDATE; ErrNoRow when Refresh is not the old one any more.
	RotateGrant(g SealedGrant, old TokenHash) error
	// GrantsOf lists a user's grants, newest first: those of an application, or (empty) all.
	GrantsOf(user UserID, application ApplicationID) ([]SealedGrant, error)
	// GrantsOfSession lists the grants that came from a session, newest first.
	GrantsOfSession(SessionID) ([]SealedGrant, error)
	// GrantsToLook lists those with LookAt at or before now, the longest due first, at most limit.
	GrantsToLook(now time.Time, limit int) ([]SealedGrant, error)
	// GrantView gives a grant by its id.
	GrantView(GrantID) (GrantView, error)
	// AccessView gives the grant behind an access token, whether or not either has ended.
	AccessView(TokenHash) (GrantView, AccessToken, error)

	// InsertAccess gives ErrNoRow when there is no such grant.
	InsertAccess(AccessToken) error
	// AccessOf lists a grant's tokens, newest first.
	AccessOf(GrantID) ([]AccessToken, error)
	// DeleteAccess is no error when there is none.
	DeleteAccess(TokenHash) error

	// SaveConsent puts a consent in the place of the one before it; ErrNoRow when there is no such user or application. Name is not kept.
	SaveConsent(user UserID, c Consent) error
	// Consent has no Name.
	Consent(UserID, ApplicationID) (Consent, error)
	// ConsentsOf lists a user's by application, with the applications' names.
	ConsentsOf(UserID) ([]Consent, error)
	// DeleteConsent is no error when there is none.
	DeleteConsent(UserID, ApplicationID) error

	// SeeSession stores that a session was in use, unless it is known to have been later; ErrNoRow when it is gone or was.
	SeeSession(id SessionID, at time.Time) error
}

// SealedCallback is something that an application is to be told, as it is kept.
type SealedCallback struct {
	ID            string
	ApplicationID ApplicationID
	CreatedAt     time.Time
	Door          Door
	Kind          CallbackKind
	Subject       string
	UserID        UserID
	SID           string
	Data          []byte // sealed; nil: none
	Tries         int
	DueAt         time.Time
	ExpiresAt     time.Time // when it is given up
}

// CallbackRows keeps callbacks; they go with their application.
type CallbackRows interface {
	// InsertCallback gives ErrNoRow when there is no such application.
	InsertCallback(SealedCallback) error
	Callback(id string) (SealedCallback, error)
	// CallbackAbout gives one by kind and subject.
	CallbackAbout(kind CallbackKind, subject string) (SealedCallback, error)
	SaveCallback(SealedCallback) error
	// DueCallbacks lists a door's that are due at now, those due first, at most limit.
	DueCallbacks(door Door, now time.Time, limit int) ([]SealedCallback, error)
	// TakeCallback makes one due at another time and counts a try, by one conditional UPDATE; ErrNoRow when its DueAt is not the
	// argument's any more, or it is gone.
	TakeCallback(c SealedCallback, until time.Time) (SealedCallback, error)
	// DeleteCallback is no error when there is none.
	DeleteCallback(id string) error
}

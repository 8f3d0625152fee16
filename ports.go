package nodkey

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"net/netip"
	"time"

	"github.com/nodkey/nodkey/seal"
	"github.com/nodkey/nodkey/wire"
)

// What a store says when there is no such row, or when a row with that key is there already. They never leave the domain.
var (
	ErrNoRow  = errors.New("no such row")
	ErrExists = errors.New("row exists")
)

// Store keeps everything. Both calls run the closure in one transaction and give its error back unchanged.
//
// View sees one consistent state. Update is atomic, isolated as if one after the other (serializable), and durable
// before it returns nil: what was acknowledged survives a power cut. The closure may run more than once, so it has no
// effect outside the transaction; a closure that returns an error leaves nothing behind. A store that cannot take more work
// now returns an Unavailable *Error. Concurrent Updates may share one
// commit, but one closure's error never undoes another's work. Tx is good until the closure returns.
type Store interface {
	View(ctx context.Context, read func(Tx) error) error
	Update(ctx context.Context, change func(Tx) error) error
	// Ready reports whether the store answers.
	Ready(ctx context.Context) error
}

// Tx is a transaction. Methods that look one row up give ErrNoRow when there is none; Insert gives ErrExists when the
// row's identity, or another column said to be unique, is taken. Lists are never nil-checked: an empty list is fine.
type Tx interface {
	UserRows
	KeyRows
	ActivationRows
	ApprovalRows
	ChallengeRows
	PushRows
	DeliveryRows
	OpeningRows
	SignInRows
	SessionRows
	LimitRows
	AuditRows
	InstallRows
	CentreRows
	ApplicationRows
	SigningKeyRows
	GrantRows
	CallbackRows
}

// UserRows keeps users; Name is unique.
type UserRows interface {
	InsertUser(User) error
	User(UserID) (User, error)
	UserByName(name string) (User, error)
	// Users lists by name, those after the given one, at most limit.
	Users(after string, limit int) ([]User, error)
	SaveUser(User) error
	// DeleteUser removes the user and everything that is the user's, except audit rows.
	DeleteUser(UserID) error
}

// KeyRows keeps keys and what counts against them.
type KeyRows interface {
	InsertKey(Key) error
	Key(KeyID) (Key, error)
	// KeysOf lists a user's keys, removed ones too, oldest first.
	KeysOf(UserID) ([]Key, error)
	SaveKey(Key) error
	// ReservePINTry counts a try before it is checked, by one conditional UPDATE: it gives the new PINTries, or ErrNoRow
	// when the key is not active or has max tries in a row already.
	ReservePINTry(id KeyID, most int) (tries int, err error)
	// InsertPINFailure, CountPINFailures and DeletePINFailure keep the failures of the last weeks.
	InsertPINFailure(key KeyID, attempt string, at time.Time) error
	DeletePINFailure(key KeyID, attempt string) error
	CountPINFailures(key KeyID, since time.Time) (int, error)
	DeletePINFailures(key KeyID) error
	// UseProof stores that a request's jti was used by this key; ErrExists when it was already.
	UseProof(key KeyID, jti string, until time.Time) error
}

// ActivationRows keeps activations; CodeID is unique.
type ActivationRows interface {
	InsertActivation(Activation) error
	Activation(ActivationID) (Activation, error)
	ActivationByCode(codeID []byte) (Activation, error)
	// ActivationsOf lists a user's activations, newest first, at most limit.
	ActivationsOf(user UserID, limit int) ([]Activation, error)
	SaveActivation(Activation) error
	// ClaimActivation turns an open, unexpired activation into a used one by one conditional UPDATE, storing key and
	// submission and dropping Code and Es; ErrNoRow when it is not open any more at that time.
	ClaimActivation(id ActivationID, key KeyID, submission []byte, now time.Time) (Activation, error)
}

// ApprovalRows keeps approvals.
type ApprovalRows interface {
	InsertApproval(Approval) error
	Approval(ApprovalID) (Approval, error)
	// OpenApprovals lists a user's open approvals that have not expired at now, newest first.
	OpenApprovals(user UserID, now time.Time) ([]Approval, error)
	// ApprovalsSince lists a user's approvals made at or after a time, newest first, at most limit.
	ApprovalsSince(user UserID, since time.Time, limit int) ([]Approval, error)
	// EndApproval moves an open, unexpired approval to another state by one conditional UPDATE, storing the decision's
	// fields of the argument (State, DecidedAt, DecidedBy, Decision, Factor, Reason, Assertion) and dropping Payload; ErrNoRow when
	// somebody was first.
	// For State expired it is the other way round: only an approval whose time has run out at DecidedAt.
	EndApproval(Approval) (Approval, error)
	// ExtendApproval gives an approval that is open and has not expired at now another Statement, Digest and ExpiresAt, by one
	// conditional UPDATE; ErrNoRow when it has ended.
	ExtendApproval(a Approval, now time.Time) (Approval, error)
	// MissedBy lists a user's requests of kind sign_in and confirm made at or after a time that name the key and ran out with no
	// answer, whether or not the row says so yet, newest first, at most limit.
	MissedBy(user UserID, key KeyID, since, now time.Time, limit int) ([]Approval, error)
	// RunOut lists open approvals that have expired at now, oldest first, at most limit.
	RunOut(now time.Time, limit int) ([]Approval, error)
}

// ChallengeRows keeps what phones are asked that answer with a code, and the wrong codes. A challenge goes with its approval.
type ChallengeRows interface {
	InsertChallenge(Challenge) error
	// ChallengesOf lists an approval's challenges, newest first.
	ChallengesOf(ApprovalID) ([]Challenge, error)
	// ReserveChallengeTry counts an answer before it is checked, by one conditional UPDATE: it gives the new Tries, or ErrNoRow
	// when the challenge has expired at now or has had most answers already.
	ReserveChallengeTry(id ChallengeID, most int, now time.Time) (tries int, err error)
	// AskChallenge remembers that a key was asked these digits; ErrExists while it still remembers that from before, which is
	// for ChallengeRest at least.
	AskChallenge(key KeyID, digits string, at time.Time) error
	// ReserveCodeTry counts a code before it is checked, by one conditional UPDATE: it gives the new CodeTries, or ErrNoRow when
	// the key is not active or has had most already.
	ReserveCodeTry(id KeyID, most int) (tries int, err error)
	// InsertCodeFailure, CountCodeFailures and DeleteCodeFailure keep the wrong codes of the last weeks.
	InsertCodeFailure(key KeyID, attempt string, at time.Time) error
	DeleteCodeFailure(key KeyID, attempt string) error
	CountCodeFailures(key KeyID, since time.Time) (int, error)
	DeleteCodeFailures(key KeyID) error
}

// PushRows keeps where phones take messages, and the messages that are to be sent, for each channel apart. Both go with their
// key, a message also with its approval.
type PushRows interface {
	// SaveSubscription puts a key's subscription in the place of the one before it of the same channel; ErrNoRow when there is
	// no such key.
	SaveSubscription(SealedSubscription) error
	Subscription(key KeyID, channel string) (SealedSubscription, error)
	// SubscriptionsOf lists a key's subscriptions by channel.
	SubscriptionsOf(KeyID) ([]SealedSubscription, error)
	// SubscriptionAccepted and SubscriptionRefused store what a service said of a message, unless another subscription (its
	// Target is another) has taken the place meanwhile. The first begins Refusals anew, the second counts one.
	SubscriptionAccepted(s SealedSubscription, at time.Time) error
	SubscriptionRefused(s SealedSubscription, at time.Time) error
	// DeleteSubscription also deletes the notices to it. It is no error when there is none.
	DeleteSubscription(key KeyID, channel string) error
	// InsertNotice takes a notice's Service, when it has none, from its key's subscription of its channel; it makes nothing when
	// there is no such subscription, nor when the key has a notice of that approval and channel already. ErrNoRow when there is
	// no such approval or, with a Service, no such key.
	InsertNotice(Notice) (made bool, err error)
	// NoticesOf lists an approval's notices by key and channel.
	NoticesOf(ApprovalID) ([]Notice, error)
	// DueNotices lists a service's notices that are due at now, those due first, at most limit, each with what it hangs on.
	DueNotices(service string, now time.Time, limit int) ([]DueNotice, error)
	// TakeNotice makes a notice due at another time and counts an attempt, by one conditional UPDATE; ErrNoRow when its DueAt
	// is not the argument's any more, or it is gone.
	TakeNotice(n Notice, until time.Time) (Notice, error)
	// PutBackNotice stores when a notice is due; ErrNoRow when it is gone.
	PutBackNotice(Notice) error
	// DeleteNotice deletes the notice of that approval, key and channel. It is no error when there is none.
	DeleteNotice(Notice) error
}

// DeliveryRows keeps how far requests came to phones, and each key's last test. Deliveries go with their approval and their key,
// tests with their key alone.
type DeliveryRows interface {
	// MergeDelivery stores those times of a delivery that are not there yet: the first of each counts. ErrNoRow when there is no
	// such approval or key.
	MergeDelivery(Delivery) error
	// DeliveriesOf lists an approval's deliveries by key.
	DeliveriesOf(ApprovalID) ([]Delivery, error)
	// SavePushTest puts a key's test in the place of the one before it; ErrNoRow when there is no such key.
	SavePushTest(PushTest) error
	PushTest(KeyID) (PushTest, error)
}

// SignInRows keeps sign-ins; Token is unique.
type SignInRows interface {
	InsertSignIn(SignIn) error
	SignIn(SignInID) (SignIn, error)
	SignInByToken(TokenHash) (SignIn, error)
	// SignInByAsk finds what an application asked for under a key of its own; AskKey is unique in an application's.
	SignInByAsk(application ApplicationID, key []byte) (SignIn, error)
	// AsksOf lists what an application asked for at or after a time and that waits, or was not collected, oldest first, at most limit.
	AsksOf(application ApplicationID, since time.Time, limit int) ([]SignIn, error)
	// SignInsOf lists a user's sign-ins, newest first, at most limit.
	SignInsOf(user UserID, limit int) ([]SignIn, error)
	SaveSignIn(SignIn) error
	// FinishSignIn turns an approved sign-in into a done one with this session, by one conditional UPDATE; ErrNoRow when
	// it is not approved (any more).
	FinishSignIn(id SignInID, session SessionID, now time.Time) (SignIn, error)
}

// SessionRows keeps sessions and the browsers that are known; Session.Token is unique. A session goes with its user, and with its
// application where it has one.
type SessionRows interface {
	InsertSession(Session) error
	SessionByToken(TokenHash) (Session, error)
	// SessionsOf lists a user's sessions that last beyond now, newest first.
	SessionsOf(user UserID, now time.Time) ([]Session, error)
	SaveSession(Session) error
	DeleteSession(SessionID) error
	// KnowBrowser remembers that the browser with this token signed in as the user.
	KnowBrowser(browser TokenHash, user UserID, at time.Time) error
	KnownBrowser(browser TokenHash, user UserID) (bool, error)
	// ForgetBrowsers makes strangers of all the browsers that signed in as the user.
	ForgetBrowsers(UserID) error
	// InsertCountry keeps that the user signed in from a country (ISO 3166-1); it is no error when that is kept already.
	InsertCountry(user UserID, country string, at time.Time) error
	// CountriesOf lists the countries that the user signed in from, in the order of their codes.
	CountriesOf(UserID) ([]string, error)
}

// LimitRows keeps the levels of leaky buckets.
type LimitRows interface {
	// Limit gives the zero Limit with the name when there is none.
	Limit(name string) (Limit, error)
	SaveLimit(Limit) error
}

// AuditRows keeps the audit log. Rows are never changed, but for being put in a block.
type AuditRows interface {
	// AppendAudit gives the row the next sequence number.
	AppendAudit(AuditRow) error
	// UnsealedAudit lists rows that are in no block, by sequence number, at most limit.
	UnsealedAudit(limit int) ([]AuditRow, error)
	// InsertBlock stores a block and puts these rows in it; ErrExists when there is a block of that number.
	InsertBlock(block AuditBlock, rows []AuditRow) error
	LastBlock() (AuditBlock, error)
	// Blocks lists blocks from a number on, at most limit.
	Blocks(from int64, limit int) ([]AuditBlock, error)
	// AuditRowsOfBlock lists a block's rows by sequence number.
	AuditRowsOfBlock(number int64) ([]AuditRow, error)
	// AuditLog lists rows newest first that have a sequence number below before (0: all) and match the filter.
	AuditLog(filter AuditFilter, before int64, limit int) ([]AuditRow, error)
}

// InstallRows keeps what belongs to the installation.
type InstallRows interface {
	// Install gives ErrNoRow before the first start.
	Install() (Install, error)
	InsertInstall(Install) error
	Secret(name string) ([]byte, error)
	InsertSecret(name string, sealed []byte) error
	DataKeys() ([]seal.WrappedKey, error)
	InsertDataKey(seal.WrappedKey) error
	// SaveDataKey replaces what the data key of that version is wrapped as; ErrNoRow when there is none.
	SaveDataKey(seal.WrappedKey) error
	// Sealed lists what a column of [SealedColumns] has sealed under data keys of a version below the given one (bytes 2 to
	// 5 of the value, see package seal), by row, those after a row, at most limit.
	Sealed(column SealedColumn, below uint32, after string, limit int) ([]SealedValue, error)
	// Reseal replaces a sealed value; ErrNoRow when it is not the old one any more.
	Reseal(column SealedColumn, row string, old, sealed []byte) error
	// Purge deletes what has no use any more at now: used proofs, ended sign-ins, sessions, activations and approvals
	// beyond their keeping time, notices that have expired, levels that have drained. It deletes at most limit rows a table and reports how many.
	// It also takes Code and Es out of as many activations that ran out unused.
	Purge(now time.Time, limit int) (int, error)
}

// Clock tells the time; tests have their own.
type Clock interface{ Now() time.Time }

// Passwords hashes passwords, bounded in memory and time, fairly between sources.
type Passwords interface {
	// Hash gives a PHC string.
	Hash(ctx context.Context, source string, known bool, password string) (phc string, err error)
	// Verify runs the same work for an empty phc and reports false. rehash says that the parameters have risen since.
	// It returns an Unavailable *Error when it is full.
	Verify(ctx context.Context, source string, known bool, phc, password string) (ok, rehash bool, err error)
}

// Bus wakes those who wait. It only wakes: truth is in the store, and a lost wake-up costs time, never correctness.
type Bus interface {
	Publish(topics ...string)
	Subscribe(topics ...string) (wake <-chan struct{}, cancel func())
}

// Places knows where addresses are, more or less: such databases are wrong by a city often, by a country sometimes. Nothing is
// decided by it.
type Places interface {
	// Place gives a country's code (ISO 3166-1 alpha-2) and the place's name ("Hamburg, Germany") in one of [Languages], in
	// English where it has none; both empty where it does not know.
	Place(address netip.Addr, language string) (country, name string)
}

// JOSE signs and verifies compact JWS with ES256 and nothing else. Header rules are the domain's.
type JOSE interface {
	Sign(key *ecdsa.PrivateKey, typ string, payload []byte) (jws string, err error)
	// Verify checks the signature by the key of this P-256 point.
	Verify(jws string, point []byte) error
}

// WebAuthn checks what platform authenticators say: UP and UV set, origin and RP ID exact.
type WebAuthn interface {
	Register(challenge, userHandle []byte, registration wire.Registration) (Credential, error)
	// Assert gives the authenticator's new signature counter.
	Assert(credential Credential, challenge []byte, assertion wire.Assertion) (signCount uint32, err error)
}

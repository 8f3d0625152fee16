package nodkey

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// The channels that messages go by.
const (
	ChannelWebPush = "webpush" // RFC 8030: to the push service that a phone's browser subscribed with
	ChannelNtfy    = "ntfy"    // to a topic of an ntfy server that the phone's person named
	ChannelWebhook = "webhook" // to the operator's own gateway, for every phone: nobody subscribes
)

// PushServices says which channels there are, and where messages may go. It is asked before a subscription is kept; whoever
// sends checks again. The zero Ports have none: then nothing is sent.
type PushServices interface {
	// Has reports whether a channel is on.
	Has(channel string) bool
	// Service gives the service that an endpoint of a channel is of, one name out of few and unlike those of all other channels
	// ("ntfy:ntfy.example", "webhook"), and false for an endpoint of any other; host is what an error may show of it. An
	// endpoint that is no address of the channel has no host.
	Service(channel, endpoint string) (service, host string, ok bool)
}

// The sizes of a subscription.
const (
	endpointMax    = 1024 // characters
	pushAuthLength = 16   // bytes, RFC 8291 §3.2
)

// Subscription is where a phone takes messages: what PushSubscription.toJSON() gives its browser (Push API §8), or the address of
// an ntfy topic, which has no keys.
type Subscription struct {
	Endpoint string `json:"endpoint"`         // an https address, and a secret: whoever has it can send
	P256DH   []byte `json:"p256dh,omitempty"` // a P-256 point of 65 bytes
	Auth     []byte `json:"auth,omitempty"`   // 16 bytes
}

// SealedSubscription is a key's subscription as it is kept. A key has one at most of each channel.
type SealedSubscription struct {
	Row       string // what Target is sealed as; see subscriptionRow
	KeyID     KeyID
	Channel   string
	Service   string // as PushServices names it
	CreatedAt time.Time
	Target    []byte // sealed: a Subscription in JSON

	AcceptedAt time.Time // when a service last took a message to it
	RefusedAt  time.Time // when one last would not
	Refusals   int       // since then, in a row
}

// subscriptionRow names the row that a subscription is sealed for. Web Push has the key alone, as it was the first channel.
func subscriptionRow(key KeyID, channel string) string {
	if channel == ChannelWebPush {
		return string(key)
	}
	return string(key) + "/" + channel
}

const (
	failingAfter  = 3 // refusals in a row
	failingWithin = 24 * time.Hour
)

// Failing reports whether a phone should subscribe anew: its service refused the last messages.
func (s SealedSubscription) Failing(now time.Time) bool {
	return s.Refusals >= failingAfter || s.RefusedAt.After(s.AcceptedAt) && now.Sub(s.RefusedAt) < failingWithin
}

// Notice is a row of the outbox: a phone that is to be told of an approval. It is made in the approval's transaction, says
// nothing of what the approval is about, and is of no use once the time has run out that the request had then.
type Notice struct {
	ApprovalID ApprovalID
	KeyID      KeyID
	Channel    string
	Service    string
	CreatedAt  time.Time
	DueAt      time.Time // when it may be taken; while somebody sends it, when that one is given up
	ExpiresAt  time.Time
	Attempts   int
}

// DueNotice is a notice with what decides whether anybody still waits for it.
type DueNotice struct {
	Notice
	User      UserID // this and the next four are the approval's
	Kind      ApprovalKind
	State     ApprovalState
	Subject   string
	Ends      time.Time
	KeyState  KeyState
	PhoneName string
	To        SealedSubscription // the key's now, of the notice's channel; zero where there is none
}

// approval is the notice's, as far as it is known here.
func (n DueNotice) approval() Approval {
	return Approval{ID: n.ApprovalID, UserID: n.User, Kind: n.Kind, State: n.State, Subject: n.Subject, ExpiresAt: n.Ends}
}

// PushMessage is a notice that is to be sent now.
type PushMessage struct {
	Notice
	To      Subscription
	Payload []byte             // the approval's id and nothing else (docs/protocol.md §5.7)
	Topic   string             // 32 base64url characters: a message replaces the one before it of the same topic (RFC 8030 §5.4)
	Left    time.Duration      // until ExpiresAt
	Locale  string             // of the user, BCP 47; this and what follows are empty for ChannelWebPush, which tells nobody anything
	User    string             // the user's name
	Phone   string             // the phone's name
	of      SealedSubscription // what To was opened from; none with ChannelWebhook
	about   Approval           // see DueNotice.approval
}

// PushOutcome is what became of a message.
type PushOutcome int

// The outcomes.
const (
	PushRetry     PushOutcome = iota // not now: nobody answered, or the service is full or broken
	PushDelivered                    // the push service has it
	PushGone                         // there is no such subscription any more
	PushRefused                      // the service will not have it, and sending again would change nothing
)

func (o PushOutcome) String() string {
	return [...]string{"retry", "delivered", "gone", "refused"}[o]
}

// PushAnswer is what a push service said.
type PushAnswer struct {
	Outcome    PushOutcome
	RetryAfter time.Duration // with PushRetry: not before that; zero when it did not say
}

// pushTopic is derived from the approval, so that a push service cannot tell whose it is.
func pushTopic(id ApprovalID) string {
	sum := sha256.Sum256([]byte("nodkey/v1/push-topic\x00" + string(id)))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// PushKey signs what is sent to push services (RFC 8292); phones subscribe with its public half.
func (o *Outbox) PushKey() *ecdsa.PrivateKey { return o.id.push }

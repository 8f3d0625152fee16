package wire

// APIPrefix is where the phone API lives on the phone host.
const APIPrefix = "/api/phone/v1"

// MaxBody is the largest body either side reads, in bytes.
const MaxBody = 64 << 10

// MaxProofs is how many proofs one request for several keys may carry.
const MaxProofs = 32

// Server answers GET /server (§2.1).
type Server struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Key      Bytes    `json:"key"`
	RPID     string   `json:"rpId"`
	Time     int64    `json:"time"`
	PIN      PINRules `json:"pin"`
	Push     Bytes    `json:"push,omitempty"` // what a browser subscribes with; absent without Web Push
	Ntfy     bool     `json:"ntfy,omitempty"` // whether a phone may name a topic of an ntfy server
}

// LookupRequest is the body of POST /activations/lookup.
type LookupRequest struct {
	CodeID Bytes `json:"codeId"`
}

// LookupResponse is an offer with its MAC under the code.
type LookupResponse struct {
	Offer string `json:"offer"`
	MAC   Bytes  `json:"mac"`
}

// SubmitRequest is the body of POST /activations/submit.
type SubmitRequest struct {
	CodeID     Bytes  `json:"codeId"`
	Submission string `json:"submission"`
	MAC        Bytes  `json:"mac"`
}

// ReceiptResponse carries a signed receipt.
type ReceiptResponse struct {
	Receipt string `json:"receipt"`
}

// RenameRequest is the body of POST /key/rename.
type RenameRequest struct {
	Name string `json:"name"` // 1 to 40 characters
}

// SubscribeRequest is the body of POST /push/subscribe (§5.7).
type SubscribeRequest struct {
	Channel  string `json:"channel,omitempty"` // webpush (also when absent) or ntfy
	Endpoint string `json:"endpoint"`          // https, at most 1,024 characters
	P256DH   Bytes  `json:"p256dh,omitempty"`  // a point; with webpush alone
	Auth     Bytes  `json:"auth,omitempty"`    // 16 bytes; with webpush alone
}

// UnsubscribeRequest is the body of POST /push/unsubscribe (§5.7).
type UnsubscribeRequest struct {
	Channel string `json:"channel,omitempty"` // as in SubscribeRequest
}

// SeenRequest is the body of POST /approvals/{id}/seen (§5.8).
type SeenRequest struct {
	What string `json:"what"` // received, shown or opened
}

// PushState answers POST /push/state (§5.10).
type PushState struct {
	Now      int64         `json:"now"`
	Channels []PushChannel `json:"channels"`
	Test     *PushTest     `json:"test,omitempty"` // the last one
}

// PushChannel is one way in which messages reach the phone, as the server sees it. Times are milliseconds since 1970; zero and
// absent: never.
type PushChannel struct {
	Channel    string `json:"channel"` // webpush, ntfy or webhook
	Service    string `json:"service"`
	Since      int64  `json:"since"`
	AcceptedAt int64  `json:"acceptedAt,omitempty"`
	RefusedAt  int64  `json:"refusedAt,omitempty"`
	Failing    bool   `json:"failing"` // the phone should subscribe anew
}

// PushTest is the last test of the notifications.
type PushTest struct {
	AskedAt    int64 `json:"askedAt"`
	AcceptedAt int64 `json:"acceptedAt,omitempty"`
	ReceivedAt int64 `json:"receivedAt,omitempty"`
}

// StatementResponse carries one signed statement.
type StatementResponse struct {
	Statement string `json:"statement"`
}

// Proofs is the body of the reads that serve several keys at once.
type Proofs struct {
	Proofs []string `json:"proofs"`
}

// Approvals is the answer of POST /approvals (§5.3) and of POST /approvals/missed (§5.9).
type Approvals struct {
	Now        int64    `json:"now"`
	Statements []string `json:"statements"`
}

// StreamEvent is one line of the stream (§5.4).
type StreamEvent struct {
	Type       string   `json:"type"` // approvals, keys, messages, ping or bye
	Now        int64    `json:"now,omitzero"`
	Statements []string `json:"statements,omitzero"`
}

// DecisionRequest is the body of POST /approvals/{id}/decision.
type DecisionRequest struct {
	Decision  string     `json:"decision"`
	PINProof  *PINProof  `json:"pinProof,omitempty"`
	Assertion *Assertion `json:"assertion,omitempty"`
}

// DecisionResponse says what a decision made of the approval.
type DecisionResponse struct {
	State string `json:"state"`           // approved or denied
	Cause string `json:"cause,omitempty"` // wrong_number
}

// ErrorResponse is the body of every answer that is not 2xx (§2.2).
type ErrorResponse struct {
	Error Problem `json:"error"`
}

// Problem says what went wrong, for a program (Kind, Key, Args) and for a person (Message, in English).
type Problem struct {
	Kind    string         `json:"kind"`
	Key     string         `json:"key"`
	Args    map[string]any `json:"args,omitempty"`
	Message string         `json:"message"`
}

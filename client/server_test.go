package client

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// server is the server's half of the protocol, small and in memory, with hooks to make it dishonest.
type server struct {
	t               *testing.T
	url             string
	id              string
	signing, backup *ecdsa.PrivateKey
	pin             *ecdh.PrivateKey

	mu          sync.Mutex
	ahead       time.Duration // how far its clock is ahead
	activations map[string]*activation
	keys        map[string]*serverKey
	approvals   map[string]*approval
	used        map[string]bool // jti
	decided     map[string]wire.Decision
	seen        map[string][]string // by approval: what phones said of it
	calls       []string            // paths, in order

	bendLookup    func(*wire.LookupResponse)
	bendReceipt   func(*wire.Receipt)
	bendStatement func(*wire.Statement)
	signStatement *ecdsa.PrivateKey // nil: the signing key
	breakOff      int               // so many answers are lost after the work was done
	lines         chan string       // what the stream says
	centre        centre
}

type activation struct {
	code       wire.Code
	es         *ecdh.PrivateKey
	offer      string
	submission string
	receipt    string
}

type serverKey struct {
	point []byte
	vpin  []byte
	k     []byte
	user  string
	sub   wire.Bytes
	state string
	name  string // what the phone called itself last
}

type approval struct {
	statement string
	number    string
	es        *ecdh.PrivateKey
	state     string
	decision  string
	answer    wire.DecisionResponse
}

func newSigner(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newExchange(t *testing.T) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pointOf(key *ecdsa.PrivateKey) []byte {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return point
}

func newServer(t *testing.T) *server {
	s := &server{t: t, id: newID(), signing: newSigner(t), backup: newSigner(t), pin: newExchange(t),
		activations: map[string]*activation{}, keys: map[string]*serverKey{}, approvals: map[string]*approval{},
		used: map[string]bool{}, decided: map[string]wire.Decision{}, seen: map[string][]string{}, lines: make(chan string, 16)}
	s.centre = centre{open: map[string]bool{}, replies: map[string]string{}}
	mux := http.NewServeMux()
	handlers := map[string]func([]byte, *http.Request) (any, error){
		"GET /server": s.info, "POST /activations/lookup": s.lookup, "POST /activations/submit": s.submit,
		"POST /key": s.key, "POST /key/remove": s.remove, "POST /pin": s.about("pin_change"), "POST /pin/check": s.about("pin_check"), "POST /test": s.about("test"),
		"POST /key/rename": s.rename, "POST /approvals": s.open, "POST /approvals/missed": s.ranOut,
		"POST /approvals/{id}/decision": s.decide, "POST /approvals/{id}/disown": s.disown,
		"POST /approvals/{id}/seen": s.see,
	}
	maps.Copy(handlers, s.messages())
	for path, handler := range handlers {
		method, route, _ := strings.Cut(path, " ")
		mux.HandleFunc(method+" "+wire.APIPrefix+route, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, handler) })
	}
	mux.HandleFunc("POST "+wire.APIPrefix+"/stream", s.stream)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, handler func([]byte, *http.Request) (any, error)) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, strings.TrimPrefix(r.URL.Path, wire.APIPrefix))
	answer, err := handler(body, r)
	lost := s.breakOff > 0 && r.URL.Path != wire.APIPrefix+"/server"
	if lost {
		s.breakOff--
	}
	s.mu.Unlock()
	if lost {
		panic(http.ErrAbortHandler)
	}
	s.reply(w, answer, err)
}

func (s *server) reply(w http.ResponseWriter, answer any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		problem := err.(*APIError)
		w.WriteHeader(problem.Status)
		answer = wire.ErrorResponse{Error: wire.Problem{Kind: problem.Kind, Key: problem.Key, Args: problem.Args, Message: "sentence"}}
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.t.Error(err)
	}
}

func no(status int, kind, key string) error { return &APIError{Status: status, Kind: kind, Key: key} }

func (s *server) time() time.Time { return time.Now().Add(s.ahead) }

func (s *server) sign(key *ecdsa.PrivateKey, typ string, message any) string {
	payload, err := json.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	jws, err := proof.JOSE{}.Sign(key, typ, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return jws
}

func (s *server) info([]byte, *http.Request) (any, error) {
	return wire.Server{ID: s.id, Name: "Aldermere", Operator: "Aldermere Ltd", Key: pointOf(s.signing), RPID: "phone.example",
		Time: s.time().UnixMilli(), PIN: wire.PINRules{Min: 4, Max: 6}}, nil
}

// activate makes an activation for a user and gives its code.
func (s *server) activate(user string) wire.Code {
	code, err := wire.NewCode(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &activation{code: code, es: newExchange(s.t)}
	now := s.time()
	a.offer = s.sign(s.signing, wire.TypOffer, wire.Offer{
		Aud: s.id, Server: wire.OfferServer{Name: "Aldermere", Operator: "Aldermere Ltd"},
		Keys: wire.OfferKeys{Signing: pointOf(s.signing), Backup: pointOf(s.backup), PIN: s.pin.PublicKey().Bytes()},
		User: wire.OfferUser{ID: user, Name: "mara", DisplayName: "Mara Lindqvist"}, Es: a.es.PublicKey().Bytes(),
		PIN: wire.PINRules{Min: 4, Max: 6}, WebAuthn: wire.WebAuthnOptions{RPID: "phone.example", UserHandle: make([]byte, 16), Challenge: make([]byte, 32)},
		Iat: now.UnixMilli(), Exp: now.Add(10 * time.Minute).UnixMilli(),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activations[wire.Bytes(code.CodeID()).String()] = a
	return code
}

func (s *server) lookup(body []byte, _ *http.Request) (any, error) {
	var in wire.LookupRequest
	if err := wire.DecodeStrict(body, &in); err != nil {
		return nil, no(400, "bad_input", "json")
	}
	a := s.activations[in.CodeID.String()]
	if a == nil {
		return nil, no(404, "not_found", "activation.wrong")
	}
	input, _ := wire.SigningInput(a.offer)
	out := wire.LookupResponse{Offer: a.offer, MAC: wire.OfferMAC(a.code.Key(), wire.Digest(input))}
	if s.bendLookup != nil {
		s.bendLookup(&out)
	}
	return out, nil
}

func (s *server) submit(body []byte, _ *http.Request) (any, error) {
	var in wire.SubmitRequest
	if err := wire.DecodeStrict(body, &in); err != nil {
		return nil, no(400, "bad_input", "json")
	}
	a := s.activations[in.CodeID.String()]
	if a == nil {
		return nil, no(404, "not_found", "activation.wrong")
	}
	parsed, err := wire.ParseJWS(in.Submission)
	if err != nil {
		return nil, no(400, "bad_input", "submission.jws")
	}
	if a.submission != "" {
		if a.submission != parsed.SigningInput {
			return nil, no(409, "conflict", "activation.used")
		}
		return wire.ReceiptResponse{Receipt: a.receipt}, nil
	}
	var m wire.Submission
	if err := wire.DecodeStrict(parsed.Payload, &m); err != nil {
		return nil, no(400, "bad_input", "submission.jws")
	}
	id, err := wire.KeyID(m.D)
	input, _ := wire.SigningInput(a.offer)
	offer := wire.Digest(input)
	switch {
	case !hmac.Equal(in.MAC, wire.SubmissionMAC(a.code.Key(), parsed.Digest)):
		return nil, no(403, "refused", "submission.mac")
	case err != nil, parsed.Header.Typ != wire.TypActivation, parsed.Header.Kid != id, (proof.JOSE{}).Verify(in.Submission, m.D) != nil:
		return nil, no(400, "bad_input", "submission.jws")
	case m.Aud != s.id, !bytes.Equal(m.Offer, offer[:]), !m.PIN, m.PRF, m.Phone.Name == "":
		return nil, no(400, "bad_input", "submission.offer")
	}
	e, err := ecdh.P256().NewPublicKey(m.E)
	if err != nil {
		return nil, no(400, "bad_input", "submission.jws")
	}
	z, err := a.es.ECDH(e)
	if err != nil {
		return nil, no(400, "bad_input", "submission.jws")
	}
	b, h := wire.Binding{ServerID: s.id, KeyID: id}, wire.Transcript(offer, m.D, m.E)
	vpin, _, err := wire.UnwrapVerifiers(b.WrapKey(z, h), m.Wrap)
	if err != nil {
		return nil, no(400, "bad_input", "submission.wrap")
	}
	s.keys[id] = &serverKey{point: m.D, vpin: vpin, k: b.OCRAKey(z, h), user: s.userOf(a), sub: parsed.Digest[:], state: "active"}
	a.submission, a.receipt = parsed.SigningInput, s.receipt(id)
	return wire.ReceiptResponse{Receipt: a.receipt}, nil
}

func (s *server) userOf(a *activation) string {
	parsed, err := wire.ParseJWS(a.offer)
	var m wire.Offer
	if err != nil || wire.DecodeStrict(parsed.Payload, &m) != nil {
		s.t.Fatal("the server's own offer does not read")
	}
	return m.User.ID
}

func (s *server) receipt(id string) string {
	k := s.keys[id]
	m := wire.Receipt{Aud: s.id, Submission: k.sub, Key: id, User: k.user, State: k.state, Iat: s.time().UnixMilli()}
	if s.bendReceipt != nil {
		s.bendReceipt(&m)
	}
	return s.sign(s.signing, wire.TypReceipt, m)
}

// caller checks a proof as docs/protocol.md §3 wants it.
func (s *server) caller(jws string, body []byte, r *http.Request, write bool) (string, error) {
	parsed, err := wire.ParseJWS(jws)
	if err != nil {
		return "", no(401, "unauthenticated", "proof.wrong")
	}
	k := s.keys[parsed.Header.Kid]
	var m wire.Request
	hash := sha256.Sum256(body)
	if k == nil || parsed.Header.Typ != wire.TypRequest || (proof.JOSE{}).Verify(jws, k.point) != nil || wire.DecodeStrict(parsed.Payload, &m) != nil ||
		m.Aud != s.id || m.Htm != r.Method || m.Htu != s.url+r.URL.Path || !bytes.Equal(m.Bh, hash[:]) || !isID(m.Jti) {
		return "", no(401, "unauthenticated", "proof.wrong")
	}
	if s.time().Sub(time.UnixMilli(m.Iat)).Abs() > time.Minute {
		return "", &APIError{Status: 401, Kind: "unauthenticated", Key: "proof.time", Args: map[string]any{"now": s.time().UnixMilli()}}
	}
	if write {
		if s.used[m.Jti] {
			return "", no(401, "unauthenticated", "proof.replayed")
		}
		s.used[m.Jti] = true
	}
	return parsed.Header.Kid, nil
}

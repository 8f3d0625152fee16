package nodkeytest

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// Phone does the phone's half of docs/protocol.md against the services of one process, without HTTP between. It follows
// the protocol unless a test bends it. For a whole phone over HTTP see package client.
type Phone struct {
	Facts    wire.PhoneFacts
	From     netip.Addr
	services *nodkey.Services
	clock    nodkey.Clock
}

// NewPhone is a phone with the app just installed.
func NewPhone(services *nodkey.Services, clock nodkey.Clock, name string) *Phone {
	return &Phone{Facts: wire.PhoneFacts{ID: random22(), Name: name, Platform: "android", OSVersion: "16", App: "nodkeytest/1"},
		From: netip.MustParseAddr("192.0.2.200"), services: services, clock: clock}
}

// PhoneKey is what a phone keeps of one user.
type PhoneKey struct {
	ID            string
	Phone         *Phone
	Server        wire.Offer // what it pinned
	D             *ecdsa.PrivateKey
	Kp            []byte
	K             []byte         // OCRA key
	Authenticator *Authenticator // nil without biometric
	Submission    [32]byte       // digest
}

func random22() string {
	var raw [16]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// Caller is the phone as a caller that has proved nothing.
func (p *Phone) Caller() nodkey.Caller {
	return nodkey.Caller{Source: p.From, Agent: "Nodkey on Android", Locale: "en"}
}

// Offer is an offer that was checked.
type Offer struct {
	wire.Offer
	Code   wire.Code
	Digest [32]byte
}

// Lookup asks for the offer behind a code and checks MAC and signature.
func (p *Phone) Lookup(ctx context.Context, code wire.Code) (Offer, error) {
	answer, err := p.services.Activations.Lookup(ctx, p.Caller(), code.CodeID())
	if err != nil {
		return Offer{}, err
	}
	parsed, err := wire.ParseJWS(answer.Offer)
	if err != nil {
		return Offer{}, err
	}
	o := Offer{Code: code, Digest: parsed.Digest}
	if err := wire.DecodeStrict(parsed.Payload, &o.Offer); err != nil {
		return Offer{}, err
	}
	if !hmac.Equal(wire.OfferMAC(code.Key(), parsed.Digest), answer.MAC) {
		return Offer{}, errors.New("the offer's MAC does not hold")
	}
	return o, proof.JOSE{}.Verify(answer.Offer, o.Keys.Signing)
}

// Making says how a key is to be made, and where the phone departs from the protocol.
type Making struct {
	PIN           string // empty: no PIN
	Authenticator *Authenticator
	PRF           []byte // 32 bytes, with an authenticator
	Vpin          []byte // in place of what follows from PIN
	Bend          func(*wire.Submission)
}

// Make makes a key and the submission that hands it in.
func (p *Phone) Make(o Offer, m Making) (*PhoneKey, wire.SubmitRequest, error) {
	d, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, wire.SubmitRequest{}, err
	}
	return p.MakeWith(d, o, m)
}

// MakeWith is Make with a signing key that is there already.
func (p *Phone) MakeWith(d *ecdsa.PrivateKey, o Offer, m Making) (*PhoneKey, wire.SubmitRequest, error) {
	var none wire.SubmitRequest
	point, err := d.PublicKey.Bytes()
	if err != nil {
		return nil, none, err
	}
	id, err := wire.KeyID(point)
	if err != nil {
		return nil, none, err
	}
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, none, err
	}
	es, err := ecdh.P256().NewPublicKey(o.Es)
	if err != nil {
		return nil, none, err
	}
	z, err := e.ECDH(es)
	if err != nil {
		return nil, none, err
	}
	k := &PhoneKey{ID: id, Phone: p, Server: o.Offer, D: d, Kp: make([]byte, 32), Authenticator: m.Authenticator}
	rand.Read(k.Kp)
	b, h := k.binding(), wire.Transcript(o.Digest, point, e.PublicKey().Bytes())
	k.K = b.OCRAKey(z, h)
	vpin, vprf := m.Vpin, []byte(nil)
	if m.PIN != "" && vpin == nil {
		vpin = b.PINVerifier(k.Kp, m.PIN)
	}
	if m.PRF != nil {
		vprf = b.PRFVerifier(k.Kp, m.PRF)
	}
	wrap, err := wire.WrapVerifiers(b.WrapKey(z, h), vpin, vprf)
	if err != nil {
		return nil, none, err
	}
	sub := wire.Submission{Aud: o.Aud, Offer: o.Digest[:], D: point, E: e.PublicKey().Bytes(), Phone: p.Facts,
		PIN: m.PIN != "", PRF: m.PRF != nil, Wrap: wrap, Iat: p.clock.Now().UnixMilli()}
	if m.Authenticator != nil {
		made, err := m.Authenticator.Create(o.WebAuthn.Challenge)
		if err != nil {
			return nil, none, err
		}
		sub.WebAuthn = &made
	}
	if m.Bend != nil {
		m.Bend(&sub)
	}
	jws, err := k.Sign(wire.TypActivation, sub)
	if err != nil {
		return nil, none, err
	}
	input, _ := wire.SigningInput(jws)
	k.Submission = wire.Digest(input)
	return k, wire.SubmitRequest{CodeID: o.Code.CodeID(), Submission: jws, MAC: wire.SubmissionMAC(o.Code.Key(), k.Submission)}, nil
}

// Activate does all of it with a code, and gives the receipt.
func (p *Phone) Activate(ctx context.Context, code wire.Code, m Making) (*PhoneKey, wire.Receipt, error) {
	o, err := p.Lookup(ctx, code)
	if err != nil {
		return nil, wire.Receipt{}, err
	}
	k, request, err := p.Make(o, m)
	if err != nil {
		return nil, wire.Receipt{}, err
	}
	receipt, err := p.Submit(ctx, k, request)
	return k, receipt, err
}

// Submit hands a finished submission in and checks its receipt.
func (p *Phone) Submit(ctx context.Context, k *PhoneKey, request wire.SubmitRequest) (wire.Receipt, error) {
	jws, err := p.services.Activations.Submit(ctx, p.Caller(), request)
	if err != nil {
		return wire.Receipt{}, err
	}
	return k.receipt(jws)
}

func (k *PhoneKey) receipt(jws string) (wire.Receipt, error) {
	var r wire.Receipt
	if err := k.open(jws, wire.TypReceipt, &r); err != nil {
		return r, err
	}
	if r.Aud != k.Server.Aud || r.Key != k.ID || r.User != k.Server.User.ID || string(r.Submission) != string(k.Submission[:]) {
		return r, errors.New("the receipt names another key, user or submission")
	}
	if (r.State == "confirm") != (len(r.Digits) == 6) {
		return r, errors.New("digits that do not fit the state")
	}
	return r, nil
}

// open checks a message of the server's by the pinned keys.
func (k *PhoneKey) open(jws, typ string, payload any) error {
	parsed, err := wire.ParseJWS(jws)
	if err != nil {
		return err
	}
	if parsed.Header.Typ != typ || parsed.Header.Kid != "" {
		return errors.New("a message of another typ")
	}
	if (proof.JOSE{}).Verify(jws, k.Server.Keys.Signing) != nil && (proof.JOSE{}).Verify(jws, k.Server.Keys.Backup) != nil {
		return errors.New("signed by nobody who was pinned")
	}
	return wire.DecodeStrict(parsed.Payload, payload)
}

func (k *PhoneKey) binding() wire.Binding {
	return wire.Binding{ServerID: k.Server.Aud, KeyID: k.ID}
}

// Sign signs a message of the phone's.
func (k *PhoneKey) Sign(typ string, message any) (string, error) {
	raw, err := json.Marshal(message)
	if err != nil {
		return "", err
	}
	return proof.JOSE{}.SignWithKID(k.D, typ, k.ID, raw)
}

// Prove makes the proof of a request; bend may be nil.
func (k *PhoneKey) Prove(path string, body []byte, bend func(*wire.Request)) (string, error) {
	hash := sha256.Sum256(body)
	r := wire.Request{Aud: k.Server.Aud, Htm: "POST", Htu: PhoneOrigin + path, Iat: k.Phone.clock.Now().UnixMilli(), Jti: random22(), Bh: hash[:]}
	if bend != nil {
		bend(&r)
	}
	return k.Sign(wire.TypRequest, r)
}

// Caller is the phone as the key's caller, by a fresh proof.
func (k *PhoneKey) Caller(ctx context.Context) (nodkey.Caller, error) {
	proof, err := k.Prove("/x", nil, nil)
	if err != nil {
		return nodkey.Caller{}, err
	}
	return k.Phone.services.Keys.Caller(ctx, k.Phone.Caller(), proof, nodkey.SignedRequest{Method: "POST", Path: "/x"})
}

package nodkeytest

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// Statement is a request that the phone shows.
type Statement struct {
	wire.Statement
	JWS    string
	Digest [32]byte
}

// Open asks for the open requests of this key, newest first, and checks each as a phone must.
func (k *PhoneKey) Open(ctx context.Context) ([]Statement, error) {
	c, err := k.Caller(ctx)
	if err != nil {
		return nil, err
	}
	list, err := k.Phone.services.Approvals.Open(ctx, []nodkey.Caller{c}, false)
	if err != nil {
		return nil, err
	}
	out := make([]Statement, len(list.Statements))
	for i, jws := range list.Statements {
		if out[i], err = k.Read(jws); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Read checks one statement.
func (k *PhoneKey) Read(jws string) (Statement, error) {
	s, err := k.ReadOver(jws)
	if err == nil && s.Exp <= k.Phone.clock.Now().UnixMilli() {
		err = errors.New("the statement has run out")
	}
	return s, err
}

// ReadOver is Read for a statement that may have run out.
func (k *PhoneKey) ReadOver(jws string) (Statement, error) {
	var s Statement
	if err := k.open(jws, wire.TypStatement, &s.Statement); err != nil {
		return s, err
	}
	input, _ := wire.SigningInput(jws)
	s.JWS, s.Digest = jws, wire.Digest(input)
	switch {
	case s.Aud != k.Server.Aud, s.User != k.Server.User.ID, !slices.Contains(s.Keys, k.ID):
		return s, errors.New("the statement is for somebody else")
	case len(jws) > wire.MaxStatement:
		return s, errors.New("the statement is too long")
	}
	return s, nil
}

// Newest gives the newest open request.
func (k *PhoneKey) Newest(ctx context.Context) (Statement, error) {
	list, err := k.Open(ctx)
	if err == nil && len(list) == 0 {
		err = errors.New("nothing is open")
	}
	if err != nil {
		return Statement{}, err
	}
	return list[0], nil
}

// Answer is what a person says to a statement, and where the phone departs from the protocol.
type Answer struct {
	No        string // reason; empty: a yes
	Number    string
	PIN       string // a yes by PIN; otherwise by biometric
	NewPIN    string
	NewVpin   []byte // in place of what follows from NewPIN
	Bend      func(*wire.Decision)
	BendWhole func(*wire.DecisionRequest)
}

// Decision makes the signed decision, its proof and assertion.
func (k *PhoneKey) Decision(s Statement, a Answer) (wire.DecisionRequest, error) {
	var in wire.DecisionRequest
	d := wire.Decision{Aud: k.Server.Aud, ID: s.ID, Statement: s.Digest[:], Verdict: "yes", Number: a.Number, Key: k.ID, Iat: k.Phone.clock.Now().UnixMilli()}
	switch {
	case a.No != "":
		d.Verdict, d.Reason = "no", a.No
	case a.PIN != "":
		d.Factor = "pin"
	default:
		d.Factor = "biometric"
	}
	if a.NewPIN != "" {
		changed, err := k.newPIN(s, a)
		if err != nil {
			return in, err
		}
		d.NewPIN = changed
	}
	if a.Bend != nil {
		a.Bend(&d)
	}
	var err error
	if in.Decision, err = k.Sign(wire.TypDecision, d); err != nil {
		return in, err
	}
	input, _ := wire.SigningInput(in.Decision)
	switch d.Factor {
	case "pin":
		in.PINProof, err = k.ProvePIN(a.PIN, wire.Digest(input))
	case "biometric":
		if k.Authenticator == nil {
			return in, errors.New("this key has no biometric")
		}
		challenge := wire.AssertionChallenge(input)
		var made wire.Assertion
		made, err = k.Authenticator.Get(challenge[:])
		in.Assertion = &made
	}
	if a.BendWhole != nil {
		a.BendWhole(&in)
	}
	return in, err
}

// ProvePIN makes a sealed PIN proof.
func (k *PhoneKey) ProvePIN(pin string, digest [32]byte) (*wire.PINProof, error) {
	b := k.binding()
	return b.SealPINProof(k.Server.Keys.PIN, digest, wire.ProvePIN(b.PINVerifier(k.Kp, pin), digest))
}

func (k *PhoneKey) newPIN(s Statement, a Answer) (*wire.NewPIN, error) {
	es, err := ecdh.P256().NewPublicKey(s.Es)
	if err != nil {
		return nil, err
	}
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	z, err := e.ECDH(es)
	if err != nil {
		return nil, err
	}
	point, err := k.D.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	b, h := k.binding(), wire.Transcript(s.Digest, point, e.PublicKey().Bytes())
	vpin := a.NewVpin
	if vpin == nil {
		vpin = b.PINVerifier(k.Kp, a.NewPIN)
	}
	wrap, err := wire.WrapVerifiers(b.WrapKey(z, h), vpin, nil)
	return &wire.NewPIN{E: e.PublicKey().Bytes(), Wrap: wrap}, err
}

// Send hands a decision in, by a fresh proof.
func (k *PhoneKey) Send(ctx context.Context, id string, in wire.DecisionRequest) (wire.DecisionResponse, error) {
	c, err := k.Caller(ctx)
	if err != nil {
		return wire.DecisionResponse{}, err
	}
	return k.Phone.services.Approvals.Decide(ctx, c, nodkey.ApprovalID(id), in)
}

// Answer decides a statement.
func (k *PhoneKey) Answer(ctx context.Context, s Statement, a Answer) (wire.DecisionResponse, error) {
	in, err := k.Decision(s, a)
	if err != nil {
		return wire.DecisionResponse{}, err
	}
	return k.Send(ctx, s.ID, in)
}

// AskPINChange asks for the statement of a PIN change.
func (k *PhoneKey) AskPINChange(ctx context.Context) (Statement, error) {
	return k.ask(ctx, k.Phone.services.Keys.AskPINChange)
}

// AskPINCheck asks for a statement that checks the PIN and changes nothing.
func (k *PhoneKey) AskPINCheck(ctx context.Context) (Statement, error) {
	return k.ask(ctx, k.Phone.services.Keys.AskPINCheck)
}

// AskTest asks for a test request.
func (k *PhoneKey) AskTest(ctx context.Context) (Statement, error) {
	return k.ask(ctx, k.Phone.services.Keys.AskTest)
}

func (k *PhoneKey) ask(ctx context.Context, call func(context.Context, nodkey.Caller) (string, error)) (Statement, error) {
	c, err := k.Caller(ctx)
	if err != nil {
		return Statement{}, err
	}
	jws, err := call(ctx, c)
	if err != nil {
		return Statement{}, err
	}
	return k.Read(jws)
}

// Rename gives the phone another name at the portal.
func (k *PhoneKey) Rename(ctx context.Context, name string) error {
	c, err := k.Caller(ctx)
	if err != nil {
		return err
	}
	return k.Phone.services.Keys.RenameOwn(ctx, c, name)
}

// Receipt asks for the receipt of the moment and checks it.
func (k *PhoneKey) Receipt(ctx context.Context) (wire.Receipt, error) {
	c, err := k.Caller(ctx)
	if err != nil {
		return wire.Receipt{}, err
	}
	jws, err := k.Phone.services.Keys.Receipt(ctx, c)
	if err != nil {
		return wire.Receipt{}, err
	}
	return k.receipt(jws)
}

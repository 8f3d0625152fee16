package client

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/nodkey/nodkey/wire"
)

// Activate makes a key for the offer's user, protected by a PIN, and submits it. phoneName is how the user's portal will
// call this phone, 1 to 40 characters. When the connection breaks off, the submission stays pending and Resume sends it
// again; the server's refusal ends it.
func (p *Phone) Activate(ctx context.Context, offer *Offer, pin, phoneName string) (Key, error) {
	if err := offer.Server.CheckPIN(pin, offer.UserName, offer.DisplayName); err != nil {
		return Key{}, err
	}
	pending, err := p.submission(offer, NormalisePIN(pin), phoneName)
	if err != nil {
		return Key{}, err
	}
	if err := p.change(func(s *State) { s.Pending = append(s.Pending, pending) }); err != nil {
		return Key{}, err
	}
	return p.submit(ctx, pending)
}

// submission makes the keys and the finished submission (docs/protocol.md §4.3). E, Z, W and Vpin end with it.
func (p *Phone) submission(offer *Offer, pin, phoneName string) (Pending, error) {
	d, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pending{}, err
	}
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return Pending{}, err
	}
	rawD, err := d.Bytes()
	if err != nil {
		return Pending{}, err
	}
	pointD, err := d.PublicKey.Bytes()
	if err != nil {
		return Pending{}, err
	}
	id, err := wire.KeyID(pointD)
	if err != nil {
		return Pending{}, err
	}
	now := p.serverTime(offer.Server.URL).UnixMilli()
	key := StoredKey{Key: Key{ID: id, Server: offer.Server, UserID: offer.UserID, Name: offer.UserName, DisplayName: offer.DisplayName, ActivatedAt: now},
		D: rawD, Kp: make([]byte, 32)}
	rand.Read(key.Kp)
	z, err := e.ECDH(offer.es)
	if err != nil {
		return Pending{}, fmt.Errorf("agreeing on a secret: %w", err)
	}
	pointE := e.PublicKey().Bytes()
	binding, h := key.binding(), wire.Transcript(offer.digest, pointD, pointE)
	key.K = binding.OCRAKey(z, h)
	wrap, err := wire.WrapVerifiers(binding.WrapKey(z, h), binding.PINVerifier(key.Kp, pin), nil)
	if err != nil {
		return Pending{}, err
	}
	facts := p.facts
	facts.Name = phoneName
	jws, err := key.sign(wire.TypActivation, wire.Submission{
		Aud: offer.Server.ID, Offer: offer.digest[:], D: pointD, E: pointE, Phone: facts, PIN: true, Wrap: wrap, Iat: now,
	})
	if err != nil {
		return Pending{}, err
	}
	input, _ := wire.SigningInput(jws)
	digest := wire.Digest(input)
	key.Submission = digest[:]
	return Pending{Key: key, CodeID: offer.code.CodeID(), JWS: jws, MAC: wire.SubmissionMAC(offer.code.Key(), digest)}, nil
}

// submit sends a finished submission, again while the connection fails, and keeps the key that a receipt vouches for.
func (p *Phone) submit(ctx context.Context, pending Pending) (Key, error) {
	url := pending.Key.Server.URL
	body, err := encode(wire.SubmitRequest{CodeID: pending.CodeID, Submission: pending.JWS, MAC: pending.MAC})
	if err != nil {
		return Key{}, err
	}
	var answer wire.ReceiptResponse
	err = p.again(ctx, func() error {
		return p.call(ctx, request{method: "POST", server: url, path: "/activations/submit", body: body}, &answer)
	})
	var api *APIError
	if errors.As(err, &api) && final(api) {
		return Key{}, errors.Join(err, p.change(func(s *State) { s.drop(pending.Key.ID) }))
	}
	if err != nil {
		return Key{}, err
	}
	key, err := pending.Key.received(answer.Receipt)
	if err != nil {
		return Key{}, err
	}
	err = p.change(func(s *State) {
		s.drop(key.ID)
		s.Keys = append(s.Keys, key)
	})
	return key.Key, err
}

// final reports whether a refusal of a submission will not change when it is sent again.
func final(e *APIError) bool {
	switch e.Kind {
	case "bad_input", "refused", "not_found", "conflict":
		return true
	}
	return false
}

func (s *State) drop(id string) {
	s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), func(p Pending) bool { return p.Key.ID == id })
	s.Keys = slices.DeleteFunc(slices.Clone(s.Keys), func(k StoredKey) bool { return k.ID == id })
}

// Resume sends again what never got its receipt. It gives the keys that have one now, and the errors of the others.
func (p *Phone) Resume(ctx context.Context) ([]Key, error) {
	var keys []Key
	var errs []error
	for _, pending := range p.State().Pending {
		key, err := p.submit(ctx, pending)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		keys = append(keys, key)
	}
	return keys, errors.Join(errs...)
}

// received gives the key as a receipt describes it. The receipt is signed by a pinned key, names this very key, user and
// submission, and is not older than the last one.
func (k StoredKey) received(receipt string) (StoredKey, error) {
	var m wire.Receipt
	if _, err := open(receipt, wire.TypReceipt, &m, k.Server.Signing, k.Server.Backup); err != nil {
		return StoredKey{}, fault("receipt.wrong", err)
	}
	switch {
	case m.Aud != k.Server.ID, m.Key != k.ID, m.User != k.UserID, subtle.ConstantTimeCompare(m.Submission, k.Submission) != 1:
		return StoredKey{}, fault("receipt.wrong", errors.New("it names another key, user or submission"))
	case m.Iat < k.ReceiptAt:
		return StoredKey{}, fault("receipt.wrong", errors.New("it is older than the last one"))
	case !slices.Contains([]string{"active", "confirm", "approve", "suspended", "removed"}, m.State):
		return StoredKey{}, fault("receipt.wrong", errors.New("a state that is not known"))
	case (m.State == "confirm") != (len(m.Digits) == 6), !allDigits(m.Digits):
		return StoredKey{}, fault("receipt.wrong", errors.New("digits that do not fit the state"))
	}
	k.State, k.Digits, k.ReceiptAt = m.State, m.Digits, m.Iat
	return k, nil
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

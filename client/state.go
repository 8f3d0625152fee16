package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/nodkey/nodkey/wire"
)

// StateVersion is the version of State that this code writes and reads.
const StateVersion = 1

// State is all that a phone keeps. It holds private keys: store it where its person alone reads it.
type State struct {
	Version int         `json:"version"`
	PhoneID string      `json:"phoneId"` // 22 characters, made once
	Keys    []StoredKey `json:"keys"`
	Pending []Pending   `json:"pending"`
}

// StoredKey is one user's key with its secrets.
type StoredKey struct {
	Key
	D          wire.Bytes `json:"d"`          // ECDSA scalar, 32 bytes
	Kp         wire.Bytes `json:"kp"`         // HMAC key, 32 bytes
	K          wire.Bytes `json:"k"`          // OCRA key, 32 bytes
	Submission wire.Bytes `json:"submission"` // SHA-256 of the submission's signing input
	ReceiptAt  int64      `json:"receiptAt"`  // iat of the newest receipt, milliseconds of the server's clock
}

// Key is one user's activation on this phone, without its secrets.
type Key struct {
	ID          string `json:"id"` // 43 characters
	Server      Server `json:"server"`
	UserID      string `json:"userId"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	State       string `json:"state"`            // active, confirm, approve, suspended or removed
	Digits      string `json:"digits,omitempty"` // six, to be typed in the portal, while State is confirm
	ActivatedAt int64  `json:"activatedAt"`      // milliseconds
}

// Server is what a key pinned of its server.
type Server struct {
	URL      string     `json:"url"` // of the phone host: scheme and host
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Operator string     `json:"operator"`
	Signing  wire.Bytes `json:"signing"` // points
	Backup   wire.Bytes `json:"backup"`
	PIN      wire.Bytes `json:"pin"`
	PINMin   int        `json:"pinMin"`
	PINMax   int        `json:"pinMax"`
}

// Pending is a finished submission that has no receipt yet. It is sent again as it is.
type Pending struct {
	Key    StoredKey  `json:"key"`
	CodeID wire.Bytes `json:"codeId"`
	JWS    string     `json:"jws"`
	MAC    wire.Bytes `json:"mac"`
}

// newState fills a zero State, and refuses one that this code does not understand.
func newState(s State) (State, error) {
	if s.Version == 0 && s.PhoneID == "" && len(s.Keys) == 0 && len(s.Pending) == 0 {
		s = State{Version: StateVersion, PhoneID: newID()}
	}
	if s.Version != StateVersion {
		return State{}, fmt.Errorf("the phone's state has version %d; this program reads version %d", s.Version, StateVersion)
	}
	if raw, err := wire.DecodeB64(s.PhoneID); err != nil || len(raw) != 16 {
		return State{}, fmt.Errorf("the phone's state has no phone id")
	}
	s.Keys, s.Pending = append([]StoredKey{}, s.Keys...), append([]Pending{}, s.Pending...) // [] in JSON, never null
	keys := slices.Clone(s.Keys)
	for _, p := range s.Pending {
		keys = append(keys, p.Key)
	}
	for _, k := range keys {
		if err := k.check(); err != nil {
			return State{}, err
		}
	}
	return s, nil
}

func (k StoredKey) check() error {
	d, err := k.signer()
	if err != nil || len(k.Kp) != 32 {
		return fmt.Errorf("the phone's state has a broken key: %w", err)
	}
	point, err := d.PublicKey.Bytes()
	if err != nil {
		return err
	}
	if id, err := wire.KeyID(point); err != nil || id != k.ID {
		return fmt.Errorf("the phone's state has a key under another key's id")
	}
	return nil
}

func (k StoredKey) signer() (*ecdsa.PrivateKey, error) {
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), k.D)
}

func (k StoredKey) binding() wire.Binding { return wire.Binding{ServerID: k.Server.ID, KeyID: k.ID} }

func newID() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

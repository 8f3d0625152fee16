package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nodkey/nodkey/seal"
	"github.com/nodkey/nodkey/wire"
)

// identity is who this server is: its id, its keys, and the ring that seals what the store keeps.
type identity struct {
	serverID  string
	rpID      string
	ring      *seal.Ring
	jose      JOSE
	signing   *ecdsa.PrivateKey
	backup    *ecdsa.PrivateKey
	pin       *ecdh.PrivateKey
	push      *ecdsa.PrivateKey // RFC 8292
	number    []byte            // HMAC key of the two digits
	points    wire.OfferKeys
	pushPoint []byte
	sweep     sweeping
	newer     func() error // takes in data keys that other processes made
}

// openIdentity reads the installation's identity, or makes it at the first start. Every secret in the store is sealed
// under data keys that are wrapped under master.
func openIdentity(ctx context.Context, p Ports, rpID string, master [32]byte) (*identity, error) {
	id := &identity{jose: p.JOSE, rpID: rpID}
	err := p.Store.Update(ctx, func(tx Tx) error {
		install, err := tx.Install()
		if errors.Is(err, ErrNoRow) {
			install = Install{ServerID: newID(), RPID: rpID, CreatedAt: p.Clock.Now()}
			err = tx.InsertInstall(install)
		}
		if err != nil {
			return err
		}
		if install.RPID != rpID {
			return fmt.Errorf("this installation's phone host is %s, not %s: keys hang on it, so it cannot change", install.RPID, rpID)
		}
		id.serverID = install.ServerID
		id.ring = seal.NewRing(install.ServerID, master)
		if err := id.openRing(tx); err != nil {
			return fmt.Errorf("opening the sealed keys (is this the right master key?): %w", err)
		}
		return id.openKeys(tx)
	})
	if err != nil {
		return nil, err
	}
	id.points.Signing, err = id.signing.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	if id.points.Backup, err = id.backup.PublicKey.Bytes(); err != nil {
		return nil, err
	}
	id.points.PIN = id.pin.PublicKey().Bytes()
	if id.pushPoint, err = id.push.PublicKey.Bytes(); err != nil {
		return nil, err
	}
	return id, nil
}

func (id *identity) openRing(tx Tx) error {
	keys, err := tx.DataKeys()
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		first, err := id.ring.GenerateDataKey()
		if err != nil {
			return err
		}
		if err := tx.InsertDataKey(first); err != nil {
			return err
		}
		keys = []seal.WrappedKey{first}
	}
	for _, k := range keys {
		if err := id.ring.Add(k); err != nil {
			return err
		}
	}
	return nil
}

func (id *identity) openKeys(tx Tx) (err error) {
	if id.signing, err = secretOf(id, tx, "signing", newECDSA, parseECDSA); err != nil {
		return err
	}
	if id.backup, err = secretOf(id, tx, "backup", newECDSA, parseECDSA); err != nil {
		return err
	}
	if id.pin, err = secretOf(id, tx, "pin", newECDH, ecdh.P256().NewPrivateKey); err != nil {
		return err
	}
	if id.push, err = secretOf(id, tx, "push", newECDSA, parseECDSA); err != nil {
		return err
	}
	id.number, err = secretOf(id, tx, "number", random32, func(b []byte) ([]byte, error) { return b, nil })
	return err
}

// secretOf opens a named secret, or makes and keeps it.
func secretOf[T any](id *identity, tx Tx, name string, make func() ([]byte, error), parse func([]byte) (T, error)) (T, error) {
	var none T
	label := seal.Label{Table: "secrets", Column: "value", Row: name}
	sealed, err := tx.Secret(name)
	if errors.Is(err, ErrNoRow) {
		raw, err := make()
		if err != nil {
			return none, err
		}
		if sealed, err = id.ring.Seal(label, raw); err != nil {
			return none, err
		}
		if err := tx.InsertSecret(name, sealed); err != nil {
			return none, err
		}
	} else if err != nil {
		return none, err
	}
	raw, err := id.ring.Open(label, sealed)
	if err != nil {
		return none, fmt.Errorf("opening secret %s: %w", name, err)
	}
	return parse(raw)
}

func newECDSA() ([]byte, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return k.Bytes()
}

func parseECDSA(raw []byte) (*ecdsa.PrivateKey, error) {
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
}

func newECDH() ([]byte, error) {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return k.Bytes(), nil
}

func random32() ([]byte, error) {
	raw := make([]byte, 32)
	rand.Read(raw)
	return raw, nil
}

// sign makes a message of the server's (docs/protocol.md §1).
func (id *identity) sign(typ string, payload any) (jws string, digest [32]byte, err error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return "", digest, err
	}
	jws, err = id.jose.Sign(id.signing, typ, raw)
	if err != nil {
		return "", digest, err
	}
	input, ok := wire.SigningInput(jws)
	if !ok {
		return "", digest, errors.New("the signer did not make a compact JWS")
	}
	return jws, wire.Digest(input), nil
}

// digits are the two digits of an approval's page: kept nowhere, made again when needed.
func (id *identity) digits(approval ApprovalID) string {
	mac := hmac.New(sha256.New, id.number)
	mac.Write([]byte(approval))
	n := binary.BigEndian.Uint64(mac.Sum(nil)) % 100 // the bias of 2^64 mod 100 is below 10^-17
	return fmt.Sprintf("%02d", n)
}

// seal and open bind a secret to the place it is kept in.
func (id *identity) seal(table, column, row string, plain []byte) ([]byte, error) {
	return id.ring.Seal(seal.Label{Table: table, Column: column, Row: row}, plain)
}

func (id *identity) open(table, column, row string, sealed []byte) ([]byte, error) {
	label := seal.Label{Table: table, Column: column, Row: row}
	plain, err := id.ring.Open(label, sealed)
	if err != nil && seal.Version(sealed) > id.ring.Current() { // another process was told of a new data key before this one
		if err := id.newer(); err != nil {
			return nil, err
		}
		return id.ring.Open(label, sealed)
	}
	return plain, err
}

// codeHash is how a short code is kept.
func (id *identity) codeHash(label string, parts ...string) []byte {
	raw := make([][]byte, len(parts))
	for i, p := range parts {
		raw[i] = []byte(p)
	}
	sum := id.ring.MAC(label, raw...)
	return sum[:]
}

func (id *identity) binding(key KeyID) wire.Binding {
	return wire.Binding{ServerID: id.serverID, KeyID: string(key)}
}

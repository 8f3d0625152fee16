package nodkey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Keys are a user's activations on phones.
type Keys struct{ *base }

// proofWindow is how far a proof's time may be from the server's (docs/protocol.md §3).
const proofWindow = 60 * time.Second

// SignedRequest is what a proof must fit: the request as the server received it.
type SignedRequest struct {
	Method string
	Path   string // without the query, as under the phone host
	Body   []byte
}

// Caller turns a proof into the phone it stands for. A write also spends the proof: the domain's call does that in its own
// transaction. Errors: proof.missing, proof.wrong, proof.time with Now.
func (k *Keys) Caller(ctx context.Context, c Caller, proof string, req SignedRequest) (Caller, error) {
	if proof == "" {
		return c, fail(Unauthenticated, "proof.missing")
	}
	parsed, err := wire.ParseJWS(proof)
	if err != nil || parsed.Header.Kid == "" {
		return c, fail(Unauthenticated, "proof.wrong").because(err)
	}
	var key Key
	err = k.Store.View(ctx, func(tx Tx) (err error) {
		key, err = tx.Key(KeyID(parsed.Header.Kid))
		return err
	})
	if errors.Is(err, ErrNoRow) {
		return c, fail(Unauthenticated, "proof.wrong")
	}
	if err != nil {
		return c, AsError(err)
	}
	var r wire.Request
	if _, err := k.verifyPhone(proof, wire.TypRequest, key.ID, key.Public, &r); err != nil {
		return c, fail(Unauthenticated, "proof.wrong").because(err)
	}
	body := sha256.Sum256(req.Body)
	if r.Aud != k.id.serverID || r.Htm != req.Method || r.Htu != k.site.PhoneOrigin+req.Path || subtle.ConstantTimeCompare(r.Bh, body[:]) != 1 {
		return c, fail(Unauthenticated, "proof.wrong")
	}
	if raw, err := wire.DecodeB64(r.Jti); err != nil || len(raw) != 16 {
		return c, fail(Unauthenticated, "proof.wrong")
	}
	now := k.now()
	made := time.UnixMilli(r.Iat)
	if made.Before(now.Add(-proofWindow)) || made.After(now.Add(proofWindow)) {
		return c, fail(Unauthenticated, "proof.time", "now", now.UnixMilli())
	}
	c.key = &key
	c.proof = usedProof{jti: r.Jti, until: made.Add(2 * proofWindow)}
	return c, nil
}

// verifyPhone checks a message of a phone's: typ, signature, and that its header names the key. It gives the signing input.
func (b *base) verifyPhone(jws, typ string, kid KeyID, point []byte, payload any) (string, error) {
	parsed, err := wire.ParseJWS(jws)
	if err != nil {
		return "", fail(BadInput, "request.jws").because(err)
	}
	if parsed.Header.Typ != typ || parsed.Header.Kid != string(kid) {
		return "", fail(BadInput, "request.jws")
	}
	// The id is the key's own hash, so a public key that somebody put in its place in the store verifies nothing.
	if own, err := wire.KeyID(point); err != nil || own != string(kid) {
		return "", fail(BadInput, "request.jws").because(err)
	}
	if err := b.JOSE.Verify(jws, point); err != nil {
		return "", fail(BadInput, "request.jws").because(err)
	}
	if err := wire.DecodeStrict(parsed.Payload, payload); err != nil {
		return "", fail(BadInput, "request.jws").because(err)
	}
	return parsed.SigningInput, nil
}

// spend uses a write's proof up, in the transaction of the write.
func (b *base) spend(tx Tx, c Caller) error {
	if c.proof.jti == "" {
		return nil // spent already, or a caller that is no phone
	}
	err := tx.UseProof(c.key.ID, c.proof.jti, c.proof.until)
	if errors.Is(err, ErrExists) {
		return fail(Unauthenticated, "proof.replayed")
	}
	return err
}

// spendActive uses a write's proof up, and gives the caller's key as it is now. Errors: key.* for one that is not active.
func (b *base) spendActive(tx Tx, c Caller) (Key, error) {
	if err := b.spend(tx, c); err != nil {
		return Key{}, err
	}
	key, err := tx.Key(c.key.ID)
	if err != nil {
		return Key{}, err
	}
	if key.State != KeyActive {
		return Key{}, b.notActive(key)
	}
	return key, nil
}

// List gives the user's keys that are not removed, oldest first.
func (k *Keys) List(ctx context.Context, c Caller) ([]Key, error) {
	session, err := c.withSession(Restricted)
	if err != nil {
		return nil, err
	}
	keys, err := k.keysOf(ctx, session.UserID)
	if err != nil {
		return nil, AsError(err)
	}
	return present(keys, k.now()), nil
}

func present(keys []Key, now time.Time) []Key {
	var out []Key
	for _, k := range keys {
		if k.StateAt(now) != KeyRemoved {
			out = append(out, k)
		}
	}
	return out
}

// Rename gives a phone another name in the portal.
func (k *Keys) Rename(ctx context.Context, c Caller, id KeyID, name string) error {
	if !cleanText(name, 40) {
		return fail(BadInput, "phone.name")
	}
	now := k.now()
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		key, err := k.ownKey(tx, session.UserID, id)
		if err != nil {
			return err
		}
		return k.rename(tx, c, key, name, now)
	}))
}

// rename gives a key's phone a name that was looked at.
func (k *Keys) rename(tx Tx, c Caller, key Key, name string, now time.Time) error {
	if err := chargeChange(tx, key.UserID, now); err != nil {
		return err
	}
	before := key.Phone.Name
	key.Phone.Name = name
	if err := tx.SaveKey(key); err != nil {
		return err
	}
	return k.record(tx, c, now, "key.renamed", key.UserID, string(key.ID), "phone", name, "before", before)
}

// ownKey gives a user's key that is not removed.
func (b *base) ownKey(tx Tx, user UserID, id KeyID) (Key, error) {
	key, err := tx.Key(id)
	if errors.Is(err, ErrNoRow) || err == nil && (key.UserID != user || key.StateAt(b.now()) == KeyRemoved) {
		return Key{}, fail(NotFound, "key.unknown")
	}
	return key, err
}

// AskRemove asks the user's phones whether one of them may be removed; a key that never became active goes at once,
// and the answer is then the zero ApprovalID.
func (k *Keys) AskRemove(ctx context.Context, c Caller, id KeyID) (ApprovalID, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return "", err
	}
	now := k.now()
	var key Key
	gone := false
	err = k.Store.Update(ctx, func(tx Tx) error {
		if _, err := k.live(tx, c, Full); err != nil {
			return err
		}
		key, err = k.ownKey(tx, session.UserID, id)
		if err != nil {
			return err
		}
		gone = key.State == KeyConfirm || key.State == KeyApprove
		if !gone {
			return nil
		}
		return k.removeKey(tx, c, key, now)
	})
	if err != nil {
		return "", AsError(err)
	}
	if gone {
		k.Bus.Publish(topicOfKey(id), topicOfActivations(session.UserID))
		return "", nil
	}
	return k.askForChange(ctx, c, ApproveKeyRemove, string(id), nil, wire.Statement{Item: clip(key.Phone.Name, 40)})
}

// RemoveOwn removes the calling phone's own key.
func (k *Keys) RemoveOwn(ctx context.Context, c Caller) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	now := k.now()
	err := k.Store.Update(ctx, func(tx Tx) error {
		if err := k.spend(tx, c); err != nil {
			return err
		}
		key, err := k.ownKey(tx, c.key.UserID, c.key.ID)
		if err != nil {
			return err
		}
		return k.removeKey(tx, c, key, now)
	})
	if err == nil {
		k.Bus.Publish(topicOfKey(c.key.ID), topicOfActivations(c.key.UserID))
	}
	return wrap(err)
}

// removed is the key without everything that made it one.
func (k Key) removed(now time.Time) Key {
	k.State, k.RemovedAt = KeyRemoved, now
	k.OCRA, k.PINVerifier, k.PRFVerifier, k.Credential = nil, nil, nil, nil
	return k
}

// removeKey removes a key, ends every session that it opened, and takes back what the phones are asked about it.
func (b *base) removeKey(tx Tx, c Caller, key Key, now time.Time) error {
	if err := tx.SaveKey(key.removed(now)); err != nil {
		return err
	}
	if err := b.unsubscribeAll(tx, c, key, now); err != nil {
		return err
	}
	if err := tx.DeleteOpening(key.ID); err != nil {
		return err
	}
	about := func(a Approval) bool { return !a.Kind.ofSignIn() && a.Subject == string(key.ID) }
	if _, err := b.cancelApprovals(tx, c, key.UserID, about, now); err != nil {
		return err
	}
	if err := b.endGrantsWhere(tx, c, key.UserID, func(g SealedGrant) bool { return g.KeyID == key.ID }, "key", now); err != nil {
		return err
	}
	if err := b.endSessionsWhere(tx, c, key.UserID, func(s Session) bool { return s.KeyID == key.ID }, now); err != nil {
		return err
	}
	if !key.ActivatedAt.IsZero() { // one that never became active is no loss
		if err := b.noticeTo(tx, c, key.UserID, AccountNotice{Kind: NoticeKeyRemoved, Phone: key.Phone.Name}, now); err != nil {
			return err
		}
	}
	return b.record(tx, c, now, "key.removed", key.UserID, string(key.ID), "phone", key.Phone.Name)
}

// activate makes a key active.
func (b *base) activate(tx Tx, c Caller, key Key, now time.Time) error {
	key.State, key.ActivatedAt = KeyActive, now
	if err := tx.SaveKey(key); err != nil {
		return err
	}
	if err := b.lastFirst(tx, key, now); err != nil {
		return err
	}
	user, err := tx.User(key.UserID)
	if err != nil {
		return err
	}
	if !user.HadKey || len(user.FirstCode) > 0 { // a first-access code has had its time, used or not
		user.HadKey, user.FirstCode, user.FirstCodeUntil = true, nil, time.Time{}
		if err := tx.SaveUser(user); err != nil {
			return err
		}
	}
	if err := b.notice(tx, c, user, AccountNotice{Kind: NoticeKeyAdded, Phone: key.Phone.Name, Subject: string(key.ID)}, now); err != nil {
		return err
	}
	return b.record(tx, c, now, "key.activated", key.UserID, string(key.ID), "phone", key.Phone.Name, "platform", key.Phone.Platform)
}

// lastFirst ends what else could have brought in a first key: a session that had the password only, whoever's it is, must
// not do so once this key is removed or suspended. The session that made this key's activation may, after "not mine".
func (b *base) lastFirst(tx Tx, key Key, now time.Time) error {
	own, err := tx.Activation(key.ActivationID)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return err
	}
	sessions, err := tx.SessionsOf(key.UserID, now)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Level != Restricted || !s.MayActivate || s.ID == own.SessionID {
			continue
		}
		if err := b.cancelActivations(tx, s.UserID, s.ID); err != nil {
			return err
		}
		s.MayActivate = false
		if err := tx.SaveSession(s); err != nil {
			return err
		}
	}
	return nil
}

package nodkey

import (
	"bytes"
	"encoding/base64"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// replyLife is how long a phone may go on sending an answer that it signed once.
const replyLife = 24 * time.Hour

// signedReply is a phone's signature over its answer, after it was checked. A session's answer has the zero one.
type signedReply struct {
	jws    string
	digest [32]byte // of its signing input
	iat    time.Time
}

// checkReply checks a phone's signature over its reply, and that nobody else has one. Error: message.signature.
func (m *Messages) checkReply(c Caller, r Reference, a Answer, text string) (signedReply, error) {
	if c.key == nil {
		if a.Signature != "" {
			return signedReply{}, fail(BadInput, "message.signature")
		}
		return signedReply{}, nil
	}
	var said wire.Reply
	input, err := m.verifyPhone(a.Signature, wire.TypReply, c.key.ID, c.key.Public, &said)
	if err != nil {
		return signedReply{}, fail(BadInput, "message.signature").because(err)
	}
	digest, now, iat := wire.Digest(text), m.now(), time.UnixMilli(said.Iat)
	if said.Aud != m.id.serverID || said.Key != string(c.key.ID) || said.Reference != r.String() || !bytes.Equal(said.Text, digest[:]) || len(a.Files) > 0 ||
		iat.After(now.Add(proofWindow)) || iat.Before(now.Add(-replyLife)) {
		return signedReply{}, fail(BadInput, "message.signature")
	}
	return signedReply{jws: a.Signature, digest: wire.Digest(input), iat: iat}, nil
}

// repeated reports whether a phone's answer came before, and remembers it, so that a phone whose connection broke off says
// nothing twice.
func (b *base) repeated(tx Tx, c Caller, s signedReply) (bool, error) {
	if c.key == nil {
		return false, nil
	}
	err := tx.UseProof(c.key.ID, "reply:"+base64.RawURLEncoding.EncodeToString(s.digest[:]), s.iat.Add(replyLife+proofWindow))
	if errors.Is(err, ErrExists) {
		return true, nil
	}
	return false, err
}

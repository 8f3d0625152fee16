package nodkey

import (
	"context"
	"crypto/hmac"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"strings"
	"unicode"
)

// BounceToken stands in a letter's return address, so that what comes back tells of which summary it is: a summary's id and a
// keyed hash over it, in base32 without padding, lower case. Everybody who gets the letter sees it; it says nothing of the user,
// and all that it is good for is to say that this one letter did not arrive.
type BounceToken string

const (
	bounceID  = 16 // bytes
	bounceTag = 10
)

var bounceCode = base32.StdEncoding.WithPadding(base32.NoPadding)

// bounceToken makes a summary's token.
func (id *identity) bounceToken(summary SummaryID) BounceToken {
	raw, err := base64.RawURLEncoding.DecodeString(string(summary))
	if err != nil || len(raw) != bounceID {
		return "" // no id that was made here
	}
	tag := id.ring.MAC("bounced summary", raw)
	return BounceToken(strings.ToLower(bounceCode.EncodeToString(append(raw, tag[:bounceTag]...))))
}

// openBounce gives the summary of a token; mail servers may have changed upper and lower case. Error: summary.bounce.
func (id *identity) openBounce(t BounceToken) (SummaryID, error) {
	if len(t) != bounceCode.EncodedLen(bounceID+bounceTag) {
		return "", fail(BadInput, "summary.bounce")
	}
	written := strings.ToUpper(string(t))
	raw, err := bounceCode.DecodeString(written)
	// The last character has bits to spare: one token is written in one way.
	if err != nil || len(raw) != bounceID+bounceTag || bounceCode.EncodeToString(raw) != written {
		return "", fail(BadInput, "summary.bounce")
	}
	tag := id.ring.MAC("bounced summary", raw[:bounceID])
	if !hmac.Equal(raw[bounceID:], tag[:bounceTag]) {
		return "", fail(BadInput, "summary.bounce")
	}
	return SummaryID(base64.RawURLEncoding.EncodeToString(raw[:bounceID])), nil
}

// Bounced writes down that a summary that a mail server had taken did not arrive, and why: one line, in which neither the address
// nor its owner's part of it is kept. It gives the message that the summary is of. A second report changes nothing. Errors:
// operator.only, summary.bounce, summary.unknown, summary.ended.
func (s *Summaries) Bounced(ctx context.Context, c Caller, token BounceToken, why string) (Reference, error) {
	if err := c.asOperator(); err != nil {
		return Reference{}, err
	}
	id, err := s.id.openBounce(token)
	if err != nil {
		return Reference{}, err
	}
	var of Reference
	now := s.now()
	err = s.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.Summary(id)
		if errors.Is(err, ErrNoRow) {
			return fail(NotFound, "summary.unknown")
		}
		if err != nil {
			return err
		}
		m, err := tx.Message(row.MessageID)
		if err != nil {
			return err
		}
		of = m.reference()
		row.State, row.EndedAt, row.Failure = SummaryFailed, now, oneLine(withoutOwner(why, s.wentTo(tx, row)), "", failureMost)
		if err := tx.BounceSummary(row); errors.Is(err, ErrNoRow) {
			return fail(Conflict, "summary.ended")
		} else if err != nil {
			return err
		}
		return s.record(tx, c, now, "summary.bounced", row.UserID, string(row.ID), "channel", row.Channel)
	})
	return of, wrap(err)
}

// wentTo gives the address that a summary went to, as far as it is still known.
func (s *Summaries) wentTo(tx Tx, row SealedSummary) string {
	if row.Address != nil {
		address, err := s.id.open("summaries", "address", string(row.ID), row.Address)
		if err != nil {
			return ""
		}
		return string(address)
	}
	contact, err := tx.Contact(row.UserID, row.Channel)
	if err != nil {
		return ""
	}
	address, err := s.openContact(contact)
	if err != nil {
		return ""
	}
	return address
}

// withoutOwner takes the part before the @ out of a text, where it stands as a word.
func withoutOwner(text, address string) string {
	owner, _, ok := strings.Cut(address, "@")
	if !ok || owner == "" {
		return text
	}
	words := strings.Fields(text)
	for i, w := range words {
		bare := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if strings.EqualFold(bare, owner) || len(owner) > 3 && strings.Contains(strings.ToLower(w), strings.ToLower(owner)) {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}

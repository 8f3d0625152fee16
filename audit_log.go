package nodkey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Audit is the log of what happened. Rows commit with their change; Seal puts them into signed blocks.
type Audit struct{ *base }

// typBlock marks the server's signature over a block; it is no message of the phone protocol.
const typBlock = "nodkey-audit-block+jws"

// blockRows is how many rows a block holds at most.
const blockRows = 10_000

// List gives rows newest first, below a sequence number (0: from the newest), at most limit.
func (a *Audit) List(ctx context.Context, c Caller, filter AuditFilter, before int64, limit int) ([]AuditRow, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	var rows []AuditRow
	err := a.Store.View(ctx, func(tx Tx) (err error) {
		rows, err = tx.AuditLog(filter, before, limit)
		return err
	})
	return rows, wrap(err)
}

// SignIns gives the caller's last sign-ins, newest first.
func (s *Sessions) SignIns(ctx context.Context, c Caller) ([]SignIn, error) {
	past, err := s.past(ctx, c, false)
	list := make([]SignIn, len(past))
	for i, x := range past {
		list[i] = x.SignIn
	}
	return list, err
}

// PastSignIn is a sign-in with what confirmed it.
type PastSignIn struct {
	SignIn
	Factor string // pin, biometric or code; empty where nobody said yes
}

// Past is SignIns with what confirmed each.
func (s *Sessions) Past(ctx context.Context, c Caller) ([]PastSignIn, error) {
	return s.past(ctx, c, true)
}

func (s *Sessions) past(ctx context.Context, c Caller, factors bool) ([]PastSignIn, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return nil, err
	}
	now := s.now()
	var past []PastSignIn
	err = s.Store.View(ctx, func(tx Tx) error {
		list, err := tx.SignInsOf(session.UserID, 20)
		if err != nil {
			return err
		}
		past = make([]PastSignIn, len(list))
		for i, x := range list {
			past[i].SignIn = x
			if x.State != SignInPending && (!factors || x.KeyID == "") {
				if past[i].State = x.stateAt(Approval{}, now); past[i].State != x.State {
					past[i].EndedAt = x.ExpiresAt // nobody chose a phone
				}
				continue
			}
			approval, err := tx.Approval(x.ApprovalID)
			if errors.Is(err, ErrNoRow) {
				continue // kept no longer
			}
			if err != nil {
				return err
			}
			if x.State == SignInPending && approval.StateAt(now) == ApprovalExpired {
				past[i].State, past[i].EndedAt = SignInExpired, approval.ExpiresAt
			}
			past[i].Factor = approval.Factor
		}
		return nil
	})
	return past, wrap(err)
}

// blockClaims is what the server signs of a block.
type blockClaims struct {
	Aud    string     `json:"aud"`
	Number int64      `json:"number"`
	At     int64      `json:"at"`
	Count  int        `json:"count"`
	Prev   wire.Bytes `json:"prev"`
	Root   wire.Bytes `json:"root"`
}

// Seal puts the rows that are in no block yet into one, and reports how many. With several servers on one store, the first
// wins a block number and the others find nothing to do.
func (a *Audit) Seal(ctx context.Context) (int, error) {
	var rows []AuditRow
	var last AuditBlock
	err := a.Store.View(ctx, func(tx Tx) (err error) {
		last, err = tx.LastBlock()
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		rows, err = tx.UnsealedAudit(blockRows)
		return err
	})
	if err != nil {
		return 0, AsError(err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	block, err := a.block(last, rows)
	if err != nil {
		return 0, AsError(err)
	}
	err = a.Store.Update(ctx, func(tx Tx) error { return tx.InsertBlock(block, rows) })
	if errors.Is(err, ErrExists) {
		return 0, nil
	}
	if err != nil {
		return 0, AsError(err)
	}
	return len(rows), nil
}

func (a *Audit) block(last AuditBlock, rows []AuditRow) (AuditBlock, error) {
	b := AuditBlock{Number: last.Number + 1, At: a.now(), Count: len(rows), Prev: make([]byte, 32), Root: merkleRoot(rows)}
	if last.Number > 0 {
		b.Prev = hashBlock(last)
	}
	jws, _, err := a.id.sign(typBlock, a.claims(b))
	b.Signature = jws
	return b, err
}

func (a *Audit) claims(b AuditBlock) blockClaims {
	return blockClaims{Aud: a.id.serverID, Number: b.Number, At: b.At.UnixMilli(), Count: b.Count, Prev: b.Prev, Root: b.Root}
}

// Verified is what Verify found.
type Verified struct {
	Blocks   int64
	Rows     int64
	Unsealed int    // rows after the last block: not protected yet
	Head     string // "number:hash" of the last block; kept elsewhere, it shows a cut tail
}

// Verify reads the whole log and checks every row against its block and every block against the one before. checkpoint is
// a Head noted earlier, or empty. Its error names the first thing that is wrong: one of audit.block_…, or audit.checkpoint.
func (a *Audit) Verify(ctx context.Context, c Caller, checkpoint string) (Verified, error) {
	var v Verified
	if err := c.asOperator(); err != nil {
		return v, err
	}
	at := auditPlace{seen: checkpoint == ""}
	for more := true; more; {
		var next auditPlace
		err := a.Store.View(ctx, func(tx Tx) (err error) {
			next, more, err = a.verifyOn(tx, at, checkpoint)
			return err
		})
		if err != nil {
			return at.verified, AsError(err)
		}
		at = next
	}
	if !at.seen {
		return at.verified, fail(Conflict, "audit.checkpoint", "Checkpoint", checkpoint)
	}
	return at.verified, nil
}

// auditPlace is how far Verify has come.
type auditPlace struct {
	last     AuditBlock
	seq      int64 // of the last row
	seen     bool  // the checkpoint
	verified Verified
}

// verifyOn checks some blocks more; after the last one it looks at the tail, in the same state of the log.
func (a *Audit) verifyOn(tx Tx, at auditPlace, checkpoint string) (auditPlace, bool, error) {
	blocks, err := tx.Blocks(at.last.Number+1, 100)
	if err != nil {
		return at, false, err
	}
	for _, b := range blocks {
		rows, err := tx.AuditRowsOfBlock(b.Number)
		if err != nil {
			return at, false, err
		}
		if err := a.check(at.last, b, rows); err != nil {
			return at, false, err
		}
		if at.seq, err = follow(at.seq, rows, b.Number); err != nil {
			return at, false, err
		}
		at.last = b
		at.verified.Rows += int64(len(rows))
		at.verified.Blocks, at.verified.Head = b.Number, headOf(b)
		at.seen = at.seen || at.verified.Head == checkpoint
	}
	if len(blocks) > 0 {
		return at, true, nil
	}
	tail, err := tx.UnsealedAudit(blockRows)
	if err != nil {
		return at, false, err
	}
	at.verified.Unsealed = len(tail)
	_, err = follow(at.seq, tail, at.last.Number+1)
	return at, false, err
}

// follow checks that rows follow on a sequence number without a gap: what was slipped in or taken out before it was
// sealed shows too.
func follow(seq int64, rows []AuditRow, block int64) (int64, error) {
	for _, r := range rows {
		if seq++; r.Seq != seq {
			return seq, fail(Conflict, "audit.block_rows", "Block", block)
		}
	}
	return seq, nil
}

func (a *Audit) check(last, b AuditBlock, rows []AuditRow) error {
	prev := make([]byte, 32)
	if last.Number > 0 {
		prev = hashBlock(last)
	}
	if b.Number != last.Number+1 || subtle.ConstantTimeCompare(prev, b.Prev) != 1 {
		return fail(Conflict, "audit.block_chain", "Block", b.Number)
	}
	if len(rows) != b.Count {
		return fail(Conflict, "audit.block_rows", "Block", b.Number)
	}
	if subtle.ConstantTimeCompare(merkleRoot(rows), b.Root) != 1 {
		return fail(Conflict, "audit.block_row", "Block", b.Number)
	}
	parsed, err := wire.ParseJWS(b.Signature)
	if err != nil || parsed.Header.Typ != typBlock {
		return fail(Conflict, "audit.block_unsigned", "Block", b.Number)
	}
	if a.JOSE.Verify(b.Signature, a.id.points.Signing) != nil && a.JOSE.Verify(b.Signature, a.id.points.Backup) != nil {
		return fail(Conflict, "audit.block_signer", "Block", b.Number)
	}
	claims, err := json.Marshal(a.claims(b))
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(claims, parsed.Payload) != 1 {
		return fail(Conflict, "audit.block_signed", "Block", b.Number)
	}
	return nil
}

func headOf(b AuditBlock) string {
	return fmt.Sprintf("%d:%s", b.Number, base64.RawURLEncoding.EncodeToString(hashBlock(b)))
}

// hashBlock covers everything of a block.
func hashBlock(b AuditBlock) []byte {
	h := sha256.New()
	h.Write([]byte("nodkey/v1/audit-block\x00"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(b.Number)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(b.At.UnixMilli())))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(b.Count)))
	h.Write(b.Prev)
	h.Write(b.Root)
	return h.Sum(nil)
}

// merkleRoot is the Merkle Tree Hash of RFC 9162 §2.1.1 over the rows.
func merkleRoot(rows []AuditRow) []byte {
	switch len(rows) {
	case 0:
		sum := sha256.Sum256(nil)
		return sum[:]
	case 1:
		sum := sha256.Sum256(append([]byte{0}, leafOf(rows[0])...))
		return sum[:]
	}
	k := 1
	for k*2 < len(rows) {
		k *= 2
	}
	node := append([]byte{1}, merkleRoot(rows[:k])...)
	sum := sha256.Sum256(append(node, merkleRoot(rows[k:])...))
	return sum[:]
}

// leafOf spells a row unambiguously: every field with its length.
func leafOf(r AuditRow) []byte {
	var out []byte
	out = binary.BigEndian.AppendUint64(out, uint64(r.Seq))
	out = binary.BigEndian.AppendUint64(out, uint64(r.At.UnixMilli()))
	for _, f := range []string{r.Action, string(r.UserID), r.Actor, r.Source, r.Subject, r.Detail} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(f)))
		out = append(out, f...)
	}
	return out
}

// Upkeep is what a server does in the background.
type Upkeep struct{ *base }

// Tick writes down what ran out and forgets what has no use any more. It is cheap when there is nothing to do.
func (u *Upkeep) Tick(ctx context.Context) error {
	now := u.now()
	var due []Approval
	err := u.Store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.RunOut(now, 200)
		return err
	})
	if err != nil {
		return AsError(err)
	}
	if len(due) > 0 {
		err := u.Store.Update(ctx, func(tx Tx) error {
			for _, a := range due {
				if err := u.expire(tx, Caller{operator: "system"}, a.ID, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return AsError(err)
		}
		for _, a := range due {
			u.announce(a)
		}
	}
	return wrap(u.endOverGrants(ctx, now))
}

// Purge deletes a bounded number of rows that have no use any more, and reports how many.
func (u *Upkeep) Purge(ctx context.Context) (n int, err error) {
	err = u.Store.Update(ctx, func(tx Tx) (err error) {
		n, err = tx.Purge(u.now(), 500)
		return err
	})
	return n, wrap(err)
}

// UpkeepEvery is how often Tick wants to run; purging needs it once in PurgeEvery.
const (
	UpkeepEvery = time.Second
	PurgeEvery  = time.Minute
)

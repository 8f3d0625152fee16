package nodkey

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Approvals are what phones say yes or no to.
type Approvals struct{ *base }

// Open lists the statements that a phone's keys are asked about, newest first. notified leaves out those that were over
// the user's budget: they are found by asking, but wake nobody.
func (s *Approvals) Open(ctx context.Context, phones []Caller, notified bool) (wire.Approvals, error) {
	out, _, err := s.look(ctx, phones, notified)
	return out, err
}

// Look is Open for a stream, without those over the budget, and beside it where the phones' keys stand, in their order; a
// key that is gone counts as removed.
func (s *Approvals) Look(ctx context.Context, phones []Caller) (wire.Approvals, []KeyState, error) {
	return s.look(ctx, phones, true)
}

func (s *Approvals) look(ctx context.Context, phones []Caller, notified bool) (wire.Approvals, []KeyState, error) {
	now := s.now()
	out := wire.Approvals{Now: now.UnixMilli(), Statements: []string{}}
	states := make([]KeyState, len(phones))
	err := s.Store.View(ctx, func(tx Tx) error {
		out.Statements = out.Statements[:0]
		for i, c := range phones {
			if c.key == nil {
				return fail(Unauthenticated, "proof.missing")
			}
			states[i] = KeyRemoved
			key, err := tx.Key(c.key.ID)
			if errors.Is(err, ErrNoRow) {
				continue
			}
			if err != nil {
				return err
			}
			if states[i] = key.StateAt(now); key.State == KeyRemoved {
				continue // nothing concerns it any more
			}
			open, err := tx.OpenApprovals(c.key.UserID, now)
			if err != nil {
				return err
			}
			for _, a := range open {
				// A test of the notifications shows that they arrive without the app's being open, so a stream never tells of it.
				if a.Names(c.key.ID) && (!notified || a.Notified && a.Kind != ApprovePushTest) {
					out.Statements = append(out.Statements, a.Statement)
				}
			}
		}
		return nil
	})
	return out, states, wrap(err)
}

// Topics are what the bus is told when the list of these phones' approvals, or the state of their keys, changes.
func (s *Approvals) Topics(phones []Caller) []string {
	var ids []KeyID
	for _, c := range phones {
		ids = append(ids, c.KeyID())
	}
	return topicsOfKeys(ids)
}

// decision is one that was checked as far as it can be without asking the store.
type decision struct {
	wire.Decision
	jws    string
	digest [32]byte
	input  string
}

// Decide takes a phone's yes or no. The first valid decision wins; the same one again gets the same answer. Errors:
// approval.approved, .denied, .expired, .cancelled (409, too late), pin.wrong with Left, key.suspended,
// biometric.failed, decision.* for one that does not hold.
func (s *Approvals) Decide(ctx context.Context, c Caller, id ApprovalID, in wire.DecisionRequest) (wire.DecisionResponse, error) {
	if c.key == nil {
		return wire.DecisionResponse{}, fail(Unauthenticated, "proof.missing")
	}
	d, err := s.readDecision(c, id, in)
	if err != nil {
		return wire.DecisionResponse{}, err
	}
	now := s.now()
	var a Approval
	stated := false
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		if a, err = s.approvalFor(tx, c, id); err != nil {
			return err
		}
		stated, err = saidIn(tx, a, d.Statement)
		return err
	})
	if err != nil {
		return wire.DecisionResponse{}, AsError(err)
	}
	if !stated {
		return wire.DecisionResponse{}, fail(BadInput, "decision.statement")
	}
	if a.Kind == ApprovePushTest {
		return wire.DecisionResponse{}, fail(BadInput, "decision.kind")
	}
	if answer, over, err := s.over(a, d, now); over {
		return answer, err
	}
	end := Approval{ID: id, DecidedBy: c.key.ID, Decision: d.jws, DecidedAt: now}
	if c.key.State == KeyRemoved {
		return wire.DecisionResponse{}, s.notActive(*c.key)
	}
	if d.Verdict == "no" {
		end.State, end.Reason = ApprovalDenied, d.Reason
		return s.end(ctx, c, d, end, nil)
	}
	if c.key.State != KeyActive {
		return wire.DecisionResponse{}, s.notActive(*c.key)
	}
	if a.Number && subtle.ConstantTimeCompare([]byte(s.id.digits(id)), []byte(d.Number)) != 1 {
		end.State, end.Reason = ApprovalDenied, ReasonWrongNumber
		return s.end(ctx, c, d, end, nil)
	}
	end.State, end.Factor = ApprovalApproved, d.Factor
	if a.Kind.byPINOnly() && d.Factor != "pin" {
		return wire.DecisionResponse{}, fail(BadInput, "decision.factor")
	}
	effect, err := s.effect(a, d, *c.key, now)
	if err != nil {
		return wire.DecisionResponse{}, err
	}
	if d.Factor == "biometric" {
		count, err := s.checkAssertion(*c.key, d, in.Assertion)
		if HasKey(err, "biometric.failed") {
			return wire.DecisionResponse{}, s.wrongBiometric(ctx, c, err)
		}
		if err != nil {
			return wire.DecisionResponse{}, err
		}
		if end.Assertion, err = keptAssertion(a.Kind, in.Assertion); err != nil {
			return wire.DecisionResponse{}, AsError(err)
		}
		return s.end(ctx, c, d, end, func(tx Tx, key *Key) error {
			key.Credential.SignCount = max(key.Credential.SignCount, count)
			return effect(tx, key)
		})
	}
	key, attempt, err := s.reservePIN(ctx, c)
	if err != nil {
		return wire.DecisionResponse{}, err
	}
	if !s.provesPIN(key, d, in.PINProof) {
		return wire.DecisionResponse{}, s.wrongPIN(ctx, c)
	}
	c.proof = usedProof{} // spent with the reservation
	kept := false
	answer, err := s.end(ctx, c, d, end, func(tx Tx, key *Key) error {
		kept = true
		if err := s.rightPIN(tx, key, attempt, false); err != nil {
			return err
		}
		return effect(tx, key)
	})
	if err != nil || !kept {
		if lost := s.giveBackPIN(ctx, key.ID, attempt); lost != nil && err == nil {
			return answer, AsError(lost)
		}
	}
	return answer, err
}

// readDecision checks form, signature and addressee.
func (s *Approvals) readDecision(c Caller, id ApprovalID, in wire.DecisionRequest) (decision, error) {
	var d decision
	input, err := s.verifyPhone(in.Decision, wire.TypDecision, c.key.ID, c.key.Public, &d.Decision)
	if err != nil {
		return d, err
	}
	d.jws, d.input, d.digest = in.Decision, input, wire.Digest(input)
	switch {
	case d.Aud != s.id.serverID, d.ID != string(id), d.Key != string(c.key.ID):
		return d, fail(BadInput, "decision.address")
	case d.Verdict == "no" && (d.Reason == ReasonNotMe || d.Reason == ReasonMistake) && d.Factor == "" && d.NewPIN == nil:
		return d, nil
	case d.Verdict == "yes" && d.Reason == "" && (d.Factor == "pin" && in.PINProof != nil || d.Factor == "biometric" && in.Assertion != nil):
		return d, nil
	}
	return d, fail(BadInput, "decision.shape")
}

// approvalFor gives an approval that names the caller's key; any other is not found.
func (s *Approvals) approvalFor(tx Tx, c Caller, id ApprovalID) (Approval, error) {
	a, err := tx.Approval(id)
	if errors.Is(err, ErrNoRow) || err == nil && (a.UserID != c.key.UserID || !a.Names(c.key.ID)) {
		return Approval{}, fail(NotFound, "approval.none")
	}
	return a, err
}

// saidIn reports whether a digest is that of an approval's statement, or of one that it had before a code was asked for: those
// differ in their challenge and their end alone.
func saidIn(tx ChallengeRows, a Approval, digest []byte) (bool, error) {
	now := subtle.ConstantTimeCompare(a.Digest, digest) == 1
	if now || !a.Kind.ofSignIn() {
		return now, nil
	}
	list, err := tx.ChallengesOf(a.ID)
	for _, c := range list {
		if subtle.ConstantTimeCompare(c.Earlier, digest) == 1 {
			return true, err
		}
	}
	return false, err
}

// overKeys are the errors for a decision that comes too late.
var overKeys = map[ApprovalState]string{
	ApprovalApproved: "approval.approved", ApprovalDenied: "approval.denied", ApprovalExpired: "approval.expired", ApprovalCancelled: "approval.cancelled",
}

// over tells what became of an approval that is not open any more.
func (s *Approvals) over(a Approval, d decision, now time.Time) (wire.DecisionResponse, bool, error) {
	state := a.StateAt(now)
	if state == ApprovalOpen {
		return wire.DecisionResponse{}, false, nil
	}
	if input, ok := wire.SigningInput(a.Decision); ok && input == d.input {
		return answer(a), true, nil
	}
	return wire.DecisionResponse{}, true, overError(state)
}

// overError is the error for an answer to an approval that has ended.
func overError(state ApprovalState) error { return fail(Conflict, overKeys[state]) }

func answer(a Approval) wire.DecisionResponse {
	out := wire.DecisionResponse{State: string(a.State)}
	if a.Reason == ReasonWrongNumber {
		out.Cause = a.Reason
	}
	return out
}

// end puts a decision in force in one transaction: the conditional update that lets one win, its effect, the audit row.
func (s *Approvals) end(ctx context.Context, c Caller, d decision, end Approval, effect func(Tx, *Key) error) (wire.DecisionResponse, error) {
	now := end.DecidedAt
	var ended Approval
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.spend(tx, c); err != nil {
			return err
		}
		key, err := tx.Key(c.key.ID)
		if err != nil {
			return err
		}
		if effect != nil && key.State != KeyActive || key.State == KeyRemoved {
			return s.notActive(key)
		}
		ended, err = tx.EndApproval(end)
		if errors.Is(err, ErrNoRow) {
			lost, err := tx.Approval(end.ID)
			if err != nil {
				return err
			}
			if _, over, err := s.over(lost, d, now); over {
				ended = lost
				return err
			}
			return fail(Conflict, "approval.expired")
		}
		if err != nil {
			return err
		}
		key.LastUsedAt = now
		if effect != nil {
			key.CodeTries = 0 // a right PIN or biometric online turns codes on again
			if err := effect(tx, &key); err != nil {
				return err
			}
		}
		if err := tx.SaveKey(key); err != nil {
			return err
		}
		return s.conclude(tx, c, ended, now)
	})
	if err != nil {
		return wire.DecisionResponse{}, AsError(err)
	}
	s.announce(ended)
	return answer(ended), nil
}

// conclude carries an answer over to what asked for it and to the limits, and writes it down with further facts.
func (b *base) conclude(tx Tx, c Caller, ended Approval, now time.Time, facts ...any) error {
	if err := b.settle(tx, ended, now); err != nil {
		return err
	}
	if ended.State == ApprovalApproved && ended.Kind.ofSignIn() && !ended.Known {
		if err := strangersInAll.save(tx, strangersBucket(ended.UserID), 0, now); err != nil {
			return err
		}
	}
	if ended.Reason == ReasonNotMe && ended.Kind.ofSignIn() && !ended.Known {
		if err := ofSource(ended.Source, passwordBySource, passwordByApplication).add(tx, "pw:source:"+ended.Source, notMeCharge, now); err != nil {
			return err
		}
	}
	if err := b.noticeRefused(tx, c, ended, now); err != nil {
		return err
	}
	facts = append([]any{"kind", ended.Kind, "factor", ended.Factor, "reason", ended.Reason}, facts...)
	return b.record(tx, c, now, "approval."+string(ended.State), ended.UserID, string(ended.ID), facts...)
}

// announce wakes everybody who waits for an approval.
func (b *base) announce(a Approval) {
	b.Bus.Publish(append(append(topicsOfKeys(a.KeyIDs), topicsOfPages(a)...), topicsOfCallbacks(a)...)...)
	b.announceNotice(a)
}

// topicsOfPages are those of the pages that wait for an approval.
func topicsOfPages(a Approval) []string {
	topics := []string{topicOfApproval(a.ID)}
	switch a.Kind {
	case ApproveSignIn, ApproveConfirm:
		topics = append(topics, topicOfSignIn(SignInID(a.Subject)))
	case ApproveKeyAdd:
		topics = append(topics, topicOfActivations(a.UserID), topicOfKey(KeyID(a.Subject)))
	case ApproveKeyRemove:
		topics = append(topics, topicOfKey(KeyID(a.Subject)))
	}
	return topics
}

// Disown takes back a yes within a day: the session that it opened, or the message centre on a phone, ends, and what an application
// has not collected it never will; what it has is not told it again.
func (s *Approvals) Disown(ctx context.Context, c Caller, id ApprovalID) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	now := s.now()
	var a Approval
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		if err := s.spend(tx, c); err != nil {
			return err
		}
		a, err = s.approvalFor(tx, c, id)
		if err != nil {
			return err
		}
		if a.State != ApprovalApproved || a.DecidedBy != c.key.ID || now.Sub(a.DecidedAt) > 24*time.Hour {
			return fail(Conflict, "approval.disown")
		}
		if err := chargeWrite(tx, disownedByKey, "disowned:key:"+string(c.key.ID), now); err != nil {
			return err
		}
		if a.Kind == ApproveMessagesOpen {
			if err := s.shutDisowned(tx, c, a, now); err != nil {
				return err
			}
		}
		if a.Kind == ApproveSignIn {
			// Which browser it let in is not kept, and a stranger's must not pass for one that was here before.
			if err := tx.ForgetBrowsers(a.UserID); err != nil {
				return err
			}
		}
		if a.Kind.ofSignIn() {
			if err := s.takeBack(tx, SignInID(a.Subject), now); err != nil {
				return err
			}
		}
		if err := s.endGrantsWhere(tx, c, a.UserID, func(g SealedGrant) bool { return g.ApprovalID == id }, "disowned", now); err != nil {
			return err
		}
		if err := s.endSessionsWhere(tx, c, a.UserID, func(x Session) bool { return x.ApprovalID == id }, now); err != nil {
			return err
		}
		return s.record(tx, c, now, "approval.disowned", a.UserID, string(id), "kind", a.Kind)
	})
	if err == nil {
		s.announce(a)
	}
	return wrap(err)
}

package nodkey

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nodkey/nodkey/wire"
)

// AskTextMax is the longest text of an application's in characters.
const AskTextMax = 140

// askData is the longest Asking.Data in bytes.
const askData = 8 << 10

// idempotencyMax is the longest idempotency key in bytes.
const idempotencyMax = 200

// AskLifeMin is the shortest time that a request may wait for its answer; the longest is [ApprovalLife].
const AskLifeMin = 10 * time.Second

// Asking is what an application asks a person.
type Asking struct {
	User string // as it was typed; may be nobody's
	// Password is what the person typed, checked first. Nil: the application answers for whatever came before.
	Password *string
	Kind     ApprovalKind // ApproveSignIn, or ApproveConfirm, which is a yes to Text
	Text     string       // at most AskTextMax characters on one line, shown and signed whole; with ApproveSignIn it may be empty
	Source   netip.Addr   // where the person is, as far as the application knows
	With     string       // what they use there, in words; may be empty
	Shown    bool         // the application shows the person the number
	CodeOnly bool         // it wants a code: no phone is woken
	Key      KeyID        // the one phone to ask; empty: all of the user's
	Life     time.Duration
	// Idempotency is a key of the application's, at most 200 printable ASCII characters: the same request again is the same one.
	// Empty: none.
	Idempotency string
	// Tell is the door whose worker is told when the request has ended, with Data, which is the door's own, at most 8 KiB and sealed
	// ([Callbacks]). Empty: nobody.
	Tell Door
	Data json.RawMessage
}

// Asked is a request that waits. The token is the application's alone; whoever has both can look, cancel and collect.
type Asked struct {
	Token     Token
	ID        SignInID
	Number    string // two digits to show the person; empty where there are none to show
	Notified  bool   // the phones were woken
	Again     bool   // it was asked before, under the same idempotency key
	Locale    string // the person's language, BCP 47; empty: not known
	ExpiresAt time.Time
	Remaining time.Duration // until then; below zero for what is over and was asked before
}

// Ask asks a person's phones in an application's name. Errors: application.denied, one answer in the same time for a name that is
// nobody's, a wrong password, a user who is in none of its groups or has no phone that may answer (the audit log has the reason);
// application.request, .text, .text_long for what cannot be asked of anybody; application.number where it can neither show the
// number nor take codes and is not Plain; code.disabled; application.idempotency; application.slow, sign_in.slow.
func (s *Applications) Ask(ctx context.Context, c Caller, in Asking) (Asked, error) {
	app, err := c.asApplication()
	if err != nil {
		return Asked{}, err
	}
	c.Source, c.With, c.Agent = in.Source, in.With, in.With
	way, err := s.wayOf(app, in)
	if err != nil {
		return Asked{}, err
	}
	if err := s.fits(c, app, in); err != nil {
		return Asked{}, err
	}
	name, err := ParseUserName(in.User)
	if err != nil || in.Password != nil && utf8.RuneCountInString(*in.Password) > passwordMax {
		name = "\x00" // no user's name: the same work and the same answer follow
	}
	try := asker{in: in, app: app, name: name, way: way}
	if in.Password != nil {
		if try.user, try.charge, err = s.chargePassword(ctx, c, name, s.now()); err != nil {
			return Asked{}, AsError(err)
		}
		if try.right, try.renewed, err = s.verifyPassword(ctx, c, try.charge.known, try.user, *in.Password); err != nil {
			return Asked{}, AsError(err)
		}
	}
	asked, err := s.ask(ctx, c, try)
	return asked, wrap(err)
}

// askWay is how a request is answered.
type askWay struct{ number, quiet bool }

// wayOf applies the rules on the number, and checks what is asked. Number matching ties the phone to the page that waits: an
// application that cannot show the number asks for a code, or is Plain by the operator's will.
func (s *Applications) wayOf(app Application, in Asking) (askWay, error) {
	if in.Tell != "" && !slices.Contains(Doors(), in.Tell) || len(in.Data) > askData || len(in.Data) > 0 && !json.Valid(in.Data) {
		return askWay{}, fail(BadInput, "application.request")
	}
	if in.Kind != ApproveSignIn && in.Kind != ApproveConfirm || in.Life != 0 && (in.Life < AskLifeMin || in.Life > ApprovalLife) ||
		len(in.Idempotency) > idempotencyMax || strings.ContainsFunc(in.Idempotency, func(r rune) bool { return r < '!' || r > '~' }) {
		return askWay{}, fail(BadInput, "application.request")
	}
	if (in.Text != "" || in.Kind == ApproveConfirm) && !cleanText(in.Text, AskTextMax) || in.With != "" && !cleanText(in.With, 200) {
		return askWay{}, fail(BadInput, "application.text", "Max", AskTextMax)
	}
	switch {
	case in.CodeOnly && !s.policy.takesCodes():
		return askWay{}, fail(Refused, "code.disabled")
	case in.CodeOnly:
		return askWay{number: s.policy.NumberMatching, quiet: true}, nil
	case in.Shown, !s.policy.NumberMatching:
		return askWay{number: s.policy.NumberMatching}, nil
	case app.Plain:
		return askWay{}, nil
	case s.policy.takesTyped(in.Kind):
		return askWay{number: true, quiet: true}, nil
	}
	return askWay{}, fail(Refused, "application.number")
}

// decoyUser stands for a person about whom nothing may be known: what is made for them costs as much as for anybody, and takes as
// much room in a statement as anybody may beside a text (JSON writes < with six characters).
func decoyUser() User {
	return User{ID: UserID(newID()), DisplayName: strings.Repeat("<", leastName), Locale: "zh-Hant-HK-x"}
}

func decoyKeys() []Key { return []Key{{ID: KeyID(newToken())}} }

// fits reports, without looking at who is asked, whether a statement takes the text whole.
func (s *Applications) fits(c Caller, app Application, in Asking) error {
	if in.Text == "" {
		return nil
	}
	_, err := s.decoy(c, app, in, s.now())
	return wrap(err)
}

func (s *Applications) decoy(c Caller, app Application, in Asking, now time.Time) (Approval, error) {
	c.Locale = ""
	a := Approval{Kind: in.Kind} // false takes more room than true
	return s.newApproval(c, decoyUser(), decoyKeys(), a, wire.Statement{App: app.Name, Text: in.Text}, now)
}

// asker is a request on its way.
type asker struct {
	in      Asking
	app     Application
	name    string
	way     askWay
	user    User // whose password was checked
	charge  charge
	right   bool
	renewed []byte
}

// standing is what is known of the person whom an application asks about.
type standing struct {
	user   User
	active []Key
	known  bool   // the browser has signed in as them before
	reason string // why they cannot be asked; empty: they can
}

// standing reads as much for a name that is nobody's as for anybody's.
func (s *Applications) standing(tx Tx, c Caller, app Application, name string) (st standing, err error) {
	if st.user, err = tx.UserByName(name); errors.Is(err, ErrNoRow) {
		st.user, st.reason = User{}, "unknown"
	} else if err != nil {
		return st, err
	}
	keys, err := tx.KeysOf(st.user.ID)
	if err != nil {
		return st, err
	}
	groups, err := tx.GroupsOf(st.user.ID)
	if err != nil {
		return st, err
	}
	if st.known, err = tx.KnownBrowser(c.Browser.Hash(), st.user.ID); err != nil {
		return st, err
	}
	st.active = activeKeys(keys)
	switch {
	case st.reason != "":
	case !app.admits(groups):
		st.reason = "group"
	case len(st.active) == 0 && slices.ContainsFunc(keys, func(k Key) bool { return k.State == KeySuspended }):
		st.reason = "suspended"
	case len(st.active) == 0:
		st.reason = "no_phone"
	}
	return st, nil
}

// judge is standing with what the request itself says.
func (s *Applications) judge(tx Tx, c Caller, try asker) (standing, error) {
	st, err := s.standing(tx, c, try.app, try.name)
	if err != nil {
		return st, err
	}
	if try.in.Password != nil && st.reason != "unknown" && (!try.right || string(st.user.Password) != string(try.user.Password)) {
		st.reason = "password" // wrong, or changed since it was checked
	}
	if st.reason == "" && try.in.Key != "" {
		st.active = slices.DeleteFunc(st.active, func(k Key) bool { return k.ID != try.in.Key })
		if len(st.active) == 0 {
			st.reason = "phone"
		}
	}
	return st, nil
}

// ask makes the request, or a decoy of one that is thrown away. The statement is signed outside the transaction and names the
// keys of the moment; when they change in between, it is made again.
func (s *Applications) ask(ctx context.Context, c Caller, try asker) (Asked, error) {
	for range 3 {
		now := s.now()
		var st standing
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			st, err = s.judge(tx, c, try)
			return err
		})
		if err != nil {
			return Asked{}, err
		}
		signIn, token := s.newAsk(c, try, st, now)
		approval, err := s.askApproval(c, try, st, signIn, now)
		if err != nil {
			return Asked{}, err
		}
		var out Asked
		var refused error
		var queued bool
		err = s.Store.Update(ctx, func(tx Tx) error {
			out, refused, queued = Asked{}, nil, false
			if again, err := s.askedBefore(tx, try, signIn, now); err != nil || again.ID != "" {
				out = again
				return err
			}
			fresh, err := s.judge(tx, c, try)
			if err != nil {
				return err
			}
			if fresh.reason != st.reason || fresh.user.ID != st.user.ID || st.reason == "" && !sameActive(fresh.active, st.active) {
				return errKeysChanged
			}
			if err := s.chargeAsk(tx, try); err != nil {
				return err
			}
			if st.reason != "" {
				refused = fail(Refused, "application.denied")
				return s.recordDenied(tx, c, try, st, now)
			}
			if queued, err = s.signIns.insertSignIn(tx, c, &signIn, &approval, try.way.quiet, now); err != nil {
				return err
			}
			if err := s.tellAsked(tx, try.in, signIn, token, approval, now); err != nil {
				return err
			}
			out = s.asked(signIn, approval, fresh.user, token, try.in.Shown)
			return s.afterPassword(tx, try, fresh.user, signIn, now)
		})
		if errors.Is(err, errKeysChanged) || errors.Is(err, ErrExists) { // the same idempotency key came in between
			continue
		}
		if err != nil {
			return Asked{}, err
		}
		if refused != nil {
			return Asked{}, refused
		}
		if out.ID == signIn.ID {
			s.notify(approval, queued)
		}
		return out, nil
	}
	return Asked{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// newAsk makes the row of a request. Its token follows from its id, as it is given out again under an idempotency key, and by TokenOf.
func (s *Applications) newAsk(c Caller, try asker, st standing, now time.Time) (SignIn, Token) {
	signIn := SignIn{ID: SignInID(newID()), UserID: st.user.ID, State: SignInPending, Source: c.address(), Agent: cmp.Or(c.Agent, try.app.Name), Known: st.known,
		CreatedAt: now, ExpiresAt: now.Add(SignInLife), ApplicationID: try.app.ID, App: try.app.Name, Asked: try.in.Kind, Text: try.in.Text}
	token := s.askToken(try.app.ID, signIn.ID)
	if try.in.Idempotency != "" {
		signIn.AskKey = s.id.codeHash("application ask", string(try.app.ID), try.in.Idempotency)
		signIn.AskDigest = s.askDigest(try)
	}
	signIn.Token = token.Hash()
	return signIn, token
}

func (b *base) askToken(app ApplicationID, id SignInID) Token {
	return Token(wireB64(b.id.codeHash("application ask token", string(app), string(id))))
}

// askDigest is what two requests under one idempotency key must have alike. A password is checked each time and not part of it:
// a fast hash of one would be a way to guess it.
func (b *base) askDigest(try asker) []byte {
	in := try.in
	raw, err := json.Marshal([]any{try.name, in.Password != nil, in.Kind, in.Text, in.Source, in.With, in.Shown, in.CodeOnly, in.Key, in.Life})
	if err != nil {
		panic(err) // texts, flags and numbers always marshal
	}
	return b.id.codeHash("application ask digest", string(raw))
}

func (s *Applications) askApproval(c Caller, try asker, st standing, signIn SignIn, now time.Time) (Approval, error) {
	if st.reason != "" {
		return s.decoy(c, try.app, try.in, now)
	}
	a := Approval{UserID: st.user.ID, Kind: try.in.Kind, Number: try.way.number, Known: st.known, Subject: string(signIn.ID)}
	if try.in.Life != 0 {
		a.ExpiresAt = now.Add(try.in.Life)
	}
	return s.newApproval(c, st.user, st.active, a, signIn.said(), now)
}

// askedBefore gives what was asked under the same idempotency key; none without one.
func (s *Applications) askedBefore(tx Tx, try asker, signIn SignIn, now time.Time) (Asked, error) {
	if signIn.AskKey == nil || try.in.Password != nil && !try.right {
		return Asked{}, nil
	}
	before, err := tx.SignInByAsk(try.app.ID, signIn.AskKey)
	if errors.Is(err, ErrNoRow) {
		return Asked{}, nil
	}
	if err != nil {
		return Asked{}, err
	}
	if string(before.AskDigest) != string(signIn.AskDigest) {
		return Asked{}, fail(Conflict, "application.idempotency")
	}
	a, err := tx.Approval(before.ApprovalID)
	if err != nil {
		return Asked{}, err
	}
	user, err := tx.User(before.UserID)
	if err != nil {
		return Asked{}, err
	}
	if try.in.Password != nil {
		err = try.charge.giveBack(tx, now)
	}
	out := s.asked(before, a, user, s.askToken(try.app.ID, before.ID), try.in.Shown)
	out.Again = true
	return out, err
}

func (s *Applications) asked(signIn SignIn, a Approval, user User, token Token, shown bool) Asked {
	out := Asked{Token: token, ID: signIn.ID, Notified: a.Notified, Locale: user.Locale, ExpiresAt: a.ExpiresAt, Remaining: a.ExpiresAt.Sub(s.now())}
	if shown && a.Number {
		out.Number = s.id.digits(a.ID)
	}
	return out
}

func (s *Applications) chargeAsk(tx Tx, try asker) error {
	wait, ok, err := asksForUser.take(tx, "asks:"+string(try.app.ID)+":"+s.nameBucket(try.name), 1, s.now())
	if err == nil && !ok {
		err = limited("application.slow", wait)
	}
	return err
}

// recordDenied writes down why nobody was asked, as far as the log takes it.
func (s *Applications) recordDenied(tx Tx, c Caller, try asker, st standing, now time.Time) error {
	_, ok, err := deniedNote.take(tx, "noted:denied:"+string(try.app.ID), 1, now)
	if err != nil || !ok {
		return err
	}
	return s.record(tx, c, now, "application.denied", st.user.ID, "", "application", try.app.ID, "reason", st.reason)
}

// afterPassword gives back what the right password was charged, once a phone is woken or a code is to follow, and keeps a hash with
// newer parameters.
func (s *Applications) afterPassword(tx Tx, try asker, user User, signIn SignIn, now time.Time) error {
	if try.in.Password == nil {
		return nil
	}
	if try.renewed != nil {
		user.Password = try.renewed
		if err := tx.SaveUser(user); err != nil {
			return err
		}
	}
	if !signIn.Notified && !try.way.quiet {
		return nil
	}
	return try.charge.giveBack(tx, now)
}

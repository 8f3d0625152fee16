package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Activations bring a key onto a phone.
type Activations struct{ *base }

func wireB64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// cancelled is the activation without its secrets.
func (a Activation) cancelled() Activation {
	a.State, a.Code, a.Es = ActivationCancelled, nil, nil
	return a
}

// Banner is what the portal shows of the session's activation.
type Banner struct {
	ID        ActivationID
	State     BannerState
	Code      wire.Code // while it is open
	Link      string    // what the QR code holds, while it is open
	Remaining time.Duration
	Life      time.Duration
	Key       *Key     // once one has arrived; removed when it came to nothing
	TriesLeft int      // while digits are to be typed
	Number    string   // the two digits, while another phone is asked
	Phones    []string // and the names of those phones
}

// BannerState is where a session's activation stands for the portal.
type BannerState string

// The banner's states. The others are the states of the key that arrived.
const (
	BannerOpen    BannerState = "open"
	BannerEnded   BannerState = "ended" // cancelled or refused; Start makes a new one
	BannerConfirm BannerState = "confirm"
	BannerApprove BannerState = "approve"
	BannerActive  BannerState = "active"
)

// mayActivate tells whether a session may bring in a key.
func (b *base) mayActivate(s Session, keys []Key) error {
	active, suspended := false, false
	for _, k := range keys {
		active = active || k.State == KeyActive
		suspended = suspended || k.State == KeySuspended
	}
	switch {
	case s.Level == Full && active:
		return nil // that key is asked
	case s.Level == Full: // suspended since: nobody is left to ask, and a session alone does not suffice
		return b.noPhone()
	case active:
		return fail(Refused, "activation.sign_in_first")
	case suspended:
		return fail(Refused, "sign_in.suspended", "ServiceDesk", b.site.ServiceDesk)
	case !s.MayActivate && b.policy.ActivationFirst == FirstByContact:
		return fail(Refused, "activation.contact")
	case !s.MayActivate:
		return fail(Refused, "activation.first", "ServiceDesk", b.site.ServiceDesk)
	}
	return nil
}

// Start makes an activation for the caller's own account, bound to the caller's session. One that the session has open is
// given again until it runs out.
func (s *Activations) Start(ctx context.Context, c Caller) (Banner, error) {
	session, err := c.withSession(Restricted)
	if err != nil {
		return Banner{}, err
	}
	now := s.now()
	var user User
	may := func(tx Tx) error {
		live, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		keys, err := tx.KeysOf(live.UserID)
		if err != nil {
			return err
		}
		if err := s.mayActivate(live, keys); err != nil {
			return err
		}
		if own := present(keys, now); len(own) >= s.policy.MaxKeys {
			return s.tooManyKeys(own)
		}
		user, err = tx.User(live.UserID)
		return err
	}
	if err := s.Store.View(ctx, may); err != nil {
		return Banner{}, AsError(err)
	}
	if current, err := s.Current(ctx, c); err != nil || current.State == BannerOpen {
		return current, err
	}
	a, err := s.newActivation(user, session.ID, now)
	if err != nil {
		return Banner{}, AsError(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		if err := chargeChange(tx, user.ID, now); err != nil {
			return err
		}
		if err := s.makeRoom(tx, user.ID, session.ID); err != nil {
			return err
		}
		if err := tx.InsertActivation(a); err != nil {
			return err
		}
		return s.record(tx, c, now, "activation.offered", user.ID, string(a.ID))
	})
	if err != nil {
		return Banner{}, AsError(err)
	}
	return s.bannerOf(a, nil, now)
}

func (b *base) tooManyKeys(keys []Key) error {
	return fail(Conflict, "activation.limit", "Phone", keys[0].Phone.Name, "Max", b.policy.MaxKeys)
}

// makeRoom cancels the session's own open activation and, of the user's others, the oldest beyond the bound.
func (s *Activations) makeRoom(tx Tx, user UserID, session SessionID) error {
	list, err := tx.ActivationsOf(user, 4*openActivations)
	if err != nil {
		return err
	}
	open := 0
	for _, a := range list {
		if a.State != ActivationOpen {
			continue
		}
		if open++; a.SessionID == session || open >= openActivations {
			if err := tx.SaveActivation(a.cancelled()); err != nil {
				return err
			}
		}
	}
	return nil
}

// newActivation draws the code and the one-use key and signs the offer.
func (s *Activations) newActivation(user User, session SessionID, now time.Time) (Activation, error) {
	a := Activation{ID: ActivationID(newID()), UserID: user.ID, SessionID: session, State: ActivationOpen,
		Handle: make([]byte, 16), Challenge: make([]byte, 32), CreatedAt: now, ExpiresAt: now.Add(ActivationLife)}
	rand.Read(a.Handle)
	rand.Read(a.Challenge)
	code, err := wire.NewCode(nil)
	if err != nil {
		return a, err
	}
	es, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return a, err
	}
	offer := wire.Offer{
		Aud: s.id.serverID, Server: wire.OfferServer{Name: s.site.ServerName, Operator: s.site.Operator}, Keys: s.id.points,
		User: wire.OfferUser{ID: string(user.ID), Name: user.Name, DisplayName: user.DisplayName},
		Es:   es.PublicKey().Bytes(), PIN: wire.PINRules{Min: PINMin, Max: PINMax},
		WebAuthn: wire.WebAuthnOptions{RPID: s.id.rpID, UserHandle: a.Handle, Challenge: a.Challenge},
		Iat:      now.UnixMilli(), Exp: a.ExpiresAt.UnixMilli(),
	}
	jws, digest, err := s.id.sign(wire.TypOffer, offer)
	if err != nil {
		return a, err
	}
	a.Offer, a.OfferMAC = jws, wire.OfferMAC(code.Key(), digest)
	a.CodeID = s.codeID(code.CodeID())
	if a.Code, err = s.id.seal("activations", "code", string(a.ID), []byte(code)); err != nil {
		return a, err
	}
	a.Es, err = s.id.seal("activations", "es", string(a.ID), es.Bytes())
	return a, err
}

// codeID is how a code id is kept: without the server's key nobody finds out from the store which ids exist.
func (s *Activations) codeID(raw []byte) []byte {
	return s.id.codeHash("activation code id", string(raw))
}

// Current tells where the session's newest activation stands; State is BannerEnded when there is none to show. Error:
// session.none once the session has ended.
func (s *Activations) Current(ctx context.Context, c Caller) (Banner, error) {
	now := s.now()
	var a *Activation
	var key *Key
	var asked Banner
	err := s.Store.View(ctx, func(tx Tx) error {
		a, key, asked = nil, nil, Banner{}
		session, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		list, err := tx.ActivationsOf(session.UserID, 4*openActivations)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.SessionID == session.ID {
				a = &x
				break
			}
		}
		if a == nil || a.KeyID == "" {
			return nil
		}
		k, err := tx.Key(a.KeyID)
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		key = &k
		asked, err = s.asked(tx, k, now)
		return err
	})
	if err != nil {
		return Banner{}, AsError(err)
	}
	if a == nil {
		return Banner{State: BannerEnded}, nil
	}
	out, err := s.bannerOf(*a, key, now)
	if out.State == BannerApprove {
		out.Number, out.Phones, out.Remaining, out.Life = asked.Number, asked.Phones, asked.Remaining, ApprovalLife
	}
	return out, err
}

// asked finds the request that asks the user's other phones for a new key.
func (s *Activations) asked(tx Tx, key Key, now time.Time) (Banner, error) {
	if key.StateAt(now) != KeyApprove {
		return Banner{}, nil
	}
	open, err := tx.OpenApprovals(key.UserID, now)
	if err != nil {
		return Banner{}, err
	}
	keys, err := tx.KeysOf(key.UserID)
	if err != nil {
		return Banner{}, err
	}
	for _, a := range open {
		if a.Kind != ApproveKeyAdd || a.Subject != string(key.ID) {
			continue
		}
		out := Banner{Remaining: a.ExpiresAt.Sub(now)}
		if a.Number {
			out.Number = s.id.digits(a.ID)
		}
		for _, k := range activeKeys(keys) {
			if a.Names(k.ID) {
				out.Phones = append(out.Phones, k.Phone.Name)
			}
		}
		return out, nil
	}
	return Banner{}, nil
}

func (s *Activations) bannerOf(a Activation, key *Key, now time.Time) (Banner, error) {
	out := Banner{ID: a.ID, State: BannerEnded, Life: ActivationLife}
	switch {
	case a.State == ActivationOpen && now.Before(a.ExpiresAt):
		raw, err := s.id.open("activations", "code", string(a.ID), a.Code)
		if err != nil {
			return Banner{}, AsError(err)
		}
		out.State, out.Code, out.Remaining = BannerOpen, wire.Code(raw), a.ExpiresAt.Sub(now)
		out.Link = wire.ActivationLink(s.site.PhoneOrigin, out.Code, s.id.points.Signing)
	case key != nil:
		shown := *key
		shown.State = key.StateAt(now)
		out.Key = &shown
		switch shown.State {
		case KeyConfirm, KeyApprove, KeyActive:
			out.State, out.TriesLeft = BannerState(shown.State), ConfirmTries-a.DigitTries
		}
		if shown.State == KeyConfirm {
			out.Remaining, out.Life = key.CreatedAt.Add(ConfirmLife).Sub(now), ConfirmLife
		}
	}
	return out, nil
}

// Topic is what the bus is told when an activation of the caller's account moves on.
func (s *Activations) Topic(c Caller) string {
	if c.session == nil {
		return ""
	}
	return topicOfActivations(c.session.UserID)
}

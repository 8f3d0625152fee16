package client

import (
	"context"
	"crypto/ecdh"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/nodkey/nodkey/wire"
)

// Approval is one thing to say yes or no to. All of it comes from a statement that a pinned key signed and that names
// this phone's user and key.
type Approval struct {
	ID       string
	Key      Key    // the key that may decide
	Kind     string // sign_in, confirm, key_add, key_remove, pin_change, password_change or test
	Locale   string
	App      string
	Who      string
	Address  string // these three may be empty
	Place    string
	With     string
	Known    bool         // the browser has been signed in with before
	Number   bool         // the two digits of the page must be typed
	Text     string       // of an application's: with confirm always, with sign_in perhaps
	NewKey   *wire.NewKey // with key_add
	Item     string       // with key_remove: the phone's name
	IssuedAt time.Time    // by the server's clock
	Expires  time.Time    // by the server's clock

	digest [32]byte
	es     *ecdh.PublicKey
}

const maxStatements = 256

// Approvals asks every server for what is open, newest first for each. A server that fails, or a statement that does not
// hold, becomes an error beside what the others gave.
func (p *Phone) Approvals(ctx context.Context) ([]Approval, error) {
	return p.askAll(ctx, "/approvals", p.read)
}

// askAll asks every server for statements, which read checks.
func (p *Phone) askAll(ctx context.Context, path string, read func(url string, statements []string) ([]Approval, error)) ([]Approval, error) {
	var all []Approval
	var errs []error
	for _, url := range p.servers() {
		var answer wire.Approvals
		err := p.inTime(ctx, url, func() error {
			body, err := p.proofs(url, path)
			if err != nil {
				return err
			}
			return p.call(ctx, request{method: "POST", server: url, path: path, body: body}, &answer)
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.setSkew(url, time.UnixMilli(answer.Now).Sub(p.now()))
		open, err := read(url, answer.Statements)
		all = append(all, open...)
		if err != nil {
			errs = append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

// proofs is the body of a read for all keys at a server.
func (p *Phone) proofs(url, path string) ([]byte, error) {
	var body wire.Proofs
	for _, k := range p.keysAt(url) {
		if len(body.Proofs) == wire.MaxProofs {
			break
		}
		header, err := p.prove(k, "POST", path, nil)
		if err != nil {
			return nil, err
		}
		body.Proofs = append(body.Proofs, header)
	}
	if len(body.Proofs) == 0 {
		return nil, fault("key.unknown", nil)
	}
	return encode(body)
}

// read checks statements. One that names several keys of this phone's is listed once for each.
func (p *Phone) read(url string, statements []string) ([]Approval, error) {
	if len(statements) > maxStatements {
		return nil, fault("answer.wrong", nil)
	}
	keys := p.keysAt(url)
	var open []Approval
	var errs []error
	for _, jws := range statements {
		var last error = fault("statement.wrong", errors.New("it names no key of this phone"))
		found := false
		for _, k := range keys {
			a, err := k.readStatement(jws, p.serverTime(url))
			if err != nil {
				last = err
				continue
			}
			found = true
			if a.Kind == "pin_check" || a.Kind == "push_test" || a.Kind == "messages_open" {
				continue // their askers have them, and nobody answers a push_test
			}
			same := func(b Approval) bool { return b.ID == a.ID && b.Key.ID == a.Key.ID }
			if !slices.ContainsFunc(open, same) {
				open = append(open, a)
			}
		}
		var own *Fault
		if !found && !(errors.As(last, &own) && own.Key == "approval.expired") {
			errs = append(errs, last)
		}
	}
	return open, errors.Join(errs...)
}

// readStatement checks a statement as docs/protocol.md §5.1 wants it.
func (k StoredKey) readStatement(jws string, now time.Time) (Approval, error) {
	a, _, err := k.openStatement(jws)
	if err == nil && !now.Before(a.Expires) {
		return Approval{}, fault("approval.expired", nil)
	}
	return a, err
}

// openStatement checks all of a statement but whether it has expired. challenge is what a code answers, or empty.
func (k StoredKey) openStatement(jws string) (a Approval, challenge string, err error) {
	var m wire.Statement
	parsed, err := open(jws, wire.TypStatement, &m, k.Server.Signing, k.Server.Backup)
	if err != nil {
		return Approval{}, "", fault("statement.wrong", err)
	}
	if err := k.checkStatement(jws, m); err != nil {
		return Approval{}, "", fault("statement.wrong", err)
	}
	a = Approval{ID: m.ID, Key: k.Key, Kind: m.Kind, Locale: m.Locale, App: m.App, Who: m.Who, Address: m.Address, Place: m.Place, With: m.With,
		Known: m.Known, Number: m.Number, Text: m.Text, NewKey: m.NewKey, Item: m.Item,
		IssuedAt: time.UnixMilli(m.Iat), Expires: time.UnixMilli(m.Exp), digest: parsed.Digest}
	if m.Kind == "pin_change" {
		if a.es, err = ecdh.P256().NewPublicKey(m.Es); err != nil {
			return Approval{}, "", fault("statement.wrong", err)
		}
	}
	return a, m.Challenge, nil
}

func (k StoredKey) checkStatement(jws string, m wire.Statement) error {
	shown := []string{m.App, m.Who, m.Address, m.Place, m.With, m.Text, m.Item}
	if m.NewKey != nil {
		shown = append(shown, m.NewKey.ID, m.NewKey.Name)
	}
	switch {
	case len(jws) > wire.MaxStatement:
		return errors.New("it is too long")
	case m.Aud != k.Server.ID, m.User != k.UserID, !slices.Contains(m.Keys, k.ID):
		return errors.New("it is for another server, user or key")
	case !isID(m.ID):
		return errors.New("its id is none")
	case !m.FitsKind():
		return errors.New("its kind is not known, or its members do not fit it")
	case m.App == "" || m.Who == "":
		return errors.New("it does not say for what and for whom")
	case utf8.RuneCountInString(m.Text) > 200, !allReadable(shown):
		return errors.New("it has text that is not to be shown")
	}
	return nil
}

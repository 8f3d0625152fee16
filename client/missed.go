package client

import (
	"context"
	"errors"
	"slices"
)

// Missed asks every server for the sign-ins and the applications' texts that named this phone and ran out with no answer, newest
// first, at most 20 a server, of the last seven days (docs/protocol.md §5.9). Nothing can be decided about them. It says that
// nobody answered that request and no more: it may have been sent again and answered then. Errors are as with Approvals.
func (p *Phone) Missed(ctx context.Context) ([]Approval, error) {
	all, err := p.askAll(ctx, "/approvals/missed", p.readMissed)
	slices.SortStableFunc(all, func(a, b Approval) int { return b.IssuedAt.Compare(a.IssuedAt) })
	return all, err
}

// readMissed checks statements that are over. One that names several keys of this phone's is listed once.
func (p *Phone) readMissed(url string, statements []string) ([]Approval, error) {
	if len(statements) > maxStatements {
		return nil, fault("answer.wrong", nil)
	}
	var missed []Approval
	var errs []error
	for _, jws := range statements {
		a, err := p.readOver(url, jws)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !slices.ContainsFunc(missed, func(b Approval) bool { return b.ID == a.ID }) {
			missed = append(missed, a)
		}
	}
	return missed, errors.Join(errs...)
}

// readOver checks one statement of a request that has ended, against each key that may be named in it.
func (p *Phone) readOver(url, jws string) (Approval, error) {
	var last error = fault("statement.wrong", errors.New("it names no key of this phone"))
	for _, k := range p.keysAt(url) {
		a, _, err := k.openStatement(jws)
		switch {
		case err != nil:
			last = err
		case a.Kind != "sign_in" && a.Kind != "confirm", p.serverTime(url).Before(a.Expires):
			return Approval{}, fault("statement.wrong", errors.New("it is no request that can be missed, or has not ended"))
		default:
			return a, nil
		}
	}
	return Approval{}, last
}

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey"
)

const (
	keySetFresh = 15 * time.Minute // that a fetched key set is taken as it is
	keySetAgain = time.Minute      // between two fetches of one application's, whatever is asked
	keySetMost  = 64 << 10         // bytes
	keySetLast  = 24 * time.Hour   // that one counts which cannot be fetched again
	keySetWait  = 10 * time.Second // for one
)

// fetchedKeys are the key sets of applications that publish them (jwks_uri). There are as many as such applications.
type fetchedKeys struct {
	mu  sync.Mutex
	set map[nodkey.ApplicationID]*fetchedSet
}

type fetchedSet struct {
	mu   sync.Mutex // held while it is fetched: whoever comes meanwhile has the same
	uri  string
	at   time.Time // of the last fetch, that failed or not
	got  time.Time // when keys came
	keys *jose.JSONWebKeySet
}

// keySets gives the keys that an application may have signed with. One with a kid that is not among those that were fetched has them
// fetched again.
func (d *Door) keySets(ctx context.Context, found client, kid string) []jose.JSONWebKeySet {
	if found.settings.JWKS != nil {
		return []jose.JSONWebKeySet{*found.settings.JWKS}
	}
	if found.settings.JWKSURI == "" {
		return nil
	}
	d.fetched.mu.Lock()
	f := d.fetched.set[found.ID]
	if f == nil || f.uri != found.settings.JWKSURI {
		f = &fetchedSet{uri: found.settings.JWKSURI}
		d.fetched.set[found.ID] = f
	}
	d.fetched.mu.Unlock()

	f.mu.Lock()
	defer f.mu.Unlock()
	if d.clock.Now().Sub(f.got) >= keySetLast { // a key that was taken out of the set ends, too, where somebody keeps the set from being fetched
		f.keys = nil
	}
	age := d.clock.Now().Sub(f.at)
	unknown := f.keys == nil || kid != "" && len(f.keys.Key(kid)) == 0
	if age >= keySetFresh || unknown && age >= keySetAgain {
		keys, err := d.fetchKeys(ctx, f.uri)
		f.at = d.clock.Now()
		if err != nil {
			d.log.WarnContext(ctx, "an application's key set cannot be fetched", slog.String("application", string(found.ID)), slog.Any("error", err))
		} else {
			f.keys, f.got = keys, f.at
		}
	}
	if f.keys == nil {
		return nil
	}
	return []jose.JSONWebKeySet{*f.keys}
}

// fetchKeys fetches a key set. Whoever asks may hang up meanwhile: it is for all who ask after them.
func (d *Door) fetchKeys(ctx context.Context, uri string) (*jose.JSONWebKeySet, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keySetWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := d.Client.Do(r)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer func() { _ = answer.Body.Close() }() // all of it that counts was read
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("the answer is " + answer.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, keySetMost+1))
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	switch {
	case len(raw) > keySetMost:
		return nil, errors.New("the key set is too large")
	case json.Unmarshal(raw, &set) != nil:
		return nil, errors.New("the answer is no key set")
	}
	set.Keys = set.Keys[:min(len(set.Keys), maxKeys)]
	return &set, nil
}

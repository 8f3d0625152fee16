package nodkey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// forwardStale is how long what was read from the store counts in this process without being looked at again. What this process
// writes counts at once.
const forwardStale = time.Second

// forwardVisits bounds what is kept of cookies.
const forwardVisits = 20_000

// countedStore counts the changes of a store, so that what was read before one is known to be old. The count rises before the change is
// acknowledged to whoever made it.
type countedStore struct {
	Store
	writes atomic.Uint64
}

// Update is [Store.Update].
func (s *countedStore) Update(ctx context.Context, change func(Tx) error) error {
	defer s.writes.Add(1) // also of one that failed: it may be on the disk all the same
	return s.Store.Update(ctx, change)
}

// forwardVisit is what a cookie stands for.
type forwardVisit struct {
	grant       GrantID
	application ApplicationID
	origin      string
	expires     time.Time
	person      ForwardPerson
	who         ForwardWho
}

// forwardMemory keeps what was read of cookies a moment ago. Whoever knocks with made-up ones fills nothing.
type forwardMemory struct {
	store *countedStore
	mu    sync.RWMutex
	known map[TokenHash]rememberedVisit
}

type rememberedVisit struct {
	visit  forwardVisit
	writes uint64    // before it was read
	at     time.Time // when
}

// get gives what is known of a cookie. writes is for put, where nothing is.
func (m *forwardMemory) get(hash TokenHash, now time.Time) (v forwardVisit, writes uint64, ok bool) {
	writes = m.store.writes.Load() // before the lookup, and before what is read where there is nothing
	m.mu.RLock()
	kept, ok := m.known[hash]
	m.mu.RUnlock()
	if !ok || kept.writes != writes || now.Sub(kept.at) >= forwardStale || now.Before(kept.at) {
		return v, writes, false
	}
	return kept.visit, writes, true
}

// put keeps what was read after get gave writes.
func (m *forwardMemory) put(hash TokenHash, v forwardVisit, writes uint64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = make(map[TokenHash]rememberedVisit)
	}
	if _, there := m.known[hash]; !there && len(m.known) >= forwardVisits {
		maps.DeleteFunc(m.known, func(_ TokenHash, old rememberedVisit) bool {
			return old.writes != writes || now.Sub(old.at) >= forwardStale
		})
		for some := range m.known { // all of them of this second: any one makes room
			if len(m.known) < forwardVisits {
				break
			}
			delete(m.known, some)
		}
	}
	m.known[hash] = rememberedVisit{v, writes, now}
}

// forwardSite is an application at one of its hosts.
type forwardSite struct {
	app Application
	ForwardSettings
	wrong error // why nothing is let through there; nil: all is well
}

// forwardSites are the hosts of all applications behind proxies.
type forwardSites struct {
	by     map[string]*forwardSite
	writes uint64
	at     time.Time
}

// site finds the application of a host.
func (s *Forwards) site(ctx context.Context, origin string) (*forwardSite, error) {
	sites, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	site := sites.by[origin]
	switch {
	case site == nil:
		return nil, fail(NotFound, "forward.unknown")
	case site.wrong != nil:
		return nil, fail(NotFound, "forward.unknown").because(site.wrong)
	}
	return site, nil
}

// current gives the hosts, read again if anything may have changed.
func (s *Forwards) current(ctx context.Context) (*forwardSites, error) {
	if sites := s.sites.Load(); s.fresh(sites) {
		return sites, nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	if sites := s.sites.Load(); s.fresh(sites) { // somebody was first
		return sites, nil
	}
	sites := &forwardSites{by: make(map[string]*forwardSite), writes: s.memory.store.writes.Load(), at: s.now()}
	list, err := s.apps.At(ctx, DoorForward)
	if err != nil {
		return nil, err
	}
	for _, info := range list {
		settings, err := ParseForwardSettings(info.Settings)
		site := &forwardSite{app: info.Application, ForwardSettings: settings}
		if err != nil {
			site.wrong = fmt.Errorf("the settings of %s: %w", info.ID, err)
		}
		for _, origin := range settings.Origins {
			at := site
			if other := sites.by[origin]; other != nil {
				at = &forwardSite{app: site.app, wrong: errors.Join(fmt.Errorf("%s is a host of %s and of %s", origin, other.app.ID, info.ID), other.wrong)}
			}
			sites.by[origin] = at
		}
	}
	s.sites.Store(sites)
	return sites, nil
}

func (s *Forwards) fresh(sites *forwardSites) bool {
	if sites == nil || sites.writes != s.memory.store.writes.Load() {
		return false
	}
	age := s.now().Sub(sites.at)
	return age >= 0 && age < forwardStale
}

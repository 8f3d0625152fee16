package client

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Config is what a Phone needs from around it.
type Config struct {
	// HTTP makes the requests; nil means NewHTTPClient(nil).
	HTTP *http.Client
	// Save stores the state whenever it changed, durably before it returns: a submission is stored before it is sent. nil
	// keeps it in memory only. It is called by one goroutine at a time.
	Save func(State) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Facts is what the phone says of itself; ID, Name and an empty Platform and App are filled in.
	Facts wire.PhoneFacts
}

// Phone is one installation with its keys. It is safe for concurrent use.
type Phone struct {
	http  *http.Client
	save  func(State) error
	now   func() time.Time
	facts wire.PhoneFacts
	pace  pace

	mu    sync.Mutex
	state State
	skew  map[string]time.Duration // by server URL: the server's clock minus this one
}

// pace is how long is waited before trying again.
type pace struct{ first, most, silence time.Duration }

// New makes a phone from its stored state, or a new one from the zero State.
func New(c Config, state State) (*Phone, error) {
	state, err := newState(state)
	if err != nil {
		return nil, err
	}
	p := &Phone{http: c.HTTP, save: c.Save, now: c.Now, facts: c.Facts, state: state, skew: make(map[string]time.Duration),
		pace: pace{first: 500 * time.Millisecond, most: 30 * time.Second, silence: time.Minute}}
	if p.http == nil {
		p.http = NewHTTPClient(nil)
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.save == nil {
		p.save = func(State) error { return nil }
	}
	if p.facts.Platform == "" {
		p.facts.Platform = "terminal"
	}
	if p.facts.App == "" {
		p.facts.App = "nodkey"
	}
	p.facts.ID = state.PhoneID
	return p, nil
}

// Keys lists the keys in the order in which they came, those without a receipt left out.
func (p *Phone) Keys() []Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := make([]Key, 0, len(p.state.Keys))
	for _, k := range p.state.Keys {
		keys = append(keys, k.Key)
	}
	return keys
}

// PendingKeys lists the keys whose submission has no receipt yet.
func (p *Phone) PendingKeys() []Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := make([]Key, 0, len(p.state.Pending))
	for _, pending := range p.state.Pending {
		keys = append(keys, pending.Key.Key)
	}
	return keys
}

// State gives a copy of all that the phone keeps, secrets included.
func (p *Phone) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.copyState()
}

func (p *Phone) copyState() State {
	s := p.state
	s.Keys, s.Pending = slices.Clone(s.Keys), slices.Clone(s.Pending)
	return s
}

// change changes the state and stores it; when storing fails, nothing has changed.
func (p *Phone) change(how func(*State)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.state
	changed := p.copyState()
	how(&changed)
	p.state = changed
	if err := p.save(p.copyState()); err != nil {
		p.state = before
		return fmt.Errorf("storing the phone's state: %w", err)
	}
	return nil
}

func (p *Phone) key(id string) (StoredKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.state.Keys {
		if k.ID == id {
			return k, nil
		}
	}
	return StoredKey{}, fault("key.unknown", nil)
}

// keysAt gives the keys at one server that are not removed.
func (p *Phone) keysAt(url string) []StoredKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	var keys []StoredKey
	for _, k := range p.state.Keys {
		if k.Server.URL == url && k.State != "removed" {
			keys = append(keys, k)
		}
	}
	return keys
}

// servers lists the addresses of all servers with a key that is not removed.
func (p *Phone) servers() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var urls []string
	for _, k := range p.state.Keys {
		if k.State != "removed" && !slices.Contains(urls, k.Server.URL) {
			urls = append(urls, k.Server.URL)
		}
	}
	return urls
}

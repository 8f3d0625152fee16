package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// MaxLength is the most code points that a password may have, as typed.
const MaxLength = 256

var (
	// ErrBusy says that there is no place in the queue for this source now.
	ErrBusy = errors.New("password: too many are waiting")

	// ErrClosed is returned after Close.
	ErrClosed = errors.New("password: the pool is closed")

	// ErrPassword is returned by Hash for a password that is longer than MaxLength
	// or not UTF-8. Verify takes it for a wrong one, since no hash has it.
	ErrPassword = fmt.Errorf("password: longer than %d code points, or not UTF-8", MaxLength)
)

// Config is what a pool is made of. Zero values stand for the defaults.
type Config struct {
	Params Params // of new hashes; default DefaultParams

	// Workers is how many hashes run at once; default one a processor that Go may
	// use. Together they take Workers × Params.Memory.
	Workers int

	PerSource int // requests of one source that may wait, known browsers counted apart; default 8
	Waiting   int // requests that may wait in all; default 64
	Reserved  int // of Waiting, places for known browsers only; default a quarter; below 0 none
}

// Request says whom a hash is for.
type Request struct {
	// Source is the address prefix that the request came from, normalised by the
	// caller: an IPv4 address, the /64 of an IPv6 one.
	Source string

	// Known is whether the browser proved that this user signed in with it before.
	// It is never what the browser merely says of itself.
	Known bool
}

// Pool runs a bounded number of hashes at once and queues the rest fairly, see the
// package comment. It is safe for concurrent use.
type Pool struct {
	params  Params
	dummy   hash
	derive  func(password, salt []byte, p Params, length int) []byte
	workers int
	work    sync.WaitGroup

	mu     sync.Mutex
	queue  *queue // empty unless all workers are active
	active int    // workers, that is, hashes running
	closed bool
}

// job is one hash to derive. The result channel holds one, so that a worker never
// waits for a listener that left.
type job struct {
	Request
	password []byte
	salt     []byte
	params   Params
	length   int
	result   chan []byte // closed without a value when the pool closes
}

// New returns a pool. It panics when the parameters are out of bounds, which
// [Params.Check] tells before.
func New(c Config) *Pool {
	return newPool(c, func(password, salt []byte, p Params, length int) []byte {
		return argon2.IDKey(password, salt, p.Passes, p.Memory, p.Lanes, uint32(length))
	})
}

func newPool(c Config, derive func(password, salt []byte, p Params, length int) []byte) *Pool {
	if c.Params == (Params{}) {
		c.Params = DefaultParams()
	}
	if err := c.Params.Check(); err != nil {
		panic(err)
	}
	setDefault(&c.Workers, runtime.GOMAXPROCS(0))
	setDefault(&c.PerSource, 8)
	setDefault(&c.Waiting, 64)
	if c.Reserved == 0 {
		c.Reserved = c.Waiting / 4
	}
	return &Pool{
		params:  c.Params,
		dummy:   hash{c.Params, randomBytes(saltLength), randomBytes(tagLength)},
		derive:  derive,
		workers: c.Workers,
		queue:   newQueue(c.PerSource, c.Waiting, min(max(c.Reserved, 0), c.Waiting)),
	}
}

// Close refuses what waits and what comes with ErrClosed, and returns when the
// hashes that were running are done.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	for j := p.queue.pop(); j != nil; j = p.queue.pop() {
		close(j.result)
	}
	p.mu.Unlock()
	p.work.Wait()
}

// Hash returns the PHC string of a new hash of password. Errors: ErrPassword,
// ErrBusy, ErrClosed, or the context's.
func (p *Pool) Hash(ctx context.Context, from Request, password string) (phc string, err error) {
	normal, err := normalise(password)
	if err != nil {
		return "", err
	}
	h := hash{params: p.params, salt: randomBytes(saltLength)}
	h.tag, err = p.run(ctx, from, normal, h.salt, h.params, tagLength)
	if err != nil {
		return "", err
	}
	return h.String(), nil
}

// Verify tells whether password is the one that phc was made from, in a time that
// does not depend on how much of it is right. An empty phc stands for a name that
// does not exist: the same work is done and the answer is no.
//
// rehash is true when password is right and phc has other parameters than the
// pool: store a new [Pool.Hash] of it. Errors: ErrHash for a phc that cannot be
// read, ErrBusy, ErrClosed, or the context's. With an error, nothing is known about
// the password. One that [Pool.Hash] would refuse is wrong at once and for every
// name alike.
func (p *Pool) Verify(ctx context.Context, from Request, phc string, password string) (ok, rehash bool, err error) {
	stored := p.dummy
	if phc != "" {
		if stored, err = parseHash(phc); err != nil {
			return false, false, err
		}
	}
	normal, err := normalise(password)
	if err != nil {
		return false, false, nil //nolint:nilerr // not an error but an answer, see above
	}
	tag, err := p.run(ctx, from, normal, stored.salt, stored.params, len(stored.tag))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(tag, stored.tag) == 1 && phc != ""
	current := stored.params == p.params && len(stored.salt) == saltLength && len(stored.tag) == tagLength
	return ok, ok && !current, nil
}

// Load is how much a pool has to do, for metrics.
type Load struct {
	Running, Waiting int
}

// Load returns how many hashes run and how many requests wait.
func (p *Pool) Load() Load {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Load{Running: p.active, Waiting: p.queue.waiting()}
}

// run queues one derivation and waits for it.
func (p *Pool) run(ctx context.Context, from Request, password, salt []byte, params Params, length int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &job{Request: from, password: password, salt: salt, params: params, length: length, result: make(chan []byte, 1)}
	if err := p.submit(j); err != nil {
		return nil, err
	}
	select {
	case tag, ok := <-j.result:
		if !ok {
			return nil, ErrClosed
		}
		return tag, nil
	case <-ctx.Done():
		p.mu.Lock()
		p.queue.remove(j)
		p.mu.Unlock()
		return nil, ctx.Err()
	}
}

func (p *Pool) submit(j *job) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if p.active < p.workers {
		p.active++
		p.queue.begin(j)
		p.work.Go(func() { p.workFrom(j) })
		return nil
	}
	if !p.queue.push(j) {
		return ErrBusy
	}
	return nil
}

// workFrom is one worker: it derives j, and what the queue says is next until
// nothing waits. A worker lives only while there is work.
func (p *Pool) workFrom(j *job) {
	for j != nil {
		j.result <- p.derive(j.password, j.salt, j.params, j.length)
		p.mu.Lock()
		p.queue.done(j)
		if j = p.queue.pop(); j == nil {
			p.active--
		}
		p.mu.Unlock()
	}
}

// normalise returns what is hashed of a password, see the package comment.
func normalise(password string) ([]byte, error) {
	if len(password) > MaxLength*utf8.UTFMax || !utf8.ValidString(password) || utf8.RuneCountInString(password) > MaxLength {
		return nil, ErrPassword
	}
	return norm.NFKC.Bytes([]byte(password)), nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

func setDefault(n *int, value int) {
	if *n <= 0 {
		*n = value
	}
}

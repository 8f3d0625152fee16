package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	maxBatch  = 64               // updates that share a commit at most
	maxQueue  = 1024             // updates that wait at most; more wait to be let in
	busyBound = 10 * time.Second // how long another process may keep the write lock
	busyPause = 2 * time.Millisecond
)

// ErrBusy is what an Update gets when another process kept the database locked for too long. Nothing was done.
var ErrBusy error = unavailable("sqlstore: another process keeps the database locked")

// errAbandoned stands for the outcome of a closure that panicked or ended its goroutine. Nobody waits for it.
var errAbandoned = errors.New("sqlstore: the closure did not return")

// writer owns the one connection that writes. See the package comment.
type writer struct {
	conn     *conn
	patience time.Duration // with another process that has the write lock
	queue    chan *job
	stop     chan struct{} // closed: take no more in
	stopped  chan struct{} // closed: the loop has ended, no turn comes any more
	updates  atomic.Uint64
	commits  atomic.Uint64
}

// job is one Update. The writer hands it turns: run the closure with this Tx, as often as need be, and then an outcome.
type job struct {
	ctx    context.Context
	taken  atomic.Bool // by the writer, to be run; or by its caller, who withdrew it
	turn   chan turn   // room for one: the writer never waits to hand one over
	result chan error  // room for one: what the closure returned

	// The writer's own.
	claimed bool
	err     error // what the closure returned last
}

// turn is either a Tx to run the closure with, or the end.
type turn struct {
	tx  *tx
	err error
}

func newWriter(c *conn) *writer {
	return &writer{
		conn: c, patience: busyBound, queue: make(chan *job, maxQueue), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

func (w *writer) update(ctx context.Context, change func(nodkey.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.stop:
		return ErrClosed
	default:
	}
	j := &job{ctx: ctx, turn: make(chan turn, 1), result: make(chan error, 1)}
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return ErrClosed
	}
	for {
		next, err := j.wait(w.stopped)
		if err != nil {
			return err
		}
		if next.tx == nil {
			return next.err
		}
		j.run(next.tx, change)
	}
}

// wait gives the next turn, or the reason why none will come.
func (j *job) wait(stopped <-chan struct{}) (turn, error) {
	select {
	case next := <-j.turn:
		return next, nil
	case <-j.ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return turn{}, j.ctx.Err()
		}
		return <-j.turn, nil
	case <-stopped:
		select {
		case next := <-j.turn:
			return next, nil
		default: // it got into the queue after the loop had looked for the last time
			return turn{}, ErrClosed
		}
	}
}

// run runs the closure and tells the writer, even when the closure panics or ends the goroutine.
func (j *job) run(t *tx, change func(nodkey.Tx) error) {
	err := errAbandoned
	defer func() {
		t.conn = nil
		j.result <- err
	}()
	err = change(t)
	if err == nil {
		err = t.err
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	batch := make([]*job, 0, maxBatch)
	for {
		select {
		case j := <-w.queue:
			batch = append(batch[:0], j)
		case <-w.stop:
			select {
			case j := <-w.queue:
				batch = append(batch[:0], j)
			default:
				return
			}
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case j := <-w.queue:
				batch = append(batch, j)
			default:
				more = false
			}
		}
		w.commit(batch)
		clear(batch)
	}
}

// commit runs a batch in one transaction, or in several when one of its closures breaks the transaction that it shares.
func (w *writer) commit(batch []*job) {
	for len(batch) > 0 {
		ran, rest := w.together(batch)
		for _, j := range ran { // their transaction was lost through no fault of theirs
			w.together([]*job{j})
		}
		batch = rest
	}
}

// together runs a batch in one transaction and hands out the outcomes. When a closure makes the engine drop the
// transaction, it hands that closure its error and gives back those that ran before it, to be run again, and those that
// did not run yet.
func (w *writer) together(batch []*job) (again, rest []*job) {
	if err := w.begin(); err != nil {
		for _, j := range batch {
			if j.claim() {
				j.turn <- turn{err: err}
			}
		}
		return nil, nil
	}
	ran := make([]*job, 0, len(batch))
	for i, j := range batch {
		if !j.claim() {
			continue
		}
		if err := j.ctx.Err(); err != nil {
			j.turn <- turn{err: err}
			continue
		}
		if !w.one(j) {
			w.rollback()
			j.turn <- turn{err: j.err}
			return ran, batch[i+1:]
		}
		if j.err != errAbandoned { // whose caller takes no turn any more
			ran = append(ran, j)
		}
	}
	if _, err := w.conn.exec("COMMIT"); err != nil {
		w.rollback()
		for _, j := range ran {
			j.turn <- turn{err: fmt.Errorf("sqlstore: commit: %w", err)}
		}
		return nil, nil
	}
	w.commits.Add(1)
	w.updates.Add(uint64(len(ran)))
	for _, j := range ran {
		j.turn <- turn{err: j.err}
	}
	return nil, nil
}

// claim takes a job to be run; false when its caller has withdrawn it.
func (j *job) claim() bool {
	j.claimed = j.claimed || j.taken.CompareAndSwap(false, true)
	return j.claimed
}

// begin takes the write lock, which another process may hold. It asks more often than the engine's own busy handler
// would: a busy server lets go of the lock only for moments.
func (w *writer) begin() error {
	var deadline time.Time
	for {
		_, err := w.conn.exec("BEGIN IMMEDIATE")
		switch {
		case err == nil:
			return nil
		case !isBusy(err):
			return fmt.Errorf("sqlstore: begin: %w", err)
		case deadline.IsZero():
			deadline = time.Now().Add(w.patience)
		case time.Now().After(deadline):
			return ErrBusy
		}
		time.Sleep(rand.N(busyPause))
	}
}

// one gives a job its turn and keeps or undoes what it did; false when the transaction is lost.
func (w *writer) one(j *job) bool {
	if _, err := w.conn.exec("SAVEPOINT change"); err != nil {
		j.err = fmt.Errorf("sqlstore: savepoint: %w", err)
		return false
	}
	j.turn <- turn{tx: &tx{ctx: j.ctx, conn: w.conn}}
	j.err = <-j.result
	if j.err != nil {
		if _, err := w.conn.exec("ROLLBACK TO change"); err != nil {
			return false
		}
	}
	if _, err := w.conn.exec("RELEASE change"); err != nil {
		if j.err == nil {
			j.err = fmt.Errorf("sqlstore: savepoint: %w", err)
		}
		return false
	}
	return true
}

// rollback ends a transaction that failed. Its error is of no interest: mostly it says that the engine has done so.
func (w *writer) rollback() { w.conn.exec("ROLLBACK") }

// close lets what is queued run, then closes the connection; the last one of all processes folds the log into the file.
func (w *writer) close() error {
	close(w.stop)
	<-w.stopped
	return w.conn.close()
}

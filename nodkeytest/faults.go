package nodkeytest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/nodkey/nodkey"
)

// Log takes what a server writes down; it may be read meanwhile.
type Log struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

// Write takes one entry.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes.Write(p)
}

// String gives everything written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes.String()
}

// FaultText is what a FaultyStore fails with: it must be seen in the log and nowhere else.
const FaultText = "no such column: wombat (SELECT secret FROM burrow)"

// FaultyStore is a store that fails while it is told to.
type FaultyStore struct {
	nodkey.Store
	Failing atomic.Bool
}

// View fails, or reads.
func (s *FaultyStore) View(ctx context.Context, read func(nodkey.Tx) error) error {
	if s.Failing.Load() {
		return errors.New(FaultText)
	}
	return s.Store.View(ctx, read)
}

// Update fails, or writes.
func (s *FaultyStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	if s.Failing.Load() {
		return errors.New(FaultText)
	}
	return s.Store.Update(ctx, change)
}

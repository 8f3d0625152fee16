package password

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
)

// gated is a pool whose hashes run only when the test says so: started receives
// the password of each one that begins, which ends at a value in release.
type gated struct {
	*Pool
	started chan string
	release chan struct{}
}

func newGated(c Config) gated {
	g := gated{started: make(chan string), release: make(chan struct{})}
	g.Pool = newPool(c, func(password, _ []byte, _ Params, length int) []byte {
		g.started <- string(password)
		<-g.release
		return make([]byte, length)
	})
	return g
}

// queue submits without waiting for the result, so that tests know the order.
func (g gated) queue(source, password string, known bool) (*job, error) {
	j := &job{
		Request: Request{Source: source, Known: known}, password: []byte(password),
		params: cheap, length: tagLength, result: make(chan []byte, 1),
	}
	return j, g.submit(j)
}

// One source with all the places it can get, on two workers; then somebody else
// comes with one request. Two hashes run already; theirs is the third.
func TestAFloodDelaysASingleRequestByTheRunningOnesOnly(t *testing.T) {
	const workers = 2
	g := newGated(Config{Params: cheap, Workers: workers})
	flood := 0
	for {
		if _, err := g.queue("flood", "flood", false); err == ErrBusy {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if flood++; flood <= workers {
			<-g.started
		}
	}
	if want := workers + 8; flood != want {
		t.Errorf("the flood got %d places, want %d", flood, want)
	}
	if got := g.Load(); got != (Load{Running: workers, Waiting: flood - workers}) {
		t.Errorf("Load = %+v", got)
	}
	if _, err := g.queue("someone", "single", false); err != nil {
		t.Fatal(err)
	}
	g.release <- struct{}{}
	if next := <-g.started; next != "single" {
		t.Errorf("the next hash is of %q, want the single request", next)
	}
	for range flood - workers {
		g.release <- struct{}{}
		<-g.started
	}
	for range workers {
		g.release <- struct{}{}
	}
	g.Close()
}

func TestKnownBrowserHasAPlaceWhenAllOthersAreTaken(t *testing.T) {
	g := newGated(Config{Params: cheap, Workers: 1, PerSource: 1, Waiting: 4, Reserved: 1})
	for i := range 4 { // one runs, three wait
		if _, err := g.queue(fmt.Sprint("source", i), "stranger", false); err != nil {
			t.Fatal(err)
		}
	}
	<-g.started
	if _, err := g.queue("source9", "stranger", false); err != ErrBusy {
		t.Errorf("a fourth stranger waits: %v, want ErrBusy", err)
	}
	if _, err := g.queue("source1", "known", true); err != nil {
		t.Errorf("a known browser behind a source that waits: %v", err)
	}
	if _, err := g.queue("source1", "known", true); err != ErrBusy {
		t.Errorf("more than all places: %v, want ErrBusy", err)
	}
	g.release <- struct{}{}
	if next := <-g.started; next != "known" {
		t.Errorf("the next hash is of %q, want the known browser", next)
	}
	for range 3 {
		g.release <- struct{}{}
		<-g.started
	}
	g.release <- struct{}{}
	g.Close()
}

func TestBusyReachesTheCaller(t *testing.T) {
	g := newGated(Config{Params: cheap, Workers: 1, PerSource: 1})
	for range 2 {
		if _, err := g.queue(someone.Source, "x", false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.Hash(t.Context(), someone, "x"); err != ErrBusy {
		t.Errorf("Hash: %v, want ErrBusy", err)
	}
	if ok, _, err := g.Verify(t.Context(), someone, good, "x"); ok || err != ErrBusy {
		t.Errorf("Verify: %v, %v, want ErrBusy", ok, err)
	}
	for range 2 {
		<-g.started
		g.release <- struct{}{}
	}
	g.Close()
}

func TestCancelledRequestLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated(Config{Params: cheap, Workers: 1})
		if _, err := g.queue("first", "first", false); err != nil {
			t.Fatal(err)
		}
		<-g.started
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			_, err := g.Hash(ctx, someone, "cancelled")
			result <- err
		}()
		synctest.Wait()
		if got := g.Load(); got.Waiting != 1 {
			t.Fatalf("%d wait, want 1", got.Waiting)
		}
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("Hash: %v, want context.Canceled", err)
		}
		if got := g.Load(); got.Waiting != 0 {
			t.Errorf("%d still wait", got.Waiting)
		}
		if _, err := g.queue("last", "last", false); err != nil {
			t.Fatal(err)
		}
		g.release <- struct{}{}
		if next := <-g.started; next != "last" {
			t.Errorf("the next hash is of %q, want the last", next)
		}
		g.release <- struct{}{}
		g.Close()

		if _, err := g.Hash(ctx, someone, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that had ended: %v, want context.Canceled", err)
		}
	})
}

func TestCancelledRequestDoesNotWaitForItsRunningHash(t *testing.T) {
	g := newGated(Config{Params: cheap, Workers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := g.Hash(ctx, someone, "x")
		result <- err
	}()
	<-g.started
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: %v, want context.Canceled", err)
	}
	g.release <- struct{}{}
	g.Close()
}

func TestCloseRefusesWhatWaitsAndWhatComes(t *testing.T) {
	synctest.Test(t, testClose)
}

func testClose(t *testing.T) {
	g := newGated(Config{Params: cheap, Workers: 1})
	running, err := g.queue("a", "running", false)
	if err != nil {
		t.Fatal(err)
	}
	<-g.started
	waiting := make(chan error, 1)
	go func() {
		_, err := g.Hash(t.Context(), someone, "waiting")
		waiting <- err
	}()
	synctest.Wait()
	closed := make(chan struct{})
	go func() {
		g.Close()
		close(closed)
	}()
	if err := <-waiting; err != ErrClosed {
		t.Errorf("a request that waited: %v, want ErrClosed", err)
	}
	if _, err := g.Hash(t.Context(), someone, "x"); err != ErrClosed {
		t.Errorf("Hash after Close: %v, want ErrClosed", err)
	}
	synctest.Wait()
	select {
	case <-closed:
		t.Error("Close returned before the running hash was done")
	default:
	}
	g.release <- struct{}{}
	<-closed
	if _, ok := <-running.result; !ok {
		t.Error("the hash that was running came to nothing")
	}
}

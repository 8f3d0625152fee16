package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Event is what a stream tells. Server says whose it is.
type Event struct {
	Kind      string     // approvals, keys, messages (a box there has changed; see Unread), online, offline or fault
	Server    string     // URL of the phone host
	Approvals []Approval // with approvals: all that are open there
	Keys      []Key      // with keys: the keys there, as they are now
	Err       error      // with offline: why; with fault: what was left out
}

// Stream keeps a stream open to each server and calls handle for every event, one at a time, until ctx ends, handle
// returns an error, or no key is left. A stream that breaks off is opened again, after a wait that grows to half a minute.
// It returns handle's error, or ctx's.
func (p *Phone) Stream(ctx context.Context, handle func(Event) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var one sync.Mutex
	tell := func(e Event) error {
		one.Lock()
		defer one.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := handle(e)
		if err != nil {
			stop(err)
		}
		return err
	}
	var all sync.WaitGroup
	for _, url := range p.servers() {
		all.Go(func() { p.follow(ctx, url, tell) })
	}
	all.Wait()
	return context.Cause(ctx)
}

// follow opens streams to one server, one after the other.
func (p *Phone) follow(ctx context.Context, url string, tell func(Event) error) {
	wait := p.pace.first
	for ctx.Err() == nil && len(p.keysAt(url)) > 0 {
		heard, err := p.listen(ctx, url, tell)
		if ctx.Err() != nil {
			return
		}
		if heard {
			wait = p.pace.first
		}
		pause := wait/2 + rand.N(wait) // so that a thousand phones do not come back in the same moment
		var api *APIError
		if errors.As(err, &api) && api.RetryAfter > pause {
			pause = api.RetryAfter
		}
		if !errors.Is(err, errBye) && tell(Event{Kind: "offline", Server: url, Err: err}) != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		wait = min(2*wait, p.pace.most)
	}
}

var (
	errBye    = errors.New("the server closed the stream")
	errSilent = errors.New("the server went silent")
)

// listen reads one stream until it ends. heard is true when it brought something.
func (p *Phone) listen(ctx context.Context, url string, tell func(Event) error) (heard bool, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	silence := time.AfterFunc(p.pace.silence, func() { stop(errSilent) })
	defer silence.Stop()
	err = p.inTime(ctx, url, func() error {
		body, err := p.proofs(url, "/stream")
		if err != nil {
			return err
		}
		res, err := p.send(ctx, request{method: "POST", server: url, path: "/stream", body: body})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if err := tell(Event{Kind: "online", Server: url}); err != nil {
			return err
		}
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(make([]byte, 0, 4<<10), wire.MaxBody)
		for lines.Scan() {
			silence.Reset(p.pace.silence)
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			if err := p.line(ctx, url, lines.Bytes(), tell); err != nil {
				return err
			}
			heard = true
		}
		if err := lines.Err(); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	})
	if errors.Is(context.Cause(ctx), errSilent) {
		err = errSilent
	}
	return heard, err
}

// line handles one line of a stream.
func (p *Phone) line(ctx context.Context, url string, text []byte, tell func(Event) error) error {
	var e wire.StreamEvent
	if err := wire.DecodeStrict(text, &e); err != nil {
		return fault("answer.wrong", err)
	}
	switch e.Type {
	case "ping":
		return nil
	case "bye":
		return errBye
	case "keys":
		return p.askKeys(ctx, url, tell)
	case "messages":
		return tell(Event{Kind: "messages", Server: url})
	case "approvals":
		p.setSkew(url, time.UnixMilli(e.Now).Sub(p.now()))
		open, err := p.read(url, e.Statements)
		if err != nil {
			if err := tell(Event{Kind: "fault", Server: url, Err: err}); err != nil {
				return err
			}
		}
		return tell(Event{Kind: "approvals", Server: url, Approvals: open})
	}
	return fault("answer.wrong", errors.New("an event of no known type"))
}

// askKeys asks for the state of every key at a server.
func (p *Phone) askKeys(ctx context.Context, url string, tell func(Event) error) error {
	var keys []Key
	for _, k := range p.keysAt(url) {
		key, err := p.KeyState(ctx, k.ID)
		if err != nil {
			if err := tell(Event{Kind: "fault", Server: url, Err: err}); err != nil {
				return err
			}
			key = k.Key
		}
		keys = append(keys, key)
	}
	if err := tell(Event{Kind: "keys", Server: url, Keys: keys}); err != nil {
		return err
	}
	if len(p.keysAt(url)) == 0 {
		return errBye // nothing is left to listen for
	}
	return nil
}

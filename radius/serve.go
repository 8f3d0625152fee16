package radius

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"layeh.com/radius"
)

// refreshEvery is how soon a changed application counts.
const refreshEvery = 5 * time.Second

// Serve answers what comes to a socket and what connects to a listener, either of which may be nil, until ctx ends; then it closes
// them and returns. What still waits for a phone after a first packet is left open: the same packet finds it after a restart. The applications must have been read; see [Door.Refresh].
func (d *Door) Serve(ctx context.Context, socket *net.UDPConn, listener net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var loops sync.WaitGroup
	run := func(loop func() error) {
		loops.Go(func() {
			if err := loop(); err != nil {
				cancel(err)
			}
		})
	}
	if socket != nil {
		run(func() error { return d.serveUDP(ctx, socket) })
	}
	if listener != nil {
		run(func() error { return d.serveTLS(ctx, listener) })
	}
	run(func() error {
		d.keepFresh(ctx)
		return nil
	})
	loops.Wait()
	d.work.Wait()
	d.talks.clear()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func (d *Door) keepFresh(ctx context.Context) {
	turn := time.NewTicker(refreshEvery)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		if err := d.Refresh(ctx); err != nil && ctx.Err() == nil {
			if _, ok := d.quiet.may("refresh", ofStrangers); ok {
				d.log.ErrorContext(ctx, "radius: the applications stay as they were", "error", err)
			}
		}
	}
}

// socketBuffer is what may come at once, such as everybody after a power failure.
const socketBuffer = 4 << 20

func (d *Door) serveUDP(ctx context.Context, socket *net.UDPConn) error {
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	_ = socket.SetReadBuffer(socketBuffer) // as much of it as the system allows
	buffer := make([]byte, radius.MaxPacketLength+1)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buffer)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // what a peer's ICMP brings is no reason to stop
			pause(ctx, 10*time.Millisecond)
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		d.take(ctx, link{from: from, name: from.String(), send: func(raw []byte) {
			_, _ = socket.WriteToUDPAddrPort(raw, from) // a client that does not hear it asks again
		}}, buffer[:n])
	}
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, span time.Duration) {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

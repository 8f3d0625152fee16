package oidc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	tellAtOnce  = 32              // calls that are under way, of one kind
	tellTimeout = 5 * time.Second // for one
	tellLook    = 5 * time.Second // without a wake-up, the store is asked all the same
	tellRest    = 10 * time.Second
	tellRead    = 4 << 10 // bytes of an answer, which says nothing that counts
)

// teller calls applications that want to be told something: [nodkey.Callbacks] of one kind. Each is tried again, by the domain's
// times, until its application has answered that it heard.
type teller struct {
	door *Door
	of   nodkey.Door
	kind nodkey.CallbackKind
	// request makes the call; nil where the application does not want to hear it any more.
	request func(context.Context, client, nodkey.Callback) (*http.Request, error)

	mu      sync.Mutex
	resting map[nodkey.ApplicationID]time.Time // until when one that did not answer is left alone, so that others are not kept waiting
}

// Workers tell applications what they want to be told, until their context ends.
func (d *Door) Workers() []func(context.Context) error {
	var workers []func(context.Context) error
	if d.OIDC {
		workers = append(workers, (&teller{door: d, of: nodkey.DoorOIDC, kind: nodkey.CallbackLogout, request: d.logoutCall}).run)
	}
	if d.CIBA {
		workers = append(workers, (&teller{door: d, of: nodkey.DoorCIBA, kind: nodkey.CallbackEnded, request: d.pingCall}).run)
	}
	return workers
}

func (t *teller) run(ctx context.Context) error {
	wake, cancel := t.door.services.Callbacks.Wake()
	defer cancel()
	look := time.NewTicker(tellLook)
	defer look.Stop()
	done := make(chan struct{}, tellAtOnce)
	for under := 0; ; {
		var list []nodkey.Callback
		var err error
		if under < tellAtOnce {
			list, err = t.door.services.Callbacks.Take(ctx, t.of, tellAtOnce-under)
		}
		if err != nil && ctx.Err() == nil {
			t.door.log.ErrorContext(ctx, "what applications are to be told cannot be read", slog.Any("error", err))
		}
		for _, one := range list {
			under++
			go func() {
				t.tell(ctx, one)
				done <- struct{}{}
			}()
		}
		if err == nil && len(list) > 0 && under < tellAtOnce {
			continue // there may be more
		}
		select {
		case <-done:
			under--
		case <-wake:
		case <-look.C:
		case <-ctx.Done():
			for ; under > 0; under-- { // calls end with the context
				<-done
			}
			return nil
		}
	}
}

// tell makes one call and settles it. One that the server's end cut short is made again by the next.
func (t *teller) tell(ctx context.Context, one nodkey.Callback) {
	heard := t.call(ctx, one)
	if ctx.Err() != nil && !heard {
		return
	}
	if err := t.door.services.Callbacks.Settle(context.WithoutCancel(ctx), one.ID, heard); err != nil {
		t.door.log.ErrorContext(ctx, "that an application was told cannot be stored", slog.String("application", string(one.Application)), slog.Any("error", err))
	}
}

// call reports whether nothing is left to be told.
func (t *teller) call(ctx context.Context, one nodkey.Callback) bool {
	if one.Kind != t.kind {
		return true
	}
	if t.rests(one.Application) {
		return false
	}
	log := t.door.log.With(slog.String("application", string(one.Application)), slog.String("kind", string(one.Kind)), slog.Int("tries", one.Tries))
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	c, err := t.door.find(ctx, string(one.Application), t.of)
	if nodkey.HasKey(err, "application.unknown") {
		return true // it is gone, or does not come through this door any more
	}
	var request *http.Request
	if err == nil {
		request, err = t.request(ctx, c, one)
	}
	if err != nil {
		log.ErrorContext(ctx, "an application cannot be told", slog.Any("error", err))
		return false
	}
	if request == nil {
		return true
	}
	request.Header.Set("User-Agent", "nodkey")
	answer, err := t.door.Client.Do(request)
	if err != nil {
		t.rest(one.Application)
		log.WarnContext(ctx, "an application does not answer", slog.String("host", request.URL.Host), slog.Any("error", withoutAddress(err)))
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, tellRead)) // so that the connection serves again
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		log.WarnContext(ctx, "an application refuses what it is told", slog.String("host", request.URL.Host), slog.Int("status", answer.StatusCode))
		return false
	}
	return true
}

// withoutAddress takes the address of a call out of its error: it may hold what is nobody else's.
func withoutAddress(err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

func (t *teller) rests(id nodkey.ApplicationID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	until, there := t.resting[id]
	if there && !time.Now().Before(until) {
		delete(t.resting, id)
		return false
	}
	return there
}

func (t *teller) rest(id nodkey.ApplicationID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting == nil {
		t.resting = map[nodkey.ApplicationID]time.Time{}
	}
	t.resting[id] = time.Now().Add(tellRest)
}

// post makes a call with a body of a media type.
func post(ctx context.Context, uri, media, body string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, strings.NewReader(body))
	if err == nil {
		r.Header.Set("Content-Type", media)
	}
	return r, err
}

package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

const (
	waitUsual = 30 * time.Second
	waitMost  = 60 * time.Second
	// waitsMost is how many requests of one application's may be waited for at the same time.
	waitsMost = 1000
)

// wait tells where a request stands once it has ended, or after a time.
func (d *Door) wait(w http.ResponseWriter, r *http.Request) error {
	c, token, err := d.named(r)
	if err != nil {
		return err
	}
	span, ok := waitSpan(r.URL.RawQuery)
	if !ok {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "application.timeout"}
	}
	release, ok := d.waits.take(c.Application().ID)
	if !ok {
		return &nodkey.Error{Kind: nodkey.Limited, Key: "application.waits", Args: nodkey.Args{"Seconds": 1}}
	}
	defer release()
	ctx, cancel := context.WithTimeout(r.Context(), span)
	defer cancel()
	defer endWith(web.Draining(ctx), cancel)()
	now, err := d.apps.Await(ctx, c, token)
	if r.Context().Err() != nil {
		return nil // nobody listens any more
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	if now.ID == "" { // the time was over before it was looked at
		return d.answer(w, r, c, token)
	}
	web.WriteJSON(w, http.StatusOK, approvalOf(now))
	return nil
}

// endWith calls cancel when a channel is closed, until stop is called.
func endWith(closed <-chan struct{}, cancel func()) (stop func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-closed:
			cancel()
		case <-over:
		}
	}()
	return func() { close(over) }
}

// waitSpan reads "timeout=45", 1 to 60 whole seconds; none is 30.
func waitSpan(query string) (time.Duration, bool) {
	if query == "" {
		return waitUsual, true
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values) != 1 || len(values["timeout"]) != 1 {
		return 0, false
	}
	seconds, err := strconv.ParseUint(values["timeout"][0], 10, 8)
	span := time.Duration(seconds) * time.Second
	return span, err == nil && span >= time.Second && span <= waitMost
}

// waits counts who waits, by application.
type waits struct {
	most int
	mu   sync.Mutex
	open map[nodkey.ApplicationID]int
}

func newWaits(most int) *waits { return &waits{most: most, open: map[nodkey.ApplicationID]int{}} }

// take counts one more, if there may be one more; release takes it off again.
func (w *waits) take(id nodkey.ApplicationID) (release func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open[id] >= w.most {
		return nil, false
	}
	w.open[id]++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.open[id]--; w.open[id] == 0 {
			delete(w.open, id)
		}
	}, true
}

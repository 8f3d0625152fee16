package api

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// waiting counts the waits of an application's.
func (w *waits) waiting(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open[nodkey.ApplicationID(id)]
}

// until looks until something is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func TestWaitingEndsWithTheAnswer(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank := h.join(t, "mara"), h.app(t, "bank", nil)
	asked := bank.asks(t, asksYes)
	at := "/api/approvals/" + asked.ID
	if got := bank.get(t, at+"/wait?timeout=1").is(t, "pending"); got.Number != asked.Number {
		t.Errorf("%+v", got)
	}
	got := make(chan reply, 1)
	go func() { got <- bank.get(t, at+"/wait?timeout=60") }()
	until(t, "it waits", func() bool { return h.door.waits.waiting("bank") == 1 })
	mara.answers(t, nodkeytest.Answer{PIN: pin, Number: asked.Number})
	(<-got).is(t, "approved")
	until(t, "nobody waits any more", func() bool { return h.door.waits.waiting("bank") == 0 })
}

func TestHowLongToWaitIsBounded(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", nil)
	at := "/api/approvals/" + bank.asks(t, asksYes).ID + "/wait"
	for _, query := range []string{"timeout=0", "timeout=61", "timeout=-1", "timeout=1.5", "timeout=", "timeout=1e1", "timeout=5&timeout=5", "timeout=5&x=1", "seconds=5", "%zz", "timeout=5;", "timeout=" + "9999999999"} {
		bank.get(t, at+"?"+query).refused(t, query, http.StatusBadRequest, "application.timeout")
	}
}

// An application that waits for everything has its own limit, and takes nothing from another.
func TestHowManyWaitIsBoundedByApplication(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank, till := h.app(t, "bank", nil), h.app(t, "till", nil)
	h.door.waits = newWaits(3)
	at := "/api/approvals/" + bank.asks(t, asksYes).ID
	got := make(chan reply, 3)
	for range 3 {
		go func() { got <- bank.get(t, at+"/wait?timeout=60") }()
	}
	until(t, "three wait", func() bool { return h.door.waits.waiting("bank") == 3 })
	fourth := bank.get(t, at+"/wait?timeout=1")
	fourth.refused(t, "the fourth", http.StatusTooManyRequests, "application.waits")
	if fourth.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", fourth.header.Get("Retry-After"))
	}
	till.get(t, "/api/approvals/"+till.asks(t, asksSignIn).ID+"/wait?timeout=1").is(t, "pending")
	bank.post(t, at+"/cancel", "").is(t, "cancelled")
	for range 3 {
		(<-got).is(t, "cancelled")
	}
	until(t, "the places are free again", func() bool { return h.door.waits.waiting("bank") == 0 })
}

func TestWaitingEndsWhenTheServerStopsOrNobodyListens(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", nil)
	at := "/api/approvals/" + bank.asks(t, asksYes).ID + "/wait?timeout=60"
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.Portal.String()+at, nil)
		if err == nil {
			r.SetBasicAuth(bank.id, bank.secret)
			_, err = h.HTTP.Do(r)
		}
		gone <- err
	}()
	until(t, "it waits", func() bool { return h.door.waits.waiting("bank") == 1 })
	leave()
	if err := <-gone; err == nil {
		t.Error("it answered")
	}
	until(t, "its place is free", func() bool { return h.door.waits.waiting("bank") == 0 })

	got := make(chan reply, 1)
	go func() { got <- bank.get(t, at) }()
	until(t, "it waits", func() bool { return h.door.waits.waiting("bank") == 1 })
	h.Drain()
	(<-got).is(t, "pending")
}

package phoneapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// open opens a stream for some phones' keys and gives its lines but those of the message centre, closed when it ends.
func (h *house) open(phones ...*handset) <-chan wire.StreamEvent {
	h.t.Helper()
	return h.openFor(func(kind string) bool { return kind != "messages" }, phones...)
}

// openFor is open for some types of events.
func (h *house) openFor(wanted func(kind string) bool, phones ...*handset) <-chan wire.StreamEvent {
	h.t.Helper()
	var in wire.Proofs
	for _, x := range phones {
		in.Proofs = append(in.Proofs, x.prove("/stream", nil, nil))
	}
	raw, err := json.Marshal(in)
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	h.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "POST", h.phone.String()+wire.APIPrefix+"/stream", strings.NewReader(string(raw)))
	must(h.t, err)
	r.Header.Set("Content-Type", "application/json")
	res, err := h.http.Do(r)
	must(h.t, err)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/x-ndjson" {
		h.t.Fatalf("got %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan wire.StreamEvent, 64)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for scan := bufio.NewScanner(res.Body); scan.Scan(); {
			var e wire.StreamEvent
			if err := wire.DecodeStrict(scan.Bytes(), &e); err != nil {
				e.Type = "broken: " + scan.Text()
			}
			if e.Type != "ping" && wanted(e.Type) {
				out <- e
			}
		}
	}()
	return out
}

// says waits for an event of a type.
func says(t *testing.T, events <-chan wire.StreamEvent, kind string, statements int) {
	t.Helper()
	select {
	case e, open := <-events:
		if !open || e.Type != kind || len(e.Statements) != statements {
			t.Fatalf("the stream says %+v (open: %v), want %s with %d", e, open, kind, statements)
		}
	case <-time.After(patience):
		t.Fatalf("nothing came, want %s", kind)
	}
}

func ends(t *testing.T, events <-chan wire.StreamEvent) {
	t.Helper()
	select {
	case e, open := <-events:
		if open {
			t.Fatalf("the stream goes on: %+v", e)
		}
	case <-time.After(patience):
		t.Fatal("the stream stays open")
	}
}

func TestStreamTellsOfOwnRequestsAsTheyComeAndGo(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	hers, both := h.open(ann), h.open(ann, bob)
	says(t, hers, "approvals", 0)
	says(t, both, "approvals", 0)
	a, number, _ := ann.asked("ann")
	says(t, hers, "approvals", 1)
	says(t, both, "approvals", 1)
	bob.asked("bob")
	says(t, both, "approvals", 2)
	_, err := ann.Approve(t.Context(), a, number, pin)
	must(t, err)
	says(t, hers, "approvals", 0)
	must(t, ann.RemoveKey(t.Context(), ann.key.ID))
	says(t, hers, "keys", 0)
}

func TestAThirdStreamOfAKeyTakesThePlaceOfTheFirst(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.activated("ann"), h.activated("bob")
	elsewhere := h.open(bob)
	says(t, elsewhere, "approvals", 0)
	first := h.open(ann)
	says(t, first, "approvals", 0)
	second := h.open(ann)
	says(t, second, "approvals", 0)
	third := h.open(ann)
	says(t, third, "approvals", 0)
	says(t, first, "bye", 0)
	ends(t, first)
	ann.asked("ann")
	says(t, second, "approvals", 1)
	says(t, third, "approvals", 1)
	h.drain()
	for _, events := range []<-chan wire.StreamEvent{elsewhere, second, third} {
		says(t, events, "bye", 0)
		ends(t, events)
	}
}

func TestAProofThatDoesNotHoldIsLeftOutBesideOthers(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.activated("ann")
	ann.asked("ann")
	raw, err := json.Marshal(wire.Proofs{Proofs: []string{"a.b.c", ann.prove("/approvals", nil, nil), ann.prove("/approvals", nil, nil)}})
	must(t, err)
	a := h.post("/approvals", string(raw))
	var got wire.Approvals
	must(t, wire.DecodeStrict([]byte(a.body), &got))
	if a.status != http.StatusOK || len(got.Statements) != 1 || got.Now != h.clock.Now().UnixMilli() {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

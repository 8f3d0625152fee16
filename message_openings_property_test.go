package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

// opening is what the machine knows of one key: its questions, its answers, and until when it may read.
type opening struct {
	person *person
	key    *nodkeytest.PhoneKey
	state  string // "", or the error that the key gets for what it is
	until  time.Time
	by     string // the approval whose yes counts
	asked  []nodkeytest.Statement
	ready  []ready // decisions, each of which may be sent again and again
}

type ready struct {
	id string
	in wire.DecisionRequest
}

// openings are two servers on one store, and the phones of two people, of whom the first has two.
type openings struct {
	house
	other *nodkey.Services
	keys  []*opening
}

// Whatever is done in whatever order, on whichever server: a key reads if, and only if, its own newest yes is less than ten
// minutes old and nothing has ended it since.
func TestOpeningsHoldInEveryOrder(t *testing.T) {
	h := start(t, nil)
	other, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &openings{house: h, other: other}
		first, second := h.join(rt), h.join(rt)
		further := first.addPhone(rt, first.enter(rt), "Pixel 9")
		m.keys = []*opening{{person: first, key: first.key}, {person: first, key: further}, {person: second, key: second.key}}
		rt.Repeat(map[string]func(*rapid.T){
			"": m.check, "ask": m.ask, "yes": m.yes, "yes again": m.again, "no": m.no, "wrong": m.wrong, "shut": m.shut,
			"take back": m.disown, "unlock": m.unlock, "remove": m.remove, "time": m.time,
		})
	})
}

func (m *openings) any(rt *rapid.T) *opening { return rapid.SampledFrom(m.keys).Draw(rt, "key") }

func (m *openings) caller(rt *rapid.T, o *opening) nodkey.Caller {
	m.Clock.Advance(time.Millisecond)
	return phoneOf(rt, o.key, o.person)
}

func (m *openings) server(rt *rapid.T) *nodkey.Services {
	return rapid.SampledFrom([]*nodkey.Services{m.Services, m.other}).Draw(rt, "server")
}

// want is the error that a key must get now for whatever reads.
func (m *openings) want(o *opening) string {
	if o.state == "" && !m.Clock.Now().Before(o.until) {
		return "messages.closed"
	}
	return o.state
}

func (m *openings) check(rt *rapid.T) {
	for _, o := range m.keys {
		c := m.caller(rt, o)
		for i, services := range []*nodkey.Services{m.Services, m.other} {
			page, err := services.Messages.List(m.ctx, c, nodkey.MessageQuery{})
			is(rt, err, m.want(o), "listing on server %d", i)
			for _, message := range page.Messages {
				if message.UserID != o.person.id {
					rt.Errorf("another's message: %+v", message)
				}
			}
		}
	}
}

func (m *openings) ask(rt *rapid.T) {
	o := m.any(rt)
	m.Clock.Advance(time.Millisecond)
	s, err := o.key.AskMessages(m.ctx)
	if nodkey.HasKey(err, "user.slow") {
		return
	}
	is(rt, err, o.state, "asking")
	if err == nil {
		o.asked = append(o.asked, s)
	}
}

// answer sends a decision on one of a key's questions, the newest mostly, and keeps it to be sent again.
func (m *openings) answer(rt *rapid.T, o *opening, a nodkeytest.Answer) (id string, got wire.DecisionResponse, err error) {
	if len(o.asked) == 0 {
		return "", got, nil
	}
	s := o.asked[max(0, len(o.asked)-1-rapid.IntRange(0, 2).Draw(rt, "back"))]
	m.Clock.Advance(time.Millisecond)
	in, err := o.key.Decision(s, a)
	if err != nil {
		rt.Fatalf("%v", err)
	}
	o.ready = append(o.ready, ready{s.ID, in})
	got, err = m.server(rt).Approvals.Decide(m.ctx, m.caller(rt, o), nodkey.ApprovalID(s.ID), in)
	return s.ID, got, err
}

func (m *openings) yes(rt *rapid.T) {
	o := m.any(rt)
	if id, got, err := m.answer(rt, o, nodkeytest.Answer{PIN: pin}); err == nil && got.State == "approved" {
		o.by, o.until = id, m.Clock.Now().Add(nodkey.OpeningLife)
		if o.state != "" {
			rt.Errorf("a key that is %s says yes", o.state)
		}
	}
}

// again sends what was sent already: it may only come to something that never did.
func (m *openings) again(rt *rapid.T) {
	o := m.any(rt)
	if len(o.ready) == 0 {
		return
	}
	r := rapid.SampledFrom(o.ready).Draw(rt, "decision")
	m.view(rt, func(tx nodkey.Tx) error {
		a, err := tx.Approval(nodkey.ApprovalID(r.id))
		if err == nil && a.StateAt(m.Clock.Now()) == nodkey.ApprovalOpen {
			r.id = "" // an answer that was refused for something else may count now, and the others try that
		}
		return err
	})
	if r.id != "" {
		_, _ = m.server(rt).Approvals.Decide(m.ctx, m.caller(rt, o), nodkey.ApprovalID(r.id), r.in)
	}
}

func (m *openings) no(rt *rapid.T) {
	m.answer(rt, m.any(rt), nodkeytest.Answer{No: nodkey.ReasonMistake})
}

func (m *openings) wrong(rt *rapid.T) {
	o := m.any(rt)
	for range rapid.IntRange(1, nodkey.PINTriesInARow).Draw(rt, "times") {
		if _, _, err := m.answer(rt, o, nodkeytest.Answer{PIN: "9999"}); o.state == "" && nodkey.HasKey(err, "key.suspended") {
			o.state, o.until = "key.suspended", time.Time{}
		}
	}
}

func (m *openings) shut(rt *rapid.T) {
	o := m.any(rt)
	is(rt, m.server(rt).Messages.Shut(m.ctx, m.caller(rt, o)), "", "shutting")
	o.until = time.Time{}
}

func (m *openings) disown(rt *rapid.T) {
	o := m.any(rt)
	if len(o.asked) == 0 {
		return
	}
	id := rapid.SampledFrom(o.asked).Draw(rt, "question").ID
	if err := m.server(rt).Approvals.Disown(m.ctx, m.caller(rt, o), nodkey.ApprovalID(id)); err == nil && id == o.by {
		o.until = time.Time{}
	}
}

func (m *openings) unlock(rt *rapid.T) {
	o := m.any(rt)
	if _, err := m.Users.Unlock(m.ctx, m.Desk(), o.person.name); err != nil {
		rt.Fatalf("unlocking: %v", err)
	}
	for _, k := range m.keys {
		if k.person == o.person && k.state == "key.suspended" {
			k.state = ""
		}
	}
}

func (m *openings) remove(rt *rapid.T) {
	o := m.any(rt)
	if o.state == "key.removed" || rapid.IntRange(0, 4).Draw(rt, "really") > 0 {
		return
	}
	is(rt, m.Keys.RemoveOwn(m.ctx, m.caller(rt, o)), "", "removing")
	o.state, o.until = "key.removed", time.Time{}
}

func (m *openings) time(rt *rapid.T) {
	m.Clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 3 * time.Minute, nodkey.OpeningLife, 24 * time.Hour}).Draw(rt, "later"))
}

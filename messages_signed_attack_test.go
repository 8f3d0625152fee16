package nodkey_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// A reply counts for the server, key, message and text that its phone signed, in its time, and once.
func TestASignedReplyServesForNothingElse(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	r, another := p.letter(t), p.letter(t)
	for _, k := range []*nodkeytest.PhoneKey{p.key, second} {
		p.open(t, k)
	}
	other.open(t, other.key)
	const text = "It works now."
	sign := func(k *nodkeytest.PhoneKey, to nodkey.Reference, bend func(*wire.Reply)) string {
		t.Helper()
		jws, err := k.SignReply(to, text, bend)
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	send := func(k *nodkeytest.PhoneKey, to nodkey.Reference, text, signature string) error {
		t.Helper()
		return h.Messages.Reply(h.ctx, phoneOf(t, k, p), to, nodkey.Answer{Text: text, Signature: signature})
	}
	good := sign(p.key, r, nil)
	decision, err := p.key.Sign(wire.TypDecision, wire.Reply{Aud: p.key.Server.Aud, Key: p.key.ID, Reference: r.String(), Iat: h.Clock.Now().UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"of another message":            send(p.key, r, text, sign(p.key, another, nil)),
		"under another message":         send(p.key, another, text, good),
		"of another server":             send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Aud = other.key.ID })),
		"of another key of the user":    send(p.key, r, text, sign(second, r, nil)),
		"that names another key":        send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Key = second.ID })),
		"handed in by another key":      send(second, r, text, good),
		"of another user's key":         send(p.key, r, text, sign(other.key, r, nil)),
		"over another text":             send(p.key, r, text+".", good),
		"of another typ":                send(p.key, r, text, decision),
		"from a clock that is fast":     send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Iat += 61_000 })),
		"of the day before yesterday":   send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Iat -= 25 * 3600_000 })),
		"of a time that is none":        send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Iat = -1 << 60 })),
		"none at all":                   send(p.key, r, text, ""),
		"with its signature taken away": send(p.key, r, text, good[:len(good)-86]),
	} {
		is(t, err, "message.signature", "a signature %s", name)
	}
	is(t, send(other.key, r, text, sign(other.key, r, nil)), "message.unknown", "under another user's message")
	if n := len(p.entries(t, r)); n != 1 {
		t.Fatalf("%d entries after all of that", n)
	}

	// The same bytes again are the same answer, even by many machines at once, and after the ticket was closed.
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		c := phoneOf(t, p.key, p)
		wg.Go(func() { errs[i] = h.Messages.Reply(h.ctx, c, r, nodkey.Answer{Text: text, Signature: good}) })
	}
	wg.Wait()
	for i, err := range errs {
		is(t, err, "", "sending %d", i)
	}
	is(t, h.Messages.Close(h.ctx, p.phoneCaller(t), r), "", "closing")
	is(t, send(p.key, r, text, good), "", "the same again to a closed ticket")
	is(t, send(p.key, r, text, sign(p.key, r, func(m *wire.Reply) { m.Iat-- })), "message.closed", "another to a closed ticket")
	if n := len(p.entries(t, r)); n != 2 {
		t.Errorf("%d entries after %d times the same answer", n, len(errs)+1)
	}
	for i, e := range p.entries(t, r) {
		if e.Signed != (i == 1) {
			t.Errorf("entry %d: %+v", i+1, e)
		}
	}
	h.Clock.Advance(24*time.Hour + time.Minute)
	p.open(t, p.key)
	is(t, h.Messages.Reopen(h.ctx, p.phoneCaller(t), r), "", "reopening")
	is(t, send(p.key, r, text, good), "message.signature", "the same after a day")
	is(t, p.key.ShutMessages(h.ctx), "", "shutting")
	is(t, send(p.key, r, text, sign(p.key, r, nil)), "messages.closed", "a good one once it is shut")
}

func (p *person) entries(t failer, r nodkey.Reference) []nodkey.MessageEntry {
	t.Helper()
	thread, err := p.MessageDesk.Read(p.ctx, p.Desk(), r)
	if err != nil {
		t.Fatalf("the desk reads: %v", err)
	}
	return thread.Entries
}

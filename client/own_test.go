package client

import (
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

const liv = "MDEyMzQ1Njc4OTo7PD0-Pw"

// second activates a further user of the server on a phone.
func second(t *testing.T, s *server, p *Phone, pin string) Key {
	t.Helper()
	offer, err := p.Lookup(t.Context(), s.url, s.activate(liv).String())
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.Activate(t.Context(), offer, pin, "My terminal")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestATestIsAnsweredLikeAnyRequest(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	a, err := p.AskTest(t.Context(), key.ID)
	if err != nil || a.Kind != "test" || a.Key.ID != key.ID || a.Number {
		t.Fatalf("%+v, %v", a, err)
	}
	if listed := one(t, p); listed.ID != a.ID {
		t.Errorf("it is not among the open requests: %+v", listed)
	}
	if _, err := p.Approve(t.Context(), a, "", "7295"); !hasKey(err, "pin.wrong") {
		t.Errorf("with a wrong PIN: %v", err)
	}
	if got, err := p.Approve(t.Context(), a, "", "7294"); err != nil || got.State != "approved" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.AskTest(t.Context(), "nobody"); !hasKey(err, "key.unknown") {
		t.Errorf("of no key: %v", err)
	}
}

func TestTheServerChecksAPINAndNothingElseComesOfIt(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	if err := p.ProvePIN(t.Context(), key.ID, "7295"); !hasKey(err, "pin.wrong") {
		t.Errorf("a wrong PIN: %v", err)
	}
	if open, err := p.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the check is shown as %+v, %v", open, err)
	}
	if err := p.ProvePIN(t.Context(), key.ID, "７２９４"); err != nil {
		t.Errorf("the right one, in full width: %v", err)
	}
	// A server that asks something else in its place gets no answer.
	for kind, bend := range map[string]func(*wire.Statement){
		"a sign-in": func(m *wire.Statement) { m.Kind = "sign_in" }, "a test": func(m *wire.Statement) { m.Kind = "test" },
		"another key's": func(m *wire.Statement) { m.Keys = []string{strings.Repeat("A", 43)} },
	} {
		s.bendStatement = bend
		decided := len(s.decided)
		if err := p.ProvePIN(t.Context(), key.ID, "7294"); !hasKey(err, "statement.wrong") || len(s.decided) != decided {
			t.Errorf("%s in place of the check: %v, %d decisions", kind, err, len(s.decided)-decided)
		}
	}
}

func TestTheExistingPINIsAnActiveKeys(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	if _, ok, err := p.PINHolder(t.Context(), s.id); ok || err != nil {
		t.Errorf("of an empty phone: %v, %v", ok, err)
	}
	p, first := active(t, s)
	other := second(t, s, p, "7294")
	if got, ok, err := p.PINHolder(t.Context(), s.id); !ok || err != nil || got.ID != first.ID {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if _, ok, err := p.PINHolder(t.Context(), newServer(t).id); ok || err != nil {
		t.Errorf("of another server: %v, %v", ok, err)
	}
	s.keys[first.ID].state = "suspended" // which the phone does not know yet
	if got, ok, err := p.PINHolder(t.Context(), s.id); !ok || err != nil || got.ID != other.ID {
		t.Errorf("with a suspended first one: %+v, %v, %v", got, ok, err)
	}
	delete(s.keys, other.ID)
	if _, ok, err := p.PINHolder(t.Context(), s.id); ok || err != nil {
		t.Errorf("with none that the server knows: %v, %v", ok, err)
	}
}

func TestOnePINForAllChangesTogether(t *testing.T) {
	s := newServer(t)
	p, first := active(t, s)
	same := second(t, s, p, "7294")
	differs := second(t, s, p, "k3!w")
	ids := []string{first.ID, differs.ID, same.ID}
	calls := len(s.calls)
	if left, err := p.ChangePINs(t.Context(), ids, "7294", "1234"); !hasKey(err, "pin.guideline") || left != nil || slices.Contains(s.calls[calls:], "/pin") {
		t.Errorf("to a bad one: %v, %v", left, err)
	}
	if left, err := p.ChangePINs(t.Context(), ids, "9631", "k7!q"); !hasKey(err, "pin.wrong") || left != nil {
		t.Errorf("with a wrong one: %v, %v", left, err)
	}
	left, err := p.ChangePINs(t.Context(), ids, "7294", "k7!q")
	if err != nil || len(left) != 1 || left[0].Key.ID != differs.ID || !hasKey(left[0].Err, "pin.wrong") {
		t.Errorf("%+v, %v", left, err)
	}
	for id, pin := range map[string]string{first.ID: "k7!q", same.ID: "k7!q", differs.ID: "k3!w"} {
		if err := p.ProvePIN(t.Context(), id, pin); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}

func TestAPhoneIsRenamedByItself(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	if err := p.Rename(t.Context(), key.ID, "Kitchen"); err != nil || s.keys[key.ID].name != "Kitchen" {
		t.Errorf("%q, %v", s.keys[key.ID].name, err)
	}
	if err := p.Rename(t.Context(), "nobody", "Kitchen"); !hasKey(err, "key.unknown") {
		t.Errorf("of no key: %v", err)
	}
}

package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/wire"
)

const mara = "ICEiIyQlJicoKSorLC0uLw"

// newPhone makes a phone that loses no time between tries, and a way to see what it stored last.
func newPhone(t *testing.T) (*Phone, *State) {
	t.Helper()
	stored := new(State)
	p, err := New(Config{Save: func(s State) error { *stored = s; return nil }}, State{})
	if err != nil {
		t.Fatal(err)
	}
	p.pace = pace{first: time.Millisecond, most: 4 * time.Millisecond, silence: 10 * time.Second}
	return p, stored
}

// active gives a phone with an active key at a server.
func active(t *testing.T, s *server) (*Phone, Key) {
	t.Helper()
	p, _ := newPhone(t)
	offer, err := p.Lookup(t.Context(), s.url, s.activate(mara).String())
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.Activate(t.Context(), offer, "7294", "My terminal")
	if err != nil {
		t.Fatal(err)
	}
	return p, key
}

func one(t *testing.T, p *Phone) Approval {
	t.Helper()
	open, err := p.Approvals(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatalf("%d approvals, %v", len(open), err)
	}
	return open[0]
}

func hasKey(err error, key string) bool {
	var own *Fault
	var api *APIError
	return errors.As(err, &own) && own.Key == key || errors.As(err, &api) && api.Key == key
}

func TestAPhoneActivatesApprovesAndLeaves(t *testing.T) {
	s := newServer(t)
	p, stored := newPhone(t)
	code := s.activate(mara)
	offer, err := p.Lookup(t.Context(), s.url, strings.ToLower(code.String()))
	if err != nil {
		t.Fatal(err)
	}
	if offer.UserName != "mara" || offer.Server.Operator != "Aldermere Ltd" || offer.AlreadyHere {
		t.Errorf("%+v", offer)
	}
	key, err := p.Activate(t.Context(), offer, "７２９４", "My terminal") // full width: the same PIN by NFKC
	if err != nil || key.State != "active" {
		t.Fatalf("%+v, %v", key, err)
	}
	if string(s.keys[key.ID].k) != string(stored.Keys[0].K) || len(stored.Pending) != 0 {
		t.Error("phone and server have different offline keys, or the submission is still pending")
	}
	id := s.request("sign_in", key.ID)
	a := one(t, p)
	if a.ID != id || a.App != "Aldermere Client Portal" || !a.Number || a.Key.ID != key.ID {
		t.Errorf("%+v", a)
	}
	if _, err := p.Approve(t.Context(), a, "", "7294"); !hasKey(err, "number.missing") {
		t.Errorf("without the number: %v", err)
	}
	if _, err := p.Approve(t.Context(), a, "47", "7295"); !hasKey(err, "pin.wrong") {
		t.Errorf("with a wrong PIN: %v", err)
	} else if left, ok := err.(*APIError).Number("left"); !ok || left != 4 {
		t.Errorf("%d tries left, %v", left, ok)
	}
	if got, err := p.Approve(t.Context(), a, "47", "7294"); err != nil || got != (Outcome{State: "approved"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if d := s.decided[id]; d.Verdict != "yes" || d.Factor != "pin" || d.Reason != "" {
		t.Errorf("%+v", d)
	}
	if err := p.Disown(t.Context(), key.ID, id); err != nil || s.approvals[id].state != "disowned" {
		t.Errorf("disowning: %v", err)
	}
	if err := p.RemoveKey(t.Context(), key.ID); err != nil || len(p.Keys()) != 0 || s.keys[key.ID].state != "removed" {
		t.Errorf("removing: %v, %v", err, p.Keys())
	}
}

func TestAWrongNumberAndANoDeny(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	if got, err := p.Approve(t.Context(), one(t, p), "48", "7294"); err != nil || got != (Outcome{State: "denied", Cause: "wrong_number"}) {
		t.Errorf("%+v, %v", got, err)
	}
	id := s.request("sign_in", key.ID)
	if got, err := p.Deny(t.Context(), one(t, p), Mistake); err != nil || got.State != "denied" {
		t.Errorf("%+v, %v", got, err)
	}
	if d := s.decided[id]; d.Verdict != "no" || d.Reason != "mistake" || d.Factor != "" || d.Number != "" {
		t.Errorf("%+v", d)
	}
}

func TestAChangedPINIsTheOnlyOne(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	if err := p.ChangePIN(t.Context(), key.ID, "7295", "k7!q"); !hasKey(err, "pin.wrong") {
		t.Errorf("with a wrong old PIN: %v", err)
	}
	clear(s.approvals)
	if err := p.ChangePIN(t.Context(), key.ID, "7294", "1234"); !hasKey(err, "pin.guideline") {
		t.Errorf("to a bad PIN: %v", err)
	}
	if err := p.ChangePIN(t.Context(), key.ID, "7294", "k7!q"); err != nil {
		t.Fatal(err)
	}
	s.request("sign_in", key.ID)
	a := one(t, p)
	if _, err := p.Approve(t.Context(), a, "47", "7294"); !hasKey(err, "pin.wrong") {
		t.Errorf("the old PIN: %v", err)
	}
	if got, err := p.Approve(t.Context(), a, "47", "k7!q"); err != nil || got.State != "approved" {
		t.Errorf("the new PIN: %+v, %v", got, err)
	}
}

func TestALinkNamesServerAndKey(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	link := wire.ActivationLink(s.url, s.activate(mara), pointOf(s.signing))
	if _, err := p.Lookup(t.Context(), "", link); err != nil {
		t.Error(err)
	}
	if _, err := p.Lookup(t.Context(), "https://another.example", link); !hasKey(err, "code.other") {
		t.Errorf("at another server: %v", err)
	}
	link = wire.ActivationLink(s.url, s.activate(mara), pointOf(newSigner(t)))
	if _, err := p.Lookup(t.Context(), "", link); !hasKey(err, "offer.fingerprint") {
		t.Errorf("with another key: %v", err)
	}
}

func TestAMistypedCodeIsNotSent(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	_, err := p.Lookup(t.Context(), s.url, "7K2S-9QXN-D3VK-5TBV-W8N5")
	var own *Fault
	if !errors.As(err, &own) || own.Key != "code.group" || own.Group != 5 {
		t.Errorf("%v", err)
	}
	if _, err := p.Lookup(t.Context(), s.url, "hello"); !hasKey(err, "code.other") {
		t.Errorf("%v", err)
	}
	if len(s.calls) != 0 {
		t.Errorf("asked %v", s.calls)
	}
}

func TestASubmissionWhoseAnswerIsLostIsSentAgainAsItWas(t *testing.T) {
	s := newServer(t)
	p, stored := newPhone(t)
	offer, err := p.Lookup(t.Context(), s.url, s.activate(mara).String())
	if err != nil {
		t.Fatal(err)
	}
	s.breakOff = 3 // as often as Activate tries
	if _, err := p.Activate(t.Context(), offer, "7294", "My terminal"); err == nil {
		t.Fatal("activated without a receipt")
	}
	if len(p.Keys()) != 0 || len(p.PendingKeys()) != 1 || len(stored.Pending) != 1 {
		t.Fatalf("keys %v, pending %v", p.Keys(), p.PendingKeys())
	}
	again, err := New(Config{}, throughJSON(t, *stored)) // the program ended in between
	if err != nil {
		t.Fatal(err)
	}
	keys, err := again.Resume(t.Context())
	if err != nil || len(keys) != 1 || keys[0].State != "active" || len(again.PendingKeys()) != 0 {
		t.Errorf("%v, %v", keys, err)
	}
	if s.request("sign_in", keys[0].ID); one(t, again).Key.ID != keys[0].ID {
		t.Error("the key does not work")
	}
}

func throughJSON(t *testing.T, s State) State {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out State
	if err := wire.DecodeStrict(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARefusedSubmissionIsNotKept(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	other, _ := newPhone(t)
	code := s.activate(mara).String()
	offer, err := p.Lookup(t.Context(), s.url, code)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := other.Lookup(t.Context(), s.url, code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Activate(t.Context(), theirs, "7294", "First"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Activate(t.Context(), offer, "7294", "Second"); !hasKey(err, "activation.used") {
		t.Errorf("%v", err)
	}
	if len(p.Keys())+len(p.PendingKeys()) != 0 {
		t.Error("the phone kept a key that was refused")
	}
}

func TestADecisionWhoseAnswerIsLostGetsTheAnswerItHad(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	a := one(t, p)
	s.breakOff = 2
	if got, err := p.Approve(t.Context(), a, "47", "7294"); err != nil || got.State != "approved" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAPhoneWithAWrongClockWorks(t *testing.T) {
	s := newServer(t)
	s.ahead = 26 * time.Hour
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	if got, err := p.Approve(t.Context(), one(t, p), "47", "7294"); err != nil || got.State != "approved" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAClockThatMovesIsTold(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.mu.Lock()
	s.ahead = -2 * time.Hour
	s.mu.Unlock()
	_, err := p.KeyState(t.Context(), key.ID)
	var own *Fault
	if !errors.As(err, &own) || own.Key != "clock.moved" || (own.Change+2*time.Hour).Abs() > time.Minute {
		t.Errorf("%v", err)
	}
	s.mu.Lock()
	s.keys[key.ID].state = "suspended"
	s.ahead = 0 // a receipt from before the last one would be refused
	s.mu.Unlock()
	_, _ = p.ServerInfo(t.Context(), s.url)
	if got, err := p.KeyState(t.Context(), key.ID); err != nil || got.State != "suspended" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSeveralUsersAndServersAreOnePhone(t *testing.T) {
	here, there := newServer(t), newServer(t)
	p, first := active(t, here)
	for _, s := range []*server{here, there} {
		offer, err := p.Lookup(t.Context(), s.url, s.activate("MDEyMzQ1Njc4OTo7PD0-Pw").String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Activate(t.Context(), offer, "k7!q", "My terminal"); err != nil {
			t.Fatal(err)
		}
	}
	keys := p.Keys()
	here.request("sign_in", first.ID)
	here.request("sign_in", keys[1].ID)
	there.request("sign_in", keys[2].ID)
	open, err := p.Approvals(t.Context())
	var of []string
	for _, a := range open {
		of = append(of, a.Key.ID)
	}
	slices.Sort(of)
	want := []string{keys[0].ID, keys[1].ID, keys[2].ID}
	slices.Sort(want)
	if err != nil || !slices.Equal(of, want) {
		t.Errorf("%v, %v", of, err)
	}
}

func TestNamesBelowLocalhostAreThisMachine(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	name := strings.Replace(s.url, "127.0.0.1", "phone.nodkey.localhost", 1)
	if info, err := p.ServerInfo(t.Context(), name); err != nil || info.ID != s.id {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestAddressesThatAreNoPhoneHostAreRefused(t *testing.T) {
	for _, bad := range []string{"", "http://phone.example", "https://", "ftp://phone.example", "https://phone.example/path", "https://u:p@phone.example", "https://phone.example?x", "http://localhost.example"} {
		if url, err := phoneHost(bad); err == nil {
			t.Errorf("%q is %s", bad, url)
		}
	}
	for typed, want := range map[string]string{"phone.example": "https://phone.example", "https://Phone.Example/": "https://phone.example", "http://phone.nodkey.localhost:8080": "http://phone.nodkey.localhost:8080", "http://[::1]:80": "http://[::1]:80"} {
		if url, err := phoneHost(typed); err != nil || url != want {
			t.Errorf("%q is %s, %v", typed, url, err)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	s := newServer(t)
	p, _ := newPhone(t)
	p.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {s.url + r.URL.Path}}, Body: http.NoBody, Request: r}, nil
	})
	if _, err := p.ServerInfo(t.Context(), "https://phone.example"); err == nil || len(s.calls) != 0 {
		t.Errorf("%v, asked %v", err, s.calls)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAStateThatDoesNotHoldIsRefused(t *testing.T) {
	s := newServer(t)
	p, _ := active(t, s)
	good := p.State()
	for name, bend := range map[string]func(*State){
		"of a later version":     func(s *State) { s.Version = 2 },
		"without phone id":       func(s *State) { s.PhoneID = "" },
		"with another key's id":  func(s *State) { s.Keys[0].ID = "x" },
		"with half a key":        func(s *State) { s.Keys[0].D = s.Keys[0].D[:16] },
		"without its HMAC key":   func(s *State) { s.Keys[0].Kp = nil },
		"with no key but digits": func(s *State) { s.Keys[0].D = make([]byte, 32) },
	} {
		bent := throughJSON(t, good)
		bend(&bent)
		if _, err := New(Config{}, bent); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func TestNothingChangesWhenTheStateCannotBeStored(t *testing.T) {
	s := newServer(t)
	full := errors.New("disk full")
	p, err := New(Config{Save: func(State) error { return full }}, State{})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := p.Lookup(t.Context(), s.url, s.activate(mara).String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Activate(context.Background(), offer, "7294", "My terminal"); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if slices.Contains(s.calls, "/activations/submit") || len(p.PendingKeys()) != 0 {
		t.Error("a submission was sent before it was stored")
	}
}

package nodkey_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func byContact(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByContact }

// known makes a user with a password, an e-mail address and a number, and no phone, and signs in with the password.
func (h house) known(t failer) (*person, nodkey.Caller) {
	t.Helper()
	p := h.add(t)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, p.name+"@example.com"), "", "an e-mail address")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummarySMS, "+4179"+strings.Repeat("0", 5-len(p.name[4:]))+p.name[4:]), "", "a number")
	return p, p.visit(t)
}

// proofCode asks for a code before the first phone, and gives what was sent.
func (h house) proofCode(t failer, c nodkey.Caller, channel nodkey.SummaryChannel) nodkey.ContactCode {
	t.Helper()
	is(t, h.Contacts.AskProof(h.ctx, c, channel), "", "asking for a code")
	list := h.codes(t, channel)
	if len(list) != 1 || list[0].For != nodkey.ForActivation {
		t.Fatalf("%+v", list)
	}
	return list[0]
}

func otherThan(code nodkey.Token) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// The password and a code that was sent to a contact on record bring the first phone in.
func TestACodeToAContactOnRecordActivatesTheFirstPhone(t *testing.T) {
	h := start(t, byContact)
	p, c := h.known(t)
	_, err := h.Activations.Start(h.ctx, c)
	is(t, err, "activation.contact", "by the password alone")
	proof, err := h.Contacts.Proof(h.ctx, c)
	if err != nil || len(proof.Ways) != 2 || proof.Ways[0].Hint != "u…@example.com" || len(proof.Ways[1].Hint) > len("…42") || proof.Wait != nil {
		t.Fatalf("%+v, %v", proof, err)
	}
	sent := h.proofCode(t, c, nodkey.SummarySMS)
	if !strings.HasPrefix(sent.To, "+4179") || len(sent.Code) != 6 || sent.Left != 10*time.Minute {
		t.Errorf("%+v", sent)
	}
	if where := h.rawSearch(t, string(sent.Code)); where != "" {
		t.Errorf("the code is in %s", where)
	}
	proof, err = h.Contacts.Proof(h.ctx, c)
	if err != nil || proof.Wait == nil || proof.Wait.Address != "" || proof.Wait.Channel != nodkey.SummarySMS || proof.Wait.Left != 5 || proof.Wait.Again != time.Minute {
		t.Fatalf("%+v, %v", proof.Wait, err)
	}
	is(t, h.Contacts.ConfirmProof(h.ctx, c, otherThan(sent.Code)), "contact.code", "a wrong code")
	is(t, h.Contacts.ConfirmProof(h.ctx, c, "12345"), "contact.shape", "what is none")
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "", "the right one")
	is(t, h.Contacts.ConfirmProof(h.ctx, p.caller(t), string(sent.Code)), "activation.proved", "once more")
	c = p.caller(t)
	_, r, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "active" {
		t.Fatalf("%q, %v", r.State, err)
	}
	for _, action := range []string{"activation.code_asked", "activation.wrong_code", "activation.code_right"} {
		if !slices.Contains(h.actions(t, p.id, "activation."), action) {
			t.Errorf("the log lacks %s", action)
		}
	}
}

// What was sent for one session counts in that one: a thief who has the password, too, asks in vain, and ends no code of the
// person's.
func TestACodeOfOneSessionIsNoneInAnother(t *testing.T) {
	h := start(t, byContact)
	p, c := h.known(t)
	elsewhere := *p
	elsewhere.browser = h.NewBrowser(h.address())
	thief := elsewhere.visit(t)
	sent := h.proofCode(t, c, nodkey.SummaryEmail)
	is(t, h.Contacts.ConfirmProof(h.ctx, thief, string(sent.Code)), "contact.none", "in another session")
	h.Clock.Advance(time.Minute)
	theirs := h.proofCode(t, thief, nodkey.SummaryEmail)
	if theirs.Code != sent.Code {
		is(t, h.Contacts.ConfirmProof(h.ctx, c, string(theirs.Code)), "contact.code", "the thief's in the person's")
	}
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "", "the person's own")
	_, err := h.Activations.Start(h.ctx, elsewhere.caller(t))
	is(t, err, "activation.contact", "the thief's session")
	_, err = h.Activations.Start(h.ctx, p.caller(t))
	is(t, err, "", "the person's session")

	h.Clock.Advance(time.Minute)
	late := h.proofCode(t, elsewhere.caller(t), nodkey.SummarySMS)
	is(t, h.Sessions.SignOut(h.ctx, elsewhere.caller(t)), "", "signing out")
	is(t, h.Contacts.ConfirmProof(h.ctx, thief, string(late.Code)), "session.none", "after signing out")
}

// A hundred guesses at once are five checks; sessions without end are twenty-five guesses, and then one every six hours.
func TestGuessingTheCodeOfAContactOnRecord(t *testing.T) {
	h := start(t, byContact)
	p, c := h.known(t)
	sent := h.proofCode(t, c, nodkey.SummaryEmail)
	wrong := otherThan(sent.Code)
	var checked atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if err := h.Contacts.ConfirmProof(h.ctx, c, wrong); nodkey.HasKey(err, "contact.code") {
				checked.Add(1)
			} else if !nodkey.HasKey(err, "contact.none") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if checked.Load() != 5 {
		t.Errorf("%d guesses were checked", checked.Load())
	}
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "contact.none", "the right one after five wrong ones")

	guesses, ended := 5, false
	for range 24 {
		h.Clock.Advance(time.Hour)
		c = p.visit(t)
		sent = h.proofCode(t, c, nodkey.SummaryEmail)
		for range 5 {
			err := h.Contacts.ConfirmProof(h.ctx, c, otherThan(sent.Code))
			if nodkey.HasKey(err, "contact.code") {
				guesses++
				continue
			}
			is(t, err, "contact.guesses", "one too many")
			ended = true
		}
	}
	if !ended || guesses > 25+4 {
		t.Errorf("%d guesses in a day", guesses)
	}
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "contact.guesses", "the right one then")
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "", "once the desk has unlocked the account")
}

// Codes before a first phone are counted with all others: one a minute, five an hour, for a user and for an address.
func TestCodesBeforeAFirstPhoneAreSentSparingly(t *testing.T) {
	h := start(t, byContact)
	p, _ := h.known(t)
	sent := 0
	for range 60 {
		c := p.visit(t)
		if err := h.Contacts.AskProof(h.ctx, c, nodkey.SummaryEmail); err == nil {
			sent++
			is(t, h.Contacts.AskProof(h.ctx, c, nodkey.SummarySMS), "contact.soon", "the other way at once")
		} else {
			is(t, err, "contact.soon", "another")
		}
		h.Clock.Advance(time.Minute)
	}
	if sent < 3 || sent > 5 {
		t.Errorf("%d codes in an hour", sent)
	}
}

// A code proves what is on record when it is typed: one that went to an address that the desk has replaced is none, and what is
// not verified is not on record.
func TestACodeToAnAddressOfBeforeProvesNothing(t *testing.T) {
	h := start(t, byContact)
	p, c := h.known(t)
	sent := h.proofCode(t, c, nodkey.SummaryEmail)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "new@example.com"), "", "another address")
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "contact.none", "the code to the old one")
	h.Clock.Advance(time.Minute)
	sent = h.proofCode(t, c, nodkey.SummaryEmail)
	is(t, h.Contacts.Remove(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail), "", "taken away")
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "contact.none", "the code to none")
	h.Clock.Advance(time.Minute)
	is(t, h.Contacts.AskProof(h.ctx, c, nodkey.SummaryEmail), "contact.absent", "another one there")
	is(t, h.Contacts.AskProof(h.ctx, c, "fax"), "contact.channel", "by fax")
	is(t, h.Contacts.Remove(h.ctx, h.Desk(), p.name, nodkey.SummarySMS), "", "taken away")
	if proof, err := h.Contacts.Proof(h.ctx, c); err != nil || len(proof.Ways) != 0 {
		t.Errorf("%+v, %v", proof, err)
	}
	h.Clock.Advance(10 * time.Minute)
	if n := len(h.codes(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d codes are sent that prove nothing", n)
	}
}

// Who has a phone, had one, or comes in another way gets no code; and a code is none once a phone is there.
func TestOnlyAFirstPhoneIsActivatedByContact(t *testing.T) {
	h := start(t, byContact)
	p, c := h.known(t)
	sent := h.proofCode(t, c, nodkey.SummaryEmail)
	elsewhere := *p
	elsewhere.browser = h.NewBrowser(h.address())
	other := elsewhere.visit(t)
	h.Clock.Advance(time.Minute)
	theirs := h.proofCode(t, other, nodkey.SummaryEmail)
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(sent.Code)), "", "the right one")
	k, _, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, p.caller(t)), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	p.key = k
	is(t, h.Contacts.ConfirmProof(h.ctx, other, string(theirs.Code)), "activation.sign_in_first", "once there is a phone")
	is(t, h.Contacts.AskProof(h.ctx, other, nodkey.SummarySMS), "activation.sign_in_first", "another code")
	full := p.enter(t)
	_, err = h.Contacts.Proof(h.ctx, full)
	is(t, err, "activation.proved", "a full session")
	if _, err := h.Users.NewFirstCode(h.ctx, h.Desk(), p.name, true); err != nil {
		t.Fatal(err)
	}
	if err := h.Contacts.AskProof(h.ctx, other, nodkey.SummarySMS); err == nil {
		t.Error("a code for somebody who lost the last phone")
	}

	for first, key := range map[string]string{nodkey.FirstByCode: "activation.first", nodkey.FirstByPassword: "activation.proved"} {
		h := start(t, func(p *nodkey.Policy) { p.ActivationFirst = first })
		p := h.add(t)
		is(t, p.browser.Begin(h.ctx, p.name, password), "", "the password")
		is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an address")
		is(t, h.Contacts.AskProof(h.ctx, p.caller(t), nodkey.SummaryEmail), key, "where policy says %s", first)
	}
	is(t, h.Contacts.AskProof(h.ctx, h.NewBrowser(h.address()).Anonymous(), nodkey.SummaryEmail), "session.none", "nobody")
}

// A first-access code of the desk's does without: the desk knows who was there.
func TestTheDesksCodeDoesWithoutAContact(t *testing.T) {
	h := start(t, byContact)
	p := h.add(t)
	c := p.visit(t)
	if proof, err := h.Contacts.Proof(h.ctx, c); err != nil || len(proof.Ways) != 0 {
		t.Errorf("%+v, %v", proof, err)
	}
	added, err := h.Users.NewFirstCode(h.ctx, h.Desk(), p.name, false)
	if err != nil {
		t.Fatal(err)
	}
	p.first = added.FirstCode
	if _, _, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil {
		t.Error(err)
	}
}

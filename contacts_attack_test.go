package nodkey_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// asked asks for a code and gives it.
func (p *person) asked(t failer, c nodkey.Caller, channel nodkey.SummaryChannel, address string) string {
	t.Helper()
	is(t, p.Contacts.Ask(p.ctx, c, channel, address), "", "asking for a code")
	list := p.codes(t, channel)
	if len(list) != 1 || list[0].For != nodkey.ForAddress {
		t.Fatalf("%d codes", len(list))
	}
	return string(list[0].Code)
}

// confirmed verifies an address and leaves it to the phone.
func (p *person) confirmed(t failer, c nodkey.Caller, channel nodkey.SummaryChannel, address string) {
	t.Helper()
	if _, err := p.Contacts.Confirm(p.ctx, c, channel, p.asked(t, c, channel, address)); err != nil {
		t.Fatalf("confirming: %v", err)
	}
}

// says answers the statement with a yes whatever the page shows now; number is the page's of when it was asked.
func (p *person) says(asked nodkeytest.Statement, number string) error {
	_, err := p.key.Answer(p.ctx, asked, nodkeytest.Answer{PIN: pin, Number: number})
	return err
}

// Whoever takes a session over has a newer address confirmed, or the person does while a thief waits: what was asked before
// counts no more, whatever a phone then says.
func TestAYesToAnOlderAddressPutsNothingInForce(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	here := p.enter(t)
	thief := p.signIn(t, h.NewBrowser(h.address()))
	p.confirmed(t, thief, nodkey.SummaryEmail, "eve@example.org")
	older := p.newest(t)
	change, err := h.Approvals.Change(h.ctx, thief)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	is(t, h.Contacts.Ask(h.ctx, here, nodkey.SummaryEmail, "mara@example.com"), "", "a newer address")
	is(t, p.says(older, change.Number), "approval.cancelled", "a yes to the older one, once a newer was asked for")
	if _, err := h.Contacts.Confirm(h.ctx, here, nodkey.SummaryEmail, string(h.codes(t, nodkey.SummaryEmail)[0].Code)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	is(t, p.says(older, change.Number), "approval.cancelled", "and once that was confirmed")
	p.sayYes(t, here)
	if got := p.addresses(t, here); len(got) != 1 || !strings.HasPrefix(got[0], "mara@") {
		t.Errorf("%q", got)
	}
}

// What the desk sets is not undone by what a browser began before.
func TestTheDesksAddressIsNotOvertaken(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.confirmed(t, c, nodkey.SummaryEmail, "eve@example.org")
	asked := p.newest(t)
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "the desk's")
	is(t, p.says(asked, change.Number), "approval.cancelled", "a yes after it")
	h.Clock.Advance(time.Minute)
	code := p.asked(t, c, nodkey.SummaryEmail, "eve@example.org")
	is(t, h.Contacts.Remove(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail), "", "the desk takes it away")
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, code)
	is(t, err, "contact.none", "a code of before")
	if got := p.addresses(t, c); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// A code counts once, for its channel and its user, until a newer one is asked for.
func TestACodeCountsOnceAndForItsUserAlone(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	c, theirs := p.enter(t), other.enter(t)
	code := p.asked(t, c, nodkey.SummaryEmail, "mara@example.com")
	_, err := h.Contacts.Confirm(h.ctx, theirs, nodkey.SummaryEmail, code)
	is(t, err, "contact.none", "by another user")
	h.Clock.Advance(time.Minute)
	is(t, h.Contacts.Again(h.ctx, c, nodkey.SummaryEmail), "", "another code for the same address")
	newer := string(h.codes(t, nodkey.SummaryEmail)[0].Code)
	if newer != code { // one time in a million they are the same
		_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, code)
		is(t, err, "contact.code", "the one before")
	}
	var all sync.WaitGroup
	var won, lost sync.Map
	for i := range 20 {
		all.Go(func() {
			if id, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, newer); err == nil {
				won.Store(id, true)
			} else {
				lost.Store(i, err)
			}
		})
	}
	all.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	lost.Range(func(_, err any) bool { is(t, err.(error), "contact.none", "too late"); return true })
	if n != 1 {
		t.Errorf("the code counted %d times", n)
	}
	is(t, h.Contacts.Again(h.ctx, c, nodkey.SummarySMS), "contact.none", "another code where there was none")
}

// One mailbox, one telephone: however an address is written, its person gets five codes an hour.
func TestNoWritingOfAnAddressGetsAroundItsLimit(t *testing.T) {
	h := start(t, nil)
	for channel, writings := range map[nodkey.SummaryChannel][]string{
		nodkey.SummaryEmail: {"mara@example.com", "MARA@example.com", "Mara@Example.Com", "mara+1@example.com", "mara+2@example.com", "MARA+x@example.com", "ｍara@example.com", "mara+a+b@example.com"},
		nodkey.SummarySMS:   {"+41791234567", "+41 (0)79 123 45 67", "+410791234567", "+41 79-123.45/67", "＋４１７９１２３４５６７", "+41(0)791234567", "(+41) 79 123 45 67", "+41 79 123 4567"},
	} {
		sent := 0
		for _, address := range writings {
			if err := h.Contacts.Ask(h.ctx, h.join(t).enter(t), channel, address); err == nil {
				sent++
			} else {
				is(t, err, "contact.soon", "%s", address)
			}
		}
		if sent == 0 || sent > 5 {
			t.Errorf("%s: %d codes to one person", channel, sent)
		}
	}
}

// A phone shows 40 characters of an address. Its end is where the domain's owner stands.
func TestALongAddressShowsAPhoneWhoseItIs(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for _, address := range []string{
		"mara.lindqvist@example.com.mail-service-of-aldermere.evil.example",
		strings.Repeat("m", 60) + "@evil.example",
	} {
		h.Clock.Advance(time.Hour)
		c := p.enter(t)
		p.confirmed(t, c, nodkey.SummaryEmail, address)
		if item := p.newest(t).Item; !strings.HasSuffix(item, "evil.example") || len([]rune(item)) > 40 {
			t.Errorf("the phone shows %q", item)
		}
	}
}

// Nothing tells whether an address is somebody's: what another user has verified can be asked for alike.
func TestAnAddressThatIsAnotherUsersLooksLikeAnyOther(t *testing.T) {
	h := start(t, nil)
	owner, p := h.join(t), h.join(t)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), owner.name, nodkey.SummaryEmail, "mara@example.com"), "", "the owner's")
	c := p.enter(t)
	p.confirmed(t, c, nodkey.SummaryEmail, "mara@example.com")
	p.sayYes(t, c)
	if got := owner.addresses(t, owner.enter(t)); len(got) != 1 {
		t.Errorf("the owner has %q", got)
	}
}

// Without a phone that could say yes there is no code, and no phone of later is asked for what was confirmed before.
func TestNoCodeWithoutAPhone(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	code := p.asked(t, c, nodkey.SummaryEmail, "mara@example.com")
	if _, err := h.Users.NewFirstCode(h.ctx, h.Desk(), p.name, true); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	_, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, code)
	if err == nil {
		t.Error("confirmed without a phone")
	}
	if err := h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"); err == nil {
		t.Error("a code without a phone")
	}
	if n := len(h.codes(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d codes", n)
	}
}

// A code is written in the language that was chosen for messages; before anything was chosen, in that of the page which asks.
func TestACodeIsWrittenInItsReadersLanguage(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	c.Locale = "ja"
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "mara@example.com"), "", "on a Japanese page")
	if got := h.codes(t, nodkey.SummaryEmail)[0].Language; got != "ja" {
		t.Errorf("the code is in %q", got)
	}
	settings, err := h.Messages.Settings(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	settings.First, settings.Second = "de", "en"
	is(t, h.Messages.SaveSettings(h.ctx, c, settings), "", "German chosen")
	h.Clock.Advance(time.Minute)
	is(t, h.Contacts.Again(h.ctx, c, nodkey.SummaryEmail), "", "on a Japanese page still")
	if got := h.codes(t, nodkey.SummaryEmail)[0].Language; got != "de" {
		t.Errorf("the code is in %q", got)
	}
}

// The page of a code says how many tries and how long, and when another may be asked for.
func TestAWaitingCodeSaysWhatIsLeft(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	_, err := h.Contacts.Trying(h.ctx, c, nodkey.SummaryEmail)
	is(t, err, "contact.none", "before")
	code := p.asked(t, c, nodkey.SummaryEmail, "mara@example.com")
	look := func(left int, remaining, again time.Duration) {
		t.Helper()
		w, err := h.Contacts.Trying(h.ctx, c, nodkey.SummaryEmail)
		if err != nil || w.Left != left || w.Remaining != remaining || w.Again != again || w.Address != "mara@example.com" || w.Hint != "m…@example.com" {
			t.Errorf("%+v, %v", w, err)
		}
	}
	look(5, 10*time.Minute, time.Minute)
	wrong := "000000"
	if wrong == code {
		wrong = "000001"
	}
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, wrong)
	is(t, err, "contact.code", "a wrong one")
	h.Clock.Advance(20 * time.Second)
	look(4, 10*time.Minute-20*time.Second, 40*time.Second)
	h.Clock.Advance(40 * time.Second)
	look(4, 9*time.Minute, 0)
	h.Clock.Advance(9 * time.Minute)
	look(0, 0, 0)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "mara@example.com"), "", "another one")
	code = string(h.codes(t, nodkey.SummaryEmail)[0].Code)
	if _, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, " "+code[:3]+" "+code[3:]); err != nil {
		t.Fatal(err)
	}
	p.sayYes(t, c)
	_, err = h.Contacts.Trying(h.ctx, c, nodkey.SummaryEmail)
	is(t, err, "contact.none", "after")
	h.Clock.Advance(time.Minute)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "mara@EXAMPLE.com"), "contact.same", "the address in force")
}

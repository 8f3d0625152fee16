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

// codes takes what is to be sent to a channel, and says that it was.
func (h house) codes(t failer, channel nodkey.SummaryChannel) []nodkey.ContactCode {
	t.Helper()
	list, err := h.Contacts.TakeCodes(h.ctx, channel, 100)
	if err != nil {
		t.Fatalf("taking codes: %v", err)
	}
	for _, c := range list {
		is(t, h.Contacts.SettleCode(h.ctx, c.ID, nodkey.PushDelivered), "", "settling a code")
	}
	return list
}

// verify goes through a whole change of an address.
func (p *person) verify(t failer, channel nodkey.SummaryChannel, address string) {
	t.Helper()
	p.Clock.Advance(time.Hour)
	c := p.enter(t)
	is(t, p.Contacts.Ask(p.ctx, c, channel, address), "", "asking for a code")
	list := p.codes(t, channel)
	if len(list) != 1 {
		t.Fatalf("%d codes", len(list))
	}
	if _, err := p.Contacts.Confirm(p.ctx, c, channel, string(list[0].Code)); err != nil {
		t.Fatalf("confirming: %v", err)
	}
	p.sayYes(t, c)
}

// sayYes approves the change that a session waits for.
func (p *person) sayYes(t failer, c nodkey.Caller) {
	t.Helper()
	change, err := p.Approvals.Change(p.ctx, c)
	if err != nil {
		t.Fatalf("the change: %v", err)
	}
	if got, err := p.key.Answer(p.ctx, p.newest(t), nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil || got.State != "approved" {
		t.Fatalf("the yes: %+v, %v", got, err)
	}
}

func (p *person) addresses(t failer, c nodkey.Caller) (list []string) {
	t.Helper()
	infos, err := p.Contacts.List(p.ctx, c)
	if err != nil {
		t.Fatalf("the addresses: %v", err)
	}
	for _, x := range infos {
		list = append(list, x.Address+" "+x.Hint)
	}
	return list
}

// An address is verified by its code, put in force by a phone's yes, and the one before it is told.
func TestAnAddressIsVerifiedApprovedAndTheOldOneTold(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, " Mara@Example.COM "), "", "asking")
	list := h.codes(t, nodkey.SummaryEmail)
	if len(list) != 1 || list[0].To != "Mara@example.com" || len(list[0].Code) != 6 || list[0].Left != 10*time.Minute || list[0].Code.String() != "[token]" {
		t.Fatalf("%+v", list)
	}
	if n := len(h.codes(t, nodkey.SummaryEmail)); n != 0 {
		t.Errorf("%d more codes", n)
	}
	if where := h.rawSearch(t, string(list[0].Code)); where != "" {
		t.Errorf("the code is in %s", where)
	}
	id, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, string(list[0].Code))
	if err != nil || id == "" {
		t.Fatal(err)
	}
	if got := p.addresses(t, c); len(got) != 0 {
		t.Errorf("before the yes: %q", got)
	}
	asked := p.newest(t)
	if asked.Kind != string(nodkey.ApproveContactChange) || asked.Item != "Mara@example.com" || !asked.FitsKind() {
		t.Errorf("the phone is asked %+v", asked)
	}
	p.sayYes(t, c)
	if got, want := p.addresses(t, c), []string{"Mara@example.com M…@example.com"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, string(list[0].Code))
	is(t, err, "contact.none", "the same code again")
	p.verify(t, nodkey.SummarySMS, "+41 (0)79 123-45.67")
	c = p.enter(t)
	if got := p.addresses(t, c); len(got) != 2 || got[1] != "+41791234567 …67" {
		t.Errorf("%q", got)
	}
	for _, m := range h.due(t, nodkey.SummaryEmail) {
		h.settled(t, nodkey.PushDelivered, m)
	}
	p.verify(t, nodkey.SummaryEmail, "eve@example.org")
	to := map[string]nodkey.SummarySubject{}
	for _, m := range h.due(t, nodkey.SummaryEmail) {
		to[m.To] = m.Summary.Subject
	}
	if to["Mara@example.com"] != nodkey.SubjectSecurity || to["eve@example.org"] != nodkey.SubjectSecurity {
		t.Errorf("told: %v", to)
	}
	c = p.enter(t)
	if n := p.notices(t, c); n[len(n)-1].Kind == nodkey.NoticeContactChanged || !slices.ContainsFunc(n, func(n nodkey.AccountNotice) bool {
		return n.Kind == nodkey.NoticeContactChanged && n.Contact == "e…@example.org" && n.Action == nodkey.ActAskDesk
	}) {
		t.Errorf("%+v", n)
	}
	if got := h.actions(t, p.id, "contact."); !slices.Contains(got, "contact.changed") || !slices.Contains(got, "contact.code_sent") || !slices.Contains(got, "contact.verified") {
		t.Errorf("the log says %q", got)
	}
}

// A hundred guesses at once are five checks, and no guess outlives its code.
func TestGuessingACode(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	_, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, "000000")
	is(t, err, "contact.none", "without a code")
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"), "", "asking")
	right := string(h.codes(t, nodkey.SummaryEmail)[0].Code)
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	var checked atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch _, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, wrong); {
			case nodkey.HasKey(err, "contact.code"):
				checked.Add(1)
			case !nodkey.HasKey(err, "contact.none"):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if checked.Load() != 5 {
		t.Errorf("%d guesses were checked", checked.Load())
	}
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, right)
	is(t, err, "contact.none", "the right one after five wrong ones")
	h.Clock.Advance(time.Hour)
	c = p.enter(t)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"), "", "another code")
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, right)
	is(t, err, "contact.code", "the code before it")
	h.Clock.Advance(10 * time.Minute)
	code := h.codes(t, nodkey.SummaryEmail)
	if len(code) != 0 {
		t.Error("a code is sent that is over")
	}
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, right)
	is(t, err, "contact.none", "ten minutes later")
	_, err = h.Contacts.Confirm(h.ctx, c, nodkey.SummarySMS, right)
	is(t, err, "contact.none", "a code of another channel")
	h.Clock.Advance(time.Hour)
	c = p.enter(t)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"), "", "another code")
	for _, odd := range []string{"", "12345", "1234567", "12345a", "-12345", "1 2 3 4 5", strings.Repeat("1", 1<<20), "\x00\x00\x00\x00\x00\x00", "𝟙𝟚𝟛𝟜𝟝𝟞"} {
		_, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, odd)
		is(t, err, "contact.shape", "%.20q", odd)
	}
	if w, err := h.Contacts.Trying(h.ctx, c, nodkey.SummaryEmail); err != nil || w.Left != 5 {
		t.Errorf("what was no code was counted: %+v, %v", w, err)
	}
}

// A minute between two codes, and five in any hour at most: for a user, and for an address, whoever sends to it.
func TestCodesAreSentSparingly(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "a@example.com"), "", "the first")
	h.Clock.Advance(59 * time.Second)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "a@example.com"), "contact.soon", "59 seconds later")
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummarySMS, "+41791234567"), "contact.soon", "to another channel")
	var sent []time.Time
	for range 4 * 60 {
		h.Clock.Advance(time.Minute)
		c = p.enter(t)
		err := h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "a@example.com")
		if err == nil {
			sent = append(sent, h.Clock.Now())
		} else {
			is(t, err, "contact.soon", "another")
		}
	}
	for i := 5; i < len(sent); i++ {
		if gap := sent[i].Sub(sent[i-5]); gap < time.Hour {
			t.Errorf("six codes within %s", gap)
		}
	}
	if len(sent) < 8 {
		t.Errorf("only %d codes in four hours", len(sent))
	}
	victims := 0
	h.Clock.Advance(2 * time.Hour)
	for range 8 {
		thief := h.join(t)
		if h.Contacts.Ask(h.ctx, thief.enter(t), nodkey.SummarySMS, "+41 79 999 99 99") == nil {
			victims++
		}
	}
	if victims > 5 {
		t.Errorf("%d codes to one number from eight users", victims)
	}
}

func TestAddressesThatCannotBeMeant(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	for _, bad := range []string{
		"", "mara", "@example.com", "mara@", "mara@localhost", "mara@exa mple.com", "mara@example..com", "mara@-example.com", "mara@example-.com",
		"mara@example.com\r\nBcc: eve@example.com", "mara@example.com\x00", "mara,eve@example.com", "mara@example.com,eve@example.com", "<mara@example.com>",
		`"mara eve"@example.com`, "mara@@example.com", ".mara@example.com", "mara.@example.com", "mära@example.com", "mara@exämple.com", "mara@[127.0.0.1]",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("a.", 130) + "com", "mara@" + strings.Repeat("a", 64) + ".com", strings.Repeat("a", 10<<20),
	} {
		is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, bad), "contact.email", "%.40q", bad)
	}
	for _, bad := range []string{"", "079 123 45 67", "+", "+0791234567", "+41", "+4179123456789012", "+4179a1234567", "++41791234567", "+41791234567;ext=1"} {
		is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummarySMS, bad), "contact.phone", "%q", bad)
	}
	is(t, h.Contacts.Ask(h.ctx, c, "fax", "+41791234567"), "contact.channel", "a fax")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "x"), "contact.email", "the desk's")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), "nobody", nodkey.SummaryEmail, "a@example.com"), "user.unknown", "to nobody")
}

// A no leaves everything as it was.
func TestAnAddressThatThePhoneRefuses(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	is(t, h.Contacts.Ask(h.ctx, c, nodkey.SummaryEmail, "eve@example.com"), "", "asking")
	if _, err := h.Contacts.Confirm(h.ctx, c, nodkey.SummaryEmail, string(h.codes(t, nodkey.SummaryEmail)[0].Code)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonNotMe}); err != nil {
		t.Fatal(err)
	}
	if got := p.addresses(t, c); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeRequestRefused {
		t.Errorf("%+v", n)
	}
}

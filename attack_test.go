package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// rows counts the audit rows of one action.
func (h house) rows(t *testing.T, action string) int {
	t.Helper()
	list, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{Action: action}, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestWhoGoesOnAfterBeingSlowedDoesNotFillTheLog(t *testing.T) {
	h := start(t, nil)
	stranger := h.NewBrowser("198.51.100.7")
	limited := func(tries int) {
		t.Helper()
		for range tries {
			if err := stranger.Begin(h.ctx, "nobody", "wrong"); !nodkey.HasKey(err, "sign_in.slow") {
				t.Fatalf("a try beyond the limit: %v", err)
			}
		}
	}
	for stranger.Begin(h.ctx, "nobody", "wrong"); h.rows(t, "sign_in.limited") == 0; {
		stranger.Begin(h.ctx, "nobody", "wrong")
	}
	wrong := h.rows(t, "sign_in.wrong")
	limited(200)
	if n := h.rows(t, "sign_in.limited"); n > 2 { // one of the name's bucket and one of the source's
		t.Errorf("%d rows tell of one source that was slowed", n)
	}
	if n := h.rows(t, "sign_in.wrong"); n != wrong {
		t.Errorf("%d tries were checked beyond the limit", n-wrong)
	}
	before := h.rows(t, "sign_in.limited")
	h.Clock.Advance(61 * time.Second) // a note drains in a minute, the name's bucket does not
	for range 8 {
		stranger.Begin(h.ctx, "nobody", "wrong")
	}
	if n := h.rows(t, "sign_in.limited"); n == before {
		t.Error("the log says nothing of a guesser who is still there a minute later")
	}
}

func TestAPublicKeyPutIntoTheStoreVerifiesNothing(t *testing.T) {
	h := start(t, byPassword)
	victim, thief := h.join(t), h.join(t)
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		stolen, err := tx.Key(nodkey.KeyID(victim.key.ID))
		if err != nil {
			return err
		}
		own, err := tx.Key(nodkey.KeyID(thief.key.ID))
		if err != nil {
			return err
		}
		stolen.Public = own.Public
		return tx.SaveKey(stolen)
	})
	if err != nil {
		t.Fatal(err)
	}
	thief.key.ID = victim.key.ID // signs with its own key in the victim's name
	if _, err := thief.key.Newest(h.ctx); !nodkey.HasKey(err, "proof.wrong") {
		t.Errorf("a request signed with the key that was put there: %v", err)
	}
}

func TestAFirstAccessCodeEndsWithTheFirstPhone(t *testing.T) {
	h := start(t, byPassword)
	added, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "mara"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Users.SetPassword(h.ctx, h.Desk(), "mara", password); err != nil {
		t.Fatal(err)
	}
	p := &person{house: h, name: "mara", id: added.User.ID, browser: h.NewBrowser(h.address())}
	if _, _, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	// Somebody finds the paper with the code, which was never used.
	finder := h.NewBrowser(h.address()).Anonymous()
	if _, err := h.Users.FirstVisit(h.ctx, finder, "mara", added.FirstCode, "a password of the finder"); !nodkey.HasKey(err, "first.wrong") {
		t.Errorf("a first-access code after the first phone: %v", err)
	}
}

func TestNamesThatPeopleReadHideNothing(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	c := p.enter(t)
	for name, fine := range map[string]bool{
		"Pixel 8": true, "👩‍👩‍👧 phone": true, "می\u200cخواهم": true, "Mara’s 携帯": true,
		"Pixel\u200b8": false, "\u2060": false, "Pixel\u202e8": false, "Pixel\ufeff": false, "a\u00adb": false, "tag\U000e0041": false, "a\tb": false,
	} {
		err := h.Keys.Rename(h.ctx, c, nodkey.KeyID(p.key.ID), name)
		if got := err == nil; got != fine || err != nil && !nodkey.HasKey(err, "phone.name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestABrowserLetInByMistakeIsAStrangerAgain(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	stranger := h.NewBrowser(h.address())
	if err := stranger.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	asked := p.newest(t)
	p.yes(t, stranger) // read out over the telephone
	if err := stranger.Finish(h.ctx); err != nil {
		t.Fatal(err)
	}
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Approvals.Disown(h.ctx, phone, nodkey.ApprovalID(asked.ID)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	if err := stranger.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	if again := p.newest(t); again.Known {
		t.Error("the phone says of the browser that was disowned that it has been here before")
	}
}

func TestNotMineLeavesNoKeyThatTheStrangersKeySaidYesTo(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	owner := p.visit(t)
	shown := h.code(t, owner)
	// The stranger knows the password and photographed the code.
	first, _, err := h.phone("Stranger 1").Activate(h.ctx, shown, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	stranger := &person{house: h, name: p.name, id: p.id, browser: h.NewBrowser(h.address()), key: first}
	second := stranger.addPhone(t, stranger.enter(t), "Stranger 2")
	other := &person{house: h, name: p.name, id: p.id, browser: h.NewBrowser(h.address()), key: second}
	other.enter(t)
	if err := h.Activations.NotMine(h.ctx, owner, nodkey.KeyID(first.ID)); err != nil {
		t.Fatal(err)
	}
	if other.caller(t).Session() != nil || stranger.caller(t).Session() != nil {
		t.Error("a session that the stranger's keys opened is still there")
	}
	if receipt, err := second.Receipt(h.ctx); err != nil || receipt.State != "removed" {
		t.Errorf("the stranger's second key is %q, %v", receipt.State, err)
	}
	// The owner, who never had a phone, is where they were.
	if _, receipt, err := h.phone("Mine").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil || receipt.State != "active" {
		t.Errorf("the owner's own phone: %q, %v", receipt.State, err)
	}
}

func TestWhoBuriesOldRequestsUnderOthersWakesNobody(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	stranger := h.NewBrowser(h.address())
	asks := func() bool {
		t.Helper()
		h.Clock.Advance(time.Second)
		if err := stranger.Begin(h.ctx, p.name, password); err != nil {
			t.Fatal(err)
		}
		w, err := stranger.Wait(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return w.Notified
	}
	if !asks() || asks() {
		t.Fatal("the budget of a stranger is one open request")
	}
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		for i := range 1000 { // as many changes of PIN as a copied phone likes to begin
			a := nodkey.Approval{ID: nodkey.ApprovalID(fmt.Sprint(i)), UserID: p.id, Kind: nodkey.ApprovePINChange, State: nodkey.ApprovalCancelled,
				CreatedAt: h.Clock.Now(), ExpiresAt: h.Clock.Now()}
			if err := tx.InsertApproval(a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if asks() {
		t.Error("a second request woke the phones while the first was open")
	}
}

func TestASessionEndsWhenItsBrowserGetsAnother(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	restricted := p.visit(t)
	cookie := p.browser.Session
	var err error
	if p.key, _, err = h.phone("Pixel 8").Activate(h.ctx, h.code(t, restricted), nodkeytest.Making{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	p.yes(t, p.browser)
	if _, err := h.SignIns.Finish(h.ctx, restricted, p.browser.SignIn); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Sessions.Caller(h.ctx, p.browser.Anonymous(), cookie); err != nil || c.Session() != nil {
		t.Errorf("the session that had the password only is still there: %v", err)
	}
}

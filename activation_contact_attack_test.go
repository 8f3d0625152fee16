package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// Somebody photographs the first code, and has their own address put on record by the phone that this made: when the person says
// that the phone is not theirs, the address goes with it, and brings no other phone in.
func TestAnAddressOfAStrangersPhoneGoesWithThatPhone(t *testing.T) {
	h := start(t, byContact)
	p, _ := h.known(t)
	p.browser = h.NewBrowser(h.address())
	c := p.visit(t)
	is(t, h.Contacts.ConfirmProof(h.ctx, c, string(h.proofCode(t, c, nodkey.SummaryEmail).Code)), "", "the person's code")
	stranger := *p
	var err error
	if stranger.key, _, err = h.phone("Pixel 8").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t)}); err != nil {
		t.Fatal(err)
	}
	stranger.browser = h.NewBrowser(h.address())
	h.Clock.Advance(time.Minute)
	theirs := stranger.enter(t)
	stranger.confirmed(t, theirs, nodkey.SummaryEmail, "eve@example.org")
	stranger.sayYes(t, theirs)
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummarySMS, "+41446681800"), "", "meanwhile, by the desk")

	is(t, h.Activations.NotMine(h.ctx, c, nodkey.KeyID(stranger.key.ID)), "", "not mine")
	h.Clock.Advance(time.Minute)
	thief := stranger.visit(t)
	proof, err := h.Contacts.Proof(h.ctx, thief)
	if err != nil || len(proof.Ways) != 1 || proof.Ways[0].Channel != nodkey.SummarySMS {
		t.Errorf("what may be proved now: %+v, %v", proof.Ways, err)
	}
	is(t, h.Contacts.AskProof(h.ctx, thief, nodkey.SummaryEmail), "contact.absent", "a code to the stranger's address")
}

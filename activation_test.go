package nodkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

func (h house) lookup(t failer, phone *nodkeytest.Phone, code wire.Code) nodkeytest.Offer {
	t.Helper()
	o, err := phone.Lookup(h.ctx, code)
	if err != nil {
		t.Fatalf("looking up: %v", err)
	}
	return o
}

func TestASubmissionFitsItsOfferOnly(t *testing.T) {
	h := start(t, byPassword)
	p, other := h.add(t), h.add(t)
	phone := h.phone("Pixel 8")
	o := h.lookup(t, phone, h.code(t, p.visit(t)))
	theirs := h.lookup(t, phone, h.code(t, other.visit(t)))
	strange := h.authenticator(t)
	strange.Origin = "https://elsewhere.test"
	unverified := h.authenticator(t)
	unverified.Flags = nodkeytest.FlagUP
	bend := func(f func(*wire.Submission)) nodkeytest.Making { return nodkeytest.Making{PIN: pin, Bend: f} }
	for what, c := range map[string]struct {
		m   nodkeytest.Making
		key string
	}{
		"another offer":         {bend(func(s *wire.Submission) { s.Offer = theirs.Digest[:] }), "submission.offer"},
		"another server":        {bend(func(s *wire.Submission) { s.Aud = "x" }), "submission.offer"},
		"no factor":             {nodkeytest.Making{}, "submission.factor"},
		"PRF without biometric": {nodkeytest.Making{PIN: pin, PRF: make([]byte, 32)}, "submission.factor"},
		"a PIN of zeros":        {nodkeytest.Making{PIN: pin, Vpin: make([]byte, 32)}, "submission.wrap"},
		"a PIN not announced":   {nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t), Bend: func(s *wire.Submission) { s.PIN = false }}, "submission.wrap"},
		"a PRF not there":       {nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t), Bend: func(s *wire.Submission) { s.PRF = true }}, "submission.wrap"},
		"another wrap":          {bend(func(s *wire.Submission) { s.Wrap = slices.Clone(s.Wrap); s.Wrap[30] ^= 1 }), "submission.wrap"},
		"no wrap":               {bend(func(s *wire.Submission) { s.Wrap = []byte{} }), "submission.wrap"},
		"E of another curve":    {bend(func(s *wire.Submission) { s.E = make([]byte, 65) }), "submission.jws"},
		"D that did not sign":   {bend(func(s *wire.Submission) { s.D = s.E }), "submission.jws"},
		"D that is no point":    {bend(func(s *wire.Submission) { s.D = []byte{4} }), "submission.jws"},
		"a nameless phone":      {bend(func(s *wire.Submission) { s.Phone.Name = "" }), "submission.phone"},
		"a long name":           {bend(func(s *wire.Submission) { s.Phone.Name = string(make([]byte, 41)) }), "submission.phone"},
		"a name that turns":     {bend(func(s *wire.Submission) { s.Phone.Name = "Pixel\u202e8" }), "submission.phone"},
		"no phone id":           {bend(func(s *wire.Submission) { s.Phone.ID = "abc" }), "submission.phone"},
		"another platform":      {bend(func(s *wire.Submission) { s.Phone.Platform = "toaster" }), "submission.phone"},
		"a foreign origin":      {nodkeytest.Making{Authenticator: strange}, "biometric.failed"},
		"an absent person":      {nodkeytest.Making{Authenticator: unverified}, "biometric.failed"},
	} {
		k, request, err := phone.Make(o, c.m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = phone.Submit(h.ctx, k, request)
		is(t, err, c.key, "%s", what)
	}
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		bend func(*wire.SubmitRequest)
		key  string
	}{
		"no MAC":          {func(r *wire.SubmitRequest) { r.MAC = nil }, "submission.mac"},
		"a wrong MAC":     {func(r *wire.SubmitRequest) { r.MAC = slices.Clone(r.MAC); r.MAC[3] ^= 1 }, "submission.mac"},
		"another code":    {func(r *wire.SubmitRequest) { r.CodeID = theirs.Code.CodeID() }, "submission.mac"},
		"an unknown code": {func(r *wire.SubmitRequest) { r.CodeID = make([]byte, 16) }, "activation.wrong"},
		"a short code id": {func(r *wire.SubmitRequest) { r.CodeID = r.CodeID[:15] }, "activation.wrong"},
		"no message":      {func(r *wire.SubmitRequest) { r.Submission = "x" }, "submission.jws"},
		"another message": {func(r *wire.SubmitRequest) { r.Submission = r.Submission[:len(r.Submission)-4] + "AAAA" }, "submission.jws"},
	} {
		bent := request
		c.bend(&bent)
		_, err := phone.Submit(h.ctx, k, bent)
		is(t, err, c.key, "%s", what)
	}
	if n := len(h.actions(t, p.id, "activation.refused")) + len(h.actions(t, other.id, "activation.refused")); n != 3 {
		t.Errorf("%d audit rows of 3 wrong MACs", n)
	}
	if r, err := phone.Submit(h.ctx, k, request); err != nil || r.State != "active" {
		t.Errorf("the honest one: %q, %v", r.State, err)
	}
}

func TestASubmissionMayBeRepeatedAndNobodyElseGetsIn(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	phone, second := h.phone("Pixel 8"), h.phone("Pixel 9")
	o := h.lookup(t, phone, h.code(t, p.visit(t)))
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	late, lateRequest, err := second.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if r, err := phone.Submit(h.ctx, k, request); err != nil || r.State != "active" {
				t.Errorf("the same bytes: %q, %v", r.State, err)
			}
		})
	}
	wg.Wait()
	_, err = second.Submit(h.ctx, late, lateRequest)
	is(t, err, "activation.used", "another phone")
	_, err = second.Lookup(h.ctx, o.Code)
	is(t, err, "activation.used", "looking up again")
	if list, err := h.Keys.List(h.ctx, p.caller(t)); err != nil || len(list) != 1 {
		t.Errorf("%d keys, %v", len(list), err)
	}
}

func TestManyPhonesAtOnceMakeOneKey(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	o := h.lookup(t, h.phone("x"), h.code(t, p.visit(t)))
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		phone := h.phone("Pixel")
		k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _, errs[i] = phone.Submit(h.ctx, k, request) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			is(t, err, "activation.used", "a loser")
		}
	}
	if won != 1 {
		t.Errorf("%d phones got in", won)
	}
}

func TestAnActivationEndsWithItsSession(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	c := p.visit(t)
	code := h.code(t, c)
	phone := h.phone("Pixel 8")
	o := h.lookup(t, phone, code)
	// Newer activations of another session must not hide it.
	other := *p
	other.browser = h.NewBrowser(h.address())
	c2 := other.visit(t)
	for range 40 {
		h.code(t, c2)
		if err := h.Activations.Cancel(h.ctx, c2); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Sessions.SignOut(h.ctx, c); err != nil {
		t.Fatal(err)
	}
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = phone.Submit(h.ctx, k, request)
	is(t, err, "activation.expired", "after the session signed out")
}

func TestACodeLivesTenMinutes(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	phone := h.phone("Pixel 8")
	o := h.lookup(t, phone, h.code(t, p.visit(t)))
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(nodkey.ActivationLife)
	_, err = phone.Submit(h.ctx, k, request)
	is(t, err, "activation.expired", "submitting late")
	_, err = phone.Lookup(h.ctx, o.Code)
	is(t, err, "activation.expired", "looking up late")
}

func TestAKeyIsOfOneUser(t *testing.T) {
	h := start(t, byPassword)
	p, other := h.join(t), h.add(t)
	phone := p.key.Phone
	o := h.lookup(t, phone, h.code(t, other.visit(t)))
	k, request, err := phone.MakeWith(p.key.D, o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = phone.Submit(h.ctx, k, request)
	is(t, err, "activation.used", "a key that is another user's")
	if r, err := p.key.Receipt(h.ctx); err != nil || r.State != "active" {
		t.Errorf("the other's key: %q, %v", r.State, err)
	}
	d, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, request, err = phone.MakeWith(d, o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := phone.Submit(h.ctx, k, request); err != nil || r.State != "active" {
		t.Errorf("a second user on one phone: %q, %v", r.State, err)
	}
}

func TestAPhoneThatIsThereIsToldSo(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 2 })
	p := h.join(t)
	c := p.enter(t)
	_, _, err := p.key.Phone.Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	is(t, err, "activation.already", "the same phone again")
	p.addPhone(t, c, "Pixel 9")
	_, err = h.Activations.Start(h.ctx, c)
	is(t, err, "activation.limit", "one more")
	if e := nodkey.AsError(err); e.Args["Max"] != 2 || e.Args["Phone"] != "Pixel 8" {
		t.Errorf("%v", e.Args)
	}
}

func TestNotMinePutsTheAccountBack(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	own := p.caller(t) // the restricted session that made the activation
	b := h.NewBrowser(h.address())
	p.signIn(t, b)
	is(t, h.Activations.NotMine(h.ctx, callerOf(t, b), nodkey.KeyID(p.key.ID)), "key.not_mine", "from another session")
	is(t, h.Activations.NotMine(h.ctx, own, nodkey.KeyID(p.key.ID)), "", "not mine")
	if callerOf(t, b).Session() != nil {
		t.Error("a session that the key approved lives on")
	}
	if r, err := p.key.Receipt(h.ctx); err != nil || r.State != "removed" {
		t.Errorf("%q, %v", r.State, err)
	}
	if u, err := h.Sessions.User(h.ctx, own); err != nil || u.HadKey {
		t.Errorf("had a key: %v, %v", u.HadKey, err)
	}
	if _, r, err := h.phone("Mine").Activate(h.ctx, h.code(t, own), nodkeytest.Making{PIN: pin}); err != nil || r.State != "active" {
		t.Errorf("the owner's phone then: %q, %v", r.State, err)
	}
}

// A stranger who adds a second key by the first one's yes and removes the first leaves the owner the means to undo both.
func TestNotMineReachesThroughAKeyThatIsGone(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	owner := p.visit(t)
	first, _, err := h.phone("Stranger 1").Activate(h.ctx, h.code(t, owner), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	stranger := &person{house: h, name: p.name, id: p.id, browser: h.NewBrowser(h.address()), key: first}
	second := stranger.addPhone(t, stranger.enter(t), "Stranger 2")
	phone, err := first.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keys.RemoveOwn(h.ctx, phone); err != nil {
		t.Fatal(err)
	}
	stranger.key = second
	in := stranger.signIn(t, h.NewBrowser(h.address()))
	is(t, h.Activations.NotMine(h.ctx, in, nodkey.KeyID(first.ID)), "key.not_mine", "the stranger's own session")
	is(t, h.Activations.NotMine(h.ctx, owner, nodkey.KeyID(first.ID)), "", "not mine")
	if r, err := second.Receipt(h.ctx); err != nil || r.State != "removed" {
		t.Errorf("the second key: %q, %v", r.State, err)
	}
	is(t, h.Activations.NotMine(h.ctx, owner, nodkey.KeyID(first.ID)), "key.unknown", "once more")
	if u, err := h.Sessions.User(h.ctx, owner); err != nil || u.HadKey {
		t.Errorf("had a key: %v, %v", u.HadKey, err)
	}
}

// Another phone of the user's may throw a new one out from any session that it opened; what stems from a key may not
// throw that key out.
func TestAnotherPhonesSessionDisownsAKey(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys, p.SessionLife, p.SessionIdle = 5, 72*time.Hour, 72*time.Hour })
	p := h.join(t)
	made := p.enter(t)
	other := p.signIn(t, h.NewBrowser(h.address()))
	waiting, r, err := h.phone("Waiting").Activate(h.ctx, h.code(t, made), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "approve" {
		t.Fatal(r.State, err)
	}
	is(t, h.Activations.NotMine(h.ctx, other, nodkey.KeyID(waiting.ID)), "", "a key that waits")
	is(t, h.Activations.NotMine(h.ctx, other, nodkey.KeyID(waiting.ID)), "key.unknown", "a key that is gone")

	young := p.addPhone(t, made, "Young")
	child := &person{house: h, name: p.name, id: p.id, key: young}
	its := child.signIn(t, h.NewBrowser(h.address()))
	is(t, h.Activations.NotMine(h.ctx, its, nodkey.KeyID(p.key.ID)), "key.not_mine", "a child against the key that said yes to it")
	is(t, h.Activations.NotMine(h.ctx, its, nodkey.KeyID(young.ID)), "key.not_mine", "a key against itself")
	grandchild := child.addPhone(t, its, "Younger")
	far := (&person{house: h, name: p.name, id: p.id, key: grandchild}).signIn(t, h.NewBrowser(h.address()))
	is(t, h.Activations.NotMine(h.ctx, far, nodkey.KeyID(young.ID)), "key.not_mine", "its child against it")
	is(t, h.Activations.NotMine(h.ctx, h.join(t).enter(t), nodkey.KeyID(young.ID)), "key.unknown", "another user")
	is(t, h.Activations.NotMine(h.ctx, other, nodkey.KeyID(young.ID)), "", "a key that is a moment old")
	if r, err := grandchild.Receipt(h.ctx); err != nil || r.State != "removed" {
		t.Errorf("the key that it said yes to: %q, %v", r.State, err)
	}
	if u, err := h.Sessions.User(h.ctx, other); err != nil || !u.HadKey {
		t.Errorf("had a key: %v, %v", u.HadKey, err)
	}

	old := p.addPhone(t, other, "Old")
	last := p.signIn(t, h.NewBrowser(h.address()))
	h.Clock.Advance(24*time.Hour + time.Second)
	is(t, h.Activations.NotMine(h.ctx, last, nodkey.KeyID(old.ID)), "key.not_mine", "a key that is a day old")
}

func TestNotMineIsForADay(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.SessionLife, p.SessionIdle = 72*time.Hour, 72*time.Hour })
	p := h.join(t)
	c := p.enter(t)
	k := p.addPhone(t, c, "Pixel 9")
	h.Clock.Advance(24*time.Hour + time.Second)
	is(t, h.Activations.NotMine(h.ctx, c, nodkey.KeyID(k.ID)), "key.not_mine", "a day later")
}

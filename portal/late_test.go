package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestSignInOpensOneSessionOnce(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b, number := h.asked("ann")
	thief := b.copy()
	h.approve(phone, number)
	b.get("/sign-in/wait").goes(t, "/")
	before := h.dump()
	got := thief.get("/sign-in/wait")
	got.goes(t, "/")
	if thief.cookies["nodkey-portal-session"] != "" {
		t.Error("a sign-in gave a second session")
	}
	thief = &browser{h: h, cookies: map[string]string{"nodkey-portal-sign-in": b.seen[0]}}
	for _, path := range []string{"/sign-in/cancel", "/sign-in/again"} {
		thief.copy().post(path).goes(t, "/sign-in/wait")
	}
	nodkeytest.Unchanged(t, "a finished sign-in", before, h.dump())
	b.get("/security").is(t, http.StatusOK)
}

func TestLateAndExpiredSignInsOpenNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")

	b, _ := h.asked("ann")
	open, err := phone.Approvals(t.Context())
	must(t, err)
	b.copy().post("/sign-in/cancel").goes(t, "/sign-in/wait")
	if _, err := phone.Approve(t.Context(), open[0], "00", pin); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("a yes after the cancel: %v", err)
	}
	before := h.dump(quiet...)
	if got := b.copy().get("/sign-in/wait"); got.status != http.StatusOK || got.header.Get("Location") != "" || !strings.Contains(got.body, "cancelled") {
		t.Errorf("the cancelled sign-in answers %d", got.status)
	}
	b.copy().post("/sign-in/again").goes(t, "/sign-in/wait")
	nodkeytest.Unchanged(t, "a cancelled sign-in", before, h.dump(quiet...))

	b, number := h.asked("ann")
	h.approve(phone, number)
	h.clock.Advance(nodkey.SignInLife)
	before = h.dump()
	if got := b.copy().get("/sign-in/wait"); got.status != http.StatusConflict {
		t.Errorf("a yes that is collected too late answers %d", got.status)
	}
	nodkeytest.Unchanged(t, "a sign-in that ran out", before, h.dump())

	full := h.signedIn("ann", phone)
	h.clock.Advance(nodkey.DefaultPolicy().SessionIdle + time.Second)
	full.copy().get("/security").goes(t, "/sign-in")
	if got := full.copy().post("/phones/x/remove"); got.status != http.StatusUnauthorized {
		t.Errorf("an idle session got %d", got.status)
	}
}

func TestSignInAnswersAlikeForUnknownNameAndWrongPassword(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	wrong := h.browser().post("/sign-in", "username", "ann", "password", "not the password")
	unknown := h.browser().post("/sign-in", "username", "ann", "password", rightPassword+"x")
	nobody := h.browser().post("/sign-in", "username", "nobody", "password", rightPassword)
	odd := h.browser().post("/sign-in", "username", "<script>alert(1)</script>", "password", strings.Repeat("p", 1000))
	nul := h.browser().post("/sign-in", "username", "\x00", "password", "\xff\xfe")
	for what, got := range map[string]answer{"wrong": wrong, "unknown": unknown, "nobody": nobody, "odd": odd, "nul": nul} {
		got.is(t, http.StatusForbidden)
		if strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "not the password") {
			t.Errorf("%s: the page repeats what it should not", what)
		}
	}
	if wrong.body != unknown.body {
		t.Error("two wrong passwords get different pages")
	}
	if strings.ReplaceAll(nobody.body, "nobody", "ann") != wrong.body {
		t.Errorf("an unknown name gets another page:\n%s\n%s", nobody.body, wrong.body)
	}
	if n := h.audited("sign_in.wrong"); n != 5 {
		t.Errorf("%d audit rows for 5 wrong sign-ins", n)
	}
	var slow answer
	for range 25 {
		slow = h.browser().post("/sign-in", "username", "ann", "password", "not the password")
	}
	slow.is(t, http.StatusTooManyRequests)
	if h.audited("sign_in.limited") == 0 {
		t.Error("no audit row for a source that is slowed")
	}
}

func TestFirstAccessCodeWorksOnce(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByCode })
	added := h.add("ann")
	form := func(code, password, repeat string) []string {
		return []string{"username", "ann", "code", code, "new_password", password, "repeat", repeat}
	}
	const fresh = "brown paper parcels"
	before := h.dump(quiet...)
	for what, fields := range map[string][]string{
		"wrong code": form("0000-0000-0000", fresh, fresh), "two passwords": form(added.FirstCode, fresh, fresh+"x"), "short": form(added.FirstCode, "short", "short"),
		"other user": {"username", "bob", "code", added.FirstCode, "new_password", fresh, "repeat", fresh},
	} {
		got := h.browser().post("/first-visit", fields...)
		if got.status < 400 || got.status > 499 || strings.Contains(got.body, added.FirstCode) || strings.Contains(got.body, fresh) || len(got.set) > 0 {
			t.Errorf("%s: got %d with %d cookies\n%s", what, got.status, len(got.set), got.body)
		}
	}
	nodkeytest.Unchanged(t, "a first visit that did not hold", before, h.dump(quiet...))
	late := h.clock.Now()
	h.clock.Set(added.Until)
	h.browser().post("/first-visit", form(added.FirstCode, fresh, fresh)...).is(t, http.StatusForbidden)
	h.clock.Set(late)
	h.browser().post("/first-visit", form(added.FirstCode, fresh, fresh)...).goes(t, "/")
	before = h.dump(quiet...)
	h.browser().post("/first-visit", form(added.FirstCode, "another password here", "another password here")...).is(t, http.StatusForbidden)
	nodkeytest.Unchanged(t, "a used first-access code", before, h.dump(quiet...))
	if h.audited("first_code.wrong") < 3 {
		t.Error("wrong first-access codes are not in the audit log")
	}
}

func TestDigitsAreTriedThreeTimes(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.ActivationConfirm = true })
	h.add("ann")
	b := h.browser()
	b.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/")
	phone := h.newPhone()
	offer, err := phone.Lookup(t.Context(), h.phone.String(), b.get("/").code(t))
	must(t, err)
	key, err := phone.Activate(t.Context(), offer, pin, "Pixel")
	must(t, err)
	if key.State != "confirm" || strings.Contains(b.get("/").body, key.Digits) {
		t.Fatalf("the key is %s", key.State)
	}
	other := h.browser() // another restricted session of the same user knows the password only
	other.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/")
	other.post("/activation/confirm", "digits", key.Digits).goes(t, "/")
	if state, err := phone.KeyState(t.Context(), key.ID); err != nil || state.State != "confirm" {
		t.Fatalf("another session's digits made the key %s, %v", state.State, err)
	}
	for _, typed := range []string{"not digits", strings.Repeat("1", 5000)} {
		b.post("/activation/confirm", "digits", typed).is(t, http.StatusForbidden)
	}
	b.post("/activation/confirm", "digits", "").goes(t, "/") // the third: this activation is over
	b.post("/activation/confirm", "digits", key.Digits).goes(t, "/")
	if state, err := phone.KeyState(t.Context(), key.ID); err != nil || state.State != "removed" {
		t.Errorf("the key is %s, %v", state.State, err)
	}
	if h.audited("digits.wrong") != 3 || h.audited("key.removed") != 1 || h.audited("key.activated") != 0 {
		t.Error("the audit log does not tell of the wrong digits")
	}
}

// What the security page offers beside a phone that waits works in any session of another phone's, not only in the one that
// made the code.
func TestAPhoneThatWaitsIsDisownedFromAnotherBrowser(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	taken, own := h.signedIn("ann", phone), h.signedIn("ann", phone)
	taken.post("/activation").goes(t, "/security/add")
	other := h.newPhone()
	offer, err := other.Lookup(t.Context(), h.phone.String(), taken.get("/security/add").code(t))
	must(t, err)
	key, err := other.Activate(t.Context(), offer, pin, "Stranger")
	must(t, err)
	if key.State != "approve" {
		t.Fatalf("the key is %s", key.State)
	}
	path := own.get("/security").first(t, `action="(/phones/[^"]+/not-mine)"`)
	own.post(path).goes(t, "/")
	if page := own.get("/security"); strings.Contains(page.body, "Stranger") {
		t.Error("the phone is still there")
	}
	if open, err := phone.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the other phone is still asked: %d, %v", len(open), err)
	}
}

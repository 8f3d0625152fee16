package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
)

const (
	emailPage = "/messages/settings/email"
	phonePage = "/messages/settings/phone"
)

// entered is a user with an active phone, and a browser that it let in.
func (h *house) entered(name string) (*client.Phone, *browser) {
	h.t.Helper()
	phone, _ := h.activated(name)
	h.clock.Advance(time.Second)
	return phone, h.signedIn(name, phone)
}

// sentCode takes the one code that waits to be sent.
func (h *house) sentCode(channel nodkey.SummaryChannel) nodkey.ContactCode {
	h.t.Helper()
	list, err := h.services.Contacts.TakeCodes(h.t.Context(), channel, 9)
	must(h.t, err)
	if len(list) != 1 {
		h.t.Fatalf("%d codes wait", len(list))
	}
	must(h.t, h.services.Contacts.SettleCode(h.t.Context(), list[0].ID, nodkey.PushDelivered))
	return list[0]
}

func notThis(code nodkey.Token) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// TestAnAddressIsTypedProvedAndApproved goes the whole way, with every slip on it.
func TestAnAddressIsTypedProvedAndApproved(t *testing.T) {
	h := newHouse(t, nil)
	phone, b := h.entered("ann")
	b.get("/security").first(t, `(href="/messages/settings/email")`)
	b.get(emailPage).first(t, `(id="send-code")`)

	slip := b.post(emailPage, "address", "ann@exämple.com")
	slip.is(t, http.StatusBadRequest)
	slip.first(t, `(value="ann@exämple.com")`)
	slip.first(t, `(id="address-error")`)
	again := b.post(emailPage, "address", "ann@exam", "lang", "de")
	again.is(t, http.StatusOK)
	again.first(t, `(value="ann@exam")`)
	again.first(t, `(<html lang="de")`)
	b.post(emailPage, "address", "x", "lang", "en")

	b.post(emailPage, "address", " Ann@Example.com ").goes(t, emailPage)
	sent := h.sentCode(nodkey.SummaryEmail)
	page := b.get(emailPage)
	page.first(t, `(Ann@example\.com)`)
	page.first(t, `(inputmode="numeric" autocomplete="one-time-code")`)
	page.first(t, `in (60) seconds`)
	if strings.Contains(page.body, string(sent.Code)) {
		t.Error("the page shows the code")
	}
	early := b.post(emailPage + "/again")
	early.is(t, http.StatusTooManyRequests)
	early.first(t, `again in (\d+) seconds`)
	early.first(t, `(id="check-code")`)
	odd := b.post(emailPage+"/code", "code", "12 34")
	odd.is(t, http.StatusBadRequest)
	odd.first(t, `(value="12 34")`)
	wrong := b.post(emailPage+"/code", "code", notThis(sent.Code))
	wrong.is(t, http.StatusForbidden)
	wrong.first(t, `(4) tries left`)
	wrong.first(t, `(name="code" value="")`)
	b.get(emailPage+"?other").first(t, `(id="send-code")`)
	b.post(emailPage+"/code", "code", string(sent.Code[:3]+" "+sent.Code[3:])).goes(t, "/change")
	h.approve(phone, b.get("/change").first(t, `data-number="(\d\d)"`))
	b.get("/change").goes(t, "/messages/settings")
	b.get("/security").first(t, `(Your new address is in force)`)
	b.get("/security").first(t, `(A…\x{2060}@example\.com)`)
	b.get(emailPage).first(t, `In use now: (A…\x{2060}@example\.com)`)

	h.clock.Advance(time.Hour)
	b = h.signedIn("ann", phone)
	b.post(emailPage, "address", "ann@EXAMPLE.com").goes(t, emailPage)
	b.post(emailPage, "address", "Ann@EXAMPLE.com").is(t, http.StatusConflict)
}

// TestACodeThatIsUsedUpLeadsBackToTheAddress keeps what was typed.
func TestACodeThatIsUsedUpLeadsBackToTheAddress(t *testing.T) {
	h := newHouse(t, nil)
	_, b := h.entered("ann")
	b.post(phonePage, "address", "+41 79 123 45 67").goes(t, phonePage)
	sent := h.sentCode(nodkey.SummarySMS)
	var last answer
	for range nodkey.ContactTries {
		last = b.post(phonePage+"/code", "code", notThis(sent.Code))
	}
	last.is(t, http.StatusForbidden)
	over := b.post(phonePage+"/code", "code", string(sent.Code))
	over.is(t, http.StatusConflict)
	over.first(t, `(value="&#43;41791234567")`)
	over.first(t, `(no code to confirm any more)`)
	b.get(phonePage).first(t, `(no code to confirm any more)`)
	h.clock.Advance(time.Minute)
	b.post(phonePage+"/again").goes(t, phonePage)
	newer := h.sentCode(nodkey.SummarySMS)
	b.get(phonePage).first(t, `(id="check-code")`)
	h.clock.Advance(10 * time.Minute)
	late := b.post(phonePage+"/code", "code", string(newer.Code))
	late.is(t, http.StatusConflict)
	late.first(t, `(id="send-code")`)
	b.post(emailPage+"/again").goes(t, emailPage)
	b.post(emailPage+"/code", "code", "123456").is(t, http.StatusConflict)
}

// TestAnAddressIsRemovedWithThePhone asks first, and again on the phone.
func TestAnAddressIsRemovedWithThePhone(t *testing.T) {
	h := newHouse(t, nil)
	phone, b := h.entered("ann")
	b.get(emailPage+"/remove").goes(t, emailPage)
	b.post(emailPage+"/remove").goes(t, emailPage)
	must(t, h.services.Contacts.Set(t.Context(), h.operator, "ann", nodkey.SummaryEmail, "ann@example.com"))
	b.get(emailPage).first(t, `(href="/messages/settings/email/remove")`)
	b.get(emailPage+"/remove").first(t, `(Remove a…\x{2060}@example\.com\?)`)
	b.post(emailPage+"/remove").goes(t, "/change")
	b.get("/change").first(t, `(data-number="\d\d")`)
	b.post("/change/cancel").goes(t, "/change")
	b.get("/change").first(t, `(href="/messages/settings")`)
	h.clock.Advance(time.Second) // the newest is told by its time
	b.post(emailPage+"/remove").goes(t, "/change")
	h.approve(phone, b.get("/change").first(t, `data-number="(\d\d)"`))
	b.get("/change").goes(t, "/messages/settings")
	b.get("/security").first(t, `(The address was removed)`)
	if page := b.get("/security"); strings.Contains(page.body, "a…") {
		t.Error("the address is there")
	}
}

// TestWhoMayNotChangeAnAddressIsTold: a session by password alone, nobody, and an account without an active phone.
func TestWhoMayNotChangeAnAddressIsTold(t *testing.T) {
	h := newHouse(t, nil)
	_, full := h.entered("ann")
	h.browser().get(emailPage).goes(t, "/sign-in")
	h.add("ben")
	b := h.browser()
	b.post("/sign-in", "username", "ben", "password", rightPassword)
	for _, path := range []string{emailPage, emailPage + "/remove"} {
		b.get(path).is(t, http.StatusForbidden)
	}
	for _, path := range []string{emailPage, emailPage + "/code", emailPage + "/again", emailPage + "/remove"} {
		b.post(path, "address", "eve@example.com", "code", "123456").is(t, http.StatusForbidden)
	}
	if _, err := h.services.Users.NewFirstCode(t.Context(), h.operator, "ann", true); err != nil {
		t.Fatal(err)
	}
	lost := full.post(emailPage, "address", "eve@example.com")
	if lost.status == http.StatusSeeOther && lost.header.Get("Location") == emailPage {
		t.Error("a code without a phone")
	}
}

// TestAnotherSitesFormSendsNoCode has the browser say that the form is not this site's.
func TestAnotherSitesFormSendsNoCode(t *testing.T) {
	h := newHouse(t, nil)
	_, b := h.entered("ann")
	a := b.send("POST", emailPage, strings.NewReader("address=eve%40example.com"), func(r *http.Request) {
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://evil.example")
	})
	a.is(t, http.StatusForbidden)
	b.get(emailPage).first(t, `(id="send-code")`)
}

// knownTo is a browser of somebody without a phone who typed the password, and whose addresses the desk knows.
func (h *house) knownTo(name string, channels ...nodkey.SummaryChannel) *browser {
	h.t.Helper()
	h.add(name)
	for _, c := range channels {
		address := map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: name + "@example.com", nodkey.SummarySMS: "+41791234567"}[c]
		must(h.t, h.services.Contacts.Set(h.t.Context(), h.operator, name, c, address))
	}
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/")
	return b
}

func byContact(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByContact }

// TestAContactOnRecordIsProvedBeforeTheFirstPhone goes the whole way, with every slip on it.
func TestAContactOnRecordIsProvedBeforeTheFirstPhone(t *testing.T) {
	h := newHouse(t, byContact)
	b := h.knownTo("ann", nodkey.SummaryEmail, nodkey.SummarySMS)
	page := b.get("/")
	page.first(t, `(id="proof" data-state="ways")`)
	page.first(t, `(a…\x{2060}@example\.com)`)
	page.first(t, `(…67)`)
	for _, secret := range []string{"ann@", "1234567", `id="qr"`} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the page shows %s", secret)
		}
	}
	b.post("/activation/contact", "way", "phone", "lang", "de").is(t, http.StatusOK)
	b.post("/activation/contact", "way", "phone", "lang", "en").first(t, `value="(phone)" checked`)
	b.post("/activation/contact", "way", "phone").goes(t, "/")
	sent := h.sentCode(nodkey.SummarySMS)
	if sent.For != nodkey.ForActivation {
		t.Errorf("it is for %s", sent.For)
	}
	b.get("/").first(t, `(autocomplete="one-time-code")`)
	b.get("/?other").first(t, `(data-state="ways")`)
	early := b.post("/activation/contact", "way", "email")
	early.is(t, http.StatusTooManyRequests)
	early.first(t, `again in (\d+) seconds`)
	odd := b.post("/activation/contact/code", "code", "12345")
	odd.is(t, http.StatusBadRequest)
	odd.first(t, `(name="code" value="12345")`)
	wrong := b.post("/activation/contact/code", "code", notThis(sent.Code))
	wrong.is(t, http.StatusForbidden)
	wrong.first(t, `(4) tries left`)

	other := h.browser()
	other.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/")
	other.post("/activation/contact/code", "code", string(sent.Code)).is(t, http.StatusConflict)
	other.get("/").first(t, `(data-state="ways")`)

	b.post("/activation/contact/code", "code", string(sent.Code)).goes(t, "/")
	b.get("/").first(t, `(id="activation" data-state="offer")`)
	other.get("/").first(t, `(data-state="ways")`)
	b.post("/activation/contact", "way", "email").goes(t, "/") // a tab from before
	b.post("/activation/contact/code", "code", "123456").goes(t, "/")
}

// TestWhoHasNoContactOnRecordIsSentToTheDesk, and so is who typed too many wrong codes.
func TestWhoHasNoContactOnRecordIsSentToTheDesk(t *testing.T) {
	h := newHouse(t, byContact)
	b := h.knownTo("ann")
	page := b.get("/")
	page.first(t, `(id="proof" data-state="none")`)
	page.first(t, `(0800 123)`)
	b.post("/activation/contact", "way", "email").is(t, http.StatusConflict)
	b.post("/activation").is(t, http.StatusForbidden)
	h.browser().post("/activation/contact", "way", "email").is(t, http.StatusUnauthorized)

	one := h.knownTo("ben", nodkey.SummaryEmail)
	one.post("/activation/contact", "way", "phone").is(t, http.StatusConflict)
	one.post("/activation/contact", "way", "email").goes(t, "/")
	sent := h.sentCode(nodkey.SummaryEmail)
	for range nodkey.ContactTries {
		one.post("/activation/contact/code", "code", notThis(sent.Code))
	}
	over := one.get("/")
	over.first(t, `(data-state="ways")`)
	over.first(t, `(no code to confirm any more)`)
}

// TestWherePolicySaysOtherwiseNoCodeIsSent looks at the other policies.
func TestWherePolicySaysOtherwiseNoCodeIsSent(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByCode })
	h.add("ann")
	must(t, h.services.Contacts.Set(t.Context(), h.operator, "ann", nodkey.SummaryEmail, "ann@example.com"))
	b := h.browser()
	b.post("/sign-in", "username", "ann", "password", rightPassword)
	b.get("/").first(t, `(id="closed")`)
	b.post("/activation/contact", "way", "email").is(t, http.StatusForbidden)
	if codes, err := h.services.Contacts.TakeCodes(t.Context(), nodkey.SummaryEmail, 9); err != nil || len(codes) != 0 {
		t.Errorf("%d codes, %v", len(codes), err)
	}
}

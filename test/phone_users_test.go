package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// addJonas makes Jonas active on Mara's phone, by both menus' common way.
func (h *house) addJonas(t *testing.T) {
	t.Helper()
	h.addUser("jonas", "Jonas Weber", "amber-kettle-fjord")
	desk := open(t, "desk of Jonas", browser.Desktop)
	desk.SignIn(h.portal, "jonas", "amber-kettle-fjord")
	desk.Wait("#activation[data-state=offer]")
	h.phone.Click("#services")
	h.phone.Wait("[data-screen=services]")
	h.phone.Click("#authenticate")
	h.phone.Click("[data-screen=users] #add-user")
	h.phone.TypeCode(desk.Code())
	h.phone.Click("[data-screen=offer] #continue")
	h.phone.Wait("[data-screen=existing-pin]")
	h.phone.Visit("phone-existing-pin")
	h.phone.Click("#forgot")
	h.phone.Wait("[data-screen=forgot-pin]")
	h.phone.Visit("phone-forgot-pin")
	h.phone.Click("#done")
	h.phone.Type("[data-screen=existing-pin] #pin", "wrong1")
	h.phone.Click("#activate")
	h.phone.Says("[data-error='pin.wrong']", "4 tries left")
	h.phone.Visit("phone-existing-pin-wrong")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#activate")
	h.phone.Wait("[data-screen=activated]")
	desk.Wait("#activated")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
}

func TestOnePINServesAllUsersOfAPhoneAndChangesForAll(t *testing.T) {
	h := settled(t, nil)
	h.addJonas(t)
	h.phone.Click(".rows-sheet .row")
	h.phone.Says("[data-screen=user] #change-pin", "For all 2 users")
	h.phone.Click("#change-pin")
	h.phone.Wait("[data-screen=change-pin]")
	h.phone.Visit("phone-change-pin-all")
	h.phone.Type("#pin-old", maraPIN)
	h.phone.Type("#pin", "8vn3t")
	h.phone.Type("#pin-repeat", "8vn3t")
	h.phone.Click("#save")
	h.phone.Says(".toast", "Your PIN was changed.")
	h.phone.Click("#back")
	h.phone.Wait("[data-screen=home]")
	for _, who := range []struct{ name, password string }{{maraName, maraPassword}, {"jonas", "amber-kettle-fjord"}} {
		desk := open(t, "desk of "+who.name, browser.Desktop)
		desk.SignIn(h.portal, who.name, who.password)
		h.phone.Approve(desk.Number(), "8vn3t")
		desk.At("/")
		h.phone.Click("#done")
	}
}

func TestUsersAreArrangedAndNamedOnThePhoneAlone(t *testing.T) {
	h := settled(t, nil)
	h.addJonas(t)
	h.phone.Click("#more")
	h.phone.Click("#two-factor")
	h.phone.Click("[data-screen=users] #arrange")
	h.phone.Wait("[data-screen=arrange]")
	h.phone.Visit("phone-arrange")
	h.phone.Click(".arrange li:last-child .arrange-up")
	h.phone.Says("[role=status]", "Jonas Weber is now 1 of 2.")
	h.phone.Until("the focus on the pressed button", `document.activeElement?.matches(".arrange li:first-child .arrange-up")`)
	h.phone.Click("#done")
	h.phone.Says("[data-screen=users] .rows-sheet .row:first-child", "Jonas Weber")
	h.phone.Click(".rows-sheet .row:first-child")
	h.phone.Click("[data-screen=user] #rename")
	h.phone.Type("#label", "Work עבודה")
	h.phone.Visit("phone-rename")
	h.phone.Click("#save")
	h.phone.Says("[data-screen=user] h1", "Work עבודה")
	h.phone.Visit("phone-user-labelled")

	// The phone keeps both: they are there after the app was closed.
	h.phone.Go(h.server.phone + "/")
	h.phone.Says("[data-screen=user] h1", "Work עבודה")
	for _, screen := range []string{"users", "more", "home"} {
		h.phone.Click("#back")
		h.phone.Wait("[data-screen=" + screen + "]")
	}
	h.phone.Says(".rows-sheet .row:first-child", "Jonas Weber · jonas")
	h.phone.Visit("phone-home-labelled")

	// A request names the user as the portal does.
	desk := open(t, "desk of Jonas again", browser.Desktop)
	desk.SignIn(h.portal, "jonas", "amber-kettle-fjord")
	h.phone.Says("[data-screen=approval] .statement", "Jonas Weber")
	h.phone.Approve(desk.Number(), maraPIN)
	desk.At("/")
}

func TestAUserWhoIsActiveHereIsOfferedATest(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
	h.phone.Click("#done")
	h.desk.Go(h.portal + "/security/add")
	h.desk.Wait("#activation[data-state=offer]")
	h.phone.Go(h.server.phone + "/")
	h.phone.Click("#more")
	h.phone.Click("#two-factor")
	h.phone.Click("#add-user")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Wait("[data-screen=already]")
	h.phone.Visit("phone-already-here")
	h.phone.Click("#test")
	h.phone.Says("[data-screen=approval] h1", "Answer this test?")
	h.phone.Wait("#confirm")
	h.phone.Visit("phone-test-request")
	h.phone.Click("#confirm")
	h.phone.Type("[data-screen=confirm] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says("h1", "The test worked")
	h.phone.Says(".lead", "Nothing was opened.")
	h.phone.Visit("phone-test-worked")
	h.phone.Click("#done")
	h.phone.Says(".past", "Test request")

	h.phone.Click(".rows-sheet .row")
	h.phone.Click("[data-screen=user] #test")
	h.phone.Click("[data-screen=approval] #mistake")
	h.phone.Says("h1", "Test refused")
}

func TestThisPhoneGetsAnotherNameAtThePortal(t *testing.T) {
	h := settled(t, nil)
	h.phone.Click("#more")
	h.phone.Click("#settings")
	h.phone.Click("[data-screen=settings] #sensor")
	h.phone.Wait("[data-screen=sensor]")
	h.phone.Visit("phone-sensor")
	h.phone.Click("#back")
	h.phone.Click("[data-screen=settings] #phone-name")
	h.phone.Type("[data-screen=phone-name] #phone-name", "Kitchen phone")
	h.phone.Visit("phone-name")
	h.phone.Click("#save")
	h.phone.Says(".toast", "The portal has the new name.")
	h.signIn()
	h.phone.Click("#back")
	h.phone.Click("#back")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
	h.desk.Go(h.portal + "/security")
	h.desk.Says(".phone-card", "Kitchen phone")
}

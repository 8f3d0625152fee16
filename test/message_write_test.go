package test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// entering is a reader's home with an active phone, where the desk is signed in.
func (r reader) entering(t *testing.T) *home {
	t.Helper()
	h := r.lives(t, nil)
	h.settle()
	h.hand.Approve(h.asksFor(h.desk), maraPIN)
	h.desk.At("/")
	h.done(h.hand)
	return h
}

// sentPath is the page with a message's number.
var sentPath = regexp.MustCompile(`^/messages/sent/(\d{4}-\d{4,})$`)

// TestAMessageIsWrittenSentAndAnswered writes with files, looks at the preview, changes something, sends, reads the number, is
// answered by the desk, and answers with a file.
func TestAMessageIsWrittenSentAndAnswered(t *testing.T) {
	everyLanguage(t, func(t *testing.T, r reader) {
		h := r.entering(t)
		h.desk.Go(h.server.portal + "/messages")
		h.desk.Click("#write-message")
		h.desk.At("/messages/new")
		r.look(t, h.desk, "portal-message-new")
		h.desk.Choose("#about", "access/phone")
		h.desk.Type("#subject", "Will <b>this</b> work abroad?")
		h.desk.Click("#text")
		h.desk.Paste("Two lines,\n\n**plainly** said. <script>document.title = 'x'</script>")
		h.desk.Attach("#files", map[string]string{"statement.txt": "what I have", "<b>bad.pdf": "MZ\x00\x01"})
		h.desk.Click("#preview")
		h.desk.Wait(".compose-refused")
		h.desk.Says("#files-kept", "statement.txt")
		h.desk.Says(".compose-refused", "<b>bad.pdf")
		h.glance(t, h.desk, "portal-message-new-refused")
		h.desk.Excuse("status of 400")
		h.desk.Click("#preview")
		h.desk.Wait("#preview-message")
		h.desk.Says("#preview-text", "**plainly** said. <script>document.title = 'x'</script>")
		r.look(t, h.desk, "portal-message-preview")
		h.desk.Click("#edit")
		h.desk.Wait("#write-form")
		holds(h.desk, "#about", "access/phone")
		h.desk.Says("#files-kept", "statement.txt")
		h.desk.Type("#subject", "Will this work abroad?")
		h.desk.Click("#preview")
		h.desk.Wait("#preview-message")
		h.desk.Click("#send")
		h.desk.Wait("#sent")
		r.look(t, h.desk, "portal-message-sent")
		found := sentPath.FindStringSubmatch(browser.Eval[string](h.desk, "location.pathname"))
		if found == nil || h.desk.Text("#reference") != found[1] {
			t.Fatalf("the page says %q at %v", h.desk.Text("#reference"), found)
		}
		reference := found[1]
		h.desk.Click("#to-message")
		h.desk.At("/messages/" + reference)
		h.desk.Says("h1", "Will this work abroad?")
		h.desk.Says(".entry-files", "statement.txt")

		h.run("", "message", "reply", reference, "--body", "Yes, **everywhere**.", "--language", r.lang)
		h.desk.Reload()
		h.desk.Says(".prose", "Yes, everywhere.")
		h.desk.Click("#text")
		h.desk.Paste("Thank you.\nOne more file.")
		h.desk.Attach("#files", map[string]string{"second.txt": "more of it"})
		h.desk.Click("#send-reply")
		h.desk.Says("#toast", h.say.T("toast.message_replied", nil))
		h.desk.Until("two entries of one's own", `document.querySelectorAll(".entry-own").length === 2`)
		r.look(t, h.desk, "portal-thread-answered")
		h.desk.Says("#thread", "second.txt")
	})
}

// What cannot be sent is said before anything leaves, where a script runs, and after it, where none does; both keep what was typed.
func TestWhatCannotBeSentIsSaidBesideIt(t *testing.T) {
	h := english.entering(t)
	h.desk.Go(h.server.portal + "/messages/new?about=access/sign_in")
	holds(h.desk, "#about", "access/sign_in")
	h.desk.Type("#subject", "A long story")
	long := strings.Repeat("word ", 4_001)
	browser.Eval[bool](h.desk, fmt.Sprintf(`document.querySelector("#text").value = "word ".repeat(%d), true`, 4_001))
	h.desk.Click("#preview")
	h.desk.Wait("#text-too-long:not([hidden])")
	h.desk.Visit("portal-message-new-too-long")
	browser.Eval[bool](h.desk, `document.querySelector("#text").value = "Short.", true`)
	h.desk.Attach("#files", map[string]string{"1.txt": "1", "2.txt": "2", "3.txt": "3"})
	h.desk.Wait("#files-too-much:not([hidden])")
	h.desk.Click("#preview")
	h.desk.At("/messages/new")
	h.desk.Attach("#files", map[string]string{"1.txt": "1"})
	h.desk.Gone("#files-too-much:not([hidden])")

	h.desk.Script(false)
	h.desk.Go(h.server.portal + "/messages/new")
	h.desk.Choose("#about", "other")
	h.desk.Type("#subject", "A long story")
	browser.Eval[bool](h.desk, fmt.Sprintf(`document.querySelector("#text").value = "word ".repeat(%d), true`, 4_001))
	h.desk.Attach("#files", map[string]string{"1.txt": "1", "2.txt": "2", "3.txt": "3"})
	h.desk.Click("#preview")
	h.desk.Wait("#text-error, .compose-refused")
	holds(h.desk, "#subject", "A long story")
	holds(h.desk, "#about", "other")
	if got := browser.Eval[int](h.desk, `document.querySelector("#text").value.length`); got != len(long) {
		t.Errorf("%d letters are left of %d", got, len(long))
	}
	h.desk.Says("#files-kept", "2.txt")
	h.desk.Click("#files-kept [name=remove]")
	h.desk.Until("one file", `document.querySelectorAll("#files-kept li").length === 1`)
	browser.Eval[bool](h.desk, `document.querySelector("#text").value = "Short.", true`)
	h.desk.Click("#preview")
	h.desk.Wait("#preview-message")
	h.desk.Click("#send")
	h.desk.Wait("#sent")
	h.desk.Script(true)
	h.desk.Excuse("status of 400")
}

// Whoever is signed out while they write keeps what they wrote, signs in beside it, and sends it.
func TestWhoIsSignedOutWhileWritingLosesNothing(t *testing.T) {
	h := english.entering(t)
	h.desk.Go(h.server.portal + "/messages/new?about=other")
	h.desk.Type("#subject", "Kept")
	h.desk.Type("#text", "What I wrote.")
	beside := h.desk.Another("beside")
	beside.Go(h.server.portal + "/")
	beside.Click("#user-menu summary")
	beside.Click("#sign-out")
	beside.At("/sign-in")
	h.desk.Click("#preview")
	h.desk.Wait("#signed-out")
	h.desk.Visit("portal-message-signed-out")
	holds(h.desk, "#subject", "Kept")
	beside.SignIn(h.server.portal, h.name, h.password)
	h.hand.Approve(beside.Number(), maraPIN)
	beside.At("/")
	if beside.Has("#preview-message") {
		t.Error("the sign-in leads to a form")
	}
	h.desk.Click("#preview")
	h.desk.Wait("#preview-message")
	h.desk.Says("#preview-text", "What I wrote.")
	h.desk.Click("#send")
	h.desk.Wait("#sent")
	h.desk.Excuse("status of 401")
}

// The page of a letter's link asks, in every language, and says what was done.
func TestUnsubscribingIsAsked(t *testing.T) {
	everyLanguage(t, func(t *testing.T, r reader) {
		s := serve(t, nil)
		desk := open(t, "portal", browser.Desktop)
		desk.Speak(r.lang)
		desk.Go(s.portal + "/messages/unsubscribe?token=forged")
		desk.Wait("#message")
		r.glance(t, desk, "portal-unsubscribe-forged")
		desk.Excuse("status of 400")
	})
}

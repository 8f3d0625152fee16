package test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/nodkeytest/eye"
	"github.com/nodkey/nodkey/nodkeytest/webkit"
)

// safariOnIPhone is how Safari on an iPhone presents itself; other tests pose as one with Chromium, here it is the engine.
const safariOnIPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"

// inWebKit opens WebKit as a phone.
func inWebKit(t *testing.T, arguments ...string) *webkit.Tab {
	t.Helper()
	log := &lines{}
	w, err := webkit.Start(log, arguments...)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the log of WebKit:\n%s", log)
		}
	})
	return w.Tab(t, filepath.Join(running(t).Root(), "build", "screens"))
}

// The phone app in the engine of every browser on an iPhone: the portal is Chromium's as ever, the phone is WebKitGTK. That it
// is no Safari shows in what it lacks: WebAuthn (so there is the PIN alone), Web Push, a reader of codes of its own, and
// installed apps. What the app stands on is there: a secure context at *.localhost without TLS, service workers, keys of
// WebCrypto that cannot be exported and are kept in IndexedDB, and streams over fetch.
func TestThePhoneAppRunsInWebKit(t *testing.T) {
	h := &house{server: serve(t, nil), t: t, desk: open(t, "portal", browser.Desktop)}
	h.addUser(maraName, "Mara Lindqvist", maraPassword)
	phone := inWebKit(t)
	phone.Go(h.server.phone + "/")
	phone.Wait("[data-screen=first]")
	phone.Says("h1", "You nod.")
	phone.Picture("webkit-first")
	for what, is := range map[string]string{
		"a secure context": "isSecureContext", "WebCrypto": "typeof crypto.subtle === 'object'", "IndexedDB": "typeof indexedDB === 'object'",
		"a service worker in charge": "navigator.serviceWorker.ready.then(() => true)",
	} {
		if !eye.Eval[bool](phone.Eye, is) {
			t.Errorf("this WebKit has not %s: %s", what, is)
		}
	}
	if eye.Eval[bool](phone.Eye, "'PublicKeyCredential' in window") {
		t.Error("this WebKit has WebAuthn: let the test use it")
	}

	h.signIn()
	phone.Click("#register")
	for i, group := range h.desk.Code() {
		phone.Type(fmt.Sprintf("#code-group-%d", i+1), group)
	}
	phone.Click("#continue")
	phone.Wait("[data-screen=offer]")
	phone.Says("main", "Mara Lindqvist")
	phone.Click("[data-screen=offer] #continue")
	phone.Type("[data-screen=pin] #pin", maraPIN)
	phone.Type("#pin-repeat", maraPIN)
	phone.Picture("webkit-pin")
	phone.Click("#activate")
	phone.Wait("[data-screen=activated]")
	h.desk.Wait("#activated")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")
	h.signOut()

	// The key outlives the page, as it is kept, and signs in.
	phone.Go(h.server.phone + "/")
	phone.Wait("[data-screen=home]")
	h.signIn()
	number := h.desk.Number()
	phone.Wait("[data-screen=approval] #number-1")
	phone.Type("#number-1", number[:1])
	phone.Type("#number-2", number[1:])
	phone.Wait("[data-screen=approval] #confirm")
	phone.Picture("webkit-approval")
	phone.Click("[data-screen=approval] #confirm")
	phone.Type("[data-screen=confirm] #pin", maraPIN)
	phone.Click("[data-screen=confirm] #confirm")
	phone.Wait("[data-screen=decided]")
	phone.Says("h1", "Approved")
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
}

// In a browser on an iPhone there is no key to be made: the app is installed first. WebKitGTK cannot be told that it runs an
// installed app, as nothing of a test's comes before the page's own scripts.
func TestInWebKitOnAnIPhoneTheAppIsInstalledFirst(t *testing.T) {
	s := serve(t, nil)
	phone := inWebKit(t, "--user-agent="+safariOnIPhone)
	phone.Go(s.phone + "/")
	phone.Wait("[data-screen=first]")
	phone.Says("#register", "Set up using QR code") // the labels of an iPhone
	phone.Click("#register")
	phone.Wait("[data-screen=code], [data-screen=install]")
	phone.Picture("webkit-install")
	phone.Says("main", "home screen")
}

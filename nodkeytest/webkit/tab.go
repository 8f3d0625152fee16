package webkit

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/eye"
)

// Tab is the browser's one page. Its methods end the test when what they are told to do cannot be done.
type Tab struct {
	eye.Eye
	session  *session
	pictures string // folder
}

// Tab gives the page, as large as a phone's screen. Pictures go into a folder.
func (b *Browser) Tab(t testing.TB, pictures string) *Tab {
	t.Helper()
	tab := &Tab{session: b.session, pictures: pictures}
	tab.Eye = eye.Eye{T: t, Fail: tab.fail, Evaluate: b.session.evaluate}
	if err := b.session.post("/window/rect", map[string]int{"x": 0, "y": 0, "width": 360, "height": 780}, nil); err != nil {
		t.Fatal(err)
	}
	return tab
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.T.Helper()
	if err := tab.session.post("/url", map[string]string{"url": address}, nil); err != nil {
		tab.fail("opening %s: %v", address, err)
	}
}

// Click waits until an element can be hit, and hits it (§12.5.1: the driver scrolls to it, and refuses what is covered).
func (tab *Tab) Click(selector string) {
	tab.T.Helper()
	tab.Wait(selector)
	tab.Keep("clicking "+selector, func() error {
		element, err := tab.session.element(selector)
		if err != nil {
			return err
		}
		return tab.session.post(element+"/click", struct{}{}, nil)
	})
}

// Type puts text in an empty field by keystrokes.
func (tab *Tab) Type(selector, text string) {
	tab.T.Helper()
	tab.Wait(selector)
	element, err := tab.session.element(selector)
	if err == nil {
		err = tab.session.post(element+"/value", map[string]string{"text": text}, nil)
	}
	if err != nil {
		tab.fail("typing into %s: %v", selector, err)
	}
}

// Picture keeps a picture of what is in view.
func (tab *Tab) Picture(name string) {
	tab.T.Helper()
	eye.Eval[bool](tab.Eye, `(async () => {
  await document.fonts.ready;
  for (let i = 0; i < 2; i++) await new Promise(r => requestAnimationFrame(r));
  await Promise.all(document.getAnimations().map(a => a.finished.catch(() => undefined)));
  return true;
})()`)
	if err := tab.picture(name); err != nil {
		tab.fail("picture of %s: %v", name, err)
	}
}

func (tab *Tab) picture(name string) error {
	var shot string
	if err := tab.session.wire.call(http.MethodGet, tab.session.path+"/screenshot", nil, &shot); err != nil {
		return err
	}
	png, err := base64.StdEncoding.DecodeString(shot)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(tab.pictures, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(tab.pictures, name+".png"), png, 0o644)
}

// fail ends the test, with a picture of what was there.
func (tab *Tab) fail(format string, args ...any) {
	tab.T.Helper()
	var where string
	_ = tab.session.evaluate("location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 1500)", &where)
	_ = tab.picture("FAILED-" + strings.NewReplacer("/", "-", " ", "-").Replace(tab.T.Name())) // the test fails anyway
	tab.T.Fatalf("WebKit: %s\nat %s", fmt.Sprintf(format, args...), where)
}

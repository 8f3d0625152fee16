package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Browser is one running Chromium. It is safe for concurrent use.
type Browser struct {
	ctx    context.Context
	cancel context.CancelFunc
	dir    string
	root   string
	axe    string
}

// Start starts Chromium with a profile of its own. Close ends it.
func Start() (*Browser, error) { return StartWith(nil) }

// StartWith starts Chromium as Start does, with flags of the command line beside or in place of the usual ones: true and false
// set and leave out one that has no value.
func StartWith(flags map[string]any) (*Browser, error) {
	program, err := chromium()
	if err != nil {
		return nil, err
	}
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	axe, err := os.ReadFile(filepath.Join(root, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return nil, fmt.Errorf("the accessibility checker is missing, npm ci installs it: %w", err)
	}
	dir, err := os.MkdirTemp("", "nodkey-browser-")
	if err != nil {
		return nil, err
	}
	b := &Browser{dir: dir, root: root, axe: string(axe)}
	if err := b.showCamera(nil); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WindowSize(int(Desktop.Width), int(Desktop.Height)),
		chromedp.Flag("accept-lang", "en"), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-sandbox", os.Geteuid() == 0),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-video-capture", b.camera()),
	)
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endContext := chromedp.NewContext(allocator)
	b.ctx, b.cancel = ctx, func() { endContext(); endAllocator() }
	if err := chromedp.Do(ctx); err != nil { // without a deadline: Chromium lives as long as this context
		b.cancel()
		return nil, errors.Join(fmt.Errorf("starting %s: %w", program, err), os.RemoveAll(dir))
	}
	return b, nil
}

// Close ends Chromium and removes its profile.
func (b *Browser) Close() error {
	err := chromedp.Cancel(b.ctx)
	b.cancel()
	return errors.Join(err, os.RemoveAll(b.dir))
}

// Open opens an empty tab on a device of its own: nothing is shared with other tabs, neither cookies nor storage.
func (b *Browser) Open(t testing.TB, name string, device Device) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	return b.adopt(t, ctx, cancel, name, device)
}

// OpenOrdinary opens a tab of the profile itself, which no other test sees the storage of as every server has an origin of its
// own. Tabs of Open are like private windows, where some things are not to be had.
func (b *Browser) OpenOrdinary(t testing.TB, name string, device Device) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	return b.adopt(t, ctx, cancel, name, device)
}

// adopt prepares a fresh tab.
func (b *Browser) adopt(t testing.TB, ctx context.Context, cancel context.CancelFunc, name string, device Device) *Tab {
	t.Helper()
	tab := &Tab{t: t, browser: b, ctx: ctx, name: name, device: device}
	t.Cleanup(func() {
		tab.settleProblems()
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s: opening a tab: %v", name, err)
	}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // tabs do not compete for the focus
	tab.pose()
	tab.light("light")
	return tab
}

// Close closes the tab, as a person does with an app.
func (tab *Tab) Close() {
	tab.t.Helper()
	if err := chromedp.Cancel(tab.ctx); err != nil {
		tab.t.Fatalf("%s: closing the tab: %v", tab.name, err)
	}
}

// Allow grants or denies a permission ("camera") to an origin, for this tab's device.
func (tab *Tab) Allow(permission, origin string, granted bool) {
	tab.t.Helper()
	setting := browser.PermissionSettingDenied
	if granted {
		setting = browser.PermissionSettingGranted
	}
	_, err := chromedp.CallBrowser(tab.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: permission}, Setting: setting, Origin: origin,
		BrowserContextID: chromedp.FromContext(tab.ctx).BrowserContextID,
	})
	if err != nil {
		tab.t.Fatal(err)
	}
}

// call sends a protocol command whose answer does not matter.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	out, err := chromedp.Call(tab.ctx, command, params)
	if err != nil {
		tab.t.Fatalf("%s: %T: %v", tab.name, params, err)
	}
	return out
}

func chromium() (string, error) {
	for _, name := range []string{"/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			return name, nil
		}
	}
	return "", errors.New("no Chromium is installed: apt-get install chromium, or make test-deps")
}

// moduleRoot finds the folder of go.mod above the test's.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working directory")
		}
	}
	return "", err
}

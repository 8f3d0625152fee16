package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// narrow is the narrowest width that screens are made for.
const narrow, narrowHeight = 360, 780

// Visit looks at the screen that is there as people with different eyes and devices see it: light and dark, at 360 px and
// at desktop width, and with letters twice as large. It takes pictures into build/screens and finds fault with whatever
// axe-core finds, and with anything that has to be scrolled sideways.
func (tab *Tab) Visit(name string) {
	tab.t.Helper()
	defer func() {
		tab.light("light")
		tab.Resize(tab.device.Width, tab.device.Height)
		tab.settle()
	}()
	for _, scheme := range []string{"light", "dark"} {
		tab.light(scheme)
		tab.Resize(narrow, narrowHeight)
		tab.settle()
		tab.checkWidth(name + " at 360 px")
		tab.checkAccess(name + ", " + scheme + ", at 360 px")
		tab.picture(name + "-360-" + scheme)
	}
	tab.light("light")
	tab.Resize(narrow, narrowHeight)
	tab.large(name)
	if tab.device.Phone {
		return
	}
	tab.Resize(Desktop.Width, Desktop.Height)
	tab.settle()
	tab.checkWidth(name + " at desktop width")
	tab.checkAccess(name + " at desktop width")
	tab.picture(name + "-desktop")
}

// Glance looks at a screen that other tests Visit for its words alone, as in another language: whether all of it fits at
// 360 px, with letters of any size, and at desktop width.
func (tab *Tab) Glance(name string) {
	tab.t.Helper()
	defer func() {
		tab.Resize(tab.device.Width, tab.device.Height)
		tab.settle()
	}()
	tab.Resize(narrow, narrowHeight)
	tab.settle()
	tab.checkWidth(name + " at 360 px")
	tab.picture(name + "-360-light")
	tab.large(name)
	if !tab.device.Phone {
		tab.Resize(Desktop.Width, Desktop.Height)
		tab.settle()
		tab.checkWidth(name + " at desktop width")
		tab.picture(name + "-desktop")
	}
}

// large looks at 360 px with letters twice as large: what a person sets in the browser, and media queries in rem follow.
func (tab *Tab) large(name string) {
	tab.t.Helper()
	letters := func(px int64) {
		call(tab, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: px, Fixed: px * 13 / 16}})
		tab.settle()
	}
	letters(32)
	defer letters(16)
	tab.Resize(narrow, narrowHeight)
	tab.checkWidth(name + " at 360 px with letters of 200 %")
	tab.picture(name + "-360-large")
}

// settle waits until fonts are there and what was changed is drawn.
func (tab *Tab) settle() {
	tab.t.Helper()
	if tab.scriptless {
		return // nothing can be awaited there
	}
	Eval[bool](tab, `(async () => {
  await document.fonts.ready;
  const frame = () => Promise.race([new Promise(r => requestAnimationFrame(r)), new Promise(r => setTimeout(r, 100))]);
  await frame(); await frame();
  return true;
})()`)
}

// checkWidth finds what is wider than the screen.
func (tab *Tab) checkWidth(where string) {
	tab.t.Helper()
	wide := Eval[[]string](tab, `(() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const edge = root.clientWidth;
  const out = [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > edge + 0.5);
  return [root.scrollWidth + " > " + root.clientWidth, ...out.slice(0, 8).map(e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + (e.getAttribute("class") ?? ""))];
})()`)
	if len(wide) > 0 {
		tab.t.Errorf("%s: %s is scrolled sideways: %s", tab.name, where, strings.Join(wide, ", "))
	}
}

type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// checkAccess runs axe-core in a world of its own, so that the page's content security policy stays in force.
func (tab *Tab) checkAccess(where string) {
	tab.t.Helper()
	if tab.scriptless {
		return // axe-core needs timers
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	report, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (string, error) {
		tree, err := cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return "", err
		}
		world, err := cdp.Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
		if err != nil {
			return "", err
		}
		run := func(expression string) (string, error) {
			r, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{
				Expression: expression, ContextID: world.ExecutionContextID, AwaitPromise: new(true), ReturnByValue: new(true),
			})
			if err != nil {
				return "", err
			}
			if r.ExceptionDetails != nil {
				return "", fmt.Errorf("axe: %s", r.ExceptionDetails.Text)
			}
			var text string
			return text, json.Unmarshal(r.Result.Value, &text)
		}
		if there, err := run("typeof axe"); err != nil {
			return "", err
		} else if there != "object" {
			if _, err := run(tab.browser.axe + "\n;typeof axe"); err != nil {
				return "", err
			}
		}
		return run(`axe.run(document, {preload: false, resultTypes: ["violations"], iframes: false}).then(r => JSON.stringify(r.violations))`)
	})
	if err != nil {
		tab.fail("axe-core on %s: %v", where, err)
	}
	var found []violation
	if err := json.Unmarshal([]byte(report), &found); err != nil {
		tab.t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			tab.t.Errorf("%s: %s: %s (%s)\n%s\n%s", tab.name, where, v.Help, v.ID, n.HTML, n.Summary)
		}
	}
}

// photograph takes a picture of what is in view.
func (tab *Tab) photograph() ([]byte, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, OptimizeForSpeed: new(true),
	})
	return shot.Data, err
}

// picture keeps a picture: of a phone's screen, or of a whole page. For that the window grows: a capture beyond the window
// would forget how large the letters are.
func (tab *Tab) picture(name string) {
	tab.t.Helper()
	if !tab.device.Phone {
		size := Eval[point](tab, "({x: innerWidth, y: Math.max(innerHeight, document.scrollingElement.scrollHeight)})")
		tab.Resize(int64(size.X), int64(size.Y))
		tab.settle()
	}
	shot, err := tab.photograph()
	if err == nil {
		err = tab.keep(name, shot)
	}
	if err != nil {
		tab.fail("picture of %s: %v", name, err)
	}
}

// keep writes a picture into build/screens.
func (tab *Tab) keep(name string, shot []byte) error {
	dir := filepath.Join(tab.browser.root, "build", "screens")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o644)
}

// Save writes a small picture of the screen as it is, light or dark, to a file.
func (tab *Tab) Save(file, scheme string) {
	tab.t.Helper()
	tab.light(scheme)
	tab.settle()
	shot, err := tab.photograph()
	tab.light("light")
	if err != nil {
		tab.fail("picture for %s: %v", file, err)
	}
	small, err := shrink(shot)
	if err != nil {
		tab.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(file, small, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Photograph writes a picture of the screen as it is to a file.
func (tab *Tab) Photograph(file string) {
	tab.t.Helper()
	tab.settle()
	shot, err := tab.photograph()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, shot, 0o644)
	}
	if err != nil {
		tab.fail("picture for %s: %v", file, err)
	}
}

// Root is the folder of go.mod.
func (b *Browser) Root() string { return b.root }

// Picture takes a picture of the screen as it is into build/screens.
func (tab *Tab) Picture(name string) {
	tab.t.Helper()
	tab.settle()
	tab.picture(name)
}

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// frame is a framed page within a tab.
type frame struct {
	around   *Tab
	selector string // of the iframe
	origin   string // what is framed
}

// Frame gives a page that the tab's page frames, to act in as a person does. Its looks are those of the tab.
func (tab *Tab) Frame(selector, origin string) *Tab {
	tab.t.Helper()
	tab.Wait(selector)
	return &Tab{t: tab.t, browser: tab.browser, ctx: tab.ctx, name: tab.name + selector, device: tab.device, frame: &frame{tab, selector, origin}}
}

// evaluateIn evaluates in the framed page, in a world beside the page's own scripts: the document is the same, and no
// permission of the page around is needed.
func evaluateIn[T any](ctx context.Context, f *frame, expression string) (T, error) {
	return chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (value T, err error) {
		tree, err := cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return value, err
		}
		for _, child := range tree.FrameTree.ChildFrames {
			if child.Frame.URL != f.origin && !strings.HasPrefix(child.Frame.URL, f.origin+"/") {
				continue
			}
			world, err := cdp.Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: child.Frame.ID, WorldName: "test"})
			if err != nil {
				return value, err
			}
			r, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{
				Expression: expression, ContextID: world.ExecutionContextID, AwaitPromise: new(true), ReturnByValue: new(true),
			})
			if err != nil {
				return value, err
			}
			if r.ExceptionDetails != nil {
				return value, fmt.Errorf("%s", r.ExceptionDetails.Text)
			}
			if len(r.Result.Value) == 0 {
				return value, errors.New("the expression has no value")
			}
			return value, json.Unmarshal(r.Result.Value, &value)
		}
		return value, fmt.Errorf("no frame shows %s", f.origin)
	})
}

// onScreen turns a point of the framed page into one of the tab: the frame may be moved and scaled.
func (f *frame) onScreen(at point) point {
	type rect struct{ X, Y, Scale float64 }
	r := Eval[rect](f.around, `(e => { const r = e.getBoundingClientRect(), scale = r.width / e.offsetWidth;
		return {X: r.x + e.clientLeft * scale, Y: r.y + e.clientTop * scale, Scale: scale}; })(document.querySelector(`+quote(f.selector)+`))`)
	return point{r.X + at.X*r.Scale, r.Y + at.Y*r.Scale}
}

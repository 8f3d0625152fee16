package test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/nodkeytest/film"
)

// everybody is all readers, English ones too.
var everybody = append([]reader{{lang: "en", name: "mara", displayName: "Mara Lindqvist", password: maraPassword, portal: "Client Portal"}}, readers...)

// square is a page with nothing but a square code of a text.
func square(t *testing.T, text string) *browser.Tab {
	t.Helper()
	modules, err := film.Modules(text)
	if err != nil {
		t.Fatal(err)
	}
	const scale, quiet = 5, 4
	side := (len(modules) + 2*quiet) * scale
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			row, column := y/scale-quiet, x/scale-quiet
			dark := row >= 0 && row < len(modules) && column >= 0 && column < len(modules) && modules[row][column]
			if !dark {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	tab := open(t, "poster", browser.Desktop)
	// The camera's film takes it at twice its size.
	tab.Go(`data:text/html,<!doctype html><title>poster</title><img id="qr" alt="" style="width:200px;image-rendering:pixelated" src="data:image/png;base64,` +
		base64.StdEncoding.EncodeToString(file.Bytes()) + `">`)
	return tab
}

// What can be wrong with a code, each with its own screen, on the phone in each language.
func TestACodeThatCannotWorkIsExplainedInEveryLanguage(t *testing.T) {
	for _, r := range everybody {
		t.Run(r.lang, func(t *testing.T) {
			h := r.lives(t, nil)
			h.desk.SignIn(h.server.portal, r.name, r.password)
			h.desk.Wait("#activation[data-state=offer]")
			link := browser.Eval[string](h.desk, `document.getElementById("activate-here").href`)

			// Something else altogether, and another server's code: the camera goes on looking.
			h.hand.Allow("camera", h.server.phone, true)
			h.hand.Click("#register")
			h.hand.Click("#scan")
			h.hand.Until("the camera", "document.querySelector('video')?.videoWidth > 0")
			for _, poster := range []struct{ name, text, says string }{
				{"other", "WIFI:S:Aldermere guests;T:nopass;;", "scan.other"},
				{"elsewhere", strings.Replace(link, h.server.phone, "https://phone.elsewhere.example", 1), "scan.elsewhere"},
			} {
				running(t).ShowCamera(square(t, poster.text), "#qr")
				h.hand.Says(".screen-status", h.say.T(poster.says, nil))
				h.glance(t, h.hand, "phone-scan-"+poster.name)
			}
			running(t).CloseCamera(h.desk)
			h.hand.Click("#type")

			// A group that is mistyped is named by its check character.
			code := h.desk.Code()
			h.hand.Type("#code-group-1", code[0])
			h.hand.Type("#code-group-2", other(code[1]))
			h.hand.Wait("[data-error='code.group']")
			h.hand.Says("#code-error", h.say.T("code.group.wrong", map[string]any{"Group": 2}))
			h.glance(t, h.hand, "phone-code-mistyped")

			// The offer has run out: ten minutes pass on the phone's clock alone.
			for i, group := range code {
				h.hand.Type("#code-group-"+string(rune('1'+i)), group)
			}
			h.hand.Click("#continue")
			h.hand.Wait("[data-screen=offer]")
			browser.Eval[bool](h.hand, "(now => { Date.now = () => now() + 660000; return true; })(Date.now)")
			h.hand.Click("[data-screen=offer] #continue")
			h.hand.Wait("[data-error='activation.expired']")
			h.at(h.hand, "fault", "activation.expired.title", "code-expired")

			// The code was used by another phone; a fresh sign-in has a fresh code.
			h.hand.Go(h.server.phone + "/")
			h.hand.TypeCode(code)
			h.hand.CreatePIN(maraPIN)
			h.desk.Wait("#activated")
			second := h.device("second phone", browser.Handset)
			second.Go(h.server.phone + "/")
			second.Click("#register")
			for i, group := range code {
				second.Type("#code-group-"+string(rune('1'+i)), group)
			}
			second.Click("#continue")
			second.Wait("[data-error='activation.used']")
			h.at(second, "fault", "", "code-used")
			second.Click("#next")
			second.Wait("[data-screen=code]")
		})
	}
}

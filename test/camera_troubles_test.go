package test

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// cameras replaces what the page is told of the device's cameras. The picture stays that of Chromium's film.
func cameras(t *testing.T, phone *browser.Tab, script string) {
	t.Helper()
	_, err := chromedp.Call(phone.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `(() => {
  const devices = navigator.mediaDevices;
  const take = devices.getUserMedia.bind(devices);
  const fail = (name, message) => () => Promise.reject(new DOMException(message ?? name, name));
  const input = (id, label) => ({kind: "videoinput", deviceId: id, groupId: "", label});
  // A camera with these settings and capabilities; what is wished of it is kept in the document for the test to see.
  const lens = async (settings, can) => {
    const stream = await take({video: true});
    const [track] = stream.getVideoTracks();
    track.getSettings = () => settings;
    track.getCapabilities = () => can;
    track.applyConstraints = async ({advanced: [wish]}) => { document.documentElement.dataset.wish = JSON.stringify(wish); };
    return stream;
  };
` + script + `
})()`,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Each trouble with cameras, in each language, in a browser that has it.
var cameraTroubles = []struct {
	name, script, expect string
	denied               bool
}{
	{name: "denied", denied: true, expect: "[data-error='camera.denied'] ol.numbered li:nth-child(3)"},
	{name: "dismissed", script: `devices.getUserMedia = fail("NotAllowedError", "Permission dismissed");`, expect: "[data-error='camera.denied'] .banner"},
	{name: "denied-by-system", script: `devices.getUserMedia = fail("NotAllowedError", "Permission denied by system");`, expect: "[data-error='camera.denied'] .banner"},
	{name: "absent", script: `devices.getUserMedia = fail("NotFoundError");`, expect: "[data-error='camera.absent']"},
	{name: "busy", script: `devices.getUserMedia = fail("NotReadableError");`, expect: "[data-error='camera.busy']"},
	{name: "reader", script: `delete globalThis.WebAssembly;`, expect: "[data-error='camera.reader']"},
	{
		name: "front", expect: "#switch-camera",
		script: `devices.getUserMedia = wish => lens({deviceId: wish.video.deviceId?.exact ?? "f", facingMode: wish.video.deviceId ? "environment" : "user"}, {});
devices.enumerateDevices = async () => [input("f", "Front"), input("r", "Back")];`,
	},
	{
		name: "slow", expect: "#zoom",
		script: `devices.getUserMedia = wish => lens({deviceId: wish.video.deviceId?.exact ?? "r", facingMode: "environment", zoom: 1},
  {torch: true, zoom: {min: 1, max: 8, step: 0.1}, focusMode: ["manual", "continuous"]});
devices.enumerateDevices = async () => [input("r", "camera2 0, facing back"), input("w", "camera2 2, facing back")];`,
	},
}

func TestEveryTroubleWithCamerasIsExplainedInEveryLanguage(t *testing.T) {
	s := serve(t, nil)
	for _, lang := range []string{"en", "de", "ja"} {
		for _, trouble := range cameraTroubles {
			t.Run(lang+" "+trouble.name, func(t *testing.T) {
				phone := open(t, "phone", browser.Handset)
				phone.Speak(lang)
				if trouble.script != "" {
					cameras(t, phone, trouble.script)
				}
				if trouble.name != "dismissed" {
					phone.Allow("camera", s.phone, !trouble.denied)
				}
				phone.Go(s.phone + "/")
				phone.Wait("html[lang=" + lang + "] [data-screen=first]")
				phone.Click("#register")
				phone.Wait("[data-screen=code]")
				phone.Click("#scan")
				phone.Wait(trouble.expect)
				switch trouble.name {
				case "front":
					phone.Wait(".screen-status .banner")
				case "slow":
					phone.Wait(".screen-status .banner") // after eight seconds
					phone.Until("continuous focus", `document.documentElement.dataset.wish === '{"focusMode":"continuous"}'`)
				}
				phone.Visit("lang-" + lang + "-phone-scan-" + trouble.name)
				if lang != "en" {
					return
				}
				act(t, phone, trouble.name, s)
			})
		}
	}
}

// act does what the screen advises, and sees that it helps.
func act(t *testing.T, phone *browser.Tab, trouble string, s *server) {
	t.Helper()
	switch trouble {
	case "denied":
		phone.Allow("camera", s.phone, true) // the screen hears of it
		phone.Wait("[data-screen=scan] video")
	case "front":
		phone.Click("#switch-camera")
		phone.Until("the other camera", "document.querySelector('.screen-status .banner') === null")
	case "slow":
		phone.Click("#zoom")
		phone.Says("#zoom", "2×")
		phone.Until("a zoom of 2", `document.documentElement.dataset.wish === '{"zoom":2}'`)
		phone.Click("#torch")
		phone.Wait("#torch[aria-pressed=true]")
		phone.Click("#switch-camera")
		phone.Wait("#torch[aria-pressed=false]")
		phone.Click("#camera-help")
		phone.Wait("[data-screen=camera-help]")
		phone.Click("#type")
		phone.Wait("[data-screen=code]")
	default:
		phone.Click("#type")
		phone.Wait("[data-screen=code]")
	}
}

func TestHelpWithTheCameraStandsInEveryLanguage(t *testing.T) {
	s := serve(t, nil)
	for _, lang := range []string{"en", "de", "ja"} {
		phone := open(t, "phone", browser.Handset)
		phone.Speak(lang)
		phone.Go(s.phone + "/")
		phone.Wait("html[lang=" + lang + "]")
		phone.Click("#register")
		phone.Wait("[data-screen=code]")
		phone.Visit("lang-" + lang + "-phone-code-help")
		phone.Click("#camera-help")
		phone.Wait("[data-screen=camera-help]")
		phone.Visit("lang-" + lang + "-phone-camera-help")
	}
}

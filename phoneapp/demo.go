package phoneapp

import (
	"bytes"
	"errors"
	"html"
	"maps"
)

// ForDemo gives the app as the side-by-side demo serves it: its page names the
// origin that frames it, so that "scan" can read the portal beside. Without an
// origin it is the app unchanged, as every other server serves it.
//
// The service worker keeps pages by version, so the demo's has one of its own:
// a browser that saw the demo keeps nothing of it for a server at the same
// address, nor the other way round.
func ForDemo(app *App, origin string) (*App, error) {
	if origin == "" {
		return app, nil
	}
	const end = "</head>"
	page, worker := app.files[shellPath].content, app.files[workerPath].content
	if bytes.Count(page, []byte(end)) != 1 || app.version == "" || !bytes.Contains(worker, []byte(app.version)) {
		return nil, errors.New("the phone app's page or service worker is not as the demo expects it")
	}
	meta := `<meta name="nodkey-demo" content="` + html.EscapeString(origin) + `">` + "\n"
	version := app.version + "-demo"
	demo := &App{files: maps.Clone(app.files), names: app.names, version: version}
	demo.files[shellPath] = newFile("index.html", bytes.Replace(page, []byte(end), []byte(meta+end), 1))
	demo.files[workerPath] = newFile("sw.js", bytes.ReplaceAll(worker, []byte(app.version), []byte(version)))
	return demo, nil
}

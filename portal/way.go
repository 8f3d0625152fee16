package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/nodkey/nodkey"
)

// A browser's way to an application (docs/applications.md) begins at one of the server's doors, which sends the browser here with
// the token of a grant request. Each of the portal's own addresses that the way leads through carries it: so every tab knows
// where it is going, also beside another tab with another application. To the one browser that came with it first the token is a
// way on; to any other it is nothing. Through an activation, which has pages of its own, it is kept in the cookie of what was wanted.

// continuePath is where doors send a browser, with ?to=TOKEN.
const continuePath = "/continue"

// wayLength is how many characters a grant request's token has: 32 bytes in base64url.
const wayLength = 43

// parseWay gives a token of what stands in an address, if it can be one.
func parseWay(asked string) (nodkey.Token, bool) {
	if len(asked) != wayLength || strings.Trim(asked, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return "", false
	}
	return nodkey.Token(asked), true
}

// wayOf gives the way that an address carries, empty where it carries none or more than one.
func wayOf(query url.Values) nodkey.Token {
	if len(query["to"]) != 1 {
		return ""
	}
	way, _ := parseWay(query.Get("to"))
	return way
}

// along is a path of this portal's, on the same way.
func (x *exchange) along(path string) string {
	if x.way == "" {
		return path
	}
	return path + "?to=" + string(x.way)
}

// onward is where a sign-in leads that has just succeeded: on its way, else to what was wanted, else to the first page.
func (d *Door) onward(x *exchange) string {
	if x.way != "" {
		return x.along(continuePath)
	}
	return d.wantedOrHome(x)
}

// start is where a browser goes that has no sign-in of its own: on its way, else to the first page.
func (x *exchange) start() string {
	if x.way != "" {
		return x.along(continuePath)
	}
	return "/"
}

// keepWay keeps the way for the sign-in that follows an activation.
func (d *Door) keepWay(x *exchange) {
	if x.way != "" {
		d.wanted.Set(x.w, x.along(continuePath), wantedLasts)
	}
}

// keptWay gives the way that was kept, empty where there is none.
func (d *Door) keptWay(x *exchange) nodkey.Token {
	kept, _ := d.wanted.Read(x.r)
	asked, ok := strings.CutPrefix(kept, continuePath+"?to=")
	if !ok {
		return ""
	}
	way, _ := parseWay(asked)
	return way
}

// step asks where the way stands. A browser that comes for the first time is given a name, by which it is known for the next step.
func (d *Door) step(x *exchange) (nodkey.GrantStep, error) {
	if x.way == "" {
		return nodkey.GrantStep{State: nodkey.GrantOver}, nil
	}
	step, err := d.services.Grants.Step(x.r.Context(), x.caller, x.way)
	if err == nil && step.Browser != "" {
		d.browser.Set(x.w, string(step.Browser), browserLasts)
		x.caller.Browser = step.Browser
	}
	return step, err
}

// keptFor names the application that an activation leads on to, empty where it leads to none.
func (d *Door) keptFor(x *exchange) (string, error) {
	kept := *x
	kept.way = d.keptWay(x)
	step, err := d.step(&kept)
	if err != nil || step.State == nodkey.GrantOver {
		return "", err
	}
	return step.Name, nil
}

// fromOutside says that another site led here, by a link or by its own redirect. Only then may the answer be a redirect out of this
// house again: Chromium holds the form-action of a page against every redirect that follows its form.
func fromOutside(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet && (site == "cross-site" || site == "same-site")
}

package portal_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/web"
)

func TestAFailingStoreShowsItsTextInTheLogOnly(t *testing.T) {
	h, b, fill := stage(t)
	waiting, _ := h.asked("ann")
	h.store.Failing.Store(true)
	defer h.store.Failing.Store(false)
	paths := map[string]string{"/first-visit": "", "/desk": ""}
	for _, path := range []string{"/", "/security", "/security/add", "/password", "/change", "/change/state", "/change/stream", "/activation/qr", "/activation/state",
		"/activation/stream", "/applications", "/continue?to=" + anyWay, "/phones/{key}/remove", "/phones/{key}/rename", "/phones/{key}/not-mine", "/sign-in",
		"/messages", "/messages?q=x", "/messages/2026-0001", "/messages/files/x", "/messages/state", "/messages/stream"} {
		paths[path] = "GET"
	}
	for _, path := range bare {
		paths[path] = "POST"
	}
	for path, method := range paths {
		if method == "" {
			continue
		}
		gone(t, path, b.copy().send(method, fill(path), nil, nil))
	}
	for _, f := range forms {
		gone(t, f.path, b.copy().post(fill(f.path), f.fields...))
	}
	for _, path := range []string{"/sign-in/wait", "/sign-in/state", "/sign-in/stream", "/sign-in/code", "/sign-in/code/qr", "/sign-in/device"} {
		gone(t, path, waiting.copy().get(path))
	}
	gone(t, "sign in", h.browser().post("/sign-in", "username", "ann", "password", rightPassword))
	for name, value := range b.cookies {
		if strings.Contains(h.log.String(), value) {
			t.Errorf("the log holds the cookie %s", name)
		}
	}
	if n := strings.Count(h.log.String(), nodkeytest.FaultText); n < 20 {
		t.Errorf("the log tells of %d failures", n)
	}
}

var reference = regexp.MustCompile(`[a-z2-7]{16}`)

// gone checks the answer to a request that failed inside.
func gone(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != http.StatusInternalServerError {
		t.Errorf("%s: got %d", what, a.status)
	}
	for _, inner := range []string{"wombat", "burrow", "SELECT", "column"} {
		if strings.Contains(a.body, inner) {
			t.Errorf("%s tells: %s", what, a.body)
		}
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.Contains(a.body, a.header.Get("X-Request-Id")) {
		t.Errorf("%s: the page lacks its reference %s", what, a.header.Get("X-Request-Id"))
	}
	if !reference.MatchString(a.header.Get("X-Request-Id")) {
		t.Errorf("%s: no reference", what)
	}
}

// TestLogsHoldNoSecret goes through everything once and looks for every secret on the way in the log at its loudest.
func TestLogsHoldNoSecret(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.ActivationFirst, p.ActivationConfirm = nodkey.FirstByCode, true })
	secrets := map[string]string{"password": rightPassword, "new password": "brown paper parcels", "third password": "warm woollen mittens", "wrong password": "crisp apple strudels", "PIN": pin, "wrong PIN": "7193"}
	added := h.add("ann")
	secrets["first-access code"] = added.FirstCode
	b := h.browser()
	h.browser().post("/sign-in", "username", "ann", "password", "crisp apple strudels").is(t, http.StatusForbidden)
	b.post("/first-visit", "username", "ann", "code", added.FirstCode, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/")
	home := b.get("/")
	code := home.code(t)
	secrets["activation code"], secrets["activation code in a link"] = code, strings.ReplaceAll(code, "-", "")
	b.get("/activation/qr").is(t, http.StatusOK)
	phone := h.newPhone()
	offer, err := phone.Lookup(t.Context(), h.phone.String(), code)
	must(t, err)
	key, err := phone.Activate(t.Context(), offer, pin, "Pixel")
	must(t, err)
	secrets["six digits"] = key.Digits
	b.post("/activation/confirm", "digits", key.Digits).goes(t, "/")
	b.post("/sign-out").goes(t, "/sign-in")

	full := h.browser()
	full.post("/sign-in", "username", "ann", "password", "brown paper parcels").goes(t, "/sign-in/wait")
	number := full.get("/sign-in/wait").first(t, `data-number="(\d\d)"`)
	open, err := phone.Approvals(t.Context())
	must(t, err)
	if _, err := phone.Approve(t.Context(), open[0], number, "7193"); err == nil {
		t.Error("a wrong PIN is right")
	}
	h.approve(phone, number)
	full.get("/sign-in/wait?code="+code).goes(t, "/")
	full.post("/password", "password", "brown paper parcels", "new_password", "warm woollen mittens", "repeat", "warm woollen mittens").goes(t, "/change")
	h.approve(phone, full.get("/change").first(t, `data-number="(\d\d)"`))
	must(t, phone.ChangePIN(t.Context(), key.ID, pin, "6318"))
	secrets["new PIN"] = "6318"
	coded := h.browser()
	coded.post("/sign-in", "username", "ann", "password", "warm woollen mittens").goes(t, "/sign-in/wait")
	coded.post("/sign-in/code/new").goes(t, "/sign-in/code")
	digits := coded.get("/sign-in/code").digits(t)
	coded.get("/sign-in/code/qr?digits="+digits).is(t, http.StatusOK)
	offline, err := phone.RespondTyped(key.ID, digits, "6318")
	must(t, err)
	mistyped := notThese(offline)
	coded.post("/sign-in/code", "code", mistyped).is(t, http.StatusForbidden)
	coded.post("/sign-in/code?code="+offline, "code", offline).goes(t, "/sign-in/wait")
	secrets["digits of a challenge"], secrets["code"], secrets["wrong code"] = digits, offline, mistyped
	full.get("/security?session="+full.cookies["nodkey-portal-session"]).is(t, http.StatusOK)
	h.browser().get("/a?c="+code).is(t, http.StatusNotFound)

	for _, x := range []*browser{b, full, coded} {
		for i, value := range x.seen {
			if len(value) > 20 {
				secrets["cookie "+string(rune('a'+i))] = value
			}
		}
	}
	for _, k := range phone.State().Keys {
		secrets["D"], secrets["K"], secrets["kp"] = text(t, k.D), text(t, k.K), text(t, k.Kp)
	}
	log := h.log.String()
	if strings.Count(log, "msg=request") < 20 {
		t.Fatalf("the log is too short to tell anything:\n%s", log)
	}
	for _, row := range h.dump()["audit_rows"] {
		log += row + "\n"
	}
	// Times and ids hold digits of their own, so short secrets count where they stand alone.
	for what, secret := range secrets {
		pattern := regexp.QuoteMeta(secret)
		if len(secret) <= 6 {
			pattern = `(^|[^0-9A-Za-z_.:-])` + pattern + `($|[^0-9A-Za-z_.:µ-])`
		}
		if at := regexp.MustCompile(pattern).FindStringIndex(log); at != nil {
			t.Errorf("the log holds the %s: …%s…", what, log[max(0, at[0]-80):min(len(log), at[1]+20)])
		}
	}
}

func text(t *testing.T, b interface{ MarshalText() ([]byte, error) }) string {
	t.Helper()
	out, err := b.MarshalText()
	must(t, err)
	return string(out)
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h, b, fill := stage(t)
	answers := map[string]answer{
		"home": b.get("/"), "redirect": h.browser().get("/"), "not found": b.get("/nowhere"), "method": b.send("PUT", "/", nil, nil), "state": b.get("/change/state"),
		"cross": b.send("POST", "/sign-out", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }),
		"form":  b.post("/sign-in"), "rename": b.get(fill("/phones/{key}/rename")), "HEAD": b.send("HEAD", "/", nil, nil), "asset": b.get(b.get("/").first(t, `href="([^"]+\.css)"`)),
	}
	h.store.Failing.Store(true)
	answers["failure"] = b.get("/")
	h.store.Failing.Store(false)
	for what, a := range answers {
		for name, part := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=()", "X-Request-Id": "", "Cache-Control": ""} {
			if got := a.header.Get(name); got == "" || !strings.Contains(got, part) {
				t.Errorf("%s: %s is %q", what, name, got)
			}
		}
		if what != "asset" && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %s", what, a.header.Get("Cache-Control"))
		}
		if strings.Contains(a.body, "<script>") || strings.Contains(a.body, " style=") || strings.Contains(a.body, " onclick=") {
			t.Errorf("%s has script or style inline, which the policy forbids", what)
		}
	}
}

func TestCookiesAreOutOfReachOfScriptsAndSites(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	full := h.signedIn("ann", phone)
	begun := h.browser().post("/sign-in", "username", "ann", "password", rightPassword)
	spoken := full.post("/language", "lang", "en", "return", "/")
	gone := restricted.post("/sign-out")
	seen := 0
	for _, a := range []answer{begun, spoken, gone} {
		for _, c := range a.set {
			seen++
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge == 0 {
				t.Errorf("the cookie %s is %v", c.Name, c)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d cookies seen", seen)
	}
	origin, err := web.ParseOrigin("https://portal.example")
	must(t, err)
	for _, name := range []string{"nodkey-portal-session", "nodkey-portal-sign-in"} {
		w := httptest.NewRecorder()
		web.NewCookie(origin, name, http.SameSiteLaxMode).Set(w, "x", 1)
		if line := w.Header().Get("Set-Cookie"); !strings.HasPrefix(line, "__Host-"+name+"=x; Path=/; ") || !strings.Contains(line, "; Secure") || strings.Contains(line, "Domain") {
			t.Errorf("over TLS the cookie is %s", line)
		}
	}
	session := full.cookies["nodkey-portal-session"]
	for _, row := range append(h.dump()["sessions"], h.dump()["sign_ins"]...) {
		if strings.Contains(row, session) {
			t.Error("the database holds a cookie in the clear")
		}
	}
	full.post("/sign-out").goes(t, "/sign-in")
	(&browser{h: h, cookies: map[string]string{"nodkey-portal-session": session}}).get("/security").goes(t, "/sign-in")
}

func TestChangedPasswordEndsOtherSessions(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	other, own := h.signedIn("ann", phone), h.signedIn("ann", phone)
	before := h.dump(quiet...)
	for what, fields := range map[string][]string{
		"wrong":  {"password", "not it", "new_password", "brown paper parcels", "repeat", "brown paper parcels"},
		"short":  {"password", rightPassword, "new_password", "short", "repeat", "short"},
		"differ": {"password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcel"},
	} {
		if a := own.post("/password", fields...); a.status < 400 || a.status > 499 || strings.Contains(a.body, "brown paper") || strings.Contains(a.body, "not it") {
			t.Errorf("%s: got %d\n%s", what, a.status, a.body)
		}
	}
	nodkeytest.Unchanged(t, "a password change that did not hold", before, h.dump(quiet...))
	own.post("/password", "password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/change")
	number := own.get("/change").first(t, `data-number="(\d\d)"`)
	h.browser().post("/sign-in", "username", "ann", "password", "brown paper parcels").is(t, http.StatusForbidden) // not in force yet
	open, err := phone.Approvals(t.Context())
	must(t, err)
	var change client.Approval
	for _, a := range open {
		if a.Kind == "password_change" {
			change = a
		}
	}
	_, err = phone.Approve(t.Context(), change, number, pin)
	must(t, err)
	if a := own.get("/change"); a.status != http.StatusOK {
		t.Errorf("the browser that asked got %d", a.status)
	}
	other.get("/security").goes(t, "/sign-in")
	restricted.get("/").goes(t, "/sign-in")
	h.browser().post("/sign-in", "username", "ann", "password", rightPassword).is(t, http.StatusForbidden)
	h.browser().post("/sign-in", "username", "ann", "password", "brown paper parcels").goes(t, "/sign-in/wait")
	if h.audited("password.changed") != 1 || h.audited("password.wrong") != 1 {
		t.Error("the audit log does not tell of the password")
	}
}

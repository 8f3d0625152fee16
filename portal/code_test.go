package portal_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
)

// coded begins a sign-in and asks for digits there.
func (h *house) coded(name string) *browser {
	h.t.Helper()
	b, _ := h.asked(name)
	b.post("/sign-in/code/new").goes(h.t, "/sign-in/code")
	return b
}

var sixDigits = regexp.MustCompile(`id="digits" aria-hidden="true"><span>(\d{3})</span><span>(\d{3})</span>`)

// digits reads the six digits off the page.
func (a answer) digits(t testing.TB) string {
	t.Helper()
	m := sixDigits.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("the page shows no digits:\n%s", a.body)
	}
	return m[1] + m[2]
}

// statement is what the square code of a waiting browser holds.
func (b *browser) statement() string {
	b.h.t.Helper()
	code, err := b.h.services.SignIns.Challenge(b.h.t.Context(), nodkey.Caller{}, nodkey.Token(b.cookies["nodkey-portal-sign-in"]))
	must(b.h.t, err)
	return code.Statement
}

// typedCode is what the phone makes of six digits, scannedCode what it makes of the square code.
func typedCode(t testing.TB, phone *client.Phone, digits string) string {
	t.Helper()
	code, err := phone.RespondTyped(phone.State().Keys[0].ID, digits, pin)
	must(t, err)
	return code
}

func scannedCode(t testing.TB, phone *client.Phone, statement string) string {
	t.Helper()
	scanned, err := phone.ReadScanned(statement)
	must(t, err)
	code, err := phone.RespondScanned(scanned, pin)
	must(t, err)
	return code
}

// notThese is a code that is none of the given ones.
func notThese(right ...string) string {
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%08d", n); !strings.Contains(strings.Join(right, " "), code) {
			return code
		}
	}
}

func (h *house) wrongCode(b *browser, phone *client.Phone) string {
	h.t.Helper()
	return notThese(typedCode(h.t, phone, b.get("/sign-in/code").digits(h.t)), scannedCode(h.t, phone, b.statement()))
}

func TestACodeOpensThePortalHoweverItIsSpelled(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wide := strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９")
	for name, spell := range map[string]func(string) string{
		"as it is": func(c string) string { return c }, "in two halves": func(c string) string { return c[:4] + " " + c[4:] },
		"with hyphens": func(c string) string { return c[:2] + "-" + c[2:4] + "-" + c[4:] }, "full width": func(c string) string { return "　" + wide.Replace(c) },
	} {
		for _, way := range []string{"typed", "scanned"} {
			b := h.coded("ann")
			page := b.get("/sign-in/code")
			page.is(t, http.StatusOK)
			code := ""
			if way == "typed" {
				code = typedCode(t, phone, page.digits(t))
			} else {
				code = scannedCode(t, phone, b.statement())
			}
			b.post("/sign-in/code", "code", spell(code)).goes(t, "/sign-in/wait")
			b.get("/sign-in/wait").goes(t, "/")
			b.get("/security").is(t, http.StatusOK)
			if b.cookies["nodkey-portal-code"] != "" {
				t.Errorf("%s, %s: the cookie of the digits is left", way, name)
			}
		}
	}
	if rows := h.audited("code.wrong"); rows != 0 {
		t.Errorf("%d of the right codes were wrong", rows)
	}
}

func TestTheSecurityPageTellsCodesFromNods(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	nodded := h.signedIn("ann", phone)
	if page := nodded.get("/security").body; strings.Contains(page, "by code") || !strings.Contains(page, "· Pixel of ann<") {
		t.Errorf("a nod is not told as one:\n%s", page)
	}
	h.clock.Advance(time.Minute) // the newest is told by its time
	b := h.coded("ann")
	b.post("/sign-in/code", "code", typedCode(t, phone, b.get("/sign-in/code").digits(t))).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")
	page := b.get("/security")
	if newest := page.first(t, `past-how" role="cell">([^<]*)<`); !strings.Contains(newest, "· Pixel of ann, by code") {
		t.Errorf("the sign-in by a code stands as %q", newest)
	}
	if n := strings.Count(page.body, "by code"); n != 1 {
		t.Errorf("%d sign-ins stand as made by a code, want 1", n)
	}
}

func TestTheDigitsOutliveTheirPage(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b := h.coded("ann")
	first := b.get("/sign-in/code")
	before := h.dump()
	picture := first.first(t, `src="(/sign-in/code/qr\?v=[^"]+)"`)
	if again := b.get("/sign-in/code"); again.digits(t) != first.digits(t) || !strings.Contains(again.body, picture) {
		t.Error("a page that was loaded again shows others")
	}
	b.get(picture).is(t, http.StatusOK)
	nodkeytest.Unchanged(t, "looking at the page", before, h.dump())
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	if b.get("/sign-in/code").digits(t) != first.digits(t) {
		t.Error("who asks while digits are alive gets others")
	}
	number := b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`)
	if !strings.Contains(first.body, "number "+number) {
		t.Errorf("the page of the code does not name the number %s", number)
	}
}

func TestTheSquareCodeHoldsTheStatementInLargeModules(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b := h.coded("ann")
	b.get("/sign-in/code").is(t, http.StatusOK)
	got := b.get("/sign-in/code/qr")
	got.is(t, http.StatusOK)
	if got.header.Get("Content-Type") != "image/png" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("it is sent as %v", got.header)
	}
	picture, err := png.Decode(bytes.NewReader([]byte(got.body)))
	must(t, err)
	want, err := qr.Encode(b.statement(), qr.L, qr.Auto)
	must(t, err)
	modules := want.Bounds().Dx()
	const quiet = 4
	if all := modules + 2*quiet; 320 < 3*all {
		t.Errorf("%d modules in 320 px", all)
	}
	size := picture.Bounds().Dx() / (modules + 2*quiet)
	for y := -quiet; y < modules+quiet; y++ {
		for x := -quiet; x < modules+quiet; x++ {
			r, _, _, _ := picture.At((x+quiet)*size+size/2, (y+quiet)*size+size/2).RGBA()
			dark := false
			if x >= 0 && y >= 0 && x < modules && y < modules {
				w, _, _, _ := want.At(x, y).RGBA()
				dark = w < 0x8000
			}
			if (r < 0x8000) != dark {
				t.Fatalf("module %d in row %d is dark: %v", x, y, !dark)
			}
		}
	}
	// The longest statement that there may be still gets three pixels a module.
	longest, err := qr.Encode(strings.Repeat("eyJhbGciOi", 80), qr.L, qr.Auto)
	must(t, err)
	if all := longest.Bounds().Dx() + 2*quiet; 320 < 3*all {
		t.Errorf("800 characters are %d modules in 320 px", all)
	}
}

// A link from elsewhere, or a browser that fetches ahead, asks for nothing.
func TestOnlyAPostAsksForDigits(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b, _ := h.asked("ann")
	if !strings.Contains(b.get("/sign-in/wait").body, `action="/sign-in/code/new"`) {
		t.Fatal("the waiting page does not lead to the code")
	}
	before := h.dump()
	b.get("/sign-in/code").goes(t, "/sign-in/wait")
	b.get("/sign-in/code/qr").is(t, http.StatusNotFound)
	b.get("/sign-in/code/new").is(t, http.StatusNotFound)
	b.post("/sign-in/code/qr").is(t, http.StatusMethodNotAllowed)
	b.post("/sign-in/code", "code", "12345678").goes(t, "/sign-in/wait")
	nodkeytest.Unchanged(t, "visiting the code way", before, h.dump())
}

func TestAnotherSignInSeesNoDigits(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	h.activated("bob")
	ann := h.coded("ann")
	right := typedCode(t, phone, ann.get("/sign-in/code").digits(t))
	bob, _ := h.asked("bob")
	before := h.dump()
	mixed := func(signIn, code string) *browser {
		b := h.browser()
		for name, value := range map[string]string{"nodkey-portal-sign-in": signIn, "nodkey-portal-code": code} {
			if value != "" {
				b.cookies[name] = value
			}
		}
		return b
	}
	annSignIn, annCode := ann.cookies["nodkey-portal-sign-in"], ann.cookies["nodkey-portal-code"]
	for what, c := range map[string]struct {
		b    *browser
		page string // where /sign-in/code leads
		take string // where a right code leads
		qr   int
	}{
		"no cookie":                  {mixed("", ""), "/sign-in/wait", "/sign-in", http.StatusNotFound},
		"the code's cookie alone":    {mixed("", annCode), "/sign-in/wait", "/sign-in", http.StatusNotFound},
		"the sign-in's cookie alone": {mixed(annSignIn, ""), "/sign-in/wait", "/sign-in/wait", http.StatusNotFound},
		"bob's sign-in":              {mixed(bob.cookies["nodkey-portal-sign-in"], annCode), "/sign-in/wait", "/sign-in/wait", http.StatusNotFound},
		"an invented sign-in":        {mixed(strings.Repeat("A", 43), annCode), "/sign-in/wait", "/sign-in", http.StatusNotFound},
		"an odd sign-in":             {mixed("' OR 1=1 --", "x"), "/sign-in/wait", "/sign-in", http.StatusNotFound},
	} {
		c.b.copy().get("/sign-in/code").goes(t, c.page)
		c.b.copy().post("/sign-in/code", "code", right).goes(t, c.take)
		if got := c.b.copy().get("/sign-in/code/qr"); got.status != c.qr || strings.Contains(got.body, "PNG") {
			t.Errorf("%s: the picture answers %d", what, got.status)
		}
	}
	mixed("", annCode).post("/sign-in/code/new").goes(t, "/sign-in")
	nodkeytest.Unchanged(t, "another sign-in", before, h.dump())
	ann.post("/sign-in/code", "code", right).goes(t, "/sign-in/wait")
}

func TestWhatIsNoCodeCountsForNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	before := h.dump()
	for what, typed := range map[string]string{
		"nothing": "", "seven digits": "1234567", "nine digits": "123456789", "letters": "abcdefgh", "a hundred digits": strings.Repeat("1", 100),
		"markup": "<b>1</b>", "NUL": "1234567\x00", "no UTF-8": "1234567\xff", "Arabic digits": "١٢٣٤٥٦٧٨", "a sign": "+1234567", "dots": "1234.5678", "five thousand": strings.Repeat("9", 5000),
	} {
		got := b.post("/sign-in/code", "code", typed)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, `id="code-error"`) || !strings.Contains(got.body, "A code has 8 digits") {
			t.Errorf("%s: got %d\n%s", what, got.status, got.body)
		}
		if strings.Contains(got.body, "<b>1") || strings.Contains(got.body, "9999999999") {
			t.Errorf("%s: the page repeats it", what)
		}
		plainWords(t, what, got)
	}
	nodkeytest.Unchanged(t, "what is no code", before, h.dump())
	for what, form := range map[string]string{"no field": "", "twice": "code=12345678&code=12345678", "another": "digits=12345678"} {
		if got := b.postRaw("/sign-in/code", formType, form); got.status != http.StatusBadRequest {
			t.Errorf("%s: got %d", what, got.status)
		}
	}
	nodkeytest.Unchanged(t, "a form that is none", before, h.dump())
	b.post("/sign-in/code", "code", typedCode(t, phone, b.get("/sign-in/code").digits(t))).goes(t, "/sign-in/wait")
}

func TestWrongCodesAreCountedDownAndUsedUp(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	first := b.get("/sign-in/code").digits(t)
	wrong := h.wrongCode(b, phone)
	for left := nodkey.ChallengeTries - 1; left > 0; left-- {
		got := b.post("/sign-in/code", "code", wrong)
		got.is(t, http.StatusForbidden)
		if got.digits(t) != first || !strings.Contains(got.body, fmt.Sprintf("You have %d tr", left)) || strings.Contains(got.body, wrong) || strings.Count(got.body, "You have") != 1 {
			t.Errorf("%d tries left:\n%s", left, got.body)
		}
		if again := b.get("/sign-in/code"); !strings.Contains(again.body, fmt.Sprintf("You have %d tr", left)) {
			t.Errorf("loaded again, the page does not say that %d tries are left", left)
		}
	}
	right := typedCode(t, phone, first)
	over := b.post("/sign-in/code", "code", wrong)
	over.is(t, http.StatusConflict)
	if over.first(t, `data-outcome="(\w+)"`) != "code_over" || !strings.Contains(over.body, `action="/sign-in/code/new"`) || !strings.Contains(over.body, `href="/sign-in/wait"`) {
		t.Errorf("the page says:\n%s", over.body)
	}
	b.get("/sign-in/code").goes(t, "/sign-in/wait") // loading it again asks for nothing
	b.get("/sign-in/wait").is(t, http.StatusOK)     // the request is as open as before
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	if next := b.get("/sign-in/code").digits(t); next == first {
		t.Error("the digits are those of before")
	}
	b.post("/sign-in/code", "code", right).is(t, http.StatusForbidden) // the code of before
	for range nodkey.CodeTriesInARow - nodkey.ChallengeTries - 2 {
		b.post("/sign-in/code", "code", wrong).is(t, http.StatusForbidden)
	}
	b.post("/sign-in/code", "code", wrong) // the tenth turns codes off
	off := b.post("/sign-in/code/new")
	off.is(t, http.StatusForbidden)
	if off.first(t, `data-message="(\w+)"`) != "code_off" || !strings.Contains(off.body, "0800 123") {
		t.Errorf("the page says:\n%s", off.body)
	}
	h.approve(phone, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`)) // push goes on, and turns them on again
	b.get("/sign-in/wait").goes(t, "/")
	h.coded("ann").get("/sign-in/code").digits(t)
}

func TestACodeIsTakenOnce(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	thief := b.copy()
	code := typedCode(t, phone, b.get("/sign-in/code").digits(t))
	b.post("/sign-in/code", "code", code).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")
	before := h.dump()
	thief.copy().post("/sign-in/code", "code", code).goes(t, "/sign-in/wait")
	thief.copy().get("/sign-in/code").goes(t, "/sign-in/wait")
	thief.copy().post("/sign-in/code/new").goes(t, "/sign-in/wait")
	thief.get("/sign-in/wait").goes(t, "/")
	if thief.cookies["nodkey-portal-session"] != "" {
		t.Error("a used code opened a second session")
	}
	nodkeytest.Unchanged(t, "a used code", before, h.dump())
	other := h.coded("ann") // the same code for other digits
	if right := typedCode(t, phone, other.get("/sign-in/code").digits(t)); right != code {
		other.post("/sign-in/code", "code", code).is(t, http.StatusForbidden)
	}
}

func TestPolicyOnCodesAtThePortal(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.Codes = nodkey.CodesOff })
	h.activated("ann")
	b, _ := h.asked("ann")
	if strings.Contains(b.get("/sign-in/wait").body, "/sign-in/code") {
		t.Error("the waiting page leads to a code that policy refuses")
	}
	off := b.post("/sign-in/code/new")
	off.is(t, http.StatusForbidden)
	if off.first(t, `data-message="(\w+)"`) != "code_disabled" {
		t.Errorf("the page says:\n%s", off.body)
	}

	h = newHouse(t, func(p *nodkey.Policy) { p.Codes = nodkey.CodesScanned })
	phone, _ := h.activated("ann")
	b = h.coded("ann")
	page := b.get("/sign-in/code")
	if page.status != http.StatusOK || sixDigits.MatchString(page.body) || strings.Contains(page.body, "six digits") {
		t.Errorf("the page shows digits that lead nowhere:\n%s", page.body)
	}
	b.post("/sign-in/code", "code", scannedCode(t, phone, b.statement())).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")
}

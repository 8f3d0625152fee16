package duo

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func group(t testing.TB, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q does not say %s", text, pattern)
	}
	return m[1]
}

const (
	digitsIn = `and type (\d{3} \d{3})`
	numberIn = `Type this number there: (\d\d)`
)

func (h *house) preauth(t testing.TB, c *integration, pairs ...string) answer {
	t.Helper()
	return c.calls(t, http.MethodPost, "/auth/v2/preauth", append([]string{"username", "mara"}, pairs...)...)
}

func TestPreauthSaysHowAPersonCanAnswer(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	h.Add(t, "jonas") // has no phone
	quiet, shows, simple := h.integration(t, "quiet", "", nil), h.integration(t, "shows", `{"duo_number":true}`, nil), h.integration(t, "plain", "", plain)
	staff := h.integration(t, "staff", "", func(in *nodkey.NewApplication) { in.Groups = []string{"staff"} })

	for name, c := range map[string]struct {
		of        *integration
		says, can string
	}{
		"the number cannot be shown": {quiet, "Then enter the eight digits", "mobile_otp"},
		"it can":                     {shows, sayAsk, "auto push mobile_otp"},
		"there is none":              {simple, sayAsk, "auto push mobile_otp"},
	} {
		got := h.preauth(t, c.of).Response
		if got.Result != "auth" || !strings.Contains(got.StatusMsg, c.says) || len(got.Devices) != 1 || got.Prompt.Text != "" {
			t.Fatalf("%s: %+v", name, got)
		}
		d := got.Devices[0]
		if strings.Join(d.Capabilities, " ") != c.can || d.Device != DeviceID(c.of.id, nodkey.KeyID(p.key.ID)) || d.Name != "Pixel 8" || d.Number != "" || d.Type != "phone" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if a, b := h.preauth(t, shows).Response.Devices[0].Device, h.preauth(t, simple).Response.Devices[0].Device; a == b {
		t.Error("two applications know a phone by the same name")
	}
	for name, got := range map[string]answer{
		"a stranger":            shows.calls(t, http.MethodPost, "/auth/v2/preauth", "username", "nobody"),
		"no name":               shows.calls(t, http.MethodPost, "/auth/v2/preauth", "username", "\x00 ' OR"),
		"without a phone":       shows.calls(t, http.MethodPost, "/auth/v2/preauth", "username", "jonas"),
		"in none of its groups": staff.calls(t, http.MethodPost, "/auth/v2/preauth", "username", "mara"),
	} {
		if got.Stat != "OK" || got.Response.Result != "deny" || got.Response.StatusMsg != sayDenied {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if open, err := p.key.Open(t.Context()); err != nil || slices.ContainsFunc(open, func(s nodkeytest.Statement) bool { return s.App != "Gate of quiet" }) {
		t.Errorf("preauth asks nobody: %+v, %v", open, err)
	}
	if got := shows.calls(t, http.MethodPost, "/auth/v2/preauth", "user_id", "DU1"); got.Code != 40002 {
		t.Errorf("%+v", got)
	}
	if got := shows.calls(t, http.MethodPost, "/auth/v2/preauth"); got.Code != 40001 || got.MessageDetail != "username" {
		t.Errorf("%+v", got)
	}
	codeless := newHouse(t, func(p *nodkey.Policy) { p.Codes = nodkey.CodesOff })
	codeless.join(t, "mara")
	c := codeless.integration(t, "ssh", "", nil)
	if got := codeless.preauth(t, c).Response; got.Result != "deny" || got.StatusMsg != sayNoWay {
		t.Errorf("neither number nor codes: %+v", got)
	}
	if got := c.asks(t, "username", "mara", "factor", "push").Response; got.Result != "deny" || got.StatusMsg != sayNoWay {
		t.Errorf("neither number nor codes: %+v", got)
	}
}

func TestThePhoneIsAskedInTheApplicationsName(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true,"duo_wait":"90s"}`, nil)
	tx := c.asks(t, "username", "MARA ", "factor", "push", "device", "auto", "async", "1", "ipaddr", "10.1.2.3", "hostname", "db\x1b[1m1\u202e").Response.Txid
	first := c.looks(t, tx).Response
	if first.Result != "waiting" || first.Status != "pushed" {
		t.Errorf("%+v", first)
	}
	s := p.answers(t, nodkeytest.Answer{Number: group(t, numberIn, first.StatusMsg), PIN: pin})
	if s.App != "Gate of ssh" || s.Address != "10.1.2.3" || s.With != "db[1m1" || s.Exp-s.Iat != 90_000 || s.Kind != "sign_in" {
		t.Errorf("%+v", s.Statement)
	}
	for range 2 {
		if got := c.looks(t, tx).Response; got.Result != "allow" || got.Status != "allow" || got.StatusMsg != sayAllowed {
			t.Errorf("%+v", got)
		}
	}
	h.Clock.Advance(toldAgain)
	if got := c.looks(t, tx).Response; got.Result != "deny" {
		t.Errorf("much later: %+v", got)
	}
}

func TestWhatAPhoneRefusesIsSaid(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true}`, nil)
	for name, want := range map[string]struct {
		answer func(number string)
		status string
		says   string
	}{
		"a mistake": {func(string) { p.answers(t, nodkeytest.Answer{No: "mistake"}) }, "deny", sayRefused},
		"not me":    {func(string) { p.answers(t, nodkeytest.Answer{No: "not_me"}) }, "fraud", sayRefused},
		"another number": {func(number string) {
			p.answers(t, nodkeytest.Answer{Number: string('0'+(number[0]-'0'+1)%10) + number[1:], PIN: pin})
		}, "deny", sayNumber},
		"nothing": {func(string) { h.Clock.Advance(61 * time.Second) }, "timeout", sayTimeout},
	} {
		tx := c.asks(t, "username", "mara", "factor", "auto", "async", "1").Response.Txid
		number := group(t, `(\d\d)\.?$`, c.looks(t, tx).Response.StatusMsg) // said also where the phone was asked too often
		want.answer(number)
		if got := c.looks(t, tx).Response; got.Result != "deny" || got.Status != want.status || got.StatusMsg != want.says {
			t.Errorf("%s: %+v", name, got)
		}
		h.Clock.Advance(20 * time.Minute)
	}
}

func TestATransactionIsItsApplicationsAlone(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c, other := h.integration(t, "ssh", "", plain), h.integration(t, "wiki", "", plain)
	for _, tx := range []string{
		c.asks(t, "username", "mara", "factor", "push", "async", "1").Response.Txid,
		c.asks(t, "username", "mara", "factor", "sms", "async", "1").Response.Txid,
		"tx-", "out-", "nonsense", strings.Repeat("x", 5000),
	} {
		if got := other.looks(t, tx); got.Code != 40002 || got.MessageDetail != "txid" {
			t.Errorf("%.20s: %+v", tx, got)
		}
	}
	if got := c.calls(t, http.MethodGet, "/auth/v2/auth_status"); got.Code != 40001 {
		t.Errorf("%+v", got)
	}
	if got := c.asks(t, "username", "mara", "factor", "push", "device", DeviceID(other.id, "x")).Response; got.Result != "deny" || got.StatusMsg != sayNoPhone {
		t.Errorf("another's device: %+v", got)
	}
	if got := c.asks(t, "username", "mara", "factor", "teleport"); got.Code != 40002 {
		t.Errorf("%+v", got)
	}
	if got := c.asks(t, "username", "mara"); got.Code != 40001 {
		t.Errorf("%+v", got)
	}
}

func TestACodeWithoutANumber(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", nil)
	digits := group(t, digitsIn, h.preauth(t, c).Response.StatusMsg)
	for _, says := range []string{h.preauth(t, c).Response.StatusMsg, c.asks(t, "username", "mara", "factor", "push").Response.StatusMsg, c.asks(t, "username", "Mara", "factor", "passcode").Response.StatusMsg} {
		if again := group(t, digitsIn, says); again != digits {
			t.Errorf("%s, then %s", digits, again)
		}
	}
	if elsewhere := group(t, digitsIn, h.preauth(t, c, "ipaddr", "10.9.9.9").Response.StatusMsg); elsewhere == digits {
		t.Error("another place is shown the same digits")
	}
	code := p.codeFor(t, digits)
	if got := c.asks(t, "username", "mara", "factor", "passcode", "passcode", "12345").Response; got.Result != "deny" || got.StatusMsg != sayShape {
		t.Errorf("%+v", got)
	}
	bent := string('0'+(code[0]-'0'+1)%10) + code[1:]
	if got := c.asks(t, "username", "mara", "factor", "passcode", "passcode", bent).Response; got.Result != "deny" || !strings.Contains(got.StatusMsg, "good for 4 more") {
		t.Errorf("%+v", got)
	}
	tx := c.asks(t, "username", "mara", "factor", "passcode", "passcode", code[:4]+" "+code[4:], "async", "1").Response.Txid
	if got := c.looks(t, tx).Response; got.Result != "allow" {
		t.Errorf("%+v", got)
	}
	if got := c.asks(t, "username", "mara", "factor", "passcode", "passcode", code).Response; got.Result != "deny" {
		t.Errorf("a code is good once: %+v", got)
	}
	// Wrong ones use the digits up; the next are others.
	digits = group(t, digitsIn, h.preauth(t, c).Response.StatusMsg)
	for range nodkey.ChallengeTries {
		c.asks(t, "username", "mara", "factor", "passcode", "passcode", "00000000")
	}
	if got := c.asks(t, "username", "mara", "factor", "auto", "passcode", p.codeFor(t, digits)).Response; got.Result != "deny" {
		t.Errorf("after %d wrong ones: %+v", nodkey.ChallengeTries, got)
	}
	if next := group(t, digitsIn, h.preauth(t, c).Response.StatusMsg); next == digits {
		t.Error("the same digits again")
	}
}

func TestWhoeverStopsWaitingTakesTheRequestBack(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", plain)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := c.try(ctx, c.draft(http.MethodPost, "/auth/v2/auth", "username", "mara", "factor", "push"))
		gone <- err
	}()
	p.opened(t)
	leave()
	if err := <-gone; err == nil {
		t.Error("it was answered")
	}
	p.until(t, "nothing is asked any more", func(open []nodkeytest.Statement) bool { return len(open) == 0 })
}

func TestWhoeverWaitsIsAnsweredWhenThePhoneAnswers(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_legacy":true}`, plain)
	for _, dialect := range []string{"/auth/v2/auth", "/rest/v1/auth.bson"} {
		for answer, result := range map[*nodkeytest.Answer]string{{PIN: pin}: "allow", {No: "mistake"}: "deny"} {
			h.Clock.Advance(20 * time.Minute)
			got := make(chan reply, 1)
			d := c.draft(http.MethodPost, dialect, "username", "mara", "user", "mara", "factor", "push")
			go func() {
				a, err := c.try(t.Context(), d)
				if err != nil {
					t.Error(err)
				}
				got <- a
			}()
			p.opened(t)
			p.answers(t, *answer)
			a := <-got
			if d.noDate {
				if read, _, err := readBSON(a.body); err != nil || response(read)["result"] != result || response(read)["status"] == "" {
					t.Errorf("%v, %v", read, err)
				}
			} else if read := a.read(t); read.Response.Result != result || read.Response.StatusMsg == "" {
				t.Errorf("%+v", read)
			}
		}
	}
}

// Who waits for one answer hears nothing before it, so a number could not be shown.
func TestANumberIsShownOnlyToWhoLooks(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true}`, nil)
	got := c.asks(t, "username", "mara", "factor", "push").Response
	if got.Result != "deny" {
		t.Errorf("%+v", got)
	}
	group(t, digitsIn, got.StatusMsg)
}

func TestWhoWaitsIsToldThatTheServerStops(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", plain)
	got := make(chan reply, 1)
	d := c.draft(http.MethodPost, "/auth/v2/auth", "username", "mara", "factor", "push")
	go func() {
		a, err := c.try(t.Context(), d)
		if err != nil {
			t.Error(err)
		}
		got <- a
	}()
	p.opened(t)
	h.Drain()
	if a := <-got; a.read(t).Code != 42901 {
		t.Errorf("not what lets people in: %d %s", a.status, a.body)
	}
	p.until(t, "nothing is asked any more", func(open []nodkeytest.Statement) bool { return len(open) == 0 })
}

func TestALookWaitsOnlyWhereNothingIsNew(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", plain)
	h.door.longPoll = time.Minute
	tx := c.asks(t, "username", "mara", "factor", "push", "async", "1").Response.Txid
	began := time.Now()
	if got := c.looks(t, tx).Response; got.Result != "waiting" || time.Since(began) >= time.Minute {
		t.Errorf("the first: %+v after %s", got, time.Since(began))
	}
	h.door.longPoll = 200 * time.Millisecond
	began = time.Now()
	if got := c.looks(t, tx).Response; got.Result != "waiting" || time.Since(began) < 200*time.Millisecond {
		t.Errorf("the second: %+v after %s", got, time.Since(began))
	}
	h.door.longPoll = time.Minute
	got := make(chan answer, 1)
	go func() { got <- c.looks(t, tx) }()
	p.answers(t, nodkeytest.Answer{PIN: pin})
	if a := <-got; a.Response.Result != "allow" {
		t.Errorf("%+v", a)
	}
	// And ends when the server does.
	tx = c.asks(t, "username", "mara", "factor", "push", "async", "1").Response.Txid
	c.looks(t, tx)
	go func() { got <- c.looks(t, tx) }()
	h.Drain()
	if a := <-got; a.Response.Result != "waiting" {
		t.Errorf("%+v", a)
	}
}

func TestNotTooManyWait(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c, other := h.integration(t, "ssh", "", plain), h.integration(t, "wiki", "", plain)
	for range seatsOfApp {
		h.door.seats.take(c.id)
	}
	if got := c.asks(t, "username", "mara", "factor", "push"); got.Code != 42901 {
		t.Errorf("%+v", got)
	}
	if !h.door.seats.take(other.id) {
		t.Error("another application's places are taken, too")
	}
	h.door.seats.leave(other.id)
	for range seatsOfApp {
		h.door.seats.leave(c.id)
	}
	if h.door.seats.all != 0 || len(h.door.seats.byApp) != 0 {
		t.Errorf("%+v", &h.door.seats)
	}
	now := time.Now()
	var l told
	for i := range toldMax + 50 {
		l.put("ssh", fmt.Sprint(i), now)
	}
	l.put("wiki", "tx", now)
	if n := len(l.pages["ssh"]); n != toldMax {
		t.Errorf("%d transactions", n)
	}
	if !l.has("wiki", "tx", now) || l.has("wiki", "tx", now.Add(toldKeep)) {
		t.Error("one application takes another's place, or it is kept for ever")
	}
	var s shown
	for i := range shownMax + 50 {
		s.put(who{app: "ssh", user: string(rune(i))}, request{until: now.Add(time.Duration(i%2) * time.Minute)}, now)
	}
	if n := len(s.open); n > shownMax {
		t.Errorf("%d requests", n)
	}
}

func TestTooOftenIsTooOften(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", "", plain)
	for range 100 {
		h.Clock.Advance(time.Second)
		a := c.send(t, c.draft(http.MethodPost, "/auth/v2/auth", "username", "mara", "factor", "push", "async", "1"))
		if a.status == http.StatusOK {
			continue
		}
		if got := a.read(t); got.Code != 42901 || a.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
		return
	}
	t.Error("a hundred times were not too often")
}

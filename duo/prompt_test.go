package duo

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest"
)

// duo_unix 2 asks for a question, and sends back what it led to.
func TestAClientWithAQuestion(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true}`, nil)
	pre := h.preauth(t, c, "text_prompt", "1").Response
	if !strings.HasPrefix(pre.Prompt.Text, "Nodkey sign-in for mara\n\n  1. Push to Pixel 8\n  2. Code of the app") || !strings.HasSuffix(pre.Prompt.Text, "\nOption (1-2): ") {
		t.Errorf("%q", pre.Prompt.Text)
	}
	push := pre.Prompt.Factors["1"]
	if push != pre.Prompt.Factors["default"] || !strings.HasPrefix(push, "push") || pre.Prompt.Factors["2"] != "code" || len(pre.Prompt.Factors) != 3 {
		t.Errorf("%v", pre.Prompt.Factors)
	}
	tx := c.asks(t, "username", "mara", "factor", "prompt", "prompt", push, "async", "1").Response.Txid
	p.answers(t, nodkeytest.Answer{Number: group(t, numberIn, c.looks(t, tx).Response.StatusMsg), PIN: pin})
	if got := c.looks(t, tx).Response; got.Result != "allow" {
		t.Errorf("%+v", got)
	}
	tx = c.asks(t, "username", "mara", "factor", "prompt", "prompt", "code", "async", "1").Response.Txid
	digits := group(t, digitsIn, c.looks(t, tx).Response.StatusMsg)
	if text := h.preauth(t, c, "text_prompt", "1").Response.Prompt.Text; group(t, digitsIn, text) != digits || !strings.Contains(text, "2. Other digits") || !strings.HasSuffix(text, "or option (1-2): ") {
		t.Errorf("%q", text)
	}
	if got := c.asks(t, "username", "mara", "factor", "prompt", "prompt", p.codeFor(t, digits)).Response; got.Result != "allow" {
		t.Errorf("%+v", got)
	}
	for typed, says := range map[string]string{"": sayChoose, "3": sayChoose, "push_DPAAAAAAAAAAAAAAAAAA": sayNoPhone, "sms1": sayChoose, "%$&\n": sayChoose} {
		tx := c.asks(t, "username", "mara", "factor", "prompt", "prompt", typed, "async", "1").Response.Txid
		if got := c.looks(t, tx).Response; got.Result != "deny" || got.StatusMsg != says {
			t.Errorf("%q: %+v", typed, got)
		}
	}
}

// A client that says that it shows numbers is believed: it is the application, and it signs that.
func TestAClientThatShowsNumbers(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", nil)
	if pre := h.preauth(t, c, "text_prompt", "1").Response; pre.Prompt.Factors["default"] != "code" || pre.Txid != "" {
		t.Errorf("one that does not: %+v", pre)
	}
	pre := h.preauth(t, c, "text_prompt", "1", "client_supports_verified_push", "1").Response
	push := pre.Prompt.Factors["default"]
	if !strings.HasPrefix(push, "verified_push") || pre.Txid == "" {
		t.Fatalf("%+v", pre)
	}
	tx := c.asks(t, "username", "mara", "factor", "prompt", "prompt", push, "txid", pre.Txid, "async", "1").Response.Txid
	s := p.answers(t, nodkeytest.Answer{Number: group(t, `(\d\d)\.?$`, c.looks(t, tx).Response.StatusMsg), PIN: pin})
	if !s.Number {
		t.Errorf("%+v", s)
	}
	if got := c.looks(t, tx).Response; got.Result != "allow" {
		t.Errorf("%+v", got)
	}
	if got := c.looks(t, pre.Txid).Response; got.Result != "deny" {
		t.Errorf("what preauth gave stands for nothing: %+v", got)
	}
}

func TestTheOlderDialect(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_legacy":true,"duo_number":true}`, nil)
	pre := response(c.old(t, http.MethodPost, "preauth", "user", "mara", "ipaddr", "10.1.2.3"))
	factors, ok := pre["factors"].(document)
	if !ok || pre["result"] != "auth" || factors["default"] != factors["1"] || !strings.Contains(pre["prompt"].(string), "Option (1-2): ") {
		t.Fatalf("%v", pre)
	}
	auto := factors["1"].(string)
	tx := response(c.old(t, http.MethodPost, "auth", "user", "mara", "factor", "auto", "auto", auto, "async", "1", "ipaddr", "10.1.2.3", "pushinfo", "Server+IP=10.0.0.1&Command="))["txid"].(string)
	first := response(c.old(t, http.MethodGet, "status", "txid", tx))
	if _, ended := first["result"]; ended || len(tx) > 255 {
		t.Fatalf("%v", first)
	}
	h.door.longPoll = 0
	if again := response(c.old(t, http.MethodGet, "status", "txid", tx)); len(again) != 0 {
		t.Errorf("said twice: %v", again)
	}
	h.door.longPoll = longPoll
	p.answers(t, nodkeytest.Answer{Number: group(t, numberIn, first["status"].(string)), PIN: pin})
	if got := response(c.old(t, http.MethodGet, "status", "txid", tx)); got["result"] != "allow" || got["status"] != sayAllowed {
		t.Errorf("%v", got)
	}
	if got := response(c.old(t, http.MethodPost, "preauth", "user", "nobody")); got["result"] != "deny" || got["status"] != sayDenied {
		t.Errorf("%v", got)
	}
	if got := response(c.old(t, http.MethodPost, "auth", "user", "mara", "factor", "voice", "async", "0")); got["result"] != "deny" || got["status"] != sayFactor {
		t.Errorf("%v", got)
	}
	if got := c.old(t, http.MethodGet, "status", "txid", "tx-no"); got["code"] != int32(40002) {
		t.Errorf("%v", got)
	}
	for _, missing := range [][]string{{"user", "mara"}, {"factor", "auto"}} {
		if got := c.old(t, http.MethodPost, "auth", missing...); got["code"] != int32(40001) {
			t.Errorf("%v", got)
		}
	}
	code := response(c.old(t, http.MethodPost, "auth", "user", "mara", "factor", "passcode", "code", "11111111", "async", "0"))
	if got := response(c.old(t, http.MethodPost, "auth", "user", "mara", "factor", "passcode", "code", p.codeFor(t, group(t, digitsIn, code["status"].(string))))); got["result"] != "allow" {
		t.Errorf("%v", got)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	h := newHouse(t, nil)
	c := h.integration(t, "ssh", `{"duo_legacy":true}`, nil)
	if got := c.calls(t, http.MethodGet, "/auth/v2/check"); got.Response.Time != h.Clock.Now().Unix() {
		t.Errorf("%+v", got)
	}
	unsigned := func(d *draft) *draft { d.change = func(r *http.Request) { r.Header.Del("Authorization") }; return d }
	if got := c.send(t, unsigned(c.draft(http.MethodGet, "/auth/v2/ping"))).read(t); got.Stat != "OK" || got.Response.Time != h.Clock.Now().Unix() {
		t.Errorf("%+v", got)
	}
	for _, path := range []string{"/auth/v2/logo", "/auth/v2/", "/auth/v2/ping/x", "/rest/v1/enroll.json"} {
		if got := c.calls(t, http.MethodGet, path); got.Code != 40401 {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := c.calls(t, http.MethodPost, "/auth/v2/enroll", "username", "new"); got.Code != 40301 {
		t.Errorf("%+v", got)
	}
	if got := c.calls(t, http.MethodPost, "/auth/v2/enroll_status", "user_id", "x"); got.Code != 40001 {
		t.Errorf("%+v", got)
	}
	if got := c.send(t, c.draft(http.MethodGet, "/rest/v1/preauth.bson")); got.status != http.StatusNotFound {
		t.Errorf("%d %q", got.status, got.body)
	}
}

func TestSettings(t *testing.T) {
	for raw, want := range map[string]Settings{"": {Wait: DefaultWait}, `{}`: {Wait: DefaultWait}, `{"redirect_uris":["x"],"duo_legacy":true}`: {Legacy: true, Wait: DefaultWait}, `{"duo_wait":"10s","duo_number":true}`: {Number: true, Wait: Wait(10e9)}} {
		if got, err := ParseSettings([]byte(raw)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{`[]`, `{"duo_wait":"9s"}`, `{"duo_wait":"1h"}`, `{"duo_wait":"soon"}`, `{"duo_legacy":"yes"}`, `{"duo_leagcy":true}`} {
		if got, err := ParseSettings([]byte(raw)); err == nil {
			t.Errorf("%s: %+v", raw, got)
		}
	}
	a, b := IntegrationKey("ssh"), IntegrationKey("ssh-2")
	if a == b || len(a) != 20 || !strings.HasPrefix(a, "DI") || strings.ToUpper(a) != a {
		t.Errorf("%s, %s", a, b)
	}
}

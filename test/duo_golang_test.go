package test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	duoapi "github.com/duosecurity/duo_api_golang"
	"github.com/duosecurity/duo_api_golang/authapi"
)

func (h *duoHouse) golang(ikey, skey string) *authapi.AuthApi {
	trust := duoapi.SetTransport(func(tr *http.Transport) {
		tr.Proxy, tr.TLSClientConfig = nil, &tls.Config{RootCAs: h.roots, MinVersion: tls.VersionTLS12}
	})
	return authapi.NewAuthApi(*duoapi.NewDuoApi(ikey, skey, "localhost:"+h.port, "nodkey-test", trust))
}

// oneOf gives what a group of a pattern matches.
func oneOf(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q does not say %s", text, pattern)
	}
	return m[1]
}

func TestTheGoClientSignsIn(t *testing.T) {
	h := openDuo(t, "mara", `{"duo_number": true}`, false)
	api := h.golang(h.ikey, h.skey)
	if ping, err := api.Ping(); err != nil || ping.Stat != "OK" || ping.Response.Time == 0 {
		t.Errorf("%+v, %v", ping, err)
	}
	if check, err := api.Check(); err != nil || check.Stat != "OK" || check.Response.Time == 0 {
		t.Errorf("%+v, %v", check, err)
	}
	pre, err := api.Preauth(authapi.PreauthUsername("mara"), authapi.PreauthIpAddr("10.1.2.5"))
	if err != nil || pre.Response.Result != "auth" || len(pre.Response.Devices) != 1 {
		t.Fatalf("%+v, %v", pre, err)
	}
	device := pre.Response.Devices[0]
	if device.Name != "Pixel 8" || strings.Join(device.Capabilities, " ") != "auto push mobile_otp" || device.Device == h.key.ID || device.Type != "phone" {
		t.Errorf("%+v", device)
	}
	begin := func(options ...func(*url.Values)) string {
		t.Helper()
		options = append(options, authapi.AuthUsername("mara"), authapi.AuthIpAddr("10.1.2.5"), authapi.AuthAsync())
		auth, err := api.Auth("push", options...)
		if err != nil || auth.Stat != "OK" || auth.Response.Txid == "" {
			t.Fatalf("%+v, %v", auth, err)
		}
		return auth.Response.Txid
	}
	status := func(txid, result, status, says string) string {
		t.Helper()
		got, err := api.AuthStatus(txid)
		if err != nil || got.Response.Result != result || got.Response.Status != status || !strings.Contains(got.Response.Status_Msg, says) {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Response.Status_Msg
	}

	txid := begin(authapi.AuthDevice(device.Device), authapi.AuthPushinfo("from=a%20portal&domain=example.com"), authapi.AuthType("Transfer"))
	number := oneOf(t, showsNumber, status(txid, "waiting", "pushed", "number"))
	if a := h.agrees(number); a.With != "Transfer" || a.Address != "10.1.2.5" {
		t.Errorf("%+v", a)
	}
	for range 2 { // an answer that was lost is given again
		status(txid, "allow", "allow", "Success")
	}

	txid = begin(authapi.AuthDevice("auto"))
	status(txid, "waiting", "pushed", "number")
	h.refuses()
	status(txid, "deny", "deny", "refused on the phone")

	// Offline: whatever is sent first is denied with the digits, and the next is the code.
	auth, err := api.Auth("passcode", authapi.AuthUsername("mara"), authapi.AuthPasscode("123456"))
	if err != nil || auth.Response.Result != "deny" {
		t.Fatalf("%+v, %v", auth, err)
	}
	code := h.codeFor(oneOf(t, askedForDigits, auth.Response.Status_Msg))
	if auth, err = api.Auth("passcode", authapi.AuthUsername("mara"), authapi.AuthPasscode(code)); err != nil || auth.Response.Result != "allow" {
		t.Fatalf("%+v, %v", auth, err)
	}
	if auth, err = api.Auth("passcode", authapi.AuthUsername("mara"), authapi.AuthPasscode(code)); err != nil || auth.Response.Result == "allow" {
		t.Fatalf("a code is good once: %+v, %v", auth, err)
	}
	for _, factor := range []string{"phone", "sms"} {
		if auth, err := api.Auth(factor, authapi.AuthUsername("mara"), authapi.AuthDevice("auto")); err != nil || auth.Response.Result != "deny" || !strings.Contains(auth.Response.Status_Msg, "no calls") {
			t.Errorf("%s: %+v, %v", factor, auth, err)
		}
	}
}

func TestTheGoClientWaitsForTheAnswer(t *testing.T) {
	h := openDuo(t, "mara", "", true)
	api := h.golang(h.ikey, h.skey)
	for from, c := range map[string]struct {
		answer func()
		result string
	}{"10.1.2.7": {func() { h.agrees("") }, "allow"}, "10.1.2.8": {h.refuses, "deny"}} {
		got := make(chan *authapi.AuthResult, 1)
		go func() {
			auth, err := api.Auth("auto", authapi.AuthUsername("mara"), authapi.AuthDevice("auto"), authapi.AuthIpAddr(from))
			if err != nil {
				t.Error(err)
			}
			got <- auth
		}()
		c.answer()
		if auth := <-got; auth == nil || auth.Response.Result != c.result || auth.Response.Status_Msg == "" {
			t.Errorf("%+v", auth)
		}
	}
}

func TestTheGoClientIsToldWhatItMayNot(t *testing.T) {
	h := openDuo(t, "mara", "", false)
	other, secret := h.application("wiki", "The wiki", "", false)
	h.run("", "user", "add", "jonas", "--json")
	api := h.golang(h.ikey, h.skey)
	for _, name := range []string{"jonas", "nobody-here", "no name at all"} {
		pre, err := api.Preauth(authapi.PreauthUsername(name))
		if err != nil || pre.Response.Result != "deny" || !strings.Contains(pre.Response.Status_Msg, "cannot ask anybody") {
			t.Errorf("%s: %+v, %v", name, pre, err)
		}
	}
	for name, c := range map[string]struct {
		api  *authapi.AuthApi
		code int32
	}{
		"another's secret": {h.golang(h.ikey, secret), 40103}, "an unknown key": {h.golang("DIAAAAAAAAAAAAAAAAAA", secret), 40103}, "its own": {h.golang(other, secret), 0},
	} {
		check, err := c.api.Check()
		if err != nil || c.code == 0 && check.Stat != "OK" || c.code != 0 && (check.Stat != "FAIL" || check.Code == nil || *check.Code != c.code) {
			t.Errorf("%s: %+v, %v", name, check, err)
		}
	}
	if got, err := api.Enroll(authapi.EnrollUsername("new")); err != nil || got.Stat != "FAIL" || *got.Code != 40301 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := api.EnrollStatus("a", "b"); err != nil || got.Response != "invalid" {
		t.Errorf("%+v, %v", got, err)
	}
	// Signed over JSON; and while a secret is rotated both are good.
	h.run("", "client", "rotate", "ssh", "--grace", "1h")
	_, body, err := api.JSONSignedCall("POST", "/auth/v2/preauth", duoapi.JSONParams{"username": "mara"})
	var pre authapi.PreauthResult
	if err != nil || json.Unmarshal(body, &pre) != nil || pre.Response.Result != "auth" {
		t.Fatalf("%s, %v", body, err)
	}
	oneOf(t, askedForDigits, pre.Response.Status_Msg) // the number cannot be shown: a code is the way
	h.run("", "client", "rotate", "ssh", "--grace", "0s")
	if check, err := api.Check(); err != nil || check.Stat != "FAIL" {
		t.Errorf("after a rotation without grace: %+v, %v", check, err)
	}
}

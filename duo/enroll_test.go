package duo

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func (c *integration) enrolls(t testing.TB, path string, pairs ...string) map[string]any {
	t.Helper()
	h := c.draft(http.MethodPost, "/auth/v2/"+path, pairs...)
	var out map[string]any
	must(t, json.Unmarshal(c.send(t, h).body, &out))
	return out
}

func TestPeopleAreAddedWhereTheSettingsSaySo(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c, off := h.integration(t, "wiki", `{"duo_enroll":true}`, nil), h.integration(t, "ssh", "", nil)
	if got := off.enrolls(t, "enroll", "username", "new"); got["code"] != 40301.0 {
		t.Errorf("off: %v", got)
	}
	for _, name := range []string{"mara", "MARA", "no name", ""} {
		if got := c.enrolls(t, "enroll", "username", name); got["stat"] != "FAIL" {
			t.Errorf("%q: %v", name, got)
		}
	}
	got := c.enrolls(t, "enroll", "username", "new")
	made, _ := got["response"].(map[string]any)
	code, _ := made["activation_code"].(string)
	if made["username"] != "new" || code == "" || !strings.HasPrefix(made["activation_url"].(string), h.Portal.String()) || strings.Contains(made["activation_barcode"].(string), code) {
		t.Fatalf("%v", got)
	}
	for want, pairs := range map[string][]string{
		"waiting": {"user_id", "new", "activation_code", code}, "invalid": {"user_id", "mara", "activation_code", code},
	} {
		if got := c.enrolls(t, "enroll_status", pairs...)["response"]; got != want {
			t.Errorf("%v: %v, not %s", pairs, got, want)
		}
	}
	if got := off.enrolls(t, "enroll_status", "user_id", "new", "activation_code", code)["response"]; got != "invalid" {
		t.Errorf("another application: %v", got)
	}
	if got := h.preauth(t, c, "hostname", "x").Response.Result; got != "auth" {
		t.Errorf("mara is as she was: %v", got)
	}
	if got := c.calls(t, http.MethodPost, "/auth/v2/preauth", "username", "new").Response.Result; got != "deny" {
		t.Errorf("somebody without a phone: %v", got)
	}
	p := h.activates(t, "new", code)
	if got := c.enrolls(t, "enroll_status", "user_id", "new", "activation_code", code)["response"]; got != "success" {
		t.Errorf("with a phone: %v", got)
	}
	if p.key == nil || strings.Contains(h.Log.String(), code) {
		t.Error("the log has the code")
	}
}

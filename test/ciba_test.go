package test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// till is the program of docs/doors/ciba.md, with what the page has it type.
type till struct {
	*oidcHouse
	id, secret string
}

const tillText = "Pay 250.00 EUR to Anna Weber"

func (h *oidcHouse) till(id, settings string) *till {
	h.t.Helper()
	h.run("", "user", "group", maraName, "add", "customers")
	file := filepath.Join(h.t.TempDir(), id+".json")
	h.must(os.WriteFile(file, []byte(settings), 0o600))
	var added struct{ NewSecrets []struct{ Secret string } }
	h.must(json.Unmarshal(h.run("", "client", "add", id, "--name", "Aldermere Till", "--door", "ciba", "--group", "customers", "--settings", file, "--json"), &added))
	return &till{oidcHouse: h, id: id, secret: added.NewSecrets[0].Secret}
}

// types runs a command of the page in a shell, with these variables, and gives its answer.
func (a *till) types(name string, variables ...string) map[string]any {
	a.t.Helper()
	c := exec.CommandContext(a.t.Context(), "sh", "-c", doorBlock(a.t, "ciba", name, "https://portal.example.com", a.portal, "till:", a.id+":", "login_hint=mara", "login_hint="+maraName))
	c.Env = append(os.Environ(), append(variables, "SECRET="+a.secret, "CURL_CA_BUNDLE="+a.root)...)
	problems := &lines{}
	c.Stderr = problems
	out, err := c.Output()
	var answer map[string]any
	if err != nil || json.Unmarshal(out, &answer) != nil {
		a.t.Fatalf("%s: %v: %s %s", name, err, out, problems)
	}
	return answer
}

// asked waits until the phone is asked for a yes to the text.
func (a *till) asked() client.Approval {
	a.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		open, err := a.phone.Approvals(a.t.Context())
		a.must(err)
		if len(open) > 0 {
			if open[0].App != "Aldermere Till" || open[0].Kind != "confirm" || open[0].Text != tillText {
				a.t.Fatalf("the phone shows %+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
	a.t.Fatal("the phone is not asked")
	return client.Approval{}
}

func (a *till) nods(number string) {
	a.t.Helper()
	out, err := a.phone.Approve(a.t.Context(), a.asked(), number, maraPIN)
	if err != nil || out.State != "approved" {
		a.t.Fatalf("%+v, %v", out, err)
	}
}

func text(t testing.TB, answer map[string]any, member string) string {
	t.Helper()
	value, ok := answer[member].(string)
	if !ok {
		t.Fatalf("%v has no %s", answer, member)
	}
	return value
}

func TestATillAsksAsThePageSays(t *testing.T) {
	a := openDoors(t, "ciba").till("till", doorBlock(t, "ciba", "till.json"))
	asked := a.types("ask")
	id := "ID=" + text(t, asked, "auth_req_id")
	if asked["expires_in"] != 120.0 || asked["nodkey_notified"] != true {
		t.Errorf("%v", asked)
	}
	if got := a.types("poll", id); got["error"] != "authorization_pending" {
		t.Errorf("%v", got)
	}
	a.nods(text(t, asked, "nodkey_number"))
	got := a.types("poll", id)
	if got["scope"] != "openid profile" || got["id_token"] == nil || got["access_token"] == nil {
		t.Fatalf("%v", got)
	}
	raw, err := json.Marshal(got["nodkey_evidence"])
	a.must(err)
	dir := t.TempDir()
	a.must(os.WriteFile(filepath.Join(dir, "evidence.json"), raw, 0o600))
	key, _, _ := strings.Cut(string(a.run("", "client", "keys")), "\n")
	verify := exec.CommandContext(t.Context(), "sh", "-c", doorBlock(t, "ciba", "verify", "nodkey verify", a.binary+" verify"))
	verify.Dir, verify.Env = dir, append(os.Environ(), "KEY="+key)
	if out, err := verify.CombinedOutput(); err != nil || !strings.Contains(string(out), tillText) || !strings.Contains(string(out), "The evidence holds.") {
		t.Errorf("%v: %s", err, out)
	}

	id = "ID=" + text(t, a.types("ask"), "auth_req_id")
	_, err = a.phone.Deny(t.Context(), a.asked(), "mistake")
	a.must(err)
	if got := a.types("poll", id); got["error"] != "access_denied" {
		t.Errorf("after a no: %v", got)
	}
}

func TestATillWhosePersonsPhoneIsOffline(t *testing.T) {
	h := openDoors(t, "ciba")
	a := h.till("till", doorBlock(t, "ciba", "till.json"))
	id := "ID=" + text(t, a.types("ask"), "auth_req_id")
	given := a.types("digits", id)
	if given["digits"] != nil {
		t.Errorf("a text cannot be agreed to by digits alone: %v", given)
	}
	scanned, err := a.phone.ReadScanned(text(t, given, "statement"))
	a.must(err)
	code, err := a.phone.RespondScanned(scanned, maraPIN)
	a.must(err)
	if got := a.types("code", id, "CODE="+otherCode(code)); got["error"] != "wrong_code" {
		t.Errorf("%v", got)
	}
	if got := a.types("code", id, "CODE="+code); got["approved"] != true {
		t.Fatalf("%v", got)
	}
	if got := a.types("poll", id); got["id_token"] == nil {
		t.Errorf("%v", got)
	}
}

// nodeTill runs the page's program; what it says is read line by line.
func (a *till) nodeTill() (says func() string) {
	a.t.Helper()
	c := exec.CommandContext(a.t.Context(), "node", "--input-type=module", "-")
	c.Stdin = strings.NewReader(doorBlock(a.t, "ciba", "till.mjs", "https://portal.example.com", a.portal, `login_hint: "mara"`, `login_hint: "`+maraName+`"`))
	c.Env = append(os.Environ(), "SECRET="+a.secret, "NODE_EXTRA_CA_CERTS="+a.root)
	problems := &lines{}
	c.Stderr = problems
	out, err := c.StdoutPipe()
	a.must(err)
	if err := c.Start(); err != nil {
		a.t.Fatalf("%v: install Node with make test-deps, then npm ci", err)
	}
	a.t.Cleanup(func() {
		if err := c.Wait(); err != nil || a.t.Failed() {
			a.t.Logf("the program ended with %v: %s", err, problems)
		}
	})
	one := make([]byte, 1)
	return func() string {
		a.t.Helper()
		var line strings.Builder
		for {
			if _, err := io.ReadFull(out, one); err != nil {
				a.t.Fatalf("the program says no more: %v", err)
			}
			if one[0] == '\n' {
				return line.String()
			}
			line.Write(one)
		}
	}
}

func TestANodeTillAsksAsThePageSays(t *testing.T) {
	a := openDoors(t, "oidc, ciba").till("till", doorBlock(t, "ciba", "till.json"))
	says := a.nodeTill()
	number, ok := strings.CutPrefix(says(), "Type ")
	if !ok {
		t.Fatal(number)
	}
	a.nods(number[:2])
	if got := says(); got != maraName+" agreed." {
		t.Error(got)
	}
	says = a.nodeTill()
	says()
	_, err := a.phone.Deny(t.Context(), a.asked(), "mistake")
	a.must(err)
	if got := says(); got != "No: access_denied" {
		t.Error(got)
	}
}

func TestATillIsTold(t *testing.T) {
	h := openDoors(t, "ciba")
	type ping struct{ bearer, body string }
	pings := make(chan ping, 8)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		pings <- ping{r.Header.Get("Authorization"), string(body)}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(site.Close)
	a := h.till("ping", doorBlock(t, "ciba", "ping.json", "https://till.example.com/nodkey", site.URL+"/nodkey"))
	c := exec.CommandContext(t.Context(), "curl", "-sS", "-u", "ping:"+a.secret, a.portal+"/oidc/bc-authorize", "-d", "scope=openid", "-d", "login_hint="+maraName,
		"--data-urlencode", "binding_message="+tillText, "-d", "client_notification_token=8d67dc78-7faa-4d41-aabd-67707b374255")
	c.Env = append(os.Environ(), "CURL_CA_BUNDLE="+a.root)
	out, err := c.Output()
	a.must(err)
	var asked map[string]any
	a.must(json.Unmarshal(out, &asked))
	a.nods(text(t, asked, "nodkey_number"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	select {
	case got := <-pings:
		if got.bearer != "Bearer 8d67dc78-7faa-4d41-aabd-67707b374255" || got.body != `{"auth_req_id":"`+text(t, asked, "auth_req_id")+`"}` {
			t.Errorf("%+v", got)
		}
	case <-ctx.Done():
		t.Fatal("the till was told nothing")
	}
	if got := a.types("poll", "ID="+text(t, asked, "auth_req_id")); got["id_token"] == nil {
		t.Errorf("%v", got)
	}
}

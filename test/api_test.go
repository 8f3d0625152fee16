package test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// apiHouse is a server with the HTTP API open, an application of it, and a person whose phone is a program.
type apiHouse struct {
	*server
	root   string // file
	dir    string // of the application's programs
	secret string
	phone  *client.Phone
	key    client.Key
}

// openAPI starts a server. settings are those of the application; none where empty.
func openAPI(t *testing.T, settings string) *apiHouse {
	t.Helper()
	s, root := serveTLS(t, map[string]string{"doors.open": "api"})
	h := &apiHouse{server: s, root: root, dir: t.TempDir()}
	args := []string{"client", "add", "shop", "--name", "Aldermere Shop", "--door", "api", "--json"}
	if settings != "" {
		args = append(args, "--settings", h.write("shop.json", settings))
	}
	var added struct {
		NewSecrets []struct{ Secret string }
	}
	h.must(json.Unmarshal(h.run("", args...), &added))
	h.secret = added.NewSecrets[0].Secret
	h.addUser("mara", "Mara Lindqvist", "seven green bottles")
	h.phone, h.key = s.firstPhone("mara", "seven green bottles")
	h.write("shop.netrc", h.inPage("shop.netrc"))
	return h
}

func (h *apiHouse) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// inPage gives a block of docs/doors/api.md by the name behind its language, with the example's host and secret replaced.
func (h *apiHouse) inPage(name string) string {
	h.t.Helper()
	page, err := os.ReadFile("../docs/doors/api.md")
	h.must(err)
	m := regexp.MustCompile("(?s)```[a-z]+ " + regexp.QuoteMeta(name) + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		h.t.Fatalf("the page has no block %s", name)
	}
	host := strings.TrimPrefix(h.portal, "https://")
	if name == "shop.netrc" {
		host, _, _ = strings.Cut(host, ":") // a netrc file knows no port
	}
	return strings.NewReplacer("nodkey.example.com", host, "THE-SECRET", h.secret).Replace(string(m[1]))
}

func (h *apiHouse) write(name, text string) string {
	h.t.Helper()
	file := filepath.Join(h.dir, name)
	h.must(os.WriteFile(file, []byte(text), 0o700))
	return file
}

// starts runs one of the page's programs, as it stands there.
func (h *apiHouse) starts(name string, args ...string) *dialogue {
	h.t.Helper()
	for _, needed := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(needed); err != nil {
			h.t.Fatalf("%v: install it with: sudo apt-get install %s", err, needed)
		}
	}
	program := h.write(name, h.inPage(name))
	if filepath.Ext(name) == ".go" {
		built := filepath.Join(h.dir, "approve")
		if out, err := exec.CommandContext(h.t.Context(), "go", "build", "-o", built, program).CombinedOutput(); err != nil {
			h.t.Fatalf("the page's program does not build: %v\n%s", err, out)
		}
		program = built
	}
	args = append([]string{"-C", h.dir, "SSL_CERT_FILE=" + h.root, "CURL_CA_BUNDLE=" + h.root, "SHOP_SECRET=" + h.secret, program}, args...)
	return talk(h.t, "coreutils", "env", args...)
}

// asked waits until the phone is asked.
func (h *apiHouse) asked(text string) client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		open, err := h.phone.Approvals(h.t.Context())
		h.must(err)
		if len(open) > 0 {
			if open[0].App != "Aldermere Shop" || open[0].Text != text {
				h.t.Fatalf("the phone shows %+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
	h.t.Fatal("the phone is not asked")
	return client.Approval{}
}

const payAnna = "Pay 250.00 EUR to Anna Weber"

// The programs of docs/doors/api.md, in both languages, with a yes and with a no.
func TestThePagesProgramsAskAPerson(t *testing.T) {
	h := openAPI(t, "")
	for _, program := range []struct {
		name string
		args []string
	}{{"approve.sh", []string{"mara", payAnna}}, {"approve.go", nil}} {
		yes := h.starts(program.name, program.args...)
		number := yes.hears(`Type (\d\d) on your phone`)[0]
		if out, err := h.phone.Approve(t.Context(), h.asked(payAnna), number, maraPIN); err != nil || out.State != "approved" {
			t.Fatalf("%s: %+v, %v", program.name, out, err)
		}
		yes.hears("mara said yes by pin")
		if !yes.ends() {
			t.Errorf("%s ends badly after a yes:\n%s", program.name, yes.said)
		}
		no := h.starts(program.name, program.args...)
		no.hears(`Type \d\d on your phone`)
		_, err := h.phone.Deny(t.Context(), h.asked(payAnna), "not_me")
		h.must(err)
		no.hears("There was no yes.*denied")
		if no.ends() {
			t.Errorf("%s ends well after a no:\n%s", program.name, no.said)
		}
	}

	// The evidence holds without the server.
	h.stop()
	key := strings.Fields(string(h.run("", "client", "keys")))[0]
	if out := h.run("", "verify", filepath.Join(h.dir, "evidence.json"), "--key", key); !bytes.Contains(out, []byte(payAnna)) {
		t.Errorf("nodkey verify says %s", out)
	}
	if strings.Contains(h.log.String(), h.secret) {
		t.Error("the secret is in the log")
	}
}

func TestThePagesProgramTakesACode(t *testing.T) {
	h := openAPI(t, "")
	right := h.starts("offline.sh", "mara")
	digits := right.hears(`Type (\d{6}) into the app`)[0]
	code, err := h.phone.RespondTyped(h.key.ID, digits, maraPIN)
	h.must(err)
	right.types(code)
	right.hears("mara said yes by code")
	if !right.ends() {
		t.Errorf("it ends badly:\n%s", right.said)
	}
	wrong := h.starts("offline.sh", "mara")
	digits = wrong.hears(`Type (\d{6}) into the app`)[0]
	code, err = h.phone.RespondTyped(h.key.ID, digits, "975310") // a wrong PIN makes another code
	h.must(err)
	wrong.types(code)
	if wrong.ends() || wrong.silent("That is not the right code.") {
		t.Errorf("a wrong code:\n%s", wrong.said)
	}
}

func TestTheWebhookOfAnApplicationIsTold(t *testing.T) {
	got := make(chan []byte, 4)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		in, _ := json.Marshal(map[string]any{"secret": "whsec_bm9kLWtleS13ZWJob29rLXNlY3JldC1vZi10ZXN0cy4uLi4=", "body": body.String(), "headers": map[string]string{
			"webhook-id": r.Header.Get("webhook-id"), "webhook-timestamp": r.Header.Get("webhook-timestamp"), "webhook-signature": r.Header.Get("webhook-signature")}})
		got <- in
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(shop.Close)
	nobody := &apiHouse{server: &server{t: t}}
	h := openAPI(t, strings.Replace(nobody.inPage("shop.json"), "https://shop.example.com", shop.URL, 1))
	yes := h.starts("approve.sh", "mara", payAnna)
	number := yes.hears(`Type (\d\d) on your phone`)[0]
	_, err := h.phone.Approve(t.Context(), h.asked(payAnna), number, maraPIN)
	h.must(err)
	if !yes.ends() {
		t.Errorf("it ends badly:\n%s", yes.said)
	}
	select {
	case in := <-got:
		c := exec.CommandContext(t.Context(), "node", "webhook.mjs")
		var out, problems bytes.Buffer
		c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &problems
		if err := c.Run(); err != nil {
			t.Fatalf("another implementation refuses the message: %v\n%s", err, problems.Bytes())
		}
		var want, message struct {
			Type string
			Data struct{ ID, State string }
		}
		h.must(json.Unmarshal([]byte(h.inPage("ended.json")), &want))
		h.must(json.Unmarshal(out.Bytes(), &message))
		if message.Type != want.Type || message.Data.State != want.Data.State || len(message.Data.ID) != len(want.Data.ID) {
			t.Errorf("it is told %+v", message)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the webhook is not told")
	}
}

// What an operator mistypes is refused when it is said, and not when the first order comes.
func TestSettingsOfTheAPIThatCannotBeUsedAreRefused(t *testing.T) {
	s, _ := serveTLS(t, map[string]string{"doors.open": "api"})
	file := filepath.Join(t.TempDir(), "shop.json")
	for settings, says := range map[string]string{
		`{"webhook":"https://shop.example.com/"}`:                                          "webhook_secret",
		`{"webhook":"http://shop.example.com/","webhook_secret":"whsec_AAAAAAAAAAAAAAAA"}`: "https://",
	} {
		if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		add := exec.CommandContext(t.Context(), s.binary, "client", "add", "shop", "--door", "api", "--settings", file)
		add.Env = s.env
		if out, err := add.CombinedOutput(); err == nil || !strings.Contains(string(out), says) || !strings.Contains(string(out), "Nothing was changed.") {
			t.Errorf("%s: %v %s", settings, err, out)
		}
	}
	if list := s.run("", "client", "list", "--json"); strings.Contains(string(list), "shop") {
		t.Errorf("it was added: %s", list)
	}
}

// A door that is not configured does not exist.
func TestTheAPIIsNotThereUnlessItIsOpened(t *testing.T) {
	s, _ := serveTLS(t, nil)
	over := client.NewHTTPClient(s.roots)
	for _, path := range []string{"/api/openapi.json", "/api/approvals/x"} {
		answer, err := over.Get(s.portal + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound || strings.Contains(answer.Header.Get("Content-Type"), "json") {
			t.Errorf("%s: %d %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
	}
}

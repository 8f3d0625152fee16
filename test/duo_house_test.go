package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// duoHouse is a server with the Duo door open, an application of it, and a person whose phone is a program.
type duoHouse struct {
	*server
	root       string // file
	port       string
	name       string
	phone      *client.Phone
	key        client.Key
	ikey, skey string
}

// openDuo starts a server with a person of this name. settings are those of the application; plain lets it wake phones without a
// number.
func openDuo(t *testing.T, name, settings string, plain bool) *duoHouse {
	t.Helper()
	s, root := serveTLS(t, map[string]string{"doors.open": "duo"})
	h := &duoHouse{server: s, root: root, name: name, port: s.portal[strings.LastIndexByte(s.portal, ':')+1:]}
	h.ikey, h.skey = h.application("ssh", "SSH at Aldermere", settings, plain)
	h.addUser(name, "Mara Lindqvist", "seven green bottles")
	h.phone, h.key = s.firstPhone(name, "seven green bottles")
	return h
}

func (h *duoHouse) application(id, name, settings string, plain bool) (ikey, skey string) {
	h.t.Helper()
	args := []string{"client", "add", id, "--name", name, "--door", "duo", "--json"}
	if settings != "" {
		file := filepath.Join(h.t.TempDir(), "settings.json")
		h.must(os.WriteFile(file, []byte(settings), 0o600))
		args = append(args, "--settings", file)
	}
	if plain {
		args = append(args, "--plain")
	}
	var added struct {
		IntegrationKey string
		NewSecrets     []struct{ Secret string }
	}
	h.must(json.Unmarshal(h.run("", args...), &added))
	if len(added.IntegrationKey) != 20 || len(added.NewSecrets) != 1 || len(added.NewSecrets[0].Secret) != 40 {
		h.t.Fatalf("%+v", added)
	}
	return added.IntegrationKey, added.NewSecrets[0].Secret
}

func (h *duoHouse) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// asked waits until the phone is asked.
func (h *duoHouse) asked() client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		open, err := h.phone.Approvals(h.t.Context())
		h.must(err)
		if len(open) > 0 {
			if open[0].App != "SSH at Aldermere" || open[0].Kind != "sign_in" {
				h.t.Fatalf("%+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
	h.t.Fatal("the phone is not asked")
	return client.Approval{}
}

func (h *duoHouse) agrees(number string) client.Approval {
	h.t.Helper()
	a := h.asked()
	if out, err := h.phone.Approve(h.t.Context(), a, number, maraPIN); err != nil || out.State != "approved" {
		h.t.Fatalf("%+v, %v", out, err)
	}
	return a
}

func (h *duoHouse) refuses() {
	h.t.Helper()
	_, err := h.phone.Deny(h.t.Context(), h.asked(), "mistake")
	h.must(err)
}

// codeFor is what the phone shows for six digits, without the server.
func (h *duoHouse) codeFor(digits string) string {
	h.t.Helper()
	code, err := h.phone.RespondTyped(h.key.ID, strings.ReplaceAll(digits, " ", ""), maraPIN)
	h.must(err)
	return code
}

// inPage gives a block of docs/doors/duo.md by the name behind its language, with the example's values replaced.
func (h *duoHouse) inPage(name string) string {
	h.t.Helper()
	page, err := os.ReadFile("../docs/doors/duo.md")
	h.must(err)
	m := regexp.MustCompile("(?s)```[a-z]+ " + regexp.QuoteMeta(name) + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		h.t.Fatalf("the page has no block %s", name)
	}
	return strings.NewReplacer("nodkey.example.com", "localhost:"+h.port, "DIEXAMPLEEXAMPLEEXAM", h.ikey,
		"the-secret-key-that-client-add-printed", h.skey, "/etc/ssl/certs/ca-certificates.crt", h.root).Replace(string(m[1]))
}

// configure writes a block of the page to a file that only its owner reads.
func (h *duoHouse) configure(name string, changes ...string) string {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), name)
	h.must(os.WriteFile(file, []byte(strings.NewReplacer(changes...).Replace(h.inPage(name))), 0o600))
	return file
}

// dialogue is a program that talks to a person.
type dialogue struct {
	t      testing.TB
	cmd    *exec.Cmd
	said   *lines
	in     *os.File
	from   int // what was read so far
	exited chan error
}

// talk starts a program. What it needs and who lacks it say so.
func talk(t testing.TB, packages string, name string, args ...string) *dialogue {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%v: install it with: sudo apt-get install %s", err, packages)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	d := &dialogue{t: t, cmd: exec.CommandContext(t.Context(), name, args...), said: &lines{}, in: w, exited: make(chan error, 1)}
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = r, d.said, d.said
	d.cmd.WaitDelay = 10 * time.Second // what somebody who outlives it keeps open is not waited for; what it has said is
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	go func() { d.exited <- d.cmd.Wait() }()
	t.Cleanup(func() {
		_ = w.Close()
		_ = d.cmd.Process.Kill() // it has ended already, mostly
	})
	return d
}

// hears waits until the program says something, and gives what the groups match.
func (d *dialogue) hears(pattern string) []string {
	d.t.Helper()
	re := regexp.MustCompile(pattern)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 1500 {
		all := d.said.String()
		if m := re.FindStringSubmatchIndex(all[d.from:]); m != nil {
			var groups []string
			for i := 2; i < len(m); i += 2 {
				groups = append(groups, all[d.from+m[i]:d.from+m[i+1]])
			}
			d.from += m[1]
			return groups
		}
		<-look.C
	}
	d.t.Fatalf("it does not say %s, but:\n%s", pattern, d.said.String())
	return nil
}

func (d *dialogue) types(text string) {
	d.t.Helper()
	if _, err := fmt.Fprintln(d.in, text); err != nil {
		d.t.Fatal(err)
	}
}

// ends waits for the program's end and tells whether it was a success.
func (d *dialogue) ends() bool {
	d.t.Helper()
	select {
	case err := <-d.exited:
		return err == nil
	case <-time.After(30 * time.Second):
		d.t.Fatalf("it does not end:\n%s", d.said.String())
		return false
	}
}

// silent reports whether a program has not said something.
func (d *dialogue) silent(text string) bool {
	return !bytes.Contains([]byte(d.said.String()), []byte(text))
}

package test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// radiusHouse is a server with the RADIUS door open, and a person whose phone is a program.
type radiusHouse struct {
	*server
	root         string // file
	port, radsec string
	phone        *client.Phone
	key          client.Key
	dir          string
}

const radiusPassword = "seven green bottles"

// openRADIUS starts a server with a person named mara.
func openRADIUS(t *testing.T, options map[string]string) *radiusHouse {
	t.Helper()
	h := &radiusHouse{port: freePort(t), radsec: freePort(t), dir: t.TempDir()}
	set := map[string]string{"radius.listen": "127.0.0.1:" + h.port, "radius.radsec_listen": "127.0.0.1:" + h.radsec, "log.level": "debug"}
	maps.Copy(set, options)
	h.server, h.root = serveTLS(t, set)
	h.addUser("mara", "Mara Lindqvist", radiusPassword)
	h.phone, h.key = h.firstPhone("mara", radiusPassword)
	return h
}

func (h *radiusHouse) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// adds adds a client by the settings of a block of the page, gives its secret, and waits until the server knows it.
func (h *radiusHouse) adds(id, block string, plain bool, changes ...string) (secret string) {
	h.t.Helper()
	args := []string{"client", "add", id, "--name", "Aldermere " + id, "--door", "radius", "--json", "--settings", h.file(block, changes...)}
	if plain {
		args = append(args, "--plain")
	}
	certified := block == "ssh.json" // in the place of a secret, as the page has it
	if certified {
		args = append(args, "--no-secret")
	}
	var added struct{ NewSecrets []struct{ Secret string } }
	h.must(json.Unmarshal(h.run("", args...), &added))
	h.stop() // or wait for five seconds
	h.start()
	if certified && len(added.NewSecrets) == 0 {
		return ""
	}
	if certified || len(added.NewSecrets) != 1 || len(added.NewSecrets[0].Secret) != 40 {
		h.t.Fatalf("%+v", added)
	}
	return added.NewSecrets[0].Secret
}

// inPage gives a block of docs/doors/radius.md by the name behind its language.
func (h *radiusHouse) inPage(name string, changes ...string) string {
	h.t.Helper()
	page, err := os.ReadFile("../docs/doors/radius.md")
	h.must(err)
	m := regexp.MustCompile("(?s)```[a-z]+ " + regexp.QuoteMeta(name) + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		h.t.Fatalf("the page has no block %s", name)
	}
	text := string(m[1])
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			h.t.Fatalf("%s has no %s", name, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// file writes a block of the page to a file that only its owner reads.
func (h *radiusHouse) file(name string, changes ...string) string {
	h.t.Helper()
	file := filepath.Join(h.dir, name)
	h.must(os.WriteFile(file, []byte(h.inPage(name, changes...)), 0o600))
	return file
}

// asked waits until the phone is asked.
func (h *radiusHouse) asked(app string) client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		open, err := h.phone.Approvals(h.t.Context())
		h.must(err)
		if len(open) > 0 {
			if open[0].App != app || open[0].Kind != "sign_in" {
				h.t.Fatalf("%+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
	h.t.Fatal("the phone is not asked")
	return client.Approval{}
}

func (h *radiusHouse) agrees(app, number string) client.Approval {
	h.t.Helper()
	a := h.asked(app)
	if out, err := h.phone.Approve(h.t.Context(), a, number, maraPIN); err != nil || out.State != "approved" {
		h.t.Fatalf("%+v, %v", out, err)
	}
	return a
}

func (h *radiusHouse) refuses(app string) {
	h.t.Helper()
	_, err := h.phone.Deny(h.t.Context(), h.asked(app), "mistake")
	h.must(err)
}

// codeFor is what the phone shows for six digits, without the server.
func (h *radiusHouse) codeFor(digits string) string {
	h.t.Helper()
	code, err := h.phone.RespondTyped(h.key.ID, digits, maraPIN)
	h.must(err)
	return code
}

// logs waits until the server's log has something.
func (h *radiusHouse) logs(piece string) {
	h.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 1500 {
		if strings.Contains(h.log.String(), piece) {
			return
		}
		<-look.C
	}
	h.t.Fatalf("the log never had %s", piece)
}

// certificate makes a client's certificate as the page says, and gives its SHA-256 as openssl prints it.
func (h *radiusHouse) certificate() (sum string) {
	h.t.Helper()
	shell := func(line string) string {
		c := exec.CommandContext(h.t.Context(), "sh", "-c", line)
		c.Dir = h.dir
		out, err := c.CombinedOutput()
		if err != nil {
			h.t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	shell(h.inPage("client.pem"))
	_, sum, _ = strings.Cut(strings.TrimSpace(shell(h.inPage("fingerprint", "chown radsecproxy client.key client.pem\n", ""))), "=")
	return sum
}

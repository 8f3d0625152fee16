package kannel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/ports"
)

// Short is one short message as the message centre got it.
type Short struct {
	From    string   `json:"from"`
	To      string   `json:"to"`     // without a plus sign
	Coding  int      `json:"coding"` // data_coding (SMPP 3.4 §5.2.19): 0 the default alphabet, 8 UCS-2
	Class   int      `json:"class"`  // esm_class (§5.2.12): 0x40 says that a header comes first
	Octets  string   `json:"octets"` // in hexadecimal; in the default alphabet one septet each
	Headers []string `json:"headers"`
	Text    string   `json:"text"` // as npm's smpp decodes it
}

// User is whom the gateway knows, and From what it sends for where it is told nothing.
const (
	User     = "nodkey"
	Password = "kannel & pass+word"
)

const (
	startPatience = 30 * time.Second
	endPatience   = 3 * time.Second
	starts        = 3 // ports are free when they are looked for, and perhaps not when they are used
)

// Gateway is one that runs, with its message centre. It is safe for concurrent use.
type Gateway struct {
	Address string // of sendsms

	root, dir string
	log       io.Writer
	centre    *exec.Cmd
	in        io.WriteCloser
	smsc      int // the centre's port
	ports     [3]int
	boxes     []*box

	mu      sync.Mutex
	changed chan struct{}
	bound   int
	shorts  []Short
}

// box is a program of Kannel's.
type box struct {
	command *exec.Cmd
	exited  chan struct{}
}

// Start starts message centre and gateway. root is the module's folder, where node_modules is; log gets what they print. Close ends
// them.
func Start(log io.Writer, root string) (*Gateway, error) {
	dir, err := os.MkdirTemp("", "nodkey-kannel-")
	if err != nil {
		return nil, err
	}
	g := &Gateway{root: root, dir: dir, log: log, changed: make(chan struct{})}
	if err := g.startCentre(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the message centre: %w", err), os.RemoveAll(dir))
	}
	for range starts {
		if err = g.startBoxes(); err == nil {
			return g, nil
		}
		g.stopBoxes()
	}
	return nil, errors.Join(fmt.Errorf("starting Kannel (apt-get install kannel, or make test-deps): %w", err), g.Close())
}

// Close ends gateway and message centre.
func (g *Gateway) Close() error {
	g.stopBoxes()
	g.in.Close()
	stop := time.AfterFunc(endPatience, func() { g.centre.Process.Kill() })
	defer stop.Stop()
	return errors.Join(g.centre.Wait(), os.RemoveAll(g.dir))
}

func (g *Gateway) startCentre() (err error) {
	g.centre = exec.Command("node", filepath.Join(g.root, "nodkeytest", "kannel", "smsc.mjs"))
	g.centre.Stderr = g.log
	if g.in, err = g.centre.StdinPipe(); err != nil {
		return err
	}
	out, err := g.centre.StdoutPipe()
	if err != nil {
		return err
	}
	if err := g.centre.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	var first struct{ Port int }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &first) != nil || first.Port == 0 {
		g.in.Close()
		return errors.Join(fmt.Errorf("it says %q", lines.Text()), g.centre.Wait())
	}
	g.smsc = first.Port
	go g.listen(lines)
	return nil
}

func (g *Gateway) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		var line struct {
			Bound bool
			Short *Short
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			fmt.Fprintf(g.log, "the message centre says %q\n", lines.Text())
			continue
		}
		g.mu.Lock()
		if line.Bound {
			g.bound++
		}
		if line.Short != nil {
			g.shorts = append(g.shorts, *line.Short)
		}
		close(g.changed)
		g.changed = make(chan struct{})
		g.mu.Unlock()
	}
}

// Shorts waits until at least n short messages have come, and gives all there are.
func (g *Gateway) Shorts(n int, patience time.Duration) ([]Short, error) {
	late := time.After(patience)
	for {
		g.mu.Lock()
		shorts, changed := g.shorts[:len(g.shorts):len(g.shorts)], g.changed
		g.mu.Unlock()
		if len(shorts) >= n {
			return shorts, nil
		}
		select {
		case <-changed:
		case <-late:
			return shorts, fmt.Errorf("%d of %d short messages came", len(shorts), n)
		}
	}
}

// configuration is Kannel's: one centre, one box, one user who may send.
const configuration = `group = core
admin-port = %[1]d
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = %[2]d
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-level = 1

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = %[4]d
transceiver-mode = true
smsc-username = nodkey
smsc-password = centre
system-type = "test"
address-range = ""
reconnect-delay = 1

group = smsbox
smsbox-id = box
bearerbox-host = 127.0.0.1
bearerbox-port = %[2]d
sendsms-port = %[3]d
sendsms-interface = 127.0.0.1
log-level = 1

group = sendsms-user
username = "%[5]s"
password = "%[6]s"
concatenation = true
max-messages = 10
`

// startBoxes finds free ports and starts Kannel on them.
func (g *Gateway) startBoxes() error {
	for i := range g.ports {
		port, err := ports.Free()
		if err != nil {
			return err
		}
		if g.ports[i], err = strconv.Atoi(port); err != nil {
			return err
		}
	}
	return g.runBoxes()
}

// runBoxes starts bearerbox and smsbox and waits until they take messages.
func (g *Gateway) runBoxes() error {
	file := filepath.Join(g.dir, "kannel.conf")
	text := fmt.Sprintf(configuration, g.ports[0], g.ports[1], g.ports[2], g.smsc, User, Password)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	g.Address = fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", g.ports[2])
	late := time.Now().Add(startPatience)
	for _, part := range []struct{ program, ready string }{{"bearerbox", "<status>online"}, {"smsbox", "<type>smsbox</type>"}} {
		b := &box{command: exec.Command(program(part.program), file), exited: make(chan struct{})}
		b.command.Dir, b.command.Stdout, b.command.Stderr = g.dir, g.log, g.log
		if err := b.command.Start(); err != nil {
			return err
		}
		go func() {
			b.command.Wait()
			close(b.exited)
		}()
		g.boxes = append(g.boxes, b)
		for !strings.Contains(g.status(), part.ready) {
			select {
			case <-b.exited:
				return fmt.Errorf("%s has ended: %v", part.program, b.command.ProcessState)
			case <-time.After(50 * time.Millisecond): // nobody tells when it is ready
			}
			if time.Now().After(late) {
				return fmt.Errorf("%s is not ready after %s", part.program, startPatience)
			}
		}
	}
	return nil
}

// program finds one where root's PATH alone leads.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

// status is what bearerbox says of itself; empty while it says nothing.
func (g *Gateway) status() string {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/status.xml", g.ports[0]))
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

// Stop ends Kannel and leaves the message centre, as when the gateway's machine is off; Again starts it at the same address.
func (g *Gateway) Stop() { g.stopBoxes() }

// Again starts Kannel after Stop.
func (g *Gateway) Again() error { return g.runBoxes() }

func (g *Gateway) stopBoxes() {
	for i := len(g.boxes) - 1; i >= 0; i-- { // the box before the bearer
		b := g.boxes[i]
		b.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-b.exited:
		case <-time.After(endPatience):
			b.command.Process.Kill()
			<-b.exited
		}
	}
	g.boxes = nil
}

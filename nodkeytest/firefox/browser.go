package firefox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Browser is one running Firefox with a profile of its own. It is safe for concurrent use.
type Browser struct {
	root, dir string
	driver    *exec.Cmd
	in        io.WriteCloser
	exited    chan struct{}

	mu     sync.Mutex
	last   int
	asked  map[int]chan<- answer
	hear   map[string]func(complaint string) // by page
	broken error
}

// answer is a line of the driver's.
type answer struct {
	ID        int             `json:"id"`
	Value     json.RawMessage `json:"value"`
	Error     string          `json:"error"`
	Page      string          `json:"page"`
	Complaint string          `json:"complaint"`
}

// The bounds of what hangs: an act in the browser, of which the first is its start, and its end.
const (
	actPatience = 90 * time.Second
	endPatience = 20 * time.Second
)

// preferences are those of every test: no name is looked up, notifications are allowed to all and are Firefox's own (there is no
// desktop to show them), and nothing is asked of the vendor but what a test says.
var preferences = map[string]any{
	"network.dns.native-is-localhost":             true,
	"permissions.default.desktop-notification":    1,
	"dom.webnotifications.requireuserinteraction": false,
	"alerts.useSystemBackend":                     false,
	"devtools.jsonview.enabled":                   false, // pages of JSON are of the origin that they come from
	"intl.accept_languages":                       "en",
}

// Start starts Firefox without a screen. root is the module's folder, where node_modules is; log gets what driver and browser
// print; prefs are preferences beside those of every test. Close ends it.
func Start(log io.Writer, root string, prefs map[string]any) (*Browser, error) {
	program, err := program()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nodkey-firefox-")
	if err != nil {
		return nil, err
	}
	b := &Browser{root: root, dir: dir, exited: make(chan struct{}), asked: map[int]chan<- answer{}, hear: map[string]func(string){}}
	if err := b.start(log, program, prefs); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", program, err), os.RemoveAll(dir))
	}
	return b, nil
}

func (b *Browser) start(log io.Writer, program string, prefs map[string]any) error {
	all := maps.Clone(preferences)
	maps.Copy(all, prefs)
	config, err := json.Marshal(map[string]any{
		"executablePath": program, "userDataDir": filepath.Join(b.dir, "profile"), "prefs": all,
		"env": map[string]string{"HOME": b.dir, "XDG_RUNTIME_DIR": b.dir, "LANG": "C.UTF-8", "LANGUAGE": "en"},
	})
	if err != nil {
		return err
	}
	b.driver = exec.Command("node", filepath.Join(b.root, "nodkeytest", "firefox", "driver.mjs"), string(config))
	b.driver.Stderr = log
	if b.in, err = b.driver.StdinPipe(); err != nil {
		return err
	}
	out, err := b.driver.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.driver.Start(); err != nil {
		return err
	}
	go b.listen(out)
	return nil
}

// listen hands the driver's lines to those who wait for them, until it has ended.
func (b *Browser) listen(out io.Reader) {
	defer close(b.exited)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // the driver has closed it, so it ends
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			b.fail(fmt.Errorf("the driver says %q: %w", line, err))
			continue
		}
		b.mu.Lock()
		waits, hear := b.asked[a.ID], b.hear[a.Page]
		delete(b.asked, a.ID)
		b.mu.Unlock()
		switch {
		case waits != nil:
			waits <- a
		case hear != nil && a.Complaint != "":
			hear(a.Complaint)
		}
	}
	b.fail(fmt.Errorf("the driver has ended: %v", b.driver.Wait()))
}

// fail ends all waiting.
func (b *Browser) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = errors.Join(b.broken, err)
	for id, waits := range b.asked {
		waits <- answer{ID: id, Error: b.broken.Error()}
		delete(b.asked, id)
	}
}

// act has the driver do something. value may be nil.
func (b *Browser) act(what string, params map[string]any, value any) error {
	params = maps.Clone(params)
	waits := make(chan answer, 1)
	b.mu.Lock()
	if b.broken != nil {
		defer b.mu.Unlock()
		return b.broken
	}
	b.last++
	id := b.last
	b.asked[id] = waits
	params["id"], params["do"] = id, what
	line, err := json.Marshal(params)
	if err == nil {
		_, err = b.in.Write(append(line, '\n'))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	late := time.NewTimer(actPatience)
	defer late.Stop()
	select {
	case a := <-waits:
		if a.Error != "" {
			return errors.New(a.Error)
		}
		if value == nil {
			return nil
		}
		return json.Unmarshal(a.Value, value)
	case <-late.C:
		return fmt.Errorf("%s takes longer than %s", what, actPatience)
	}
}

// Close ends Firefox and removes its profile.
func (b *Browser) Close() error {
	var err error
	_ = b.in.Close() // the driver may have ended already; it ends the browser first
	if !b.ends() {
		err = errors.New("the driver of Firefox did not end by itself")
		_ = b.driver.Process.Signal(syscall.SIGTERM) // it may end now; at this it ends the browser without asking
		if !b.ends() {
			_ = b.driver.Process.Kill() // likewise
			<-b.exited
		}
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// ends waits for the driver's end.
func (b *Browser) ends() bool {
	late := time.NewTimer(endPatience)
	defer late.Stop()
	select {
	case <-b.exited:
		return true
	case <-late.C:
		return false
	}
}

func program() (string, error) {
	for _, name := range []string{"firefox-esr", "firefox"} {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", errors.New("no Firefox is installed: apt-get install firefox-esr, or make test-deps")
}

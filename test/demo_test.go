package test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// demoLine is what `nodkey demo --json` prints.
type demoLine struct {
	URL, Portal, Phone string
	Users              []struct{ Name, Password string }
	CA                 *struct{ Path, URL string }
}

// startDemo starts `nodkey demo --json` with further arguments and gives its line, and a way to end it early.
func startDemo(t *testing.T, args ...string) (line demoLine, end func()) {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return startDemoAs(t, []string{name}, args...)
}

// startDemoAs is startDemo with the way in which the program is started.
func startDemoAs(t *testing.T, program []string, args ...string) (line demoLine, end func()) {
	t.Helper()
	problems := &lines{}
	c := exec.Command(program[0], append(append(program[1:], "demo", "--json"), args...)...)
	c.Stderr = problems
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		_ = c.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
		defer late.Stop()
		if err := c.Wait(); err != nil {
			t.Errorf("demo ended with %v:\n%s", err, problems)
		}
	}
	t.Cleanup(func() {
		end()
		if t.Failed() {
			t.Logf("the demo's log:\n%s", problems)
		}
	})
	text, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("demo printed no line (%v):\n%s", err, problems)
	}
	if err := json.Unmarshal(text, &line); err != nil || len(line.Users) != 2 {
		t.Fatalf("demo printed %q: %v", text, err)
	}
	return line, end
}

// stageSize is the size at which the demo's page shows portal and phone in full.
var stageSize = browser.Device{Width: 1440, Height: 1120}

func TestANewcomerSignsInOnTheSideBySidePage(t *testing.T) {
	line, _ := startDemo(t, "--listen", "127.0.0.1:0")
	page := open(t, "demo", stageSize)
	page.Excuse("Blocked autofocusing") // a framed page may not take the focus by itself
	page.Go(line.URL + "/")
	portal, phone := page.Frame("#portal", line.Portal), page.Frame("#phone", line.Phone)
	mara := line.Users[0]
	page.Says("[data-person=mara]", mara.Password)
	step := func(name string) {
		t.Helper()
		page.Says("#steps > .step-now", name)
	}
	signIn := func() {
		t.Helper()
		portal.Type("#username", mara.Name)
		portal.Type("#password", mara.Password)
		portal.Click("#sign-in")
	}

	step("Activate the phone")
	phone.Wait("[data-screen=first]")
	portal.At("/sign-in")
	page.Picture("demo-1-start")
	signIn()
	portal.Wait("#activation #qr")
	page.Says("#log", "no phone yet")

	phone.Click("#register")
	phone.Click("#scan")
	phone.Click("#scan-beside")
	phone.Wait("[data-screen=offer]")
	phone.Says("main", "Mara Lindqvist")
	page.Picture("demo-2-offer")
	phone.CreatePIN(maraPIN)
	portal.Wait("#activated")
	step("Name and password")
	page.Says("#log", "is active for Mara Lindqvist")
	page.Picture("demo-3-activated")
	phone.Click("#done")

	portal.Click("#activated-done") // leads to the sign-in, as this session had the password alone
	portal.At("/sign-in")
	signIn()
	portal.Wait("#wait-number")
	step("Read and nod")
	phone.Wait("[data-screen=approval]")
	page.Picture("demo-4-nod")
	phone.Approve(portal.Number(), maraPIN)
	phone.Says("h1", "Approved")
	portal.At("/")
	step("You are in")
	page.Says("#log", "session opened")
	page.Visit("demo-5-in")
	if log := page.Text("#log"); strings.Contains(log, mara.Password) || strings.Contains(log, maraPIN) {
		t.Errorf("the log tells a secret: %s", log)
	}

	// On a narrow screen the phone comes first, and the portal is behind its tab.
	page.Resize(390, 844)
	if browser.Eval[bool](page, "document.getElementById('portal').checkVisibility()") {
		t.Error("on a narrow screen the portal stands beside the phone")
	}
	page.Click("#tab-portal")
	page.Wait("#portal")
	page.Picture("demo-6-portal-tab")
	page.Click("#tab-phone")
	page.Wait("#phone")
	page.Resize(stageSize.Width, stageSize.Height)

	page.Click("#again")
	step("Activate the phone")
	portal.At("/sign-in")
	phone.Wait("[data-screen=first]")
	if log := page.Text("#log"); strings.Contains(log, "session opened") {
		t.Errorf("after starting again the log still says: %s", log)
	}
	signIn()
	portal.Wait("#activation #qr") // as on the first day
}

func TestTheDemoRemovesItsDataAtTheEnd(t *testing.T) {
	before := t.TempDir()
	t.Setenv("TMPDIR", before)
	_, end := startDemo(t, "--listen", "127.0.0.1:0")
	if left, err := os.ReadDir(before); err != nil || len(left) != 1 {
		t.Fatalf("a running demo has %d directories of its own: %v", len(left), err)
	}
	end()
	if left, err := os.ReadDir(before); err != nil || len(left) != 0 {
		t.Errorf("the demo left %v behind: %v", left, err)
	}
}

func TestAKeptDemoHasTheSamePeopleAndNewPasswords(t *testing.T) {
	dir := t.TempDir() + "/kept"
	first, end := startDemo(t, "--listen", "127.0.0.1:0", "--keep", dir)
	end()
	second, _ := startDemo(t, "--listen", "127.0.0.1:0", "--keep", dir)
	if first.Users[0].Name != second.Users[0].Name || first.Users[0].Password == second.Users[0].Password {
		t.Errorf("before %v, after %v", first.Users, second.Users)
	}
}

func TestTwoDemosRunBesideEachOther(t *testing.T) {
	first, _ := startDemo(t)
	second, _ := startDemo(t)
	if first.URL == second.URL {
		t.Errorf("both are at %s", first.URL)
	}
}

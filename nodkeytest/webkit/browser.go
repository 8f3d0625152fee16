package webkit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/ports"
)

// startup is how long display and driver may take to answer.
const startup = 30 * time.Second

// Browser is one running MiniBrowser with an empty profile of its own, on a display that nobody sees.
type Browser struct {
	display, driver *process
	session         *session
	dir             string
}

// process is a program of ours, and those that it starts.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// Programs that are needed, with the Debian packages that they are in.
var needed = []struct{ program, pkg string }{
	{"WebKitWebDriver", "webkit2gtk-driver"},
	{"Xvfb", "xvfb"},
}

// Start starts a display without a screen, the driver, and through it the browser, with further arguments for MiniBrowser
// (`--user-agent=…`). What they print goes to log. Close ends all of them.
func Start(log io.Writer, arguments ...string) (*Browser, error) {
	for _, n := range needed {
		if _, err := exec.LookPath(n.program); err != nil {
			return nil, fmt.Errorf("no %s is installed: apt-get install %s, or make test-deps", n.program, n.pkg)
		}
	}
	program, err := miniBrowser()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nodkey-webkit-")
	if err != nil {
		return nil, err
	}
	b := &Browser{dir: dir}
	if err := b.start(log, program, arguments); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Browser) start(log io.Writer, program string, arguments []string) error {
	display, err := b.startDisplay(log)
	if err != nil {
		return err
	}
	port, err := ports.Free()
	if err != nil {
		return err
	}
	driver := exec.Command("WebKitWebDriver", "--host=127.0.0.1", "--port="+port)
	for _, pair := range os.Environ() {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "DISPLAY", "WAYLAND_DISPLAY", "HOME", "XDG_RUNTIME_DIR", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES":
		default:
			driver.Env = append(driver.Env, pair)
		}
	}
	// A home of its own; no session bus is looked for; the language is that of the tests.
	driver.Env = append(driver.Env, "DISPLAY="+display, "GDK_BACKEND=x11", "HOME="+b.dir, "XDG_RUNTIME_DIR="+b.dir, "NO_AT_BRIDGE=1", "LANG=C.UTF-8", "LANGUAGE=en")
	driver.Stdout, driver.Stderr = log, log
	if b.driver, err = launch(driver); err != nil {
		return err
	}
	w := &wire{base: "http://127.0.0.1:" + port}
	if err := b.driver.await("WebKitWebDriver", w.ready); err != nil {
		return err
	}
	b.session, err = w.open(program, append([]string{"--automation"}, arguments...))
	return err
}

// startDisplay starts Xvfb, which chooses a number that is free and tells it once it listens.
func (b *Browser) startDisplay(log io.Writer) (name string, err error) {
	told, tell, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer told.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1024x1024x24", "-nolisten", "tcp", "-noreset")
	x.ExtraFiles, x.Stdout, x.Stderr = []*os.File{tell}, log, log
	b.display, err = launch(x)
	if closed := tell.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	if err := told.SetReadDeadline(time.Now().Add(startup)); err != nil {
		return "", err
	}
	number, err := bufio.NewReader(told).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the display server (Xvfb) tells no display: %w", err)
	}
	return ":" + strings.TrimSpace(number), nil
}

// launch starts a program at the head of a process group, so that it can be ended with all that it started.
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in the log
		close(p.exited)
	}()
	return p, nil
}

// await asks until the program answers.
func (p *process) await(name string, ready func() error) error {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(startup); ; {
		err := ready()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not answer: %w", name, err)
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended at once", name)
		case <-look.C:
		}
	}
}

// end ends the program and its group; nil and ended ones are well.
func (p *process) end() {
	if p == nil {
		return
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-p.cmd.Process.Pid, signal) // nobody is left when it ended by itself
		select {
		case <-p.exited:
			if signal == syscall.SIGKILL {
				return
			}
		case <-time.After(5 * time.Second):
		}
	}
	<-p.exited
}

// Close ends browser, driver and display, and removes the profile.
func (b *Browser) Close() error {
	var err error
	if b.session != nil {
		err = b.session.end()
	}
	b.driver.end()
	b.display.end()
	return errors.Join(err, os.RemoveAll(b.dir))
}

// miniBrowser finds WebKitGTK's own browser, which is in no folder of programs.
func miniBrowser() (string, error) {
	for _, pattern := range []string{"/usr/lib/*/webkit2gtk-4*/MiniBrowser", "/usr/lib/*/webkitgtk-6*/MiniBrowser", "/usr/libexec/webkit2gtk-4*/MiniBrowser"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", errors.New("no MiniBrowser is installed: apt-get install webkit2gtk-driver, or make test-deps")
}

package test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest/ports"
)

// binary builds the command once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	name := filepath.Join(scratch, "nodkey")
	out, err := exec.Command("go", "build", "-o", name, "../cmd/nodkey").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building nodkey: %w\n%s", err, out)
	}
	return name, nil
})

// server is a running `nodkey serve` with a data directory of its own.
type server struct {
	t             testing.TB
	portal, phone string // origins, without a slash at the end
	listen        string
	binary        string
	env           []string
	process       *exec.Cmd
	exited        chan struct{}
	log           *lines
	roots         *x509.CertPool // that its certificate is under; nil: it speaks no TLS
}

// serve starts a server; options are configuration keys ("policy.max_keys"), over defaults with which a test is short.
func serve(t testing.TB, options map[string]string) *server {
	t.Helper()
	port := freePort(t)
	s := &server{listen: "127.0.0.1:" + port, portal: "http://portal.nodkey.localhost:" + port, phone: "http://phone.nodkey.localhost:" + port}
	s.serve(t, options)
	return s
}

// serve starts the server where it says that it is.
func (s *server) serve(t testing.TB, options map[string]string) {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s.t, s.binary = t, name
	set := map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "listen": s.listen, "portal_host": s.portal, "phone_host": s.phone,
		"server_name": "Aldermere", "operator_name": "Aldermere Savings", "service_desk": "Aldermere service desk, 0800 555 010",
		"metrics_listen": "", "tls.mode": "off", "policy.activation_first": "password",
	}
	for key, value := range options {
		set[key] = value
	}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "NODKEY_") {
			s.env = append(s.env, pair)
		}
	}
	for key, value := range set {
		s.env = append(s.env, "NODKEY_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))+"="+value)
	}
	s.start()
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
	})
}

func freePort(t testing.TB) string {
	t.Helper()
	port, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// start starts the process and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	s.log = &lines{}
	s.process = exec.Command(s.binary, "serve")
	s.process.Env, s.process.Stderr, s.process.Stdout = s.env, s.log, s.log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	process, exited := s.process, make(chan struct{})
	s.exited = exited
	go func() {
		_ = process.Wait() // how it ended is in its log
		close(exited)
	}()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	over := client.NewHTTPClient(s.roots)
	defer over.CloseIdleConnections()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.portal+"/sign-in", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if answer, err := over.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body) // a server is not to log that a page broke off
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-look.C:
		case <-exited:
			s.t.Fatalf("serve ended at once:\n%s", s.log)
		case <-ctx.Done():
			s.t.Fatalf("serve does not answer:\n%s", s.log)
		}
	}
}

// stop tells the server to end and waits for it. Twice is as good as once.
func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		_ = s.process.Process.Kill()
		<-s.exited
		s.t.Errorf("serve did not end by itself")
	}
}

// run runs another command of the binary on the server's data.
func (s *server) run(input string, args ...string) []byte {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), s.binary, args...)
	var out, problems bytes.Buffer
	c.Env, c.Stdin, c.Stdout, c.Stderr = s.env, strings.NewReader(input), &out, &problems
	if err := c.Run(); err != nil {
		s.t.Fatalf("nodkey %s: %v\n%s", strings.Join(args, " "), err, problems.Bytes())
	}
	return out.Bytes()
}

// addUser adds a user with a password.
func (s *server) addUser(name, displayName, password string) {
	s.t.Helper()
	s.run(password+"\n", "user", "add", name, "--display-name", displayName, "--password-stdin", "--json")
}

// inviteUser adds a user who comes with a first-access code.
func (s *server) inviteUser(name, displayName string) (code string) {
	s.t.Helper()
	var added struct {
		Code string `json:"firstAccessCode"`
	}
	if err := json.Unmarshal(s.run("", "user", "add", name, "--display-name", displayName, "--json"), &added); err != nil || added.Code == "" {
		s.t.Fatalf("no first-access code: %v", err)
	}
	return added.Code
}

// lines is a log that is written and read at the same time.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// newFirstCode is the service desk's way back for somebody without a phone.
func (s *server) newFirstCode(name string) (code string) {
	s.t.Helper()
	var made struct {
		Code string `json:"firstAccessCode"`
	}
	if err := json.Unmarshal(s.run("", "user", "activation", name, "--remove-phones", "--json"), &made); err != nil || made.Code == "" {
		s.t.Fatalf("no first-access code: %v", err)
	}
	return made.Code
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/ports"
)

// pebbleVersion is the ACME server that the tests run against; the Makefile
// builds the same one ahead.
const pebbleVersion = "2.10.1"

// tool gives a program of Pebble's module, building it where make has not.
func tool(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs("../../build/tools")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+"-"+pebbleVersion)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	fresh := t.TempDir()
	install := exec.Command("go", "install", "github.com/letsencrypt/pebble/v2/cmd/"+name+"@v"+pebbleVersion)
	install.Env = append(os.Environ(), "GOBIN="+fresh, "GOFLAGS=")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, out)
	}
	return filepath.Join(fresh, name)
}

// launch runs a program until the test ends; its words are shown on failure.
func launch(t *testing.T, env []string, path string, args ...string) {
	t.Helper()
	c := exec.Command(path, args...)
	log := &safeBuffer{}
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(path), log)
		}
	})
}

// freePort finds a port that nobody uses now, for TCP and UDP.
func freePort(t *testing.T) int {
	t.Helper()
	text, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// pebble starts an ACME authority that finds every name on this machine, asks
// http-01 and tls-alpn-01 on the given ports, and gives its directory, a file
// with the root of its own address, and the root of what it issues.
func pebble(t *testing.T, httpPort, tlsPort int) (directory, apiRoots string, issued func() *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	own, err := newLANCertificates("", []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(own.server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	api, management, dns, dnsManagement := freePort(t), freePort(t), freePort(t), freePort(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", api), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate": filepath.Join(dir, "cert.pem"), "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": httpPort, "tlsPort": tlsPort, "retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{"description": "the only one", "validityPeriod": 86400 * 90}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"cert.pem": pemBlock("CERTIFICATE", own.server.Certificate[0]), "key.pem": pemBlock("PRIVATE KEY", key),
		"roots.pem": pemBlock("CERTIFICATE", own.authority.Raw), "pebble.json": config,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	launch(t, nil, tool(t, "pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "",
		"-tlsalpn01", "", "-doh", "", "-dnsserver", fmt.Sprintf("127.0.0.1:%d", dns), "-management", fmt.Sprintf("127.0.0.1:%d", dnsManagement))
	launch(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"}, tool(t, "pebble"),
		"-config", filepath.Join(dir, "pebble.json"), "-dnsserver", fmt.Sprintf("127.0.0.1:%d", dns), "-strict")
	trust := x509.NewCertPool()
	trust.AddCert(own.authority)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	directory = fmt.Sprintf("https://127.0.0.1:%d/dir", api)
	eventually(t, "Pebble", func() error { _, err := fetch(client, directory); return err })
	return directory, filepath.Join(dir, "roots.pem"), func() *x509.CertPool {
		root, err := fetch(client, fmt.Sprintf("https://127.0.0.1:%d/roots/0", management))
		pool := x509.NewCertPool()
		if err != nil || !pool.AppendCertsFromPEM([]byte(root)) {
			t.Fatalf("Pebble's root: %v %q", err, root)
		}
		return pool
	}
}

func fetch(client *http.Client, url string) (string, error) {
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// eventually asks other processes until they answer, for half a minute.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func TestCertificatesComeFromAnACMEAuthority(t *testing.T) {
	for _, challenge := range []string{"http-01", "tls-alpn-01"} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			main, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := main.Addr().(*net.TCPAddr).Port
			// certmagic keeps open challenges by name for the whole process: each authority here has names of its own.
			domain := challenge + ".example.com"
			httpPort, tlsPort, listenHTTP := freePort(t), freePort(t), "" // nobody listens where the other challenge is asked
			if challenge == "http-01" {
				listenHTTP = fmt.Sprintf("127.0.0.1:%d", httpPort)
			} else {
				tlsPort = port
			}
			directory, roots, issued := pebble(t, httpPort, tlsPort)
			s, err := load(t, "", nil, "--tls-mode", "acme", "--listen", main.Addr().String(), "--metrics-listen", "",
				"--portal-host", fmt.Sprintf("https://portal.%s:%d", domain, port), "--phone-host", fmt.Sprintf("https://phone.%s:%d", domain, port),
				"--acme-directory", directory, "--acme-ca-roots", roots, "--acme-listen-http", listenHTTP, "--data-dir", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.checkServe(); err != nil {
				t.Fatal(err)
			}
			r := start(t, s, says("in"), app{main: main})
			trust := issued()
			for _, host := range []string{"portal." + domain, "phone." + domain} {
				eventually(t, host+" by "+challenge, func() error {
					conn, err := tls.Dial("tcp", r.main, &tls.Config{RootCAs: trust, ServerName: host})
					if err != nil {
						return err
					}
					return conn.Close()
				})
			}
			client := &http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: trust},
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, network, r.main)
				},
			}}
			if body, err := fetch(client, s.PortalHost.String()); err != nil || body != "in" {
				t.Errorf("over the issued certificate: %q, %v", body, err)
			}
			if listenHTTP != "" {
				if code, location := redirect(t, listenHTTP, "portal."+domain); code != 307 || location != s.PortalHost.String()+"/x" {
					t.Errorf("plain HTTP is sent to %d %q", code, location)
				}
				if code, _ := redirect(t, listenHTTP, "evil.example"); code != 421 {
					t.Errorf("a foreign host over plain HTTP: %d", code)
				}
			}
			kept, err := filepath.Glob(filepath.Join(s.DataDir, "acme", "certificates", "*", "*", "*.key"))
			if err != nil || len(kept) != 2 {
				t.Errorf("kept keys: %v, %v", kept, err)
			}
			for _, path := range kept {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", filepath.Base(path), info.Mode(), err)
				}
			}
		})
	}
}

func redirect(t *testing.T, at, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+at+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location")
}

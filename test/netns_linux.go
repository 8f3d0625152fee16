package test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// network is two network namespaces joined by a cable: one for the server, one for whoever comes from another machine.
// This process's own namespace stays as it is: Chromium breaks off what it loads whenever an interface comes or goes.
type network struct {
	server, client string // names of the namespaces
	here, beyond   string // the addresses of server and client
}

// inside is how a program is started on the server's side.
func (n *network) inside(program string) []string {
	return []string{"ip", "netns", "exec", n.server, program}
}

// secondNetwork makes one for the test's time.
func secondNetwork(t *testing.T) *network {
	t.Helper()
	id := os.Getpid() % 100_000
	n := &network{server: fmt.Sprintf("nodkey-a%d", id), client: fmt.Sprintf("nodkey-b%d", id), here: "10.213.77.1", beyond: "10.213.77.2"}
	ip := func(command ...string) error {
		if out, err := exec.Command("ip", command...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w\n%s", strings.Join(command, " "), err, out)
		}
		return nil
	}
	need := func(command ...string) {
		t.Helper()
		if err := ip(command...); err != nil {
			t.Fatalf("this test needs two network namespaces: run it as root (CAP_SYS_ADMIN and CAP_NET_ADMIN, in a container too), with iproute2 installed\n%v", err)
		}
	}
	for _, name := range []string{n.server, n.client} {
		need("netns", "add", name)
		t.Cleanup(func() { // the cable goes with its ends
			if err := ip("netns", "delete", name); err != nil {
				t.Errorf("cleaning up: %v", err)
			}
		})
	}
	need("-n", n.server, "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", n.client)
	need("-n", n.server, "address", "add", n.here+"/30", "dev", "near")
	need("-n", n.server, "link", "set", "near", "up")
	need("-n", n.client, "address", "add", n.beyond+"/30", "dev", "far")
	need("-n", n.client, "link", "set", "far", "up")
	return n
}

// dial connects from the client's namespace. A socket belongs to the namespace of the thread that made it, for good, so
// only the making happens there.
func (n *network) dial(ctx context.Context, kind, address string) (conn net.Conn, err error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || net.ParseIP(host) == nil {
		return nil, fmt.Errorf("%s is no address: there are no names in that network", address)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine and takes the namespace along
		there, openErr := os.Open("/var/run/netns/" + n.client)
		if err = openErr; err != nil {
			return
		}
		defer func() { _ = there.Close() }()
		if err = unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		conn, err = (&net.Dialer{}).DialContext(ctx, kind, address)
	}()
	<-done
	return conn, err
}

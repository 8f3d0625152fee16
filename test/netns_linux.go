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

// network is a second network namespace, joined to this one by a cable: what dials there comes from another machine, as
// far as the server can tell.
type network struct {
	name         string
	here, beyond string // addresses of the cable's two ends
}

// secondNetwork makes one for the test's time.
func secondNetwork(t *testing.T) *network {
	t.Helper()
	id := os.Getpid() % 100_000
	n := &network{name: fmt.Sprintf("nodkey-%d", id), here: "10.213.77.1", beyond: "10.213.77.2"}
	near, far := fmt.Sprintf("nka%d", id), fmt.Sprintf("nkb%d", id)
	ip := func(command ...string) error {
		if out, err := exec.Command("ip", command...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w\n%s", strings.Join(command, " "), err, out)
		}
		return nil
	}
	for i, command := range [][]string{
		{"netns", "add", n.name},
		{"link", "add", near, "type", "veth", "peer", "name", far, "netns", n.name},
		{"address", "add", n.here + "/30", "dev", near},
		{"link", "set", near, "up"},
		{"-n", n.name, "address", "add", n.beyond + "/30", "dev", far},
		{"-n", n.name, "link", "set", far, "up"},
	} {
		if err := ip(command...); err != nil {
			t.Fatalf("this test needs a second network namespace: run it as root (CAP_SYS_ADMIN and CAP_NET_ADMIN, in a container too), with iproute2 installed\n%v", err)
		}
		var undo []string
		switch i {
		case 0:
			undo = []string{"netns", "delete", n.name}
		case 1: // it would go with the namespace, but only when the last socket there is gone
			undo = []string{"link", "delete", near}
		default:
			continue
		}
		t.Cleanup(func() {
			if err := ip(undo...); err != nil {
				t.Errorf("cleaning up: %v", err)
			}
		})
	}
	return n
}

// dial connects from within the namespace. A socket belongs to the namespace of the thread that made it, for good, so
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
		there, openErr := os.Open("/var/run/netns/" + n.name)
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

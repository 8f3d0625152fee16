package ports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Systems take the ports of outgoing connections, and those of listeners at port 0, from 32768 (Linux) or 49152 (IANA) on. One from
// there that was found free can be somebody's connection a moment later, and stays so for as long as a server is down that is to come back.
const first, last = 15000, 29999

var (
	mu    sync.Mutex
	given = map[int]bool{}
)

// Free gives a port that nobody has, for TCP and UDP: no other call in this process gets it, and the system gives it to nobody by itself.
func Free() (string, error) {
	mu.Lock()
	defer mu.Unlock()
	var err error
	for range 1000 {
		port := first + rand.N(last-first+1)
		if given[port] {
			continue
		}
		if err = unused(port); err == nil {
			given[port] = true
			return strconv.Itoa(port), nil
		}
	}
	return "", fmt.Errorf("no port between %d and %d is free: %w", first, last, err)
}

// unused asks at all addresses: whoever has the port at one of them has it.
func unused(port int) error {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return err
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
	if err != nil {
		return err
	}
	return u.Close()
}

// Nobody gives an address of this machine, host:port, that refuses every connection until the test ends: it is taken, and nobody listens.
func Nobody(t testing.TB) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Close(socket); err != nil {
			t.Error(err)
		}
	})
	syscall.CloseOnExec(socket)
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}

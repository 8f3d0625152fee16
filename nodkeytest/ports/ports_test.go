package ports

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

func TestAPortIsGivenOnceAndCanBeOpened(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		port, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := strconv.Atoi(port); err != nil || n < first || n > last || seen[port] {
			t.Errorf("%s, %v; given before: %t", port, err, seen[port])
		}
		seen[port] = true
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}

func TestAPortThatSomebodyHasIsNotFree(t *testing.T) {
	port, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	if unused(n) == nil {
		t.Error("the port of a TCP listener is free")
	}
	l.Close()
	u, err := net.ListenPacket("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if unused(n) == nil {
		t.Error("the port of a UDP socket is free")
	}
}

func TestNobodyIsThere(t *testing.T) {
	at := Nobody(t)
	if _, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
	if l, err := net.Listen("tcp", at); err == nil {
		l.Close()
		t.Error("somebody came")
	}
}

package main

import (
	"os"
	"strings"
	"testing"
)

// The configuration that docs/doors/forward.md shows is a good one, and lets the proxy of trusted_proxies ask.
func TestTheDocumentedForwardDoorIsAGoodConfiguration(t *testing.T) {
	page, err := os.ReadFile("../../docs/doors/forward.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(page), "```toml nodkey.toml\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the page shows no configuration")
	}
	s, err := load(t, block, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil || s.forwardProxies().String() != "127.0.0.1/32" {
		t.Errorf("%v may ask, %v", s.forwardProxies(), err)
	}
}

func TestAForwardDoorNeedsToKnowWhoMayAsk(t *testing.T) {
	for args, may := range map[string]string{
		"--doors-open forward":                               "10.0.0.1/32", // trusted_proxies of serving
		"--doors-open forward --forward-proxies 10.1.0.1/32": "10.1.0.1/32",
	} {
		s, err := load(t, "", nil, append(append([]string{}, serving...), strings.Fields(args)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); err != nil || s.forwardProxies().String() != may {
			t.Errorf("%s: %v may ask, %v", args, s.forwardProxies(), err)
		}
		s.TrustedProxies, s.Forward.Proxies = nil, nil
		if key, err := s.checkForward(); key != "forward.proxies" || err == nil {
			t.Errorf("without proxies: %s, %v", key, err)
		}
	}
}

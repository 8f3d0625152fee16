package web

import (
	"net/http/httptest"
	"testing"
)

func TestAnAgentIsReadAsItWasKept(t *testing.T) {
	for header, kept := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, Windows",
		"curl/8.0":                 "curl",
		"Something (Linux x86_64)": "Linux",
		"Something else":           "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", header)
		agent := AgentOf(r)
		if got := agent.String(); got != kept {
			t.Errorf("%q is kept as %q, want %q", header, got, kept)
		}
		if got := ParseAgent(agent.String()); got != agent {
			t.Errorf("%q is read as %+v, was %+v", kept, got, agent)
		}
	}
	if got := ParseAgent("Firefox on Windows"); got.Browser != "Firefox on Windows" || got.System != "" {
		t.Errorf("other text is read as %+v", got)
	}
}

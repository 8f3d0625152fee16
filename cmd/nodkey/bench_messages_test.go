package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/bench"
)

func TestTheBenchOfMessagesFillsAndCalls(t *testing.T) {
	var out strings.Builder
	profiles := t.TempDir()
	if err := runBenchMessages(t.Context(), messagesFlags{users: 300, calls: 20, profile: profiles, json: true}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var m bench.Messages
	if err := json.Unmarshal([]byte(out.String()), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Sizes) != 2 || m.Sizes[0].Users != 30 || m.Sizes[1].Users != 300 || m.Sizes[1].Messages != 3000 {
		t.Fatalf("%+v", m)
	}
	for _, s := range m.Sizes {
		for what, took := range map[string]bench.Latency{"list": s.List, "search": s.Search, "badge": s.Unread, "desk": s.Desk} {
			if took.P50 <= 0 || took.P99 < took.P50 || took.Max < took.P99 {
				t.Errorf("%d users, %s: %+v", s.Users, what, took)
			}
		}
		if s.ToAll <= 0 || s.Heap <= 0 || s.File <= 0 || s.Filled <= 0 {
			t.Errorf("%+v", s)
		}
	}
	var said strings.Builder
	m.Print(&said)
	if !strings.Contains(said.String(), "3000 messages, 300 users") {
		t.Error(said.String())
	}
}

func TestTheBenchOfMessagesRefusesWhatItCannotMeasure(t *testing.T) {
	for _, arguments := range [][]string{{"--users", "9"}, {"--calls", "0"}, {"--users", "-1"}} {
		code := run(t.Context(), append([]string{"bench", "messages"}, arguments...), strings.NewReader(""), io.Discard, io.Discard)
		if code != exitUsage {
			t.Errorf("%v: exit code %d", arguments, code)
		}
	}
}

package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/bench"
)

// How fast is for a quiet machine; that all of it happens is for every one.
func TestTheBenchOfDoorsMeasuresEachOfThem(t *testing.T) {
	var out strings.Builder
	f := doorsFlags{duration: 200 * time.Millisecond, rounds: 1, waiting: 300, json: true}
	if err := runBenchDoors(t.Context(), f, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var d bench.Doors
	if err := json.Unmarshal([]byte(out.String()), &d); err != nil {
		t.Fatal(err)
	}
	if d.RADIUS.Waiting < 270 || d.RADIUS.Waiting > 300 {
		t.Errorf("%d wait", d.RADIUS.Waiting)
	}
	for what, value := range map[string]float64{
		"decisions": d.Forward.Decisions, "empty answers": d.Forward.Empty, "refreshes": d.Tokens.Refreshes, "signatures": d.Tokens.Signatures,
		"commits beside tokens": d.Tokens.Commits, "RADIUS alone": d.RADIUS.Alone, "RADIUS beside": d.RADIUS.Beside, "commits": d.RADIUS.Commits,
	} {
		if value <= 0 {
			t.Errorf("%s: %v", what, value)
		}
	}
	if d.Tokens.Refreshes > d.Tokens.Commits {
		t.Errorf("more tokens than commits: %+v", d.Tokens)
	}
}

func TestTheBenchOfDoorsRefusesWhatItCannotMeasure(t *testing.T) {
	for _, arguments := range [][]string{{"--rounds", "0"}, {"--waiting", "-1"}, {"--duration", "0s"}} {
		code := run(t.Context(), append([]string{"bench", "doors"}, arguments...), strings.NewReader(""), io.Discard, io.Discard)
		if code != exitUsage {
			t.Errorf("%v: exit code %d", arguments, code)
		}
	}
}

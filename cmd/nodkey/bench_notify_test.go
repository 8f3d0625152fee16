package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/bench"
)

// TestMain lets this program be the parts of the bench that it starts, as the real one does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "bench-") {
		main()
		return
	}
	os.Exit(m.Run())
}

// How fast is for a quiet machine; that all of it happens is for every one.
func TestTheBenchOfNotificationsMeasuresWhatArrived(t *testing.T) {
	profiles := t.TempDir()
	var out strings.Builder
	f := notifyFlags{duration: time.Second, rounds: 1, rate: 30, profile: profiles, json: true}
	if err := runBenchNotify(t.Context(), f, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var n bench.Notify
	if err := json.Unmarshal([]byte(out.String()), &n); err != nil {
		t.Fatal(err)
	}
	if n.Phones != 30 || n.Lost != 0 || n.Failed != 0 || len(n.Rounds) != 1 {
		t.Errorf("%+v", n)
	}
	for what, value := range map[string]float64{
		"notifications": n.PerSecond, "limit": n.LimitPerSecond, "share": n.Share, "sign-ins": n.Begun, "commit to sink": n.Notice.P99,
		"processor time of the limit": n.LimitCPU,
	} {
		if value <= 0 {
			t.Errorf("%s: %v", what, value)
		}
	}
	if n.Notice.P50 > n.Notice.P99 || n.Notice.P99 > n.Notice.Max {
		t.Errorf("this cannot be: %+v", n)
	}
	for _, name := range []string{"full.pprof", "paced.pprof"} {
		if got, err := os.Stat(profiles + "/" + name); err != nil || got.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBenchOfNotificationsRefusesWhatItCannotMeasure(t *testing.T) {
	for _, arguments := range [][]string{{"--rounds", "0"}, {"--rate", "0"}, {"--rate", "1", "--duration", "1s"}, {"--duration", "-1s"}} {
		code := run(t.Context(), append([]string{"bench", "notify"}, arguments...), strings.NewReader(""), io.Discard, io.Discard)
		if code != exitUsage {
			t.Errorf("%v: exit code %d", arguments, code)
		}
	}
}

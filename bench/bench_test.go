package bench

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMedianIsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 3}, 2.5},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v: got %v, want %v", c.values, got, c.want)
		}
	}
}

func TestLatencyIsInMilliseconds(t *testing.T) {
	h := newHistogram()
	for i := range 100 {
		if err := h.RecordValue(int64(i+1) * 1000); err != nil {
			t.Fatal(err)
		}
	}
	got := LatencyOf(h)
	if got.P50 < 49.9 || got.P50 > 50.1 || got.P99 < 98.9 || got.P99 > 99.2 || got.Max < 99.9 || got.Max > 100.1 {
		t.Errorf("got %+v of 1 to 100 ms", got)
	}
}

func TestABrowserThatComesBackIsKnownAndSignedOut(t *testing.T) {
	j := &jar{cookies: map[string]string{}}
	j.SetCookies(nil, []*http.Cookie{
		{Name: "nodkey-portal-session", Value: "s"}, {Name: "nodkey-portal-browser", Value: "b"}, {Name: "nodkey-portal-notice", Value: "n"},
	})
	j.SetCookies(nil, []*http.Cookie{{Name: "nodkey-portal-notice", MaxAge: -1}})
	if len(j.Cookies(nil)) != 2 || !j.has("portal-session") {
		t.Fatalf("the jar holds %v", j.cookies)
	}
	j.forgetSession()
	if list := j.Cookies(nil); len(list) != 1 || list[0].Value != "b" {
		t.Errorf("the jar holds %v", list)
	}
}

func TestWhatAPageSaysHasNoTags(t *testing.T) {
	got := firstWords("<html><head><title>x</title></head><body><p>Too&nbsp;many\n tries.</p><b>Wait</b>" + strings.Repeat(" on", 100))
	if !strings.HasPrefix(got, "Too\u00a0many tries. Wait on on") || len([]rune(got)) > 200 {
		t.Errorf("got %q", got)
	}
}

func TestEverybodyGetsATurnUntilTheFirstError(t *testing.T) {
	list := []int{1, 2, 3, 4, 5}
	sum := make(chan int, len(list))
	if err := each(t.Context(), list, 2, func(n int, _ context.Context) error { sum <- n; return nil }); err != nil || len(sum) != 5 {
		t.Errorf("%d had a turn, %v", len(sum), err)
	}
	broken := errors.New("broken")
	if err := each(t.Context(), list, 1, func(int, context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestTheEssentialsAreAllDone(t *testing.T) {
	commits := make(chan struct{}, 1<<20)
	e, err := NewEssentials(1, func(int) error { commits <- struct{}{}; return nil })
	if err != nil {
		t.Fatal(err)
	}
	signs, verifies := 0, 0
	sign, verify := e.sign, e.verify
	e.sign = func(w int) error { signs++; return sign(w) }
	e.verify = func(w int) error { verifies++; return verify(w) }
	perSecond, err := e.Together(t.Context(), time.Millisecond)
	if err != nil || perSecond <= 0 {
		t.Fatalf("%v a second, %v", perSecond, err)
	}
	rounds := len(commits) / Commits
	if rounds == 0 || len(commits)%Commits != 0 || signs != rounds*Signs || verifies != rounds*Verifies {
		t.Errorf("%d commits, %d signs and %d verifies", len(commits), signs, verifies)
	}
}

func TestAFailedCommitEndsTheMeasurement(t *testing.T) {
	full := errors.New("disk full")
	e, err := NewEssentials(2, func(int) error { return full })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Together(t.Context(), time.Minute); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestTheReportLeavesOutWhatWasNotMeasured(t *testing.T) {
	r := NewReport(1, 1)
	r.Password.PerSecond = 40
	var out strings.Builder
	r.Print(&out)
	if said := out.String(); !strings.Contains(said, "argon2id") || strings.Contains(said, "wake-up") || strings.Contains(said, "idle") {
		t.Errorf("it says %s", said)
	}
}

func TestAProcessHasMemoryAndTime(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Log("no /proc here: the figures say so themselves")
		if _, err := Resident(os.Getpid()); err == nil {
			t.Error("memory without /proc")
		}
		return
	}
	kib, err := Resident(os.Getpid())
	if err != nil || kib < 1024 {
		t.Errorf("%v KiB, %v", kib, err)
	}
	if _, err := ProcessorTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}

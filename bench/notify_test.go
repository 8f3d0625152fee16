package bench

import (
	"strings"
	"testing"
	"time"
)

func TestArrivalsArePairedUpByPhone(t *testing.T) {
	const ms = int64(time.Millisecond)
	a := NewArrival(
		[]Moment{{Phone: 1, At: 1000 * ms}, {Phone: 2, At: 1500 * ms}, {Phone: 3, At: 2000 * ms}},
		[]Moment{{Phone: 3, At: 2004 * ms}, {Phone: 1, At: 1900 * ms}, {Phone: 1, At: 1002 * ms}},
	)
	if a.Lost != 1 || a.Twice != 1 || a.PerSecond != 2 {
		t.Errorf("%d lost, %d twice, %v a second", a.Lost, a.Twice, a.PerSecond)
	}
	if got := LatencyOf(a.Took); got.P50 < 1.9 || got.P50 > 2.1 || got.Max < 3.9 || got.Max > 4.1 {
		t.Errorf("they took %+v", got)
	}
}

func TestANotificationThatOvertakesItsRequestsAnswerTookTheLeast(t *testing.T) {
	a := NewArrival([]Moment{{Phone: 0, At: 5000}}, []Moment{{Phone: 0, At: 4000}})
	if a.Lost != 0 || a.Took.Max() != 1 {
		t.Errorf("%d lost, took %d µs", a.Lost, a.Took.Max())
	}
}

func TestTheReportOfNotificationsSaysTheShare(t *testing.T) {
	n := NewNotify(30, 10)
	n.PerSecond, n.LimitPerSecond, n.Share, n.Lost = 400, 1000, 0.4, 7
	var out strings.Builder
	n.Print(&out)
	if said := out.String(); !strings.Contains(said, "40 %") || !strings.Contains(said, "7 lost") {
		t.Errorf("it says %s", said)
	}
}

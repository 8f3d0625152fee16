package duo

import (
	"strings"
	"testing"
)

func TestWhatAnOutcomesIDSaysIsItsApplications(t *testing.T) {
	for _, said := range []string{sayTimeout, askFor("482913"), "grüezi"} {
		id := outcomeID("ssh", deny(said))
		if got, err := readOutcome("ssh", id); err != nil || got != deny(said) {
			t.Errorf("%s: %+v, %v", said, got, err)
		}
		for what, other := range map[string]string{"shorter": id[:len(id)-4], "longer": id + "AAAA", "another": strings.Replace(id, "-", "-A", 1), "padded": id + "="} {
			if got, err := readOutcome("ssh", other); err == nil {
				t.Errorf("%s: %+v", what, got)
			}
		}
		if _, err := readOutcome("wiki", id); err == nil {
			t.Error("it is another application's, too")
		}
	}
	for _, said := range []string{"two\nlines", "turned \u202e round", "broken \xff", strings.Repeat("x", outcomeMost)} {
		if got, err := readOutcome("ssh", outcomeID("ssh", deny(said))); err == nil {
			t.Errorf("%+v", got)
		}
	}
}

func FuzzOutcomeID(f *testing.F) {
	f.Add(outcomeID("ssh", deny(sayFactor)))
	f.Add("out--")
	f.Add("out-")
	f.Fuzz(func(t *testing.T, tx string) {
		if out, err := readOutcome("ssh", tx); err == nil && (out.result != "deny" || out.status != "deny" || outcomeID("ssh", out) != tx) {
			t.Errorf("%+v", out)
		}
	})
}

package i18n

import (
	"testing"
	"testing/fstest"
	"time"
)

func english(t *testing.T) *Localizer {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	b.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	return b.For("en")
}

func TestForTakesTheLanguageThatSuitsBest(t *testing.T) {
	b, err := load(fstest.MapFS{
		"x.en.json": {Data: []byte(`{"a":"hello {{.Name}}","n":{"one":"{{.Count}} phone","other":"{{.Count}} phones"}}`)},
		"x.de.json": {Data: []byte(`{"a":"hallo {{.Name}}"}`)},
		"x.ja.json": {Data: []byte(`{"a":"{{.Name}}さん"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		wanted []string
		want   string
	}{
		{nil, "en"},
		{[]string{"de"}, "de"},
		{[]string{"de-AT, en;q=0.5"}, "de"},
		{[]string{"fr", "ja-JP"}, "ja"},
		{[]string{"fr-FR,fr;q=0.9"}, "en"},
		{[]string{"", "de"}, "de"},
		{[]string{"\x00;;q=", "ja"}, "ja"},
	} {
		if got := b.For(test.wanted...).Lang(); got != test.want {
			t.Errorf("For(%q) = %s, want %s", test.wanted, got, test.want)
		}
	}
	de := b.For("de")
	if got := de.T("a", map[string]any{"Name": "Mara"}); got != "hallo Mara" {
		t.Errorf("got %q", got)
	}
	if got := de.T("n", map[string]any{"Count": 1}); got != "1 phone" {
		t.Errorf("a sentence missing in German gives %q, want the English one", got)
	}
	if got := b.For("en").T("n", map[string]any{"Count": 2}); got != "2 phones" {
		t.Errorf("got %q", got)
	}
}

func TestAMissingSentenceIsReportedAndShowsItsKey(t *testing.T) {
	b, err := load(fstest.MapFS{"x.en.json": {Data: []byte(`{"a":"hello {{.Name}}"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	var reported []string
	b.OnMissing = func(_, key string, _ error) { reported = append(reported, key) }
	l := b.For("en")
	if got := l.T("none.such", nil); got != "none.such" {
		t.Errorf("got %q", got)
	}
	l.T("a", map[string]any{})
	if len(reported) != 2 {
		t.Errorf("reported %q, want the missing key and the missing value", reported)
	}
}

func TestCataloguesThatCannotBeReadAreRefused(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"no language in the name": {"portal.json": {Data: []byte(`{}`)}},
		"not a language":          {"portal.x_1.json": {Data: []byte(`{}`)}},
		"not JSON":                {"portal.en.json": {Data: []byte(`{"a":`)}},
		"no English":              {"portal.de.json": {Data: []byte(`{"a":"b"}`)}},
		"empty":                   {},
	} {
		if _, err := load(fsys); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestMoments(t *testing.T) {
	l := english(t)
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, time.March, 4, 14, 33, 0, 0, zone)
	for _, test := range []struct {
		at           time.Time
		want, within string
	}{
		{now.Add(-time.Minute), "Today, 14:32", "today, 14:32"},
		{time.Date(2026, time.March, 3, 23, 30, 0, 0, time.UTC), "Today, 00:30", "today, 00:30"},
		{time.Date(2026, time.March, 3, 3, 17, 0, 0, zone), "Yesterday, 03:17", "yesterday, 03:17"},
		{time.Date(2026, time.March, 2, 8, 5, 0, 0, zone), "Mon, 08:05", "Mon, 08:05"},
		{time.Date(2026, time.February, 26, 8, 5, 0, 0, zone), "Thu, 08:05", "Thu, 08:05"},
		{time.Date(2026, time.February, 25, 8, 5, 0, 0, zone), "25 February 2026, 08:05", "25 February 2026, 08:05"},
		{now.Add(48 * time.Hour), "6 March 2026, 14:33", "6 March 2026, 14:33"},
	} {
		if got := l.Moment(test.at, now); got != test.want {
			t.Errorf("Moment(%v) = %q, want %q", test.at, got, test.want)
		}
		if got := l.MomentWithin(test.at, now); got != test.within {
			t.Errorf("MomentWithin(%v) = %q, want %q", test.at, got, test.within)
		}
	}
	if got := l.Clock(now); got != "14:33:00" {
		t.Errorf("Clock = %q", got)
	}
}

func TestMomentsInGermanAndJapanese(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.March, 4, 14, 33, 0, 0, time.UTC)
	for _, test := range []struct {
		at     time.Time
		de, ja string
	}{
		{time.Date(2026, time.March, 4, 3, 17, 0, 0, time.UTC), "Heute, 03:17", "今日 3:17"},
		{time.Date(2026, time.March, 3, 23, 5, 0, 0, time.UTC), "Gestern, 23:05", "昨日 23:05"},
		{time.Date(2026, time.March, 2, 0, 5, 0, 0, time.UTC), "Mo, 00:05", "月曜 0:05"},
		{time.Date(2026, time.February, 25, 8, 5, 0, 0, time.UTC), "25. Februar 2026, 08:05", "2026年2月25日 8:05"},
	} {
		if got := b.For("de").Moment(test.at, now); got != test.de {
			t.Errorf("German: %q, want %q", got, test.de)
		}
		if got := b.For("ja").Moment(test.at, now); got != test.ja {
			t.Errorf("Japanese: %q, want %q", got, test.ja)
		}
	}
	if got := b.For("ja").Gap() + b.For("de").Gap(); got != " " {
		t.Errorf("between two sentences: %q", got)
	}
}

func TestCountdownsNeverShowLessThanIsLeft(t *testing.T) {
	l := english(t)
	for _, test := range []struct {
		left           time.Duration
		figures, words string
	}{
		{566 * time.Second, "9:26", "10 minutes"},
		{161*time.Second - time.Millisecond, "2:41", "3 minutes"},
		{time.Minute, "1:00", "60 seconds"},
		{time.Second, "0:01", "1 second"},
		{time.Millisecond, "0:01", "1 second"},
		{0, "0:00", "0 seconds"},
		{-time.Hour, "0:00", "0 seconds"},
	} {
		if got := l.Remaining(test.left); got != test.figures {
			t.Errorf("Remaining(%v) = %q, want %q", test.left, got, test.figures)
		}
		if got := l.Spoken(test.left); got != test.words {
			t.Errorf("Spoken(%v) = %q, want %q", test.left, got, test.words)
		}
	}
}

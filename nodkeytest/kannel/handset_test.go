package kannel

import (
	"strings"
	"testing"
)

func TestAHandsetPutsPartsTogether(t *testing.T) {
	part := func(to, header, octets, text string, coding int) Short {
		s := Short{To: to, Coding: coding, Octets: octets, Text: text}
		if header != "" {
			s.Class, s.Headers, s.Octets = 0x43, []string{header}, "05"+header+octets
		}
		return s
	}
	texts, err := assemble([]Short{
		part("1", "0003070202", "62", "b", 0), part("2", "", "65e5", "?", 8), part("2", "0003070201", "d83d", "?", 8), part("1", "0003070201", "61", "a", 0), part("2", "0003070202", "de00", "?", 8),
		part("1", "", "63", "c", 0), part("1", "", "63", "c", 0), part("1", "0003080201", "64", "never whole", 0),
	})
	var said []string
	for _, x := range texts {
		said = append(said, x.To+x.Text)
	}
	if got := strings.Join(said, " "); err != nil || got != "2日 1ab 2😀 1c 1c" || texts[1].Parts != 2 || texts[3].Parts != 1 || texts[2].Coding != 8 {
		t.Errorf("%q, %+v, %v", got, texts, err)
	}
	for name, s := range map[string]Short{"another header": part("1", "0401020304", "61", "a", 0), "another coding": part("1", "", "61", "a", 4), "half a unit": part("1", "", "61", "a", 8), "no hexadecimal": part("1", "", "6", "a", 8)} {
		if texts, err := assemble([]Short{s}); err == nil {
			t.Errorf("%s: %+v", name, texts)
		}
	}
}

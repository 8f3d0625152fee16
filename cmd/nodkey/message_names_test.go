package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesAreReadFromListsOfManyKinds(t *testing.T) {
	for _, c := range []struct {
		name, csv string
		names     []string
		lines     []int
		fails     string
	}{
		{"one column", "name\nmara\nkenji\n", []string{"mara", "kenji"}, []int{2, 3}, ""},
		{"without an end", "name\nmara", []string{"mara"}, []int{2}, ""},
		{"of a spreadsheet", "\ufeffBranch;NAME\r\nSouth;mara\r\n\r\nNorth; kenji \r\n", []string{"mara", "kenji"}, []int{2, 4}, ""},
		{"tabs", "name\tmail\nmara\tx\n", []string{"mara"}, []int{2}, ""},
		{"lines in a field", "note,name\n\"two\nlines\",mara\nx,kenji\n", []string{"mara", "kenji"}, []int{2, 4}, ""},
		{"columns missing at the end", "name,note\nmara\n", []string{"mara"}, []int{2}, ""},
		{"nothing", "", nil, nil, "line 1: there are no names in it"},
		{"a header alone", "name\n", nil, nil, "there are no names in it"},
		{"no header", "mara\nkenji\n", nil, nil, `line 1: no column is called name, but "mara"`},
		{"a hole", "x,name\n1,mara\n2\n", nil, nil, "line 3: there is no name"},
		{"a quote that is open", "name\n\"mara\n", nil, nil, "line 2: "},
		{"no UTF-8", "name\nmar\xe4\n", nil, nil, "line 2: the name is not UTF-8"},
	} {
		got, err := readNames("-", strings.NewReader(c.csv))
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) || !strings.HasPrefix(err.Error(), "standard input ") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.names, c.names) || !slices.Equal(got.lines, c.lines) {
			t.Errorf("%s: %q at %v, %v", c.name, got.names, got.lines, err)
		}
	}
}

func FuzzReadNames(f *testing.F) {
	for _, seed := range []string{"name\nmara\n", "\ufeffa;Name\r\n1;\"x\"\"y\"\r\n", "name\n\"", "a\tname\n\tb\n", "name,name\n,\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		list, err := readNames("-", strings.NewReader(csv))
		if err != nil {
			return
		}
		if len(list.names) == 0 || len(list.names) != len(list.lines) || !slices.IsSorted(list.lines) {
			t.Fatalf("%d names, lines %v", len(list.names), list.lines)
		}
		for i, name := range list.names {
			if name == "" || !utf8.ValidString(name) || list.lines[i] < 2 {
				t.Fatalf("name %q in line %d", name, list.lines[i])
			}
		}
	})
}

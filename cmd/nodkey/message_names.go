package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nodkey/nodkey"
)

// nameList are users' names and where they stand.
type nameList struct {
	from  string // the file, or empty for names of the command line
	names []string
	lines []int // of the names in the file
}

// maxCSV bounds the file of a list: 200,000 names, and what stands beside them.
const maxCSV = 64 << 20

// readNames reads the column "name" of a CSV file (RFC 4180), with commas, semicolons or tabs between columns.
func readNames(file string, in io.Reader) (nameList, error) {
	list := nameList{from: file}
	if file == "-" {
		list.from = "standard input"
	} else {
		f, err := os.Open(file)
		if err != nil {
			return list, textError("", "cannot read %s: %v", file, plain(err))
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxCSV+1))
	if err != nil {
		return list, textError("", "cannot read %s: %v", list.from, plain(err))
	}
	if len(data) > maxCSV {
		return list, textError("A list has 200,000 names at most. Divide it, or write to all.", "%s is longer than 64 MB", list.from)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	first, _, _ := strings.Cut(text, "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = separator(first), -1, true, true
	return list, list.read(r)
}

// separator is what stands between the columns of a header.
func separator(header string) rune {
	for _, c := range []rune{',', ';', '\t'} {
		if strings.ContainsRune(header, c) {
			return c
		}
	}
	return ','
}

func (l *nameList) read(r *csv.Reader) error {
	bad := func(line int, format string, args ...any) error {
		return textError("Nothing was sent. The first line names the columns; one of them is called name.", "%s line %d: %s", l.from, line, fmt.Sprintf(format, args...))
	}
	column := -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return bad(broken.Line, "%v", broken.Err)
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if column < 0 {
			column = slices.IndexFunc(row, func(title string) bool { return strings.EqualFold(strings.TrimSpace(title), "name") })
			if column < 0 {
				return bad(line, "no column is called name, but %s", titles(row))
			}
			continue
		}
		if column >= len(row) || strings.TrimSpace(row[column]) == "" {
			return bad(line, "there is no name")
		}
		name := strings.TrimSpace(row[column])
		if !utf8.ValidString(name) {
			return bad(line, "the name is not UTF-8")
		}
		l.names, l.lines = append(l.names, strings.Clone(name)), append(l.lines, line)
	}
	if len(l.names) == 0 {
		return bad(1, "there are no names in it")
	}
	return nil
}

func titles(row []string) string {
	var quoted []string
	for _, title := range row[:min(len(row), 6)] {
		quoted = append(quoted, fmt.Sprintf("%.40q", title))
	}
	return strings.Join(quoted, ", ")
}

// unknownMost is how many of the names that nobody has are told.
const unknownMost = 10

// unknown says which names nobody has, with their lines. Nothing is sent then.
func (l nameList) unknown(names []string) error {
	if len(names) == 0 {
		return nil
	}
	if l.from == "" {
		return &commandError{code: exitNotFound, sentence: "there is no user " + strings.Join(names, ", ") + ". Nothing was sent", next: "See nodkey user list"}
	}
	var told []string
	for _, name := range slices.Compact(names) {
		if len(told) == unknownMost {
			told = append(told, fmt.Sprintf("  and %d more", len(names)-unknownMost))
			break
		}
		told = append(told, fmt.Sprintf("  line %d: %s", l.lines[slices.Index(l.names, name)], name))
	}
	return &commandError{code: exitNotFound, sentence: fmt.Sprintf("%s: %d of %d names are nobody's here. Nothing was sent.\n%s", l.from, len(names), len(l.names), strings.Join(told, "\n")),
		next: "See nodkey user list"}
}

// twice counts names that stand more than once: each of them gets one message all the same.
func (l nameList) twice(r nodkey.Readership) int { return len(l.names) - len(r.Unknown) - r.Users }

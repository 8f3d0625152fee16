package main

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// field is one key of the configuration, found by reflection over Config.
type field struct {
	key    string // "tls.cert"
	doc    string
	preset string // default, as text
	secret bool
	tag    reflect.StructTag
	index  []int // where it is in Config
	kind   reflect.Type
}

func (f field) flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(f.key) }
func (f field) env() string {
	return "NODKEY_" + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

// fields lists every key in the order of the struct.
func fields() []field { return fieldsOf(reflect.TypeFor[Config](), "", nil) }

func fieldsOf(t reflect.Type, section string, index []int) []field {
	var found []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, at := section+f.Tag.Get("key"), append(append([]int{}, index...), i)
		if f.Type.Kind() == reflect.Struct && !reflect.PointerTo(f.Type).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			found = append(found, fieldsOf(f.Type, key+".", at)...)
			continue
		}
		found = append(found, field{
			key: key, doc: f.Tag.Get("doc"), preset: f.Tag.Get("default"), secret: f.Tag.Get("secret") == "true",
			tag: f.Tag, index: at, kind: f.Type,
		})
	}
	return found
}

func (f field) isBool() bool { return f.kind.Kind() == reflect.Bool }
func (f field) isInt() bool  { return f.kind.Kind() == reflect.Int }
func (f field) isList() bool { return f.kind == reflect.TypeFor[Prefixes]() }

// isTables are written as an array of tables in the file.
func (f field) isTables() bool {
	return f.kind == reflect.TypeFor[Categories]() || f.kind == reflect.TypeFor[Clients]()
}

// set reads text into the field of c.
func (f field) set(c *Config, text string) error {
	target := reflect.ValueOf(c).Elem().FieldByIndex(f.index)
	if reader, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := reader.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		return f.checkSpan(target)
	}
	switch {
	case f.isBool():
		v, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		target.SetBool(v)
	case f.isInt():
		v, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		target.SetInt(int64(v))
		return f.checkNumber(v)
	default:
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return errors.New("must be one line of text without control characters")
		}
		target.SetString(text)
		return f.checkChoice(text)
	}
	return nil
}

func (f field) checkChoice(text string) error {
	choices := strings.Fields(f.tag.Get("oneof"))
	if len(choices) == 0 {
		return nil
	}
	for _, c := range choices {
		if c == text {
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", text, strings.Join(choices, ", "))
}

func (f field) checkNumber(v int) error {
	low, _ := strconv.Atoi(f.tag.Get("min"))
	high, _ := strconv.Atoi(f.tag.Get("max"))
	if v < low || v > high {
		return fmt.Errorf("%d is not between %d and %d", v, low, high)
	}
	return nil
}

func (f field) checkSpan(v reflect.Value) error {
	d, ok := v.Interface().(Duration)
	if !ok {
		return nil
	}
	low, _ := time.ParseDuration(f.tag.Get("min"))
	high, _ := time.ParseDuration(f.tag.Get("max"))
	if span := time.Duration(d); span < low || span > high {
		return fmt.Errorf("%s is not between %s and %s", d, Duration(low), Duration(high))
	}
	return nil
}

// text gives the field's value as it would be written.
func (f field) text(c *Config) string {
	return fmt.Sprint(reflect.ValueOf(c).Elem().FieldByIndex(f.index).Interface())
}

// nearest gives the known key most like a mistyped one, or "" when none is.
func nearest(key string, known []string) string {
	best, least := "", 1+len(key)/3
	for _, k := range known {
		if d := distance(key, k); d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

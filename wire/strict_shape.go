package wire

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// checkShape walks valid JSON beside the type that will receive it and refuses
// keys that encoding/json would forgive: it takes "PIN" for "pin", lets the
// last of two keys win, and passes over null.
func checkShape(data []byte, v any) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return &StrictError{Reason: WrongType}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return shape{dec}.value(targetOf(t.Elem()), nil)
}

type shape struct{ dec *json.Decoder }

// place is where in the text something stands. Its path is written only when something is wrong there.
type place struct {
	in    *place // nil: the whole
	key   string // in an object
	index int    // in an array; -1 in an object
}

func (p *place) path() string {
	switch {
	case p == nil:
		return ""
	case p.index >= 0:
		return fmt.Sprintf("%s[%d]", p.in.path(), p.index)
	}
	return memberPath(p.in.path(), p.key)
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// target is what will receive a value: a type that holds its shape, or nil for any shape, as a json.RawMessage takes, where
// duplicate keys are still refused.
type target struct{ t reflect.Type }

func targetOf(t reflect.Type) target {
	for t != nil && t.Kind() == reflect.Pointer && !decodesItself(t) {
		t = t.Elem() // an absent optional member is left out, never null (docs/protocol.md §1)
	}
	if t != nil && (t.Kind() == reflect.Interface || decodesItself(t)) {
		t = nil
	}
	return target{t}
}

// value checks the next value; only what takes any shape takes null.
func (s shape) value(to target, at *place) error {
	token, err := s.dec.Token()
	if err != nil {
		return &StrictError{Reason: BadSyntax, Path: at.path()}
	}
	switch token {
	case nil:
		if to.t != nil {
			return &StrictError{Reason: WrongType, Path: at.path()}
		}
		return nil
	case json.Delim('{'):
		return s.object(to.t, at)
	case json.Delim('['):
		return s.array(to.t, at)
	}
	return nil // strings, numbers and booleans are json.Unmarshal's to judge
}

func (s shape) object(t reflect.Type, at *place) error {
	var fields map[string]target
	var element target
	switch {
	case t == nil:
	case t.Kind() == reflect.Struct:
		fields = fieldsOf(t)
	case t.Kind() == reflect.Map:
		element = targetOf(t.Elem())
	default:
		return &StrictError{Reason: WrongType, Path: at.path()}
	}
	seen, many := make([]string, 0, 24), map[string]bool(nil)
	for s.dec.More() {
		token, err := s.dec.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return &StrictError{Reason: BadSyntax, Path: at.path()}
		}
		here := &place{in: at, key: key, index: -1}
		if slices.Contains(seen, key) || many[key] {
			return &StrictError{Reason: DuplicateKey, Path: here.path()}
		}
		if len(seen) < cap(seen) {
			seen = append(seen, key)
		} else { // more than any message of the protocol has
			if many == nil {
				many = map[string]bool{}
			}
			many[key] = true
		}
		next := element
		if fields != nil {
			if next, ok = fields[key]; !ok {
				return &StrictError{Reason: UnknownKey, Path: here.path()}
			}
		}
		if err := s.value(next, here); err != nil {
			return err
		}
	}
	return s.end(at)
}

func (s shape) array(t reflect.Type, at *place) error {
	var element target
	switch {
	case t == nil:
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		element = targetOf(t.Elem())
	default:
		return &StrictError{Reason: WrongType, Path: at.path()}
	}
	n := 0
	for ; s.dec.More(); n++ {
		if err := s.value(element, &place{in: at, index: n}); err != nil {
			return err
		}
	}
	// encoding/json fills what is missing with zeros and drops what is over.
	if t != nil && t.Kind() == reflect.Array && n != t.Len() {
		return &StrictError{Reason: WrongType, Path: at.path()}
	}
	return s.end(at)
}

func (s shape) end(at *place) error {
	if _, err := s.dec.Token(); err != nil {
		return &StrictError{Reason: BadSyntax, Path: at.path()}
	}
	return nil
}

func decodesItself(t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	p := t
	if t.Kind() != reflect.Pointer {
		p = reflect.PointerTo(t)
	}
	return p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,31}$`)

func memberPath(path, key string) string {
	switch {
	case plainKey.MatchString(key):
		return strings.TrimPrefix(path+"."+key, ".")
	case path == "":
		return "."
	}
	return path
}

// shapes remembers fieldsOf by type: types do not change, and there are a few dozen.
var shapes sync.Map // reflect.Type → map[string]target

// fieldsOf lists the keys a struct takes, embedded structs' among them.
func fieldsOf(t reflect.Type) map[string]target {
	if known, ok := shapes.Load(t); ok {
		return known.(map[string]target)
	}
	fields := map[string]target{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Tag.Get("json") == "-" || (f.Anonymous && name == "") {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields[name] = targetOf(f.Type)
	}
	shapes.Store(t, fields)
	return fields
}

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type inner struct {
	ID string `json:"id"`
	N  int8   `json:"n,omitempty"`
}

type sample struct {
	inner2
	Name   string            `json:"name"`
	Inner  inner             `json:"inner"`
	Maybe  *inner            `json:"maybe,omitempty"`
	List   []inner           `json:"list"`
	Pair   [2]int            `json:"pair"`
	Free   json.RawMessage   `json:"free"`
	Any    any               `json:"any"`
	Map    map[string]string `json:"map"`
	At     time.Time         `json:"at"`
	Hidden string            `json:"-"`
}

type inner2 struct {
	Embedded bool `json:"embedded"`
}

func TestDecodeStrictTakesWhatIsMeant(t *testing.T) {
	var got sample
	err := DecodeStrict([]byte(` {"name":"É😀","inner":{"id":"a","n":-3},"list":[{"id":"b"}],"pair":[1,2],
		"free":{"x":[1,null]},"any":{"y":null},"map":{"k":"v"},"at":"2026-01-02T03:04:05Z","embedded":true} `), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "É😀" || got.Inner.N != -3 || got.List[0].ID != "b" || got.Pair[1] != 2 || !got.Embedded || got.Maybe != nil {
		t.Errorf("decoded %+v", got)
	}
}

func TestDecodeStrictRefuses(t *testing.T) {
	deep := strings.Repeat(`[`, MaxDepth+1) + strings.Repeat(`]`, MaxDepth+1)
	for name, c := range map[string]struct {
		text   string
		reason Reason
		path   string
	}{
		"nothing":                   {``, BadSyntax, ""},
		"broken off":                {`{"name":"x"`, BadSyntax, ""},
		"a comment":                 {`{} // hello`, TrailingBytes, ""},
		"a second value":            {`{} {}`, TrailingBytes, ""},
		"a byte order mark":         {"\ufeff{}", BadSyntax, ""},
		"unknown key":               {`{"nmae":"x"}`, UnknownKey, "nmae"},
		"unknown key that is odd":   {`{"my secret!":"x"}`, UnknownKey, "."},
		"unknown key inside":        {`{"inner":{"x y":1}}`, UnknownKey, "inner"},
		"other letter case":         {`{"Name":"x"}`, UnknownKey, "Name"},
		"Kelvin sign for k":         {`{"lin\u212A":1}`, UnknownKey, "."},
		"hidden field":              {`{"Hidden":"x"}`, UnknownKey, "Hidden"},
		"duplicate key":             {`{"name":"x","name":"y"}`, DuplicateKey, "name"},
		"duplicate by escape":       {`{"name":"x","n\u0061me":"y"}`, DuplicateKey, "name"},
		"duplicate in raw":          {`{"free":{"a":1,"a":2}}`, DuplicateKey, "free.a"},
		"duplicate in any":          {`{"any":[{"a":1,"a":2}]}`, DuplicateKey, "any[0].a"},
		"duplicate in map":          {`{"map":{"a":"1","a":"2"}}`, DuplicateKey, "map.a"},
		"duplicate in list":         {`{"list":[{"id":"1"},{"id":"1","id":"2"}]}`, DuplicateKey, "list[1].id"},
		"null for text":             {`{"name":null}`, WrongType, "name"},
		"null for an object":        {`{"inner":null}`, WrongType, "inner"},
		"null for an optional one":  {`{"maybe":null}`, WrongType, "maybe"},
		"null for a list's item":    {`{"list":[null]}`, WrongType, "list[0]"},
		"null for all":              {`null`, WrongType, ""},
		"number for text":           {`{"name":1}`, WrongType, "name"},
		"number out of range":       {`{"inner":{"id":"a","n":128}}`, WrongType, "inner.n"},
		"fraction for a whole":      {`{"inner":{"n":1.5}}`, WrongType, "inner.n"},
		"object for a list":         {`{"list":{}}`, WrongType, "list"},
		"list for an object":        {`{"inner":[]}`, WrongType, "inner"},
		"too few":                   {`{"pair":[1]}`, WrongType, "pair"},
		"too many":                  {`{"pair":[1,2,3]}`, WrongType, "pair"},
		"half a pair":               {`{"name":"\ud83d"}`, BadText, ""},
		"half a pair, other half":   {`{"name":"\ude00"}`, BadText, ""},
		"pair the wrong way round":  {`{"name":"\ude00\ud83d"}`, BadText, ""},
		"high half and a letter":    {`{"name":"\ud83d\u0041"}`, BadText, ""},
		"not UTF-8":                 {"{\"name\":\"\xff\"}", BadText, ""},
		"too deep":                  {deep, TooDeep, ""},
		"too deep where it is free": {`{"free":` + deep + `}`, TooDeep, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got sample
			err := DecodeStrict([]byte(c.text), &got)
			var bad *StrictError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v", err)
			}
			if bad.Reason != c.reason || bad.Path != c.path {
				t.Errorf("got %s at %q, want %s at %q", bad.Reason, bad.Path, c.reason, c.path)
			}
			if strings.Contains(bad.Error(), "secret") {
				t.Errorf("%q repeats what was sent", bad)
			}
		})
	}
}

func TestEscapedPairsAreOneCharacter(t *testing.T) {
	var got struct {
		S string `json:"s"`
	}
	if err := DecodeStrict([]byte(`{"s":"\uD83D\uDE00\\ud83d\""}`), &got); err != nil || got.S != `😀\ud83d"` {
		t.Errorf("got %q, %v", got.S, err)
	}
}

func TestReadStrictHoldsNoMoreThanItsLimit(t *testing.T) {
	var got map[string]string
	if err := ReadStrict(strings.NewReader(`{"a":"b"}`), 9, &got); err != nil {
		t.Errorf("a text of exactly the limit: %v", err)
	}
	if err := ReadStrict(strings.NewReader(`{"a":"b"} `), 9, &got); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte over: %v", err)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sample{Name: rapid.String().Draw(t, "name"), Inner: inner{ID: rapid.String().Draw(t, "id"), N: rapid.Int8().Draw(t, "n")}}
		want.List = append(want.List, want.Inner)
		want.Map = map[string]string{rapid.String().Draw(t, "key"): rapid.String().Draw(t, "value")}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got sample
		if err := DecodeStrict(data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := json.Marshal(got)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%s became %s", data, again)
		}
	})
}

// FuzzDecodeStrict: no text makes it crash, and what it takes, encoding/json
// takes with the same meaning.
func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"name":"x","inner":{"id":"\ud83d\ude00"}}`, `{"name":"x","Name":"y"}`, `{"free":{"a":[1,2,{"a":null}]}}`,
		`{"pair":[1,2]}`, `{"at":"2026-01-02T03:04:05Z"}`, `[[[[[[`, "\"\\u", `{"any":1e999}`, `{"name":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var strict, plain sample
		if DecodeStrict(data, &strict) != nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&plain); err != nil {
			t.Fatalf("strict took what plain does not: %v", err)
		}
		a, errA := json.Marshal(strict)
		b, errB := json.Marshal(plain)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("%s (%v) is not %s (%v)", a, errA, b, errB)
		}
	})
}

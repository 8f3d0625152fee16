package duo

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParametersAreReadAsTheyAreSent(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                     "",
		"&&":                                   "",
		"username=mara&factor=push":            "factor=push&username=mara",
		"b=2&a=1&A=0":                          "A=0&a=1&b=2",
		"a=1+2%203&b=%e2%82%ac~-_.*!'()":       "a=1%202%203&b=%E2%82%AC~-_.%2A%21%27%28%29",
		"user_id=1&user=2":                     "user=2&user_id=1",
		"a&b=":                                 "a=&b=",
		"a=b=c;d":                              "a=b%3Dc%3Bd",
		"a=2&a=1":                              "a=1&a=2",
		"pushinfo=Server+IP%3D10.0.0.1%26x%3D": "pushinfo=Server%20IP%3D10.0.0.1%26x%3D",
	} {
		list, err := parseForm(raw)
		if got := canonical(list); err != nil || got != want {
			t.Errorf("%q: %q, not %q, %v", raw, got, want, err)
		}
	}
	for _, raw := range []string{"a=%", "a=%4", "a=%zz", "%=1", "=1", "a=%ff", "a=%c3%28", strings.Repeat("a=1&", paramsMax+1)} {
		if list, err := parseForm(raw); err == nil {
			t.Errorf("%q is %v", raw, list)
		}
	}
	for raw, want := range map[string]string{`{}`: "", `{"b":"x y","a":1,"async":true}`: "a=1&async=1&b=x%20y"} {
		list, err := parseJSON([]byte(raw))
		if got := canonical(list); err != nil || got != want {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{``, `[]`, `"a"`, `{"a":{}}`, `{"a":[]}`, `{"a":null}`, `{"a":"b"`, `{"a":"b"}x`, `{"a":"b"}{}`, `{"a"}`} {
		if list, err := parseJSON([]byte(raw)); err == nil {
			t.Errorf("%s is %v", raw, list)
		}
	}
	if _, err := named([]param{{"a", "1"}, {"b", ""}, {"a", "1"}}); !errors.Is(err, errDuplicate) {
		t.Errorf("a name twice: %v", err)
	}
}

func FuzzParameters(f *testing.F) {
	for _, seed := range []string{"a=1&b=%20+", "a=%e2%82%ac", "%", "a=b=c&&", "a&a", `{"a":"b"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if list, err := parseForm(raw); err == nil {
			again, err := parseForm(canonical(list))
			if err != nil || !slices.Equal(again, sorted(list)) {
				t.Fatalf("%q: %v became %v, %v", raw, list, again, err)
			}
			theirs, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
			if err != nil || !slices.Equal(pieces(strings.ReplaceAll(theirs.Encode(), "+", "%20")), pieces(canonical(list))) {
				t.Fatalf("%q: %q, but net/url says %v, %v", raw, canonical(list), theirs, err)
			}
		}
		if list, err := parseJSON([]byte(raw)); err == nil && len(list) > paramsMax {
			t.Fatal("too many")
		}
		if w := wayOf(raw); w.factor == "passcode" && (len(w.typed) < 3 || strings.Trim(w.typed, "0123456789") != "") {
			t.Fatalf("%q is the code %q", raw, w.typed)
		}
		if len(brief(raw)) > 4*60 {
			t.Fatal("not brief")
		}
	})
}

// pieces are compared without their order, which net/url has otherwise.
func pieces(text string) []string {
	list := strings.Split(text, "&")
	slices.Sort(list)
	return list
}

func FuzzHeaders(f *testing.F) {
	f.Add("Basic RElYOmFi", "Tue, 21 Aug 2012 17:29:18 -0000")
	f.Add("basic Ojo6", "Tue, 21 Aug 2012 17:29:18 GMT")
	f.Fuzz(func(t *testing.T, credential, date string) {
		if key, signature, err := credentials(credential); err == nil && (key == "" || len(signature) != 20 && len(signature) != 64) {
			t.Fatalf("%q is %q, %x", credential, key, signature)
		}
		if at, err := parseDate(date); err == nil && len(date) > 64 {
			t.Fatal(at)
		}
	})
}

func TestDatesAreReadAsClientsWriteThem(t *testing.T) {
	want := time.Date(2012, 8, 21, 17, 29, 18, 0, time.UTC)
	for _, text := range []string{"Tue, 21 Aug 2012 17:29:18 -0000", "Tue, 21 Aug 2012 17:29:18 +0000", "Tue, 21 Aug 2012 17:29:18 GMT", "Tue, 21 Aug 2012 19:29:18 +0200", "21 Aug 2012 17:29:18 +0000"} {
		if at, err := parseDate(text); err != nil || !at.Equal(want) {
			t.Errorf("%s: %v, %v", text, at, err)
		}
	}
	for _, text := range []string{"", "now", "2012-08-21T17:29:18Z", strings.Repeat(" ", 70) + "Tue, 21 Aug 2012 17:29:18 GMT"} {
		if at, err := parseDate(text); err == nil {
			t.Errorf("%q is %v", text, at)
		}
	}
	head := http.Header{"Date": {"a"}, "X-Duo-Date": {"b"}, "X-Duo-B": {" 2 "}, "X-Other": {"3"}}
	if dateOf(head) != "b" || duoHeaders(head) != "x-duo-b\x002\x00x-duo-date\x00b" {
		t.Errorf("%q, %q", dateOf(head), duoHeaders(head))
	}
}

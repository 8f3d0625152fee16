package api

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// What docs/doors/api.md says of members, answers and errors is so.
func TestThePageSaysWhatTheDoorDoes(t *testing.T) {
	raw, err := os.ReadFile("../docs/doors/api.md")
	must(t, err)
	page := string(raw)
	block := func(name string) []byte {
		t.Helper()
		m := regexp.MustCompile("(?s)```json " + regexp.QuoteMeta(name) + "\n(.*?)```").FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("the page has no block %s", name)
		}
		return []byte(m[1])
	}
	must(t, CheckSettings(block("shop.json")))
	values := []value{{"Problem", "error.json", block("error.json")}, {"Ended", "ended.json", block("ended.json")}}
	if wrong := validate(t, values); wrong != "" {
		t.Error(wrong)
	}
	var p problem
	must(t, json.Unmarshal(block("error.json"), &p))
	h := newHouse(t, nil)
	if want := h.Texts.For("en").T(p.Error.Key, nil); p.Error.Message != want {
		t.Errorf("the page has the sentence %q, which is %q", p.Error.Message, want)
	}
	for _, of := range []reflect.Type{reflect.TypeFor[newApproval](), reflect.TypeFor[approval]()} {
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !strings.HasSuffix(name, "At") && !strings.Contains(page, "`"+name+"`") { // times need no words
				t.Errorf("the page does not say %s", name)
			}
		}
	}
	for _, r := range h.door.routes() {
		if last := r.path[strings.LastIndexByte(r.path, '/')+1:]; !strings.Contains(page, last) {
			t.Errorf("the page does not say %s", r.path)
		}
	}
}

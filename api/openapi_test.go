package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// described is what the tests read of openapi.json.
type described struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Webhooks   map[string]map[string]operation       `json:"webhooks"`
	Components struct {
		Schemas   map[string]schema `json:"schemas"`
		Responses map[string]answer `json:"responses"`
	} `json:"components"`
}

type operation struct {
	RequestBody answer            `json:"requestBody"`
	Responses   map[string]answer `json:"responses"`
}

type answer struct {
	Content map[string]struct {
		Schema   schema                     `json:"schema"`
		Examples map[string]json.RawMessage `json:"examples"`
	} `json:"content"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Enum       []string          `json:"enum"`
}

// value is one that has to be as a schema says.
type value struct {
	Schema string          `json:"schema"`
	What   string          `json:"what"`
	Value  json.RawMessage `json:"value"`
}

func readDescribed(t testing.TB) described {
	t.Helper()
	var d described
	must(t, json.Unmarshal(openapi, &d))
	return d
}

// operations are those of the paths, by method and path.
func (d described) operations(t testing.TB) map[string]operation {
	t.Helper()
	found := map[string]operation{}
	for path, item := range d.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var o operation
			must(t, json.Unmarshal(raw, &o))
			found[strings.ToUpper(method)+" "+path] = o
		}
	}
	return found
}

// examples are all there are.
func (d described) examples(t testing.TB) (all []value) {
	t.Helper()
	add := func(what string, a answer) {
		for _, content := range a.Content {
			_, name, _ := strings.Cut(content.Schema.Ref, "#/components/schemas/")
			for key, raw := range content.Examples {
				var example struct {
					Value json.RawMessage `json:"value"`
				}
				must(t, json.Unmarshal(raw, &example))
				all = append(all, value{name, "the example " + what + " " + key, example.Value})
			}
		}
	}
	operations := d.operations(t)
	for _, item := range d.Webhooks {
		for name, o := range item {
			operations["webhook "+name] = o
		}
	}
	for name, o := range operations {
		add(name, o.RequestBody)
		for status, a := range o.Responses {
			add(name+" "+status, a)
		}
	}
	for name, a := range d.Components.Responses {
		add(name, a)
	}
	return all
}

// validate has everything checked by validators of other people's, and gives what they find, a line each.
func validate(t *testing.T, values []value) string {
	t.Helper()
	in, err := json.Marshal(map[string]any{"spec": json.RawMessage(openapi), "values": values})
	must(t, err)
	c := exec.CommandContext(t.Context(), "node", "testdata/check.mjs")
	var out, problems bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &problems
	if err := c.Run(); err != nil {
		t.Fatalf("node testdata/check.mjs (npm ci brings what it needs): %v\n%s", err, problems.Bytes())
	}
	return out.String()
}

func TestTheDescriptionIsOpenAPIAndItsExamplesHold(t *testing.T) {
	examples := readDescribed(t).examples(t)
	if len(examples) < 25 {
		t.Fatalf("only %d examples were found", len(examples))
	}
	if wrong := validate(t, examples); wrong != "" {
		t.Error(wrong)
	}
	bad := validate(t, []value{{"Approval", "half an approval", []byte(`{"id":"x","state":"open"}`)}, {"Other", "something else", []byte(`{}`)}})
	if !strings.Contains(bad, "half an approval is no Approval") || !strings.Contains(bad, "there is no schema Other") {
		t.Errorf("the validators find nothing: %q", bad)
	}
}

func TestTheDescriptionHasEveryRoute(t *testing.T) {
	h := newHouse(t, nil)
	var have []string
	for _, r := range h.door.routes() {
		have = append(have, r.method+" "+r.path)
	}
	described := slices.Sorted(maps.Keys(readDescribed(t).operations(t)))
	if slices.Sort(have); !slices.Equal(have, described) {
		t.Errorf("the door has %v, the description %v", have, described)
	}
}

func TestTheDescriptionHasEveryMember(t *testing.T) {
	schemas := readDescribed(t).Components.Schemas
	for name, of := range map[string]any{
		"NewApproval": newApproval{}, "Approval": approval{}, "Challenge": challenge{}, "Code": typed{}, "Nothing": struct{}{}, "Proof": proof{}, "Person": person{},
		"Evidence": wire.Evidence{}, "Assertion": wire.Assertion{}, "Ended": ended{}, "EndedData": endedData{}, "Problem": problem{}, "ProblemError": problemError{},
	} {
		s, ok := schemas[name]
		if !ok {
			t.Errorf("there is no schema %s", name)
			continue
		}
		delete(schemas, name)
		var members, required []string
		for f := range reflect.TypeOf(of).Fields() {
			member, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			members = append(members, member)
			if option != "omitempty" {
				required = append(required, member)
			}
		}
		slices.Sort(members)
		slices.Sort(required)
		slices.Sort(s.Required)
		if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, members) {
			t.Errorf("%s has %v, and is described with %v", name, members, got)
		}
		if !slices.Equal(required, s.Required) {
			t.Errorf("%s always has %v, and is described with %v", name, required, s.Required)
		}
	}
	for name := range schemas {
		t.Errorf("%s describes no type", name)
	}
}

func TestExamplesOfErrorsAreErrorsAsTheyAre(t *testing.T) {
	h := newHouse(t, nil)
	for _, example := range readDescribed(t).examples(t) {
		if example.Schema != "Problem" {
			continue
		}
		var p problem
		must(t, json.Unmarshal(example.Value, &p))
		key := p.Error.Key
		if other, ok := said[key]; ok {
			key = other
		}
		args := map[string]any{}
		for name, v := range p.Error.Args {
			if number, ok := v.(float64); ok { // as JSON has it
				v = int(number)
			}
			args[strings.ToUpper(name[:1])+name[1:]] = v
		}
		if want := h.Texts.For("en").T(key, args); p.Error.Message != want {
			t.Errorf("%s says %q, not %q", example.What, p.Error.Message, want)
		}
	}
}

// What the door really answers is as the description says.
func TestAnswersAreAsDescribed(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank := h.join(t, "mara"), h.app(t, "bank", nil)
	var values []value
	hear := func(schema string, a reply) reply {
		values = append(values, value{schema, schema + " of " + string(a.body), a.body})
		return a
	}
	hear("Problem", bank.post(t, "/api/approvals", "{"))
	hear("Problem", bank.get(t, "/api/approvals/none"))
	hear("Problem", bank.send(t, "GET", "/api/approvals/none", "", func(r *http.Request) { r.Header.Del("Authorization") }))
	for _, answer := range []nodkeytest.Answer{{PIN: pin}, {No: "mistake"}, {No: "not_me"}, {PIN: pin, Number: "none"}} {
		h.Clock.Advance(time.Hour)
		asked := bank.asks(t, asksYes)
		at := "/api/approvals/" + asked.ID
		hear("Approval", bank.get(t, at))
		hear("Challenge", bank.post(t, at+"/challenge", ""))
		if answer.Number == "" {
			answer.Number = asked.Number
		} else {
			answer.Number = other(asked.Number)
		}
		mara.answers(t, answer)
		hear("Approval", bank.get(t, at+"/wait"))
		if answer.PIN != "" && answer.Number == asked.Number {
			hear("Proof", bank.post(t, at+"/collect", ""))
			hear("Approval", bank.get(t, at))
		}
	}
	signIn := "/api/approvals/" + bank.asks(t, asksSignIn).ID
	hear("Challenge", bank.post(t, signIn+"/challenge", ""))
	hear("Approval", bank.post(t, signIn+"/cancel", ""))
	if wrong := validate(t, values); wrong != "" {
		t.Error(wrong)
	}
	served := bank.send(t, "GET", "/api/openapi.json", "", func(r *http.Request) { r.Header.Del("Authorization") })
	if !bytes.Equal(served.body, openapi) || served.header.Get("Content-Type") != "application/json" {
		t.Errorf("the description that is served is another one: %d", served.status)
	}
}

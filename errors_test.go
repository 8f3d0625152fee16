package nodkey_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// made is one place that makes an *Error.
type made struct {
	key  string
	args []string
	at   string
}

// errorsMade finds every key that the domain can fail with, and the names of the values it gives.
func errorsMade(t *testing.T) []made {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []made
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.Ident)
			if !ok || fun.Name != "fail" && fun.Name != "limited" {
				return true
			}
			m := made{at: set.Position(call.Pos()).String()}
			rest := call.Args
			if fun.Name == "fail" {
				rest = call.Args[1:]
			} else {
				m.args = []string{"Seconds", "Count"}
			}
			m.key = literal(rest[0])
			if fun.Name == "fail" {
				for i := 1; i < len(rest); i += 2 {
					m.args = append(m.args, literal(rest[i]))
				}
			}
			if m.key != "" {
				found = append(found, m)
			} else if fun.Name == "fail" && name != "errors.go" && name != "limits.go" && name != "approvals.go" {
				t.Errorf("%s: a key that is not written out", m.at)
			}
			return true
		})
	}
	for _, state := range []string{"approved", "denied", "expired", "cancelled"} {
		found = append(found, made{key: "approval." + state, at: "overKeys"})
	}
	return append(found, made{key: "internal", args: []string{"Reference"}, at: "AsError, and the doors' reference"})
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func TestEveryErrorHasItsSentenceAndWhatThatNeeds(t *testing.T) {
	raw, err := os.ReadFile("i18n/errors.en.json")
	if err != nil {
		t.Fatal(err)
	}
	var catalogue map[string]any
	if err := json.Unmarshal(raw, &catalogue); err != nil {
		t.Fatal(err)
	}
	list := errorsMade(t)
	if len(list) < 60 {
		t.Fatalf("only %d places found", len(list))
	}
	for _, m := range list {
		entry, ok := catalogue[m.key]
		if !ok {
			t.Errorf("%s: there is no sentence for %q", m.at, m.key)
			continue
		}
		forms, plural := entry.(map[string]any)
		if !plural {
			forms = map[string]any{"other": entry}
		} else if !slices.Contains(m.args, "Count") {
			t.Errorf("%s: %q needs Count", m.at, m.key)
		}
		for _, text := range forms {
			for _, found := range placeholder.FindAllStringSubmatch(text.(string), -1) {
				if !slices.Contains(m.args, found[1]) {
					t.Errorf("%s: the sentence of %q needs %s", m.at, m.key, found[1])
				}
			}
		}
	}
}

func TestInnerErrorsStayInside(t *testing.T) {
	inner := errors.New("table users: hunter2")
	e := nodkey.AsError(inner)
	if e.Kind != nodkey.Internal || e.Key != "internal" || len(e.Args) != 0 || !errors.Is(e, inner) {
		t.Errorf("%#v", e)
	}
	if nodkey.AsError(nil) != nil {
		t.Error("no error became one")
	}
	refused := &nodkey.Error{Kind: nodkey.Refused, Key: "pin.wrong", Args: nodkey.Args{"Left": 2}, Err: inner}
	if nodkey.AsError(refused) != refused || !nodkey.HasKey(refused, "pin.wrong") || nodkey.HasKey(inner, "internal") {
		t.Error("an error of ours is not itself")
	}
	for kind := nodkey.Internal; kind <= nodkey.Unavailable; kind++ {
		if kind.String() == "" {
			t.Errorf("kind %d has no name", kind)
		}
	}
	if token := nodkey.Token("secret"); token.String() != "[token]" || token.Hash() == "" || nodkey.Token("").Hash() != "" {
		t.Error("a token prints or hashes wrongly")
	}
}

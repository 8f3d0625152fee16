package nodkey_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/nodkey/nodkey"

// goPackage is one folder of Go files, tests aside.
type goPackage struct {
	dir       string            // "." for the domain
	imports   map[string]string // import path → a file that has it
	documents bool
}

// skipped are folders that hold no source of ours.
var skipped = []string{"node_modules", ".git", "dist", "build", "bin", "testdata"}

// sources walks every file of the tree.
func sources(t *testing.T, visit func(name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(skipped, entry.Name()):
			return fs.SkipDir
		case !entry.IsDir():
			visit(filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// packages reads the imports of all Go files that are not tests.
func packages(t *testing.T) map[string]*goPackage {
	t.Helper()
	found := map[string]*goPackage{}
	sources(t, func(name string) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(file) || buildTool(file) {
			return
		}
		p := found[path.Dir(name)]
		if p == nil {
			p = &goPackage{dir: path.Dir(name), imports: map[string]string{}}
			found[p.dir] = p
		}
		p.documents = p.documents || file.Doc.Text() != ""
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			p.imports[target] = name
		}
	})
	if found["."] == nil {
		t.Fatal("the domain was not found")
	}
	return found
}

// buildTool says that a file is no part of any build of ours.
func buildTool(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:build tools") {
				return true
			}
		}
	}
	return false
}

// What each kind of package may import of this module; "" is the domain
// itself. A package of a kind may import those below its own folder too.
var (
	doors    = []string{"portal", "phoneapi", "adminapi", "demo", "oidc", "forward", "radius", "duo", "api"}
	adapters = []string{"sqlstore", "proof", "password", "bus", "notify", "places"}
	leaves   = []string{"otp", "seal", "wire"}
)

// reachesOut are standard packages that do I/O or read the world: the domain
// and the leaves are given what they need.
var reachesOut = []string{
	"database/sql", "io/ioutil", "log", "log/syslog", "mime/multipart", "net", "os", "os/exec", "os/signal", "plugin", "syscall",
}

func first(dir string) string {
	head, _, _ := strings.Cut(dir, "/")
	return head
}

func standard(target string) bool { return !strings.Contains(first(target), ".") }

// isReachingOut finds a package or one below it; net/netip and net/url are
// pure.
func isReachingOut(target string) bool {
	if target == "net/netip" || target == "net/url" || target == "net/mail" {
		return false
	}
	return slices.ContainsFunc(reachesOut, func(p string) bool { return target == p || strings.HasPrefix(target, p+"/") })
}

// forbidden says why a package may not import another, "" if it may.
func forbidden(dir, target string) string {
	ours := target == module || strings.HasPrefix(target, module+"/")
	to := strings.TrimPrefix(strings.TrimPrefix(target, module), "/")
	from, room := first(dir), first(to)
	if ours && to == dir || (ours && strings.HasPrefix(to, dir+"/") && dir != ".") {
		return ""
	}
	if ours && room == "cmd" {
		return "nothing imports the command"
	}
	switch {
	case dir == ".":
		switch {
		case standard(target) && isReachingOut(target):
			return "the domain does no I/O"
		case !standard(target) && (!ours || !slices.Contains(leaves, room)):
			return "the domain imports the standard library and the leaves only"
		}
	case slices.Contains(leaves, from):
		switch {
		case standard(target) && isReachingOut(target):
			return "leaves do no I/O"
		case !standard(target) && !strings.HasPrefix(target, "golang.org/x/crypto/"):
			return "leaves import the standard library and x/crypto only"
		}
	case slices.Contains(doors, from) && ours:
		if slices.Contains(doors, room) && room != from {
			return "doors import no door"
		}
		if slices.Contains(adapters, room) {
			return "doors import no adapter"
		}
	case slices.Contains(adapters, from) && ours:
		if slices.Contains(doors, room) || room == "web" {
			return "adapters import no door"
		}
		if slices.Contains(adapters, room) && room != from {
			return "adapters import no adapter"
		}
	case from == "client" && ours:
		if room != "wire" && room != "proof" && room != "otp" {
			return "the client imports wire, proof and otp only"
		}
	case from == "prose" && ours:
		return "prose knows texts and nothing of Nodkey"
	case from == "web" && ours:
		if slices.Contains(doors, room) || slices.Contains(adapters, room) {
			return "what doors share imports no door and no adapter"
		}
	}
	return ""
}

func TestImportsKeepTheArchitecture(t *testing.T) {
	for dir, p := range packages(t) {
		for target, file := range p.imports {
			if why := forbidden(dir, target); why != "" {
				t.Errorf("%s imports %s: %s", file, target, why)
			}
		}
	}
}

// The rules themselves: were forbidden to allow everything, the test above
// could not fail.
func TestTheImportRulesForbid(t *testing.T) {
	for _, c := range []struct {
		dir, target string
		allowed     bool
	}{
		{".", "context", true},
		{".", "net/netip", true},
		{".", "net/http", false},
		{".", "os", false},
		{".", "database/sql", false},
		{".", module + "/seal", true},
		{".", module + "/sqlstore", false},
		{".", "github.com/spf13/cobra", false},
		{"portal", module, true},
		{"portal", module + "/web", true},
		{"portal", module + "/phoneapi", false},
		{"portal", module + "/sqlstore", false},
		{"sqlstore", module + "/sqlstore/migrations", true},
		{"sqlstore", module + "/portal", false},
		{"sqlstore", module + "/bus", false},
		{"bus/natsbus", module + "/bus", true},
		{"seal", "golang.org/x/crypto/hkdf", true},
		{"seal", "golang.org/x/text/unicode/norm", false},
		{"wire", "net/http", false},
		{"wire", module + "/otp", false},
		{"client", module + "/wire", true},
		{"client", module, false},
		{"bench", module + "/client", true},
		{"bench", module + "/cmd/nodkey", false},
		{"cmd/nodkey", module + "/sqlstore", true},
		{"web", module + "/portal", false},
		{"prose", "github.com/yuin/goldmark/ast", true},
		{"prose", module, false},
		{"portal", module + "/prose", true},
	} {
		if got := forbidden(c.dir, c.target) == ""; got != c.allowed {
			t.Errorf("%s may import %s: %t", c.dir, c.target, got)
		}
	}
}

func TestPackagesHaveACommentAndAName(t *testing.T) {
	empty := []string{"util", "utils", "common", "helpers", "types", "models", "misc", "base", "lib"}
	for dir, p := range packages(t) {
		if !p.documents {
			t.Errorf("the package in %s has no comment", dir)
		}
		if slices.Contains(empty, path.Base(dir)) {
			t.Errorf("%s says nothing about what is in it", dir)
		}
	}
}

// maxLines is how long a file may be before it is two subjects.
const maxLines = 400

func TestFilesStayShort(t *testing.T) {
	sources(t, func(name string) {
		switch path.Ext(name) {
		case ".go", ".ts", ".tsx", ".css", ".mjs", ".js":
		default:
			return
		}
		if n := lines(t, name); n >= maxLines {
			t.Errorf("%s has %d lines; %d is the limit", name, n, maxLines-1)
		}
	})
}

func lines(t *testing.T, name string) int {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\n"))
}

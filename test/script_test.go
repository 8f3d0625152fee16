package test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/ntfy"
	"github.com/nodkey/nodkey/nodkeytest/ports"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs scripts/*.txtar, each against the real binary in a directory of its own. Beside testscript's own
// commands they have:
//
//	code N command…              run a command and check its exit code
//	ports NAME…                  put a free port into each variable
//	ready ORIGIN                 wait until a portal answers
//	portal BROWSER …             be a person at a browser; see portalCommand
//	value NAME KEY               put a member of the last JSON output into a variable ("keys.0.id")
//	sql DATABASE STATEMENT       change a database behind the server's back
//	zero DATABASE QUERY          wait until a query gives 0
//	until FILE PATTERN           wait until a file that is being written has it
//	silent FILE SECRET…          the last output and a file hold none of the secrets
//	ntfy …                       be an ntfy server and its subscribers; see ntfyCommand
func TestScripts(t *testing.T) {
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "scripts", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			var vars []string
			for _, pair := range env.Vars {
				if !strings.HasPrefix(pair, "NODKEY_") {
					vars = append(vars, pair)
				}
			}
			env.Vars = append(vars, "PATH="+filepath.Dir(name)+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+env.WorkDir, "XDG_STATE_HOME="+env.WorkDir+"/state", "TZ=UTC")
			env.Values[browsersKey{}] = map[string]*webUser{}
			env.Values[ntfyKey{}] = &ntfyScript{heard: map[string]<-chan ntfy.Message{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": codeCommand, "ports": portsCommand, "ready": readyCommand, "portal": portalCommand, "value": valueCommand, "sql": sqlCommand, "zero": zeroCommand, "until": untilCommand, "silent": silentCommand, "ntfy": ntfyCommand,
		},
	})
}

type browsersKey struct{}

// never checks a command's use: it has no negation, and takes so many words.
func never(ts *testscript.TestScript, neg, enough bool, usage string) {
	if neg || !enough {
		ts.Fatalf("usage: %s", usage)
	}
}

func codeCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) >= 2, "code N command…")
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func portsCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) > 0, "ports NAME…")
	for _, name := range args {
		port, err := ports.Free()
		ts.Check(err)
		ts.Setenv(name, port)
	}
}

func readyCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) == 1, "ready ORIGIN")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if got, err := newWebUser(args[0], nil).get(ctx, "/sign-in"); err == nil && got.status == http.StatusOK {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			ts.Fatalf("%s does not answer", args[0])
		}
	}
}

func zeroCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) == 2, "zero DATABASE QUERY")
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0])+"?mode=ro&_pragma=busy_timeout(5000)")
	ts.Check(err)
	defer db.Close()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	n := 0
	for range 1500 {
		if ts.Check(db.QueryRow(args[1]).Scan(&n)); n == 0 {
			return
		}
		<-look.C
	}
	ts.Fatalf("%s gives %d", args[1], n)
}

func untilCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) == 2, "until FILE PATTERN")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	var text []byte
	for range 1500 {
		if text, err = os.ReadFile(ts.MkAbs(args[0])); err == nil && pattern.Match(text) {
			return
		}
		<-look.C
	}
	ts.Fatalf("%s never had %s: %v\n%s", args[0], args[1], err, text)
}

// portalCommand is a browser by name, kept over the script:
//
//	portal B at ORIGIN                        where the portal is
//	portal B post PATH TO [FIELD VALUE]…      send a form, which must lead to a page ("-": to none)
//	portal B get PATH [TO]                    look at a page, or be led to another
//	portal B says WORDS                       what the last page must hold
//	portal B shows PATTERN                    the same as a pattern (regexp), over several lines
//	portal B read PATTERN NAME                put what its group finds on the last page into a variable
//	portal B code PATH NAME                   put the activation code into a variable
//	portal B number PATH NAME                 put the two digits into a variable
func portalCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) >= 3, "portal BROWSER at|post|get|says|shows|read|code|number …")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	browsers := ts.Value(browsersKey{}).(map[string]*webUser)
	if args[1] == "at" {
		browsers[args[0]] = newWebUser(args[2], nil)
		return
	}
	b := browsers[args[0]]
	if b == nil {
		ts.Fatalf("no browser %s", args[0])
	}
	switch what, rest := args[1], args[2:]; {
	case what == "post" && len(rest)%2 == 0:
		got, err := b.send(ctx, http.MethodPost, rest[0], rest[2:]...)
		ts.Check(err)
		b.last = got.body
		if got.location != strings.TrimPrefix(rest[1], "-") {
			ts.Fatalf("%d to %q: %s", got.status, got.location, got.says())
		}
	case what == "get" && len(rest) <= 2:
		got, err := b.get(ctx, rest[0])
		ts.Check(err)
		b.last = got.body
		if got.location != strings.Join(rest[1:], "") {
			ts.Fatalf("%d to %q: %s", got.status, got.location, got.says())
		}
	case what == "says" && len(rest) == 1:
		if !strings.Contains(b.last, rest[0]) {
			ts.Fatalf("the page does not say %q:\n%s", rest[0], b.last)
		}
	case what == "shows" && len(rest) == 1:
		if !regexp.MustCompile("(?s)" + rest[0]).MatchString(b.last) {
			ts.Fatalf("the page does not show %q:\n%s", rest[0], b.last)
		}
	case what == "read" && len(rest) == 2:
		found := regexp.MustCompile(rest[0]).FindStringSubmatch(b.last)
		if len(found) != 2 {
			ts.Fatalf("no %q on the page:\n%s", rest[0], b.last)
		}
		ts.Setenv(rest[1], found[1])
	case what == "code" && len(rest) == 2:
		code, err := b.code(ctx, rest[0])
		ts.Check(err)
		ts.Setenv(rest[1], code)
	case what == "number" && len(rest) == 2:
		number, err := b.number(ctx, rest[0])
		ts.Check(err)
		ts.Setenv(rest[1], number)
		n, err := strconv.Atoi(number)
		ts.Check(err)
		ts.Setenv(rest[1]+"_WRONG", fmt.Sprintf("%02d", (n+1)%100))
	default:
		ts.Fatalf("portal: no %s with %d arguments", what, len(rest))
	}
}

func valueCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) == 2, "value NAME KEY")
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for part := range strings.SplitSeq(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(at) {
				ts.Fatalf("no %s in %s", args[1], ts.ReadFile("stdout"))
			}
			v = at[i]
		}
	}
	if v == nil {
		ts.Fatalf("no %s in %s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

func sqlCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) == 2, "sql DATABASE STATEMENT")
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0])+"?mode=rw&_pragma=busy_timeout(5000)")
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

func silentCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) >= 2, "silent FILE SECRET…")
	text := ts.ReadFile(args[0])
	if len(text) < 200 {
		ts.Fatalf("%s is too short to tell anything:\n%s", args[0], text)
	}
	for _, secret := range args[1:] {
		if strings.Contains(text, secret) {
			ts.Fatalf("%s holds %q", args[0], secret)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// runCommand runs nodkey in this process, without the machine's own
// configuration.
func runCommand(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestErrorsAreOneSentenceAndANextStep(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"sreve"}, exitUsage, `there is no command "nodkey sreve"`},
		{[]string{"versoin"}, exitUsage, `did you mean "version"?`},
		{[]string{"config", "shwo"}, exitUsage, `did you mean "show"?`},
		{[]string{"version", "--jsn"}, exitUsage, "unknown flag: --jsn"},
		{[]string{"version", "extra"}, exitUsage, ""},
		{[]string{"config", "check", "--tls-mode", "fils"}, exitConfig, `tls.mode: "fils" is not one of files, acme, proxy, off (from flag --tls-mode)`},
	} {
		code, out, errOut := runCommand(t, c.args...)
		if code != c.code || !strings.Contains(errOut, c.says) || !strings.HasPrefix(errOut, "nodkey: ") || out != "" {
			t.Errorf("%v: exit code %d, out %q, error %q", c.args, code, out, errOut)
		}
		if n := strings.Count(errOut, "\n"); n != 2 {
			t.Errorf("%v: %d lines instead of a sentence and a step: %q", c.args, n, errOut)
		}
	}
}

func TestReportGivesTheExitCodeOfTheInnermostError(t *testing.T) {
	for want, err := range map[int]error{
		exitOK:       nil,
		exitFailed:   errors.New("x"),
		exitBusy:     fmt.Errorf("around: %w", &commandError{code: exitBusy, sentence: "busy"}),
		exitNotFound: silent(exitNotFound),
	} {
		var w bytes.Buffer
		if got := report(&w, err); got != want {
			t.Errorf("%v: got %d, want %d", err, got, want)
		}
		if _, quiet := err.(silent); quiet && w.Len() > 0 {
			t.Errorf("a silent error said %q", &w)
		}
	}
}

func TestVersionSaysWhichBuildItIs(t *testing.T) {
	code, out, _ := runCommand(t, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(out), &b); code != 0 || err != nil || !strings.HasPrefix(b.Go, "go1.") {
		t.Errorf("exit code %d, %v: %q", code, err, out)
	}
	if code, out, _ := runCommand(t, "version"); code != 0 || !strings.HasPrefix(out, "nodkey ") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d: %q", code, out)
	}
}

func TestShellCompletionIsThere(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := runCommand(t, "completion", shell); code != 0 || len(out) < 100 {
			t.Errorf("%s: exit code %d, %d bytes", shell, code, len(out))
		}
	}
}

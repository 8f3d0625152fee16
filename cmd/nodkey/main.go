package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, the same for every command; CONTRIBUTING and the manual repeat
// them from here.
const (
	exitOK       = 0 // done
	exitFailed   = 1 // anything that has no code of its own
	exitUsage    = 2 // the command line is wrong: unknown command, flag or argument
	exitDenied   = 3 // refused: wrong password or PIN, not allowed, denied on the phone
	exitNotFound = 4 // no such user, phone, approval
	exitConflict = 5 // it exists already, was used, was decided, has expired
	exitBusy     = 6 // cannot be done now: port in use, server away, too many tries; try again later
	exitConfig   = 7 // configuration or data are not usable: bad key, bad certificate, unreadable directory, newer schema
)

// commandError ends a command: one sentence, what to do next, and an exit code.
type commandError struct {
	code     int
	sentence string
	next     string // may be empty
	err      error  // for errors.Is; its text is part of the sentence where it helps
}

func (e *commandError) Error() string { return e.sentence }
func (e *commandError) Unwrap() error { return e.err }

// exitCoder is what errors of other files may implement to choose their code.
type exitCoder interface{ ExitCode() int }

// silent ends a command with a code after it has said all there is to say.
type silent int

func (s silent) Error() string { return fmt.Sprintf("exit code %d", int(s)) }
func (s silent) ExitCode() int { return int(s) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: tests call it.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	return report(errOut, root.ExecuteContext(ctx))
}

// report prints an error as one sentence and a next step, never a stack, and
// gives the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var quiet silent
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	code, next := exitFailed, ""
	var known *commandError
	var coder exitCoder
	switch {
	case errors.As(err, &known):
		code, next = known.code, known.next
	case errors.As(err, &coder):
		code = coder.ExitCode()
	}
	fmt.Fprintf(w, "nodkey: %s\n", err)
	if next != "" {
		fmt.Fprintf(w, "  %s\n", next)
	}
	return code
}

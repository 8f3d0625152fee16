package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// asker puts questions to the person at the terminal, or reads the answers of a script from standard input.
type asker struct {
	in       io.Reader
	lines    *bufio.Reader
	out      io.Writer // standard error: answers in JSON stay clean
	terminal *os.File  // nil where nobody can be asked

	waiting chan typedLine // a read that was begun and not used yet
}

type typedLine struct {
	text string
	err  error
}

func newAsker(c *cobra.Command) *asker {
	a := &asker{in: c.InOrStdin(), out: c.ErrOrStderr()}
	a.lines = bufio.NewReader(a.in)
	if file, ok := a.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		a.terminal = file
	}
	return a
}

// begin starts to read a line, unless a read is under way already; its answer comes from the channel.
func (a *asker) begin() <-chan typedLine {
	if a.waiting == nil {
		a.waiting = make(chan typedLine, 1)
		go func(to chan<- typedLine) {
			text, err := a.lines.ReadString('\n')
			if errors.Is(err, io.EOF) && text != "" {
				err = nil
			}
			to <- typedLine{strings.TrimRight(text, "\r\n"), err}
		}(a.waiting)
	}
	return a.waiting
}

// line reads a line from standard input.
func (a *asker) line(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-a.begin():
		a.waiting = nil
		return got.text, got.err
	}
}

// secret reads a line without showing it. An interrupt gives the terminal back as it was.
func (a *asker) secret(ctx context.Context, question string) (string, error) {
	fd := int(a.terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.out, question)
	got := make(chan typedLine, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		got <- typedLine{string(text), err}
	}()
	defer fmt.Fprintln(a.out)
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	case answer := <-got:
		return answer.text, answer.err
	}
}

// pin gives a PIN: from the file, where "-" is a line of standard input, or by asking. A new one is asked for twice.
func (a *asker) pin(ctx context.Context, file, question string, isNew bool) (string, error) {
	switch {
	case file == "-":
		text, err := a.line(ctx)
		if err != nil {
			return "", &commandError{code: exitUsage, sentence: "there is no PIN on standard input", err: err}
		}
		return text, nil
	case file != "":
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", &commandError{code: exitUsage, sentence: "the PIN cannot be read: " + err.Error(), err: err}
		}
		return strings.TrimRight(string(raw), "\r\n"), nil
	case a.terminal == nil:
		return "", &commandError{code: exitUsage, sentence: "there is nobody to ask for the PIN", next: "Give it with --pin-file FILE, or --pin-file - for standard input."}
	}
	pin, err := a.secret(ctx, question+": ")
	if err != nil || !isNew {
		return pin, err
	}
	again, err := a.secret(ctx, question+", once more: ")
	if err != nil {
		return "", err
	}
	if pin != again {
		return "", &commandError{code: exitUsage, sentence: "the two PINs differ; nothing was sent", next: "Try again."}
	}
	return pin, nil
}

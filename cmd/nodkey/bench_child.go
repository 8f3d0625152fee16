package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// child is this very program again, as a part of the bench in a process of its own. It says where it is found, answers
// each line that it reads with a line of JSON, and ends with its input.
type child struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func startChild(ctx context.Context, ready any, arguments ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{process: exec.CommandContext(ctx, self, arguments...)}
	c.process.Stderr = os.Stderr
	if c.in, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(bufio.NewReader(out))
	if err := c.out.Decode(ready); err != nil {
		return nil, errors.Join(fmt.Errorf("a part of the bench did not start: %w", err), c.stop())
	}
	return c, nil
}

func (c *child) pid() int { return c.process.Process.Pid }

// say sends a line and reads the answer.
func (c *child) say(line string, answer any) error {
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		return err
	}
	if err := c.out.Decode(answer); err != nil {
		return fmt.Errorf("a part of the bench is gone: %w", err)
	}
	return nil
}

// stop ends the process and waits for it.
func (c *child) stop() error {
	return errors.Join(c.in.Close(), c.process.Wait())
}

// benchChild is a bench server in its own process.
type benchChild struct {
	benchReady
	*child
}

func startBenchServer(ctx context.Context, dir string, users int, withTLS bool) (*benchChild, error) {
	c := &benchChild{}
	var err error
	c.child, err = startChild(ctx, &c.benchReady, "bench-server", "--dir", dir, "--users", strconv.Itoa(users), fmt.Sprintf("--tls=%t", withTLS))
	return c, err
}

// ask sends a line and gives the figures that come back.
func (c *benchChild) ask(line string) (f benchFigures, err error) {
	if err := c.say(line, &f); err != nil {
		return f, err
	}
	if f.Error != "" {
		return f, errors.New(f.Error)
	}
	return f, nil
}

// answerLines is the other side of a child: it says ready, then the answer to each line, until there are no more.
func answerLines(in io.Reader, out io.Writer, ready any, answer func(line string) any) {
	print := json.NewEncoder(out)
	if print.Encode(ready) != nil {
		return
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if print.Encode(answer(lines.Text())) != nil {
			return
		}
	}
}

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

// benchChild is a bench server in its own process.
type benchChild struct {
	benchReady
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

// startBenchServer runs this very program again.
func startBenchServer(ctx context.Context, dir string, users int, withTLS bool) (*benchChild, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &benchChild{process: exec.CommandContext(ctx, self, "bench-server", "--dir", dir, "--users", strconv.Itoa(users), fmt.Sprintf("--tls=%t", withTLS))}
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
	if err := c.out.Decode(&c.benchReady); err != nil {
		return nil, errors.Join(fmt.Errorf("the bench's server did not start: %w", err), c.stop())
	}
	return c, nil
}

func (c *benchChild) pid() int { return c.process.Process.Pid }

// ask sends a line and gives the figures that come back.
func (c *benchChild) ask(line string) (benchFigures, error) {
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		return benchFigures{}, err
	}
	var f benchFigures
	if err := c.out.Decode(&f); err != nil {
		return f, fmt.Errorf("the bench's server is gone: %w", err)
	}
	if f.Error != "" {
		return f, errors.New(f.Error)
	}
	return f, nil
}

// stop ends the server and waits for it.
func (c *benchChild) stop() error {
	return errors.Join(c.in.Close(), c.process.Wait())
}

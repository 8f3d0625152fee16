package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/nodkey/nodkey/bench"
)

// readyPatience is how long a start may take before it counts as failed.
const readyPatience = 20 * time.Second

// startsToReady starts `nodkey serve` on a directory, empty first and then used, and tells how long it took each time until
// /readyz said yes, and what the process held then.
func startsToReady(ctx context.Context, dir string, starts int) (r bench.Ready, idle float64, err error) {
	r.Starts = starts
	var took, held []float64
	for n := range starts + 1 {
		ms, resident, err := startToReady(ctx, dir)
		if err != nil {
			return r, 0, err
		}
		if n == 0 {
			r.First = ms
			continue
		}
		took, held = append(took, ms), append(held, resident)
	}
	r.Median = bench.Median(took)
	return r, bench.Median(held), nil
}

// idleAfter is when an idle server's memory is looked at.
const idleAfter = 500 * time.Millisecond

// startToReady is one start: milliseconds to being ready, and KiB resident a moment later.
func startToReady(ctx context.Context, dir string) (ms, resident float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	main, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	status, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	_, port, err := net.SplitHostPort(main)
	if err != nil {
		return 0, 0, err
	}
	var said bytes.Buffer
	server := exec.CommandContext(ctx, self, "serve", "--data-dir", dir, "--listen", main, "--metrics-listen", status, "--tls-mode", "off",
		"--portal-host", "http://portal.localhost:"+port, "--phone-host", "http://phone.localhost:"+port)
	server.Stderr = &said
	start := time.Now()
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, server.Process.Signal(syscall.SIGTERM), server.Wait())
		if err != nil {
			err = fmt.Errorf("nodkey serve: %w: %s", err, said.String())
		}
	}()
	if err := untilReady(ctx, "http://"+status+"/readyz"); err != nil {
		return 0, 0, err
	}
	ms = float64(time.Since(start).Microseconds()) / 1000
	time.Sleep(idleAfter)
	resident, err = bench.Resident(server.Process.Pid)
	return ms, resident, err
}

func untilReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("it did not get ready")
		case <-time.After(time.Millisecond):
		}
	}
}

// freeAddress is one that nobody listens on at the moment.
func freeAddress() (string, error) {
	l, err := openListener("listen", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

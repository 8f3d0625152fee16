package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Resident is how much memory a process has in RAM, in KiB (proc_pid_status(5), VmRSS).
func Resident(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory is measured on Linux only: %w", err)
	}
	for line := range bytes.Lines(raw) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmRSS:" {
			return strconv.ParseFloat(string(fields[1]), 64)
		}
	}
	return 0, errors.New("the process has no resident memory")
}

// ProcessorTime is how long a process has used processors (proc_pid_stat(5), utime and stime, in ticks of 10 ms).
func ProcessorTime(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(raw, []byte(") ")) // the name before it may hold anything
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("the process has no times")
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, err2)
}

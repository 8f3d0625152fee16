//go:build unix

package main

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes an advisory lock that ends when the file is closed, or the process.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

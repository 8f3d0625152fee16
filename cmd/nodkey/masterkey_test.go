package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTheMasterKeyIsMadeOnceAndKeptPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	keys := make([][32]byte, 8)
	var starting sync.WaitGroup
	for i := range keys {
		starting.Go(func() {
			var err error
			if keys[i], err = readMasterKey(path, true); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	again, err := readMasterKey(path, false)
	if err != nil || again == [32]byte{} {
		t.Fatalf("read back: %v", err)
	}
	for _, k := range keys {
		if k != again {
			t.Error("two that started at once have different keys")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("kept as %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the directory holds %v, %v", left, err)
	}
}

func TestAMasterKeyThatIsMissingOrOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	if _, err := readMasterKey(path, false); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a database without its key: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made for an old database")
	}
	if _, err := readMasterKey(path, true); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := readMasterKey(path, false); err == nil || !strings.Contains(err.Error(), "other users") {
		t.Errorf("a key that others can read: %v", err)
	}
	if err := os.WriteFile(path, []byte("s3cret, but no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readMasterKey(path, false); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a damaged key: %v", err)
	}
	if _, err := readMasterKey(filepath.Join(dir, "nowhere", "master.key"), true); err == nil {
		t.Error("a key was made in a directory that does not exist")
	}
}

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nodkey/nodkey/seal"
)

// readMasterKey reads the key that seals the database's secrets. fresh says
// that there is no database yet: only then may a missing key be made. For an
// existing database a new key would open nothing, so that is an error.
func readMasterKey(path string, fresh bool) ([32]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && fresh {
		return makeMasterKey(path)
	}
	if err != nil {
		return [32]byte{}, masterKeyError(path, plain(err), "It was made with the database: put the copy back, or set master_key_file to where it is.")
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return [32]byte{}, masterKeyError(path, errors.New("other users of this machine can read it"), "Close it: chmod 600 "+path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return [32]byte{}, masterKeyError(path, plain(err), "Give it to the user that runs nodkey.")
	}
	key, err := seal.ParseMasterKey(text)
	if err != nil {
		return [32]byte{}, masterKeyError(path, err, "Put the copy back that was kept apart from the database.")
	}
	return key, nil
}

// makeMasterKey makes the file whole or not at all, and durably: once the
// first secret is sealed, losing the key loses the installation. A second
// process that starts at the same time reads the winner's.
func makeMasterKey(path string) ([32]byte, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand, since Go 1.24)
	trouble := func(err error) ([32]byte, error) {
		return [32]byte{}, masterKeyError(path, plain(err), "Choose another place with master_key_file, or make its directory writable.")
	}
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".master-key-*") // 0600
	if err != nil {
		return trouble(err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(seal.FormatMasterKey(key))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return trouble(err)
	}
	if err := os.Link(file.Name(), path); errors.Is(err, fs.ErrExist) {
		return readMasterKey(path, false)
	} else if err != nil {
		return trouble(err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return trouble(err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return trouble(err)
	}
	return key, nil
}

func masterKeyError(path string, err error, next string) error {
	return &commandError{
		code: exitConfig, sentence: fmt.Sprintf("cannot use the master key %s: %v", path, err), err: err, next: next,
	}
}

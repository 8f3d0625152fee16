package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// maxPhoneFile is the largest state file in bytes that is read: some thousand keys.
const maxPhoneFile = 8 << 20

// phoneFile is where the terminal's phone keeps its state. Private keys are in it, so it is nobody else's to read.
type phoneFile struct{ path string }

func newPhoneFile(path string) (phoneFile, error) {
	if path != "" {
		return phoneFile{path}, nil
	}
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) { // the XDG Base Directory Specification has others ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return phoneFile{}, &commandError{code: exitConfig, sentence: "there is no home directory to keep the phone's keys in", next: "Name a file with --state.", err: err}
		}
		base = filepath.Join(home, ".local", "state")
	}
	return phoneFile{filepath.Join(base, "nodkey", "phone.json")}, nil
}

func (f phoneFile) wrong(err error) error {
	return &commandError{code: exitConfig, sentence: fmt.Sprintf("the phone's state %s is not usable: %v", f.path, err), next: "Nothing was changed. Restore it, or name another file with --state.", err: err}
}

// load reads the state; a file that is not there is an empty one.
func (f phoneFile) load() (client.State, error) {
	var state client.State
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return state, f.wrong(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return state, f.wrong(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return state, &commandError{code: exitConfig, sentence: fmt.Sprintf("others may read the phone's keys in %s", f.path), next: "Make it yours alone: chmod 600 " + f.path}
	}
	if err := wire.ReadStrict(file, maxPhoneFile, &state); err != nil {
		return client.State{}, f.wrong(err)
	}
	return state, nil
}

// save puts the state in place of the old one, whole or not at all, and durably.
func (f phoneFile) save(state client.State) error {
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	next, err := os.CreateTemp(dir, ".phone-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // fails once it was renamed
	if _, err = next.Write(append(text, '\n')); err == nil {
		err = next.Sync()
	}
	if err := errors.Join(err, next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), f.path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// saveReceipts writes down newer receipts of keys that are in the file, and nothing else, so that a command which only
// looks undoes nothing that another did meanwhile. While another changes the file it leaves it: the next command asks
// the server again.
func (f phoneFile) saveReceipts(seen client.State) error {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	release, err := f.lock(ctx)
	if err != nil {
		return nil
	}
	defer release()
	state, err := f.load()
	if err != nil {
		return err
	}
	changed := false
	for i, have := range state.Keys {
		for _, k := range seen.Keys {
			if k.ID == have.ID && k.ReceiptAt > have.ReceiptAt {
				state.Keys[i], changed = k, true
			}
		}
	}
	if !changed {
		return nil
	}
	return f.save(state)
}

// lockWait is how long a command waits for another one that changes the state.
const lockWait = 5 * time.Second

// lock takes the advisory lock beside the file.
func (f phoneFile) lock(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return nil, f.wrong(err)
	}
	file, err := os.OpenFile(f.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, f.wrong(err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		taken, err := tryLock(file)
		if err != nil {
			file.Close()
			return nil, f.wrong(err)
		}
		if taken {
			return func() { file.Close() }, nil // closing releases it
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, &commandError{code: exitBusy, sentence: "another nodkey phone command is changing the phone's keys", next: "End it, then try again."}
		case <-time.After(50 * time.Millisecond):
		}
	}
}

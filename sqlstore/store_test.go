package sqlstore

import (
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// openAt opens a database and closes it at the end of the test, whole.
func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	nodkeytest.StoreSuite(t, func(t *testing.T) nodkey.Store {
		return openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	})
}

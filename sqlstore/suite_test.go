package sqlstore_test

import (
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
)

func TestStore(t *testing.T) {
	nodkeytest.StoreSuite(t, func(t *testing.T) nodkey.Store {
		s, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "nodkey.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

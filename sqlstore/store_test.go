package sqlstore

import (
	"path/filepath"
	"testing"
)

func TestOpen(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a ?%b.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

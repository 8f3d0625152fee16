package nodkey

import "testing"

func TestNoIDLooksLikeAFlag(t *testing.T) {
	for range 2000 { // one in 64 would
		if id := newID(); len(id) != 22 || id[0] == '-' {
			t.Fatalf("drew %q", id)
		}
	}
}

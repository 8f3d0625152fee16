package portal_test

import (
	"net/http"
	"strings"
	"testing"
)

// A refused file's name is said as it is, and turns nothing round on the page.
func TestTheNameOfARefusedFileIsSeenWhole(t *testing.T) {
	_, b := writer(t)
	for name, shown := range map[string]string{"bill\u202efdp.exe": "bill\uFFFDfdp.exe", "a\u200bb\u2066.exe": "a\uFFFDb\uFFFD.exe"} {
		page := b.postForm("/messages/new", written("do", "preview").with(name, "MZ\x90"))
		page.is(t, http.StatusBadRequest)
		page.says(t, shown)
		if strings.ContainsAny(page.body, "\u202e\u200b\u2066") {
			t.Errorf("%q stands on the page as it came", name)
		}
	}
}

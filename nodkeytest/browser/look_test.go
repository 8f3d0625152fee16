package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// notes is a test that notes its errors instead of failing.
type notes struct {
	testing.TB
	errors []string
}

func (n *notes) Errorf(format string, args ...any) {
	n.errors = append(n.errors, fmt.Sprintf(format, args...))
}

func (n *notes) Cleanup(func()) {} // the outer test closes the tab

// A look that finds nothing on a bad page would find nothing anywhere.
func TestLooksFindFault(t *testing.T) {
	b, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	pages := map[string]string{
		"/good": `<html lang="en"><meta name="viewport" content="width=device-width"><title>Good</title><main><h1>Good</h1></main>`,
		"/bad": `<html><meta name="viewport" content="width=device-width"><title>Bad</title><main><h1>Bad</h1><input><p style="color:#ccc;background:#fff">pale</p>
<div style="width:500px">wide</div><div style="width:12rem">wide with large letters only</div></main><script>console.error("broken"); setTimeout(() => { throw new Error("thrown") })</script>
<script src="data:text/javascript,1"></script>`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "script-src 'unsafe-inline'")
		fmt.Fprint(w, "<!doctype html>"+pages[r.URL.Path])
	}))
	defer s.Close()

	for path, wants := range map[string][]string{
		"/good": nil,
		"/bad": {
			"at 360 px is scrolled sideways", "(label)", "(html-has-lang)", "(color-contrast)", `console: "broken"`, "Error: thrown", "Content Security Policy",
		},
	} {
		noted := &notes{TB: t}
		tab := b.Open(noted, "looks", Handset)
		tab.Excuse("/favicon.ico")
		tab.Go(s.URL + path)
		tab.Until("the page", "document.readyState === 'complete'")
		tab.Visit("looks-find-fault")
		tab.settleProblems()
		all := strings.Join(noted.errors, "\n")
		for _, want := range wants {
			if !strings.Contains(all, want) {
				t.Errorf("%s: not found: %s\nin: %s", path, want, all)
			}
		}
		if len(wants) == 0 && all != "" {
			t.Errorf("%s: found %s", path, all)
		}
	}
}

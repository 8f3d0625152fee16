package browser

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// hear collects what the browser complains about: exceptions, console errors, and what it logs itself, such as a violated
// content security policy.
func (tab *Tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		tab.complain("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		var words []string
		for _, a := range e.Args {
			words = append(words, fmt.Sprint(string(a.Value), a.Description))
		}
		tab.complain("console: " + strings.Join(words, " "))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			tab.complain(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (tab *Tab) complain(problem string) {
	// An answer of 4xx that a screen explains is no fault of the page; one of 5xx is.
	if strings.Contains(problem, "the server responded with a status of 4") {
		return
	}
	// Tabs of Open are like private windows, where Chromium has no push service and says so.
	if strings.Contains(problem, "Push API in incognito mode") {
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = append(tab.problems, problem)
}

// Excuse says that a complaint that holds a piece of text is what the test brings about.
func (tab *Tab) Excuse(piece string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.excused = append(tab.excused, piece)
}

// heard gives the complaints that nothing excuses.
func (tab *Tab) heard() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	var left []string
next:
	for _, p := range tab.problems {
		for _, piece := range tab.excused {
			if strings.Contains(p, piece) {
				continue next
			}
		}
		left = append(left, p)
	}
	return left
}

// settleProblems fails the test for every complaint.
func (tab *Tab) settleProblems() {
	for _, p := range tab.heard() {
		tab.t.Errorf("%s: the browser complained: %s", tab.name, p)
	}
}

// Complaints gives everything that the browser complained about, excused or not.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.problems...)
}

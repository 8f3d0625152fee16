package main

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// What an announcement says is shown as people read it, without the marks that values were guarded with.
func TestAnAnnouncementIsShownAsItIsRead(t *testing.T) {
	var w strings.Builder
	printText(&w, "de", nodkey.MessageText{Subject: "Ab 1. März", Text: `Ab **1\. März** bis 18\:00. [Liste](https://bank.example/a)`})
	if want := "\n[de] Ab 1. März\n  Ab 1. März bis 18:00. Liste (https://bank.example/a)\n"; w.String() != want {
		t.Errorf("%q, want %q", w.String(), want)
	}
}

package client

import (
	"errors"
	"strings"
	"testing"
)

func TestATopicIsReadAsAPersonTypesIt(t *testing.T) {
	long := strings.Repeat("a", 64)
	for typed, want := range map[string]string{
		"https://ntfy.example.com/mara-7f3K_x": "https://ntfy.example.com/mara-7f3K_x", " NTFY.Example.com/Mara ": "https://ntfy.example.com/Mara",
		"ntfy.example.com:8443/" + long: "https://ntfy.example.com:8443/" + long,
		"http://ntfy.example.com/topic": "", "ntfy.example.com/a/b": "", "ntfy.example.com/" + long + "a": "", "ntfy.example.com/a?b": "", "ntfy.example.com/a#b": "",
		"ntfy.example.com/%61": "", "ntfy.example.com/ä": "", "https://user@ntfy.example.com/a": "", "https:///topic": "", "": "", "ntfy.example.com/a b": "",
	} {
		got, err := ReadTopic(typed)
		var own *Fault
		if got != want || (err == nil) != (want != "") || err != nil && (!errors.As(err, &own) || own.Key != "topic.address") {
			t.Errorf("%q is %q, %v, want %q", typed, got, err, want)
		}
	}
	made := map[string]bool{}
	for _, typed := range []string{"ntfy.example.com", "https://ntfy.example.com/", "https://ntfy.example.com"} {
		got, err := ReadTopic(typed)
		topic, ok := strings.CutPrefix(got, "https://ntfy.example.com/nodkey-")
		if err != nil || !ok || len(topic) != 22 || made[topic] {
			t.Errorf("of %q was made %q, %v", typed, got, err)
		}
		made[topic] = true
	}
}

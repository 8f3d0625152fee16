package portal

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

// What is to be done next stands on the button; the text above it says what the button does not.
func TestNoResultSaysItsButtonTwice(t *testing.T) {
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	outcomes := []Outcome{NobodyChosen(), CodesUsedUp(), CodeTooLate()}
	for _, state := range []nodkey.SignInState{nodkey.SignInApproved, nodkey.SignInDenied, nodkey.SignInCancelled, nodkey.SignInExpired} {
		outcomes = append(outcomes, SignInOutcome(state, ""), SignInOutcome(state, nodkey.ReasonWrongNumber))
	}
	for _, state := range []nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled, nodkey.ApprovalExpired} {
		outcomes = append(outcomes, ChangeOutcome(state, ""), TestOutcome(state, ""))
	}
	for kind := nodkey.Internal; kind <= nodkey.Unavailable; kind++ {
		outcomes = append(outcomes, messageAsOutcome(MessageOf(kind)))
	}
	for _, lang := range texts.Langs() {
		say := texts.For(lang)
		for _, o := range outcomes {
			if o.Todo == "" {
				continue
			}
			todo, button := say.T(o.Todo, map[string]any{"Phone": "Pixel"}), say.T(o.Main, map[string]any{"Phone": "Pixel"})
			if strings.Contains(strings.ToLower(todo), strings.ToLower(button)) {
				t.Errorf("%s %s: %q above %q", lang, o.Name, todo, button)
			}
		}
	}
}

func messageAsOutcome(m Message) Outcome {
	return Outcome{Name: m.Name, Title: m.Title, Happened: m.Happened, Safe: m.Safe, Todo: m.Todo, Main: m.Main}
}

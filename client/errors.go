package client

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// APIError is a server's refusal (docs/protocol.md §2.2).
type APIError struct {
	Status     int // of HTTP
	Kind       string
	Key        string // stable, for programs
	Args       map[string]any
	Message    string        // for a person, in English
	RetryAfter time.Duration // 0 when the server did not say
}

func (e *APIError) Error() string {
	if e.Message != "" {
		return e.Message
	}
	return fmt.Sprintf("the server answered %d %s", e.Status, e.Key)
}

// Number gives an argument that is a whole number, by its name in any case.
func (e *APIError) Number(name string) (int64, bool) {
	for key, value := range e.Args {
		if number, ok := value.(float64); ok && strings.EqualFold(key, name) {
			return int64(number), true
		}
	}
	return 0, false
}

// Fault is this phone's own refusal. Key is a key of the catalogue i18n/errors, or one of these:
//
//	code.group (Group)    code.other           offer.mac            offer.signature     offer.fingerprint
//	offer.expired         receipt.wrong        statement.wrong      approval.expired    answer.wrong
//	pin.guideline         number.missing       key.unknown          clock.moved         server.address
//	statement.code        code.challenge       topic.address
type Fault struct {
	Key      string
	Group    int             // of code.group, 1 to 5
	PIN      []wire.PINFault // of pin.guideline
	Change   time.Duration   // of clock.moved: by how much this clock moved against the server's
	Sentence string          // for a person, in English
	Err      error           // may be nil
}

func (f *Fault) Error() string { return f.Sentence }
func (f *Fault) Unwrap() error { return f.Err }

var sentences = map[string]string{
	"code.other":        "This is not a code of this server. Nothing was sent. Take the code that the portal shows.",
	"offer.mac":         "The answer does not belong to your code. Nothing was saved here. Use another network and take a new code.",
	"offer.signature":   "The answer is not signed as it should be. Nothing was saved here. Use another network and take a new code.",
	"offer.fingerprint": "The code names another server than the one that answered. Nothing was saved here.",
	"offer.expired":     "This code has expired. Nothing was saved here. Take a new code from the portal.",
	"receipt.wrong":     "The receipt for your key cannot be trusted. This phone does not count it as active. Take a new code from the portal.",
	"statement.wrong":   "A request is not signed as it should be, or not meant for this phone. It was left out.",
	"statement.code":    "No code answers this request. Nothing was made. Ask for a code on the page, and take what it shows then.",
	"code.challenge":    "These are not the six digits that the page shows. No code was made. Compare them with the page.",
	"approval.expired":  "This request has expired. Nobody has been signed in by it. Sign in again.",
	"answer.wrong":      "The server's answer is not what the protocol says. Nothing was approved. Try again in a minute.",
	"pin.guideline":     "This PIN does not follow the guidelines. Nothing was saved. Take another.",
	"number.missing":    "This request asks for the two digits that the page shows. Nothing was sent.",
	"key.unknown":       "This phone has no such key.",
	"clock.moved":       "This computer's clock moved against the server's. Nothing was sent. Check it, then try again.",
	"topic.address":     "This is not the address of a topic: https, an ntfy server, and behind it up to 64 letters, digits, - and _. Nothing was changed.",
	"server.address":    "This is not the address of a phone host: https, a host name, and nothing after it.",
}

func fault(key string, cause error) *Fault {
	return &Fault{Key: key, Sentence: sentences[key], Err: cause}
}

func mistypedGroup(group int, cause error) *Fault {
	return &Fault{Key: "code.group", Group: group, Sentence: fmt.Sprintf("Group %d has a typing mistake. Nothing was sent. Compare it with the portal.", group), Err: cause}
}

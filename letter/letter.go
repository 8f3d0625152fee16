package letter

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// Speaker says the sentences of the catalogues in one language; i18n.Localizer is one.
type Speaker interface {
	Lang() string // BCP 47
	T(key string, args map[string]any) string
}

// Letter is what one reads, before it is addressed.
type Letter struct {
	Lang    string // BCP 47
	Subject string // one line
	Text    string // paragraphs with \n at the ends of lines
}

// Envelope is what a message carries besides its letter.
type Envelope struct {
	From *mail.Address // nil: the mail program puts it in
	To   *mail.Address // nil: likewise
	Date time.Time
	ID   string // of the message, without angle brackets: "4vht@portal.example"
	// Unsubscribe is an https address that takes the reader off a list by one POST (RFC 8058). Empty: the letter is of no list.
	Unsubscribe string
}

// ErrText is returned for text that could change a message's headers or hide what it says: control characters, line ends, what a header takes for encoded words.
var ErrText = errors.New("the text holds control characters, or what mail programs read as something else")

// ErrAddress is returned for what is no e-mail address that every mail server takes: one, in ASCII (RFC 5321 §4.1.2).
var ErrAddress = errors.New("this is no e-mail address")

// ParseAddress reads "Mara Lindqvist <mara@example.com>" or "mara@example.com". Errors: ErrAddress, ErrText.
func ParseAddress(text string) (*mail.Address, error) {
	if err := clean(text); err != nil {
		return nil, err
	}
	a, err := mail.ParseAddress(text)
	if err != nil || !ascii(a.Address) {
		return nil, fmt.Errorf("%w: %q", ErrAddress, text)
	}
	return a, clean(a.Name)
}

// clean refuses what does not belong into one line of text.
func clean(texts ...string) error {
	for _, text := range texts {
		if strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
		}) {
			return fmt.Errorf("%w: %q", ErrText, text)
		}
	}
	return nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

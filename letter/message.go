package letter

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	mime "github.com/wneessen/go-mail"
)

// Message gives the whole message: headers in ASCII, text in UTF-8, lines ending in CRLF. Errors: ErrText, ErrAddress.
func (l Letter) Message(e Envelope) ([]byte, error) {
	if err := clean(l.Lang, e.ID, e.Unsubscribe); err != nil {
		return nil, err
	}
	if err := worded(l.Subject); err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(l.Text, "\n", "\r\n")
	encoding := mime.EncodingQP
	if 3*wide(text) > len(text) {
		encoding = mime.EncodingB64
	}
	m := mime.NewMsg(mime.WithEncoding(encoding), mime.WithNoDefaultUserAgent())
	for _, party := range []struct {
		address *mail.Address
		set     func(...*mail.Address)
	}{{e.From, func(a ...*mail.Address) { m.FromMailAddress(a[0]) }}, {e.To, m.ToMailAddress}} {
		if party.address == nil {
			continue
		}
		if err := worded(party.address.Name); err != nil {
			return nil, err
		}
		if _, err := ParseAddress(party.address.Address); err != nil {
			return nil, err
		}
		party.set(party.address)
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(e.Date)
	m.SetMessageIDWithValue(e.ID)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: no answering machine answers
	m.SetGenHeader(mime.HeaderContentLang, l.Lang)
	if e.Unsubscribe != "" {
		if err := m.SetListUnsubscribeOneClick(e.Unsubscribe); err != nil {
			return nil, err
		}
	}
	m.SetBodyString(mime.TypeTextPlain, text)
	var out bytes.Buffer
	_, err := m.WriteTo(&out)
	return out.Bytes(), err
}

// worded refuses text that a header would not give back as it is: what is ASCII is not encoded, and so what looks like an encoded
// word (RFC 2047 §2) would be read as one.
func worded(text string) error {
	if ascii(text) && strings.Contains(text, "=?") {
		return fmt.Errorf("%w: %q", ErrText, text)
	}
	return clean(text)
}

// wide counts the bytes that are no ASCII: most of a Japanese text, a few of a German one.
func wide(text string) int {
	n := 0
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

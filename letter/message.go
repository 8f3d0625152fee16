package letter

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// Lengths of lines (RFC 5322 §2.1.1, RFC 2047 §2, RFC 2045 §6.8).
const (
	lineMost = 76 // characters without the line end
	wordMost = 30 // bytes of text in an encoded word: 52 characters, so that a header's name fits before it
)

// Message gives the whole message: headers in ASCII, text in UTF-8, lines ending in CRLF. Errors: ErrText, ErrAddress.
func (l Letter) Message(e Envelope) ([]byte, error) {
	if err := clean(l.Subject, l.Lang, e.ID); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	header := func(name, value string) { out.WriteString(name + ": " + value + "\r\n") }
	for _, party := range []struct {
		name    string
		address *mail.Address
	}{{"From", e.From}, {"To", e.To}} {
		if party.address == nil {
			continue
		}
		value, err := addressed(*party.address)
		if err != nil {
			return nil, err
		}
		header(party.name, value)
	}
	header("Subject", encoded(l.Subject))
	header("Date", e.Date.Format(time.RFC1123Z))
	header("Message-ID", "<"+e.ID+">")
	header("Auto-Submitted", "auto-generated") // RFC 3834 §5: no answering machine answers
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Language", l.Lang)
	text := strings.ReplaceAll(l.Text, "\n", "\r\n")
	if 3*wide(text) > len(text) {
		header("Content-Transfer-Encoding", "base64")
		out.WriteString("\r\n")
		whole := base64.StdEncoding.EncodeToString([]byte(text))
		for len(whole) > lineMost {
			out.WriteString(whole[:lineMost] + "\r\n")
			whole = whole[lineMost:]
		}
		out.WriteString(whole + "\r\n")
		return out.Bytes(), nil
	}
	header("Content-Transfer-Encoding", "quoted-printable")
	out.WriteString("\r\n")
	w := quotedprintable.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	return out.Bytes(), w.Close()
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

// addressed writes an address for a header.
func addressed(a mail.Address) (string, error) {
	if err := clean(a.Name, a.Address); err != nil {
		return "", err
	}
	if _, err := ParseAddress(a.Address); err != nil {
		return "", err
	}
	bare := (&mail.Address{Address: a.Address}).String()
	switch {
	case a.Name == "":
		return bare, nil
	case ascii(a.Name):
		return strings.TrimSpace(strings.TrimSuffix(a.String(), bare)) + "\r\n " + bare, nil
	}
	return encoded(a.Name) + "\r\n " + bare, nil
}

// encoded writes text for a header: as it is where that is short ASCII, else as encoded words (RFC 2047), one a line.
func encoded(text string) string {
	if ascii(text) && len(text) <= lineMost-len("Subject: ") && !strings.Contains(text, "=?") {
		return text
	}
	var words []string
	for text != "" {
		end := 0
		for i, r := range text {
			if i+utf8.RuneLen(r) > wordMost {
				break
			}
			end = i + utf8.RuneLen(r)
		}
		// Each one is encoded, also one that is ASCII: mime.BEncoding would leave that bare, as a part of the header.
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(text[:end]))+"?=")
		text = text[end:]
	}
	return strings.Join(words, "\r\n ")
}

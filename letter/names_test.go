package letter

import (
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"
)

// A long name is cut into encoded words. A piece of it that is ASCII is one as well, or it would be read as a part of the
// header: as a further address, or as a word that somebody else encoded.
func TestNoPieceOfALongNameIsReadAsAnAddress(t *testing.T) {
	for _, name := range []string{
		strings.Repeat("ä", 15) + `" <thief@evil.example>, x`,
		strings.Repeat("ä", 15) + "thief@evil.example, ",
		"Ärztekammer des Landkreises und der Städte im Norden",
		strings.Repeat("ä", 15) + "=?utf-8?q?=22_x?=",
		strings.Repeat("佐", 10) + " (thief@evil.example)",
	} {
		raw, err := Letter{Lang: "en", Subject: name, Text: "y\n"}.Message(Envelope{
			From: &mail.Address{Name: name, Address: "desk@example.com"}, To: &mail.Address{Name: name, Address: "mara@example.com"}, Date: time.Unix(0, 0), ID: "a@b",
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		for header, address := range map[string]string{"From": "desk@example.com", "To": "mara@example.com"} {
			list, err := m.Header.AddressList(header)
			if err != nil || len(list) != 1 || list[0].Address != address || list[0].Name != name {
				t.Errorf("%q: %s is read as %v: %v\n%s", name, header, list, err, m.Header.Get(header))
			}
		}
		if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || subject != name {
			t.Errorf("the subject %q is read as %q: %v", name, subject, err)
		}
	}
}

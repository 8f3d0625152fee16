package portal_test

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzMessageForm: no body of the form with files makes the door fail, whoever sends it; only a whole form is a message, and
// what was typed never becomes markup.
func FuzzMessageForm(f *testing.F) {
	part := func(head, body string) string {
		return "--x\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + body + "\r\n"
	}
	whole := part(`name="once"`, formOnce) + part(`name="step"`, "write") + part(`name="about"`, "other") + part(`name="subject"`, "A") + part(`name="text"`, "B")
	f.Add(whole + "--x--")
	f.Add(whole + part(`name="do"`, "edit") + part(`name="files"; filename="a.txt"`, "words") + "--x--")
	f.Add(whole + part(`name="files"; filename="../../<fuzz>"`, "%PDF-1.7") + "--x--")
	f.Add(whole + part(`name="file"`, "id") + part(`name="remove"`, "id") + "--x--")
	f.Add(whole + part(`name="lang"`, "ja"))
	f.Add("--x\r\n\r\n\r\n--x--")
	h, in := writer(f)
	out := h.browser()
	f.Fuzz(func(t *testing.T, body string) {
		h.t = t
		for _, b := range []*browser{in, out} {
			got := b.copy().send("POST", "/messages/new", strings.NewReader(body), func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") })
			if got.status >= 500 {
				t.Errorf("got %d\n%s\n%s", got.status, got.body, h.log.String())
			}
			if strings.Contains(got.body, "<fuzz>") {
				t.Errorf("markup is left:\n%s", got.body)
			}
		}
	})
}

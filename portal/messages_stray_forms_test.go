package portal_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

// A session begins forms without end and finishes none, each with a long text that the server holds: a few are waited for, and a
// newer one ends the oldest.
func TestASessionHasAFewFormsUnderWayAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	_, b := h.entered("mara")
	const most = 4
	type form struct {
		body   *io.PipeWriter
		status chan int
	}
	over := make(chan int, most+1)
	begin := func(i int) form {
		t.Helper()
		read, write := io.Pipe()
		f := form{write, make(chan int, 1)}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.portal.String()+"/messages/new", read)
		must(t, err)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		go func() {
			status := 0
			if res, err := h.http.Do(r); err == nil {
				_ = res.Body.Close()
				status = res.StatusCode
			}
			f.status <- status
			over <- i
		}()
		return f
	}
	field := func(name, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	var forms []form
	for i := range most + 1 {
		f := begin(i)
		_, err := io.WriteString(f.body, field("once", formOnce)+field("step", "write")+field("about", "access/phone"))
		must(t, err)
		forms = append(forms, f)
	}
	select {
	case i := <-over:
		if s := <-forms[i].status; s == http.StatusOK {
			t.Errorf("what was ended is %d", s)
		}
		forms = slices.Delete(forms, i, i+1)
	case <-time.After(20 * time.Second):
		t.Fatal("none was ended")
	}
	for i, f := range forms {
		if _, err := io.WriteString(f.body, field("subject", "A question")+field("text", "Where is it?")+"--x--\r\n"); err != nil {
			t.Errorf("the %d. that is left: %v", i, err)
		}
		must(t, f.body.Close())
		if s := <-f.status; s != http.StatusOK {
			t.Errorf("the %d. that is left: %d", i, s)
		}
	}
}

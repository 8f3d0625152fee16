package duo

import (
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

func sum(text string) string {
	h := sha512.Sum512([]byte(text))
	return hex.EncodeToString(h[:])
}

// asJSON signs a request as clients do that send JSON: over the body's digest, and that of their own headers.
func (c *integration) asJSON(sent string, headers string, change func(*http.Request)) *draft {
	d := c.draft(http.MethodPost, "/auth/v2/preauth")
	d.text = strings.Join([]string{d.date, d.method, d.host, d.path, "", sum(sent), sum(headers)}, "\n")
	d.change = func(r *http.Request) {
		body(r, sent)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		if change != nil {
			change(r)
		}
	}
	return d
}

func TestJSONIsSignedWhole(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", "", nil)
	const sent = `{"username":"mara", "ipaddr":"10.1.2.3","hostname":"é"}`
	with := func(r *http.Request) { r.Header.Set("X-Duo-Trace", " 7 ") }
	for what, d := range map[string]*draft{
		"as it is":             c.asJSON(sent, "", nil),
		"with a header signed": c.asJSON(sent, "x-duo-trace\x007", with),
	} {
		if got := c.send(t, d).read(t); got.Response.Result != "auth" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	short := c.asJSON(sent, "", nil)
	short.sha1 = true
	dated := c.asJSON(sent, "", nil)
	dated.text = strings.Join(strings.Split(dated.text, "\n")[:5], "\n") // as if it were a form without parameters
	for what, attack := range map[string]struct {
		code int
		d    *draft
	}{
		"another body":           {40103, c.asJSON(sent, "", func(r *http.Request) { body(r, strings.Replace(sent, "mara", "jonas", 1)) })},
		"a blank more":           {40103, c.asJSON(sent, "", func(r *http.Request) { body(r, sent+" ") })},
		"a query beside":         {40103, c.asJSON(sent, "", func(r *http.Request) { r.URL.RawQuery = "factor=push" })},
		"a header not signed":    {40103, c.asJSON(sent, "", with)},
		"a header that is gone":  {40103, c.asJSON(sent, "x-duo-trace\x007", nil)},
		"a form":                 {40103, c.asJSON("username=mara", "", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })},
		"by SHA-1":               {40103, short},
		"without its body":       {40103, dated},
		"a name twice":           {40002, c.asJSON(`{"username":"mara","username":"jonas"}`, "", nil)},
		"a list":                 {40002, c.asJSON(`["username"]`, "", nil)},
		"an object in an object": {40002, c.asJSON(`{"username":{"a":"b"}}`, "", nil)},
	} {
		if got := c.send(t, attack.d).read(t); got.Code != attack.code {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

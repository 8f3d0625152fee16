package duo

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// The right request that the attacks bend.
func (c *integration) right() *draft {
	return c.draft(http.MethodPost, "/auth/v2/preauth", "username", "mara", "ipaddr", "10.1.2.3", "hostname", "a b~c")
}

func TestEveryWayThatClientsSignInIsTaken(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_legacy":true}`, nil)
	name, port := h.Portal.Hostname(), h.Portal.Port()
	old := func(d *draft) *draft {
		d.path, d.noDate, d.sha1, d.host = "/rest/v1/preauth.bson", true, true, name
		d.values.Set("user", "mara")
		return d
	}
	for what, bend := range map[string]func(*draft){
		"host and port":       func(d *draft) { d.host = name + ":" + port },
		"the host alone":      func(d *draft) { d.host = name },
		"HMAC-SHA1":           func(d *draft) { d.sha1 = true },
		"a date in its zone":  func(d *draft) { d.date = c.Clock.Now().In(time.FixedZone("", 7200)).Format(time.RFC1123Z) },
		"a date of HTTP's":    func(d *draft) { d.date = c.Clock.Now().UTC().Format(http.TimeFormat) },
		"almost too early":    func(d *draft) { d.date = c.Clock.Now().UTC().Add(-dateWindow + time.Second).Format(time.RFC1123Z) },
		"almost too late":     func(d *draft) { d.date = c.Clock.Now().UTC().Add(dateWindow - time.Second).Format(time.RFC1123Z) },
		"the older dialect":   func(d *draft) { old(d) },
		"the same, with port": func(d *draft) { old(d).host = name + ":" + port },
		"another order of what is sent": func(d *draft) {
			d.change = func(r *http.Request) { body(r, "username=mara&hostname=a+b~c&ipaddr=10.1.2.3") }
		},
		"lower case in what is sent": func(d *draft) {
			d.change = func(r *http.Request) { body(r, "hostname=%61%20b%7ec&ipaddr=10.1.2.3&username=mara") }
		},
		"a chunked body": func(d *draft) {
			d.change = func(r *http.Request) {
				raw, _ := io.ReadAll(r.Body)
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), -1
			}
		},
		"parameters of a POST in the address": func(d *draft) {
			d.change = func(r *http.Request) { body(r, ""); r.URL.RawQuery = d.values.Encode() }
		},
		"a date where Date cannot be set": func(d *draft) {
			d.change = func(r *http.Request) {
				r.Header.Set("X-Duo-Date", d.date)
				r.Header.Set("Date", "Tue, 21 Aug 2012 17:29:18 GMT")
			}
		},
		"upper-case digits of the signature": func(d *draft) {
			d.change = func(r *http.Request) { authorise(r, d.ikey, strings.ToUpper(d.signature())) }
		},
	} {
		d := c.right()
		bend(d)
		a := c.send(t, d)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
}

func body(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.GetBody = nil
}

func authorise(r *http.Request, ikey, signature string) {
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(ikey+":"+signature)))
}

func TestNothingElseIs(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", "", nil)
	other := h.integration(t, "wiki", "", nil)
	h.integration(t, "off", "", func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{nodkey.DoorRADIUS} })
	lines := func(d *draft, change func([]string) []string) {
		d.text = strings.Join(change([]string{d.date, d.method, d.host, d.path, strings.ReplaceAll(d.values.Encode(), "+", "%20")}), "\n")
	}
	for what, attack := range map[string]struct {
		code int
		bend func(*draft)
	}{
		"another secret":        {40103, func(d *draft) { d.skey = other.skey }},
		"no secret":             {40103, func(d *draft) { d.skey = "" }},
		"another's key":         {40103, func(d *draft) { d.ikey = other.ikey }},
		"an unknown key":        {40103, func(d *draft) { d.ikey = "DIAAAAAAAAAAAAAAAAAA" }},
		"the application's id":  {40103, func(d *draft) { d.ikey = "ssh" }},
		"the key in lower case": {40103, func(d *draft) { d.ikey = strings.ToLower(d.ikey) }},
		"that of another door":  {40103, func(d *draft) { d.ikey = IntegrationKey("off") }},
		"another body": {40103, func(d *draft) {
			d.change = func(r *http.Request) { body(r, "username=jonas&ipaddr=10.1.2.3&hostname=a+b~c") }
		}},
		"one parameter more":     {40103, func(d *draft) { d.change = func(r *http.Request) { r.URL.RawQuery = "factor=push" } }},
		"one parameter less":     {40103, func(d *draft) { d.change = func(r *http.Request) { body(r, "username=mara") } }},
		"a parameter once more":  {40103, func(d *draft) { d.change = func(r *http.Request) { r.URL.RawQuery = "username=mara" } }},
		"the same, signed":       {40002, func(d *draft) { d.values["username"] = []string{"jonas", "mara"} }},
		"another method":         {40103, func(d *draft) { lines(d, func(l []string) []string { l[1] = "GET"; return l }) }},
		"the method in lower":    {40103, func(d *draft) { lines(d, func(l []string) []string { l[1] = "post"; return l }) }},
		"another path":           {40103, func(d *draft) { lines(d, func(l []string) []string { l[3] = "/auth/v2/auth"; return l }) }},
		"another host":           {40103, func(d *draft) { d.host = "api-xxxxxxxx.example.com" }},
		"an empty host":          {40103, func(d *draft) { d.host = "" }},
		"the host in upper case": {40103, func(d *draft) { d.host = strings.ToUpper(d.host) }},
		"unsorted parameters": {40103, func(d *draft) {
			lines(d, func(l []string) []string {
				p := strings.Split(l[4], "&")
				slices.Reverse(p)
				l[4] = strings.Join(p, "&")
				return l
			})
		}},
		"another encoding": {40103, func(d *draft) {
			lines(d, func(l []string) []string { l[4] = strings.ReplaceAll(l[4], "%20", "+"); return l })
		}},
		"lower-case encoding": {40103, func(d *draft) {
			d.values.Set("hostname", "ü")
			lines(d, func(l []string) []string { l[4] = strings.ReplaceAll(l[4], "%C3%BC", "%c3%bc"); return l })
		}},
		"no date in what is signed": {40103, func(d *draft) { lines(d, func(l []string) []string { return l[1:] }) }},
		"lines that run together":   {40103, func(d *draft) { lines(d, func(l []string) []string { return []string{strings.Join(l, "")} }) }},
		"half of the signature":     {40101, func(d *draft) { d.change = func(r *http.Request) { authorise(r, d.ikey, d.signature()[:64]) } }},
		"the start of it":           {40103, func(d *draft) { d.change = func(r *http.Request) { authorise(r, d.ikey, d.signature()[:40]) } }},
		"no signature":              {40101, func(d *draft) { d.change = func(r *http.Request) { authorise(r, d.ikey, "") } }},
		"no key":                    {40101, func(d *draft) { d.change = func(r *http.Request) { authorise(r, "", d.signature()) } }},
		"no credentials":            {40101, func(d *draft) { d.change = func(r *http.Request) { r.Header.Del("Authorization") } }},
		"a bearer":                  {40101, func(d *draft) { d.change = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+d.skey) } }},
		"no date":                   {40104, func(d *draft) { d.change = func(r *http.Request) { r.Header.Del("Date") } }},
		"no date that can be read":  {40104, func(d *draft) { d.date = "yesterday" }},
		"too early":                 {40105, func(d *draft) { d.date = h.Clock.Now().UTC().Add(-dateWindow - time.Second).Format(time.RFC1123Z) }},
		"too late":                  {40105, func(d *draft) { d.date = h.Clock.Now().UTC().Add(dateWindow + 2*time.Second).Format(time.RFC1123Z) }},
		"another date than was signed": {40103, func(d *draft) {
			d.change = func(r *http.Request) {
				r.Header.Set("Date", h.Clock.Now().UTC().Add(time.Minute).Format(time.RFC1123Z))
			}
		}},
		"a body of another type": {40106, func(d *draft) { d.change = func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") } }},
		"a form said to be JSON": {40002, func(d *draft) { d.change = func(r *http.Request) { r.Header.Set("Content-Type", "application/json") } }},
		"half an escape":         {40002, func(d *draft) { d.change = func(r *http.Request) { body(r, "username=%4") } }},
		"too large":              {41301, func(d *draft) { d.values.Set("pushinfo", strings.Repeat("x", 70_000)) }},
		"the older dialect": {40301, func(d *draft) {
			d.path, d.noDate, d.sha1, d.host = "/rest/v1/preauth.bson", true, true, h.Portal.Hostname()
		}},
	} {
		h.Clock.Advance(10 * time.Second) // wrong ones are slowed down
		d := c.right()
		attack.bend(d)
		a := c.send(t, d)
		if strings.HasSuffix(d.path, ".bson") {
			if got, _, err := readBSON(a.body); err != nil || got["code"] != int32(attack.code) {
				t.Errorf("%s: %v, %v", what, got, err)
			}
			continue
		}
		if got := a.read(t); got.Code != attack.code {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if text := h.Log.String(); strings.Contains(text, c.skey) || strings.Contains(text, c.right().signature()) || strings.Contains(text, "mara") {
		t.Error("the log says too much")
	}
	if h.Audited(t, "application.wrong") == 0 {
		t.Error("nobody wrote it down")
	}
}

func TestTheOlderDialectIsForThoseThatSaySo(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_legacy":true}`, nil)
	for what, attack := range map[string]struct {
		code int32
		bend func(*draft)
	}{
		"in clear":     {40301, func(d *draft) { d.change = func(r *http.Request) { r.Header.Del("X-Forwarded-Proto") } }},
		"by SHA-512":   {40103, func(d *draft) { d.sha1 = false }},
		"with a date":  {40103, func(d *draft) { d.noDate = false }},
		"another body": {40103, func(d *draft) { d.change = func(r *http.Request) { body(r, "user=jonas") } }},
		"JSON": {40106, func(d *draft) {
			d.change = func(r *http.Request) { body(r, "{}"); r.Header.Set("Content-Type", "application/json") }
		}},
		"no user": {40001, func(d *draft) { d.values.Del("user") }},
	} {
		d := c.draft(http.MethodPost, "/rest/v1/preauth.bson", "user", "mara")
		attack.bend(d)
		if got, _, err := readBSON(c.send(t, d).body); err != nil || got["code"] != attack.code || got["stat"] != "FAIL" || got["message"] == "" {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

func TestAnAuthIsGoodOnce(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", "", plain)
	d := c.draft(http.MethodPost, "/auth/v2/auth", "username", "mara", "factor", "push", "device", "auto", "async", "1")
	if got := c.send(t, d).read(t); got.Stat != "OK" {
		t.Fatalf("%+v", got)
	}
	for _, later := range []time.Duration{0, time.Second, dateWindow - 2*time.Second} {
		h.Clock.Advance(later)
		if got := c.send(t, d).read(t); got.Code != 40105 {
			t.Errorf("%s later: %+v", later, got)
		}
	}
	if open, err := p.key.Open(t.Context()); err != nil || len(open) > 1 {
		t.Errorf("%d requests, %v", len(open), err)
	}
	pre := c.right()
	for range 2 { // asks nobody, and may be asked twice
		if got := c.send(t, pre).read(t); got.Stat != "OK" {
			t.Errorf("%+v", got)
		}
	}
}

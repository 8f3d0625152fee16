package duo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/web"
)

const pin = "480159"

// house is a server with this door, behind a proxy that ends TLS.
type house struct {
	*doors.Server
	door    *Door
	restart func() // opens the door anew
}

func newHouse(t testing.TB, change func(*nodkey.Policy)) *house {
	t.Helper()
	h := &house{}
	// The phones of nodkeytest speak to the domain itself, and say so at their own address.
	site := func(s *nodkey.Site) { s.PhoneOrigin = nodkeytest.PhoneOrigin }
	h.Server = doors.Open(t, doors.Options{Policy: change, Site: site, Further: func(s *doors.Server) ([]web.Site, error) {
		return []web.Site{h.serves(s, func() *Door { return New(s.Services.Applications, s.Portal, s.Clock, s.Logger) })}, nil
	}})
	h.Texts.OnMissing = func(lang, key string, err error) { t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	return h
}

// serves makes the site of a door that can be opened again: the new one remembers nothing but what the store has.
func (h *house) serves(s *doors.Server, open func() *Door) web.Site {
	var mux atomic.Pointer[http.ServeMux]
	h.restart = func() {
		h.door = open()
		next := http.NewServeMux()
		h.door.Routes(next)
		mux.Store(next)
	}
	h.restart()
	proxies := web.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { web.Routes(mux.Load()).ServeHTTP(w, r) })
	return web.Door{Name: "duo", Origin: s.Portal, Log: s.Logger, Fail: Fail, Allow: Allowances(), Proxies: proxies}.Site(answer)
}

// must is for what is no subject of the test.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// holder is a user with a phone.
type holder struct {
	*house
	name string
	key  *nodkeytest.PhoneKey
}

func (h *house) join(t testing.TB, name string) *holder {
	t.Helper()
	_, key, _ := h.Join(t, name, pin, "192.0.2.9")
	return &holder{house: h, name: name, key: key}
}

// activates is the first phone of somebody who comes with a first-access code.
func (h *house) activates(t testing.TB, name, code string) *holder {
	t.Helper()
	b := h.NewBrowser("192.0.2.9")
	var err error
	b.Session, err = h.Services.Users.FirstVisit(t.Context(), b.Anonymous(), name, code, doors.Password)
	must(t, err)
	key, err := b.FirstPhone(t.Context(), pin)
	must(t, err)
	h.Clock.Advance(time.Minute)
	return &holder{house: h, name: name, key: key}
}

// answers is what the phone says to the newest request.
func (p *holder) answers(t testing.TB, a nodkeytest.Answer) nodkeytest.Statement {
	t.Helper()
	s, err := p.key.Newest(t.Context())
	must(t, err)
	_, err = p.key.Answer(t.Context(), s, a)
	must(t, err)
	return s
}

// opened waits until the phone is asked.
func (p *holder) opened(t testing.TB) nodkeytest.Statement {
	t.Helper()
	var s nodkeytest.Statement
	p.until(t, "the phone is asked", func(open []nodkeytest.Statement) bool {
		if len(open) > 0 {
			s = open[0]
		}
		return len(open) > 0
	})
	return s
}

// until waits for what is open on the phone to be as it should.
func (p *holder) until(t testing.TB, what string, holds func([]nodkeytest.Statement) bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for range 1000 {
		open, err := p.key.Open(t.Context())
		must(t, err)
		if holds(open) {
			return
		}
		<-look.C
	}
	t.Fatalf("it is not so: %s", what)
}

// codeFor is the code for six digits, made without the server.
func (p *holder) codeFor(t testing.TB, digits string) string {
	t.Helper()
	code, err := p.key.TypedCode(strings.ReplaceAll(digits, " ", ""), p.key.Vpin(pin))
	must(t, err)
	return code
}

// integration is an application, with a client of its own that the test bends.
type integration struct {
	*house
	id         nodkey.ApplicationID
	ikey, skey string
}

func (h *house) integration(t testing.TB, id, settings string, change func(*nodkey.NewApplication)) *integration {
	t.Helper()
	in := nodkey.NewApplication{ID: id, Name: "Gate of " + id, Doors: []nodkey.Door{nodkey.DoorDuo}, Settings: json.RawMessage(settings)}
	if change != nil {
		change(&in)
	}
	added, err := h.Services.Applications.Add(t.Context(), h.Operator, in)
	must(t, err)
	h.Clock.Advance(reloadAfter)
	return &integration{house: h, id: added.Application.ID, ikey: IntegrationKey(added.Application.ID), skey: added.Secrets[0].Value}
}

func plain(in *nodkey.NewApplication) { in.Plain = true }

// draft is a request before it is signed: what is signed and what is sent differ only where a test says so.
type draft struct {
	method, path string
	values       url.Values
	date         string // signed, and sent in Date
	host         string // signed
	text         string // signed in place of what follows from the others
	sha1         bool
	noDate       bool
	ikey, skey   string
	change       func(*http.Request)
}

func (c *integration) draft(method, path string, pairs ...string) *draft {
	d := &draft{method: method, path: path, values: url.Values{}, date: c.Clock.Now().UTC().Format(time.RFC1123Z), host: c.Portal.Host(), ikey: c.ikey, skey: c.skey}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.values.Add(pairs[i], pairs[i+1])
	}
	if strings.HasPrefix(path, "/rest/") {
		d.noDate, d.sha1, d.host = true, true, c.Portal.Hostname()
	}
	return d
}

// signature is the test's own: sorted, with %20 for a blank.
func (d *draft) signature() string {
	text := d.text
	if text == "" {
		lines := []string{d.date, d.method, d.host, d.path, strings.ReplaceAll(d.values.Encode(), "+", "%20")}
		if d.noDate {
			lines = lines[1:]
		}
		text = strings.Join(lines, "\n")
	}
	algorithm := sha512.New
	if d.sha1 {
		algorithm = sha1.New
	}
	h := hmac.New(algorithm, []byte(d.skey))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (c *integration) send(t testing.TB, d *draft) reply {
	t.Helper()
	a, err := c.try(t.Context(), d)
	must(t, err)
	return a
}

func (c *integration) try(ctx context.Context, d *draft) (reply, error) {
	address, body := c.Portal.String()+d.path, io.Reader(nil)
	if d.method == http.MethodPost {
		body = strings.NewReader(d.values.Encode())
	} else if len(d.values) > 0 {
		address += "?" + d.values.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, d.method, address, body)
	if err != nil {
		return reply{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if !d.noDate {
		r.Header.Set("Date", d.date)
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(d.ikey+":"+d.signature())))
	if d.change != nil {
		d.change(r)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, text}, err
}

// answer is all that any answer has.
type answer struct {
	Stat          string
	Code          int
	Message       string
	MessageDetail string `json:"message_detail"`
	Response      struct {
		Time                 int64
		Result, Status, Txid string
		StatusMsg            string `json:"status_msg"`
		Devices              []device
		Prompt               struct {
			Text    string
			Factors map[string]string
		}
	}
}

func (a reply) read(t testing.TB) answer {
	t.Helper()
	var out answer
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	if out.Stat == "FAIL" && out.Code/100 != a.status || out.Stat == "OK" && a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return out
}

// calls sends a right request and reads its answer.
func (c *integration) calls(t testing.TB, method, path string, pairs ...string) answer {
	t.Helper()
	c.Clock.Advance(time.Second) // no two are the same bytes
	return c.send(t, c.draft(method, path, pairs...)).read(t)
}

func (c *integration) asks(t testing.TB, pairs ...string) answer {
	t.Helper()
	return c.calls(t, http.MethodPost, "/auth/v2/auth", pairs...)
}

func (c *integration) looks(t testing.TB, txid string) answer {
	t.Helper()
	return c.calls(t, http.MethodGet, "/auth/v2/auth_status", "txid", txid)
}

// old sends a request of the older dialect and reads its BSON.
func (c *integration) old(t testing.TB, method, name string, pairs ...string) document {
	t.Helper()
	a := c.send(t, c.draft(method, "/rest/v1/"+name+".bson", pairs...))
	if kind := a.header.Get("Content-Type"); kind != "application/bson" {
		t.Fatalf("%d %s: %s", a.status, kind, a.body)
	}
	d, rest, err := readBSON(a.body)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%q: %v, %d more", a.body, err, len(rest))
	}
	if again := appendBSON(nil, d); !bytes.Equal(again, a.body) {
		t.Fatalf("%q is not %q", again, a.body)
	}
	return d
}

func response(d document) document {
	inner, _ := d["response"].(document) // none is none
	return inner
}

func sorted(list []param) []param {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b param) int {
		if c := strings.Compare(escape(a.name), escape(b.name)); c != 0 {
			return c
		}
		return strings.Compare(escape(a.value), escape(b.value))
	})
	return list
}

package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// everything is all that can be done with a request.
func everything(id string) []struct{ method, path, body string } {
	at := "/api/approvals/" + id
	return []struct{ method, path, body string }{
		{"GET", at, ""}, {"GET", at + "/wait?timeout=1", ""}, {"POST", at + "/challenge", ""}, {"POST", at + "/code", `{"code":"12345678"}`},
		{"POST", at + "/collect", ""}, {"POST", at + "/cancel", ""},
	}
}

func TestARequestIsItsOwnApplicationsAlone(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank, till := h.join(t, "mara"), h.app(t, "bank", nil), h.app(t, "till", nil)
	asked := bank.asks(t, asksYes)
	check := func(when string) {
		t.Helper()
		for _, id := range []string{asked.ID, "none", "%2e%2e", strings.Repeat("A", 22), strings.Repeat("A", 2000)} {
			for _, x := range everything(id) {
				till.send(t, x.method, x.path, x.body, nil).refused(t, "another application "+when+": "+x.path, http.StatusNotFound, "sign_in.unknown")
			}
		}
		for _, x := range everything("none") {
			bank.send(t, x.method, x.path, x.body, nil).refused(t, "none "+x.path, http.StatusNotFound, "sign_in.unknown")
		}
	}
	check("while it waits")
	mara.answers(t, nodkeytest.Answer{PIN: pin, Number: asked.Number})
	check("after the yes")
	bank.get(t, "/api/approvals/"+asked.ID).is(t, "approved")
}

func TestWhoHasNotProvedToBeAnApplication(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", nil)
	wiki := h.app(t, "wiki", func(a *nodkey.NewApplication) { a.Doors = []nodkey.Door{nodkey.DoorOIDC} }) // a good secret at another door
	asked := bank.asks(t, asksYes)
	set := func(values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Authorization"] = values }
	}
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(id, secret) }
	}
	good := "Bearer bank." + bank.secret
	for what, change := range map[string]func(*http.Request){
		"nothing":           set(),
		"two":               set(good, good),
		"empty":             set(""),
		"no scheme":         set("bank." + bank.secret),
		"another scheme":    set("Digest bank." + bank.secret),
		"no id":             set("Bearer " + bank.secret),
		"a secret alone":    set("Bearer ." + bank.secret),
		"no secret":         basic("bank", ""),
		"another secret":    basic("bank", strings.Repeat("x", 40)),
		"another's secret":  basic("bank", wiki.secret),
		"another door":      basic("wiki", wiki.secret),
		"an unknown one":    basic("shop", bank.secret),
		"the operator":      basic("operator", bank.secret),
		"no Base64":         set("Basic ???"),
		"without end":       set("Bearer bank." + strings.Repeat("x", 4000)),
		"a long id":         basic(strings.Repeat("b", 300), bank.secret),
		"case of the id":    basic("BANK", bank.secret),
		"space in the name": basic("bank ", bank.secret),
	} {
		for i, x := range append(everything(asked.ID), struct{ method, path, body string }{"POST", "/api/approvals", asksYes}) {
			if i > 0 && i < 6 && what != "nothing" {
				continue // all routes go through one place, which one of them shows
			}
			bank.send(t, x.method, x.path, x.body, change).refused(t, what+": "+x.path, http.StatusUnauthorized, "application.wrong")
		}
	}
	for _, value := range []string{good, "bearer  bank." + bank.secret} {
		bank.send(t, "GET", "/api/approvals/"+asked.ID, "", set(value)).is(t, "pending")
	}
	if strings.Contains(h.Log.String(), bank.secret) {
		t.Error("a secret is in the log")
	}
}

// Strangers who guess are slowed down, and shut nobody out.
func TestAFloodOfWrongSecretsIsSlowedAndShutsNobodyOut(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", nil)
	slow := 0
	for i := range 60 {
		a := bank.send(t, "GET", "/api/approvals/none", "", func(r *http.Request) { r.SetBasicAuth("bank", fmt.Sprint("guess", i)) })
		if a.status == http.StatusTooManyRequests {
			slow++
			a.refused(t, "a guess", http.StatusTooManyRequests, "application.slow")
			if a.header.Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
		}
	}
	if slow == 0 {
		t.Error("60 guesses were not slowed down")
	}
	bank.asks(t, asksYes)
}

func TestAFloodOfRequestsIsSlowedAndWakesNobody(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank := h.join(t, "mara"), h.app(t, "bank", nil)
	made, woken, slow := 0, 0, 0
	for range 80 {
		a := bank.post(t, "/api/approvals", asksYes)
		switch a.status {
		case http.StatusCreated:
			var one approval
			a.read(t, &one)
			made++
			if one.Notified {
				woken++
			}
		case http.StatusTooManyRequests:
			slow++
		default:
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if slow == 0 || woken == 0 || woken > 5 {
		t.Errorf("of 80 at once %d were made and %d woke the phone; %d were slowed down", made, woken, slow)
	}
	if open, err := mara.key.Open(t.Context()); err != nil || len(open) != made {
		t.Errorf("the app shows %d of %d, %v", len(open), made, err)
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	bank := h.app(t, "bank", nil)
	before := h.Dump(t)
	for what, c := range map[string]struct {
		body   string
		status int
		key    string
	}{
		"nothing":             {" ", 400, "request.json_syntax"},
		"a list":              {`[]`, 400, "request.json_type"},
		"half":                {`{"user":"mara"`, 400, "request.json_syntax"},
		"two":                 {asksYes + asksYes, 400, "request.json_trailing"},
		"an unknown member":   {`{"user":"mara","kind":"sign_in","numberShown":true,"plain":true}`, 400, "request.json_unknown"},
		"another case":        {`{"User":"mara","kind":"sign_in","numberShown":true}`, 400, "request.json_unknown"},
		"a member twice":      {`{"user":"mara","user":"lena","kind":"sign_in","numberShown":true}`, 400, "request.json_duplicate"},
		"null":                {`{"user":"mara","kind":"sign_in","numberShown":true,"password":null}`, 400, "request.json_type"},
		"a number as a text":  {`{"user":"mara","kind":"sign_in","numberShown":"true"}`, 400, "request.json_type"},
		"half a character":    {`{"user":"mara\ud800","kind":"sign_in","numberShown":true}`, 400, "request.json_text"},
		"a huge number":       {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":1e999}`, 400, "request.json_type"},
		"no kind":             {`{"user":"mara","numberShown":true}`, 400, "application.request"},
		"another kind":        {`{"user":"mara","kind":"pin_change","numberShown":true}`, 400, "application.request"},
		"too short":           {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":9}`, 400, "application.request"},
		"too long":            {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":181}`, 400, "application.request"},
		"before its time":     {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":-30}`, 400, "application.request"},
		"for ever":            {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":9223372036854775807}`, 400, "application.request"},
		"round the clock":     {`{"user":"mara","kind":"sign_in","numberShown":true,"seconds":18446744103}`, 400, "application.request"}, // · 10⁹ is 30 s modulo 2⁶⁴
		"no text":             {`{"user":"mara","kind":"confirm","numberShown":true}`, 400, "application.text"},
		"a text in two lines": {`{"user":"mara","kind":"confirm","text":"Pay\n1","numberShown":true}`, 400, "application.text"},
		"a text that turns":   {`{"user":"mara","kind":"confirm","text":"Pay \u202e001","numberShown":true}`, 400, "application.text"},
		"a long text":         {`{"user":"mara","kind":"confirm","text":"` + strings.Repeat("x", 141) + `","numberShown":true}`, 400, "application.text"},
		"no address":          {`{"user":"mara","kind":"sign_in","address":"192.0.2.256","numberShown":true}`, 400, "application.address"},
		"a name for one":      {`{"user":"mara","kind":"sign_in","address":"localhost","numberShown":true}`, 400, "application.address"},
		"a place in words":    {`{"user":"mara","kind":"sign_in","with":"a\u0000b","numberShown":true}`, 400, "application.text"},
		"9 KiB":               {`{"user":"` + strings.Repeat("m", 9<<10) + `"}`, 413, "request.too_large"},
		"200 KiB":             {`{"user":"` + strings.Repeat("m", 200<<10) + `"}`, 413, "request.too_large"},
	} {
		bank.post(t, "/api/approvals", c.body).refused(t, what, c.status, c.key)
	}
	for what, change := range map[string]func(*http.Request){
		"no type":      func(r *http.Request) { r.Header.Del("Content-Type") },
		"a form":       func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"a plain text": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain;application/json") },
	} {
		bank.send(t, "POST", "/api/approvals", asksYes, change).refused(t, what, http.StatusUnsupportedMediaType, "request.not_json")
	}
	for _, origin := range []string{"cross-site", "same-site"} {
		bank.send(t, "POST", "/api/approvals", asksYes, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", origin) }).refused(t, origin, http.StatusForbidden, "request.cross_origin")
	}
	for _, action := range []string{"cancel", "challenge", "collect"} {
		at := "/api/approvals/none/" + action
		bank.post(t, at, `{"force":true}`).refused(t, action, http.StatusBadRequest, "request.json_unknown")
		bank.post(t, at, strings.Repeat(" ", 65)).refused(t, action, http.StatusRequestEntityTooLarge, "request.too_large")
		bank.get(t, at).refused(t, action, http.StatusNotFound, "request.no_such_path")
	}
	for _, path := range []string{"/api/", "/api/approvals/", "/api/approvals/a/b", "/api/phone/v1/server"} {
		bank.post(t, path, "{}").refused(t, path, http.StatusNotFound, "request.no_such_path")
	}
	nodkeytest.Unchanged(t, "what cannot be read", before, h.Dump(t))
}

func TestTheSameKeyIsTheSameRequest(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank, till := h.join(t, "mara"), h.app(t, "bank", nil), h.app(t, "till", nil)
	under := func(c *client, key, body string) reply {
		return c.send(t, "POST", "/api/approvals", body, func(r *http.Request) { r.Header["Idempotency-Key"] = []string{key} })
	}
	ids := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			var one approval
			under(bank, "order-7", asksYes).read(t, &one)
			mu.Lock()
			defer mu.Unlock()
			ids[one.ID]++
		})
	}
	all.Wait()
	if len(ids) != 1 {
		t.Errorf("twelve at once made %v", ids)
	}
	if open, err := mara.key.Open(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("the phone shows %d, %v", len(open), err)
	}
	under(bank, "order-7", strings.Replace(asksYes, "250", "251", 1)).refused(t, "another request under the key", http.StatusConflict, "application.idempotency")
	if a := under(till, "order-7", asksYes); a.status != http.StatusCreated {
		t.Errorf("another application's key: %d %s", a.status, a.body)
	}
	for _, key := range []string{"", " ", "a b", "ä", strings.Repeat("k", 201)} {
		under(bank, key, asksYes).refused(t, "the key "+key, http.StatusBadRequest, "application.request")
	}
	bank.send(t, "POST", "/api/approvals", asksYes, func(r *http.Request) { r.Header["Idempotency-Key"] = []string{"a", "a"} }).
		refused(t, "two keys", http.StatusBadRequest, "application.request")
}

package phoneapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// lookup asks for a code id.
func (h *house) lookup(id []byte) answer {
	h.t.Helper()
	raw, err := json.Marshal(wire.LookupRequest{CodeID: id})
	must(h.t, err)
	return h.post("/activations/lookup", string(raw))
}

func TestCodesAreUnknownUsedOrExpired(t *testing.T) {
	h := newHouse(t, nil)
	h.add("ann")
	text := h.offered("ann")
	code, err := wire.ParseCode(text)
	must(t, err)
	if a := h.lookup(code.CodeID()); a.status != http.StatusOK || strings.Contains(a.body, string(code)) {
		t.Errorf("a good code: %d %s", a.status, a.body)
	}
	before := h.dump("limits")
	for _, length := range []int{0, 1, 15, 17, 4000} {
		refused(t, "an id of another length", h.lookup(make([]byte, length)), http.StatusBadRequest, "activation.wrong")
	}
	refused(t, "an unknown id", h.lookup(make([]byte, 16)), http.StatusNotFound, "activation.wrong")
	refused(t, "standard base 64", h.post("/activations/lookup", `{"codeId":"++++++++++++++++++++++=="}`), http.StatusBadRequest, "request.json_type")
	nodkeytest.Unchanged(t, "a wrong code", before, h.dump("limits"))

	phone := h.activate(text)
	before = h.dump()
	refused(t, "a used code", h.lookup(code.CodeID()), http.StatusConflict, "activation.used")
	body := string(phone.tap.body) // the submission that was accepted
	again := h.post("/activations/submit", body)
	if again.status != http.StatusOK || !strings.Contains(again.body, `"receipt"`) {
		t.Errorf("the same submission again: %d %s", again.status, again.body)
	}
	var in wire.SubmitRequest
	must(t, json.Unmarshal([]byte(body), &in))
	other := in
	other.Submission = phone.sign(wire.TypActivation, wire.Submission{})
	raw, err := json.Marshal(other)
	must(t, err)
	refused(t, "another submission for it", h.post("/activations/submit", string(raw)), http.StatusConflict, "activation.used")
	nodkeytest.Unchanged(t, "a used code", before, h.dump())

	h.add("bob")
	late, err := wire.ParseCode(h.offered("bob"))
	must(t, err)
	h.clock.Advance(nodkey.ActivationLife)
	before = h.dump()
	refused(t, "an expired code", h.lookup(late.CodeID()), http.StatusConflict, "activation.expired")
	in.CodeID = late.CodeID()
	raw, err = json.Marshal(in)
	must(t, err)
	refused(t, "a submission for an expired code", h.post("/activations/submit", string(raw)), http.StatusConflict, "activation.expired")
	nodkeytest.Unchanged(t, "an expired code", before, h.dump())
}

func TestSubmissionsThatDoNotHoldChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.activated("ann")
	var theirs wire.SubmitRequest
	must(t, json.Unmarshal(ann.tap.body, &theirs))
	h.add("bob")
	code, err := wire.ParseCode(h.offered("bob"))
	must(t, err)
	before := h.dump("audit_rows", "limits") // a wrong MAC leaves a row there, and how often it does is counted
	mac := func(jws string) []byte {
		input, _ := wire.SigningInput(jws)
		return wire.SubmissionMAC(code.Key(), wire.Digest(input))
	}
	blank := ann.sign(wire.TypActivation, wire.Submission{D: nil})
	for what, c := range map[string]struct {
		jws    string
		mac    []byte
		status int
		key    string
	}{
		"another code's":     {theirs.Submission, theirs.MAC, http.StatusForbidden, "submission.mac"},
		"no MAC":             {theirs.Submission, nil, http.StatusForbidden, "submission.mac"},
		"for another offer":  {theirs.Submission, mac(theirs.Submission), http.StatusBadRequest, "submission.offer"},
		"no JWS":             {"a.b", mac("a.b"), http.StatusBadRequest, "submission.jws"},
		"without a key":      {blank, mac(blank), http.StatusBadRequest, "submission.jws"},
		"a request":          {ann.prove("/key", nil, nil), mac(ann.prove("/key", nil, nil)), 0, ""},
		"signature cut off":  {theirs.Submission[:len(theirs.Submission)-4], mac(theirs.Submission), http.StatusBadRequest, "submission.jws"},
		"signature of zeros": {theirs.Submission[:strings.LastIndex(theirs.Submission, ".")+1] + strings.Repeat("A", 86), mac(theirs.Submission), http.StatusBadRequest, "submission.jws"},
	} {
		raw, err := json.Marshal(wire.SubmitRequest{CodeID: code.CodeID(), Submission: c.jws, MAC: c.mac})
		must(t, err)
		a := h.post("/activations/submit", string(raw))
		if c.status == 0 {
			c.status = a.status
			if a.status < 400 || a.status > 499 {
				t.Errorf("%s: got %d", what, a.status)
			}
		}
		refused(t, what, a, c.status, c.key)
	}
	nodkeytest.Unchanged(t, "a submission that does not hold", before, h.dump("audit_rows", "limits"))
}

func TestASourceThatGuessesCodesIsSlowed(t *testing.T) {
	h := newHouse(t, nil)
	var last answer
	for range 40 {
		last = h.lookup(make([]byte, 16))
	}
	refused(t, "the fortieth guess", last, http.StatusTooManyRequests, "activation.slow")
	if last.header.Get("Retry-After") == "" {
		t.Error("a slowed source is not told when to try again")
	}
	h.add("ann")
	h.activate(h.offered("ann")) // a right code is never refused
}

func TestOtherAddressesAndMethodsAreRefused(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	before := h.dump()
	for _, p := range paths {
		for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
			refused(t, method+" "+p.path, h.send(method, p.path, nil, nil), http.StatusNotFound, "request.no_such_path")
		}
		var proof []string
		if p.signed {
			proof = []string{phone.prove(p.path, []byte(p.body), nil)}
		}
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			a := h.send("POST", p.path, strings.NewReader(p.body), func(r *http.Request) { r.Header.Set(header, value) }, proof...)
			refused(t, p.path+" from "+value, a, http.StatusForbidden, "request.cross_origin")
		}
	}
	for _, path := range []string{"/", "/keys", "/approvals/", "/approvals/x", "/approvals/x/y"} {
		refused(t, path, h.post(path, "{}"), http.StatusNotFound, "request.no_such_path")
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.phone.String()+wire.APIPrefix+"/server", nil)
	must(t, err)
	r.Host = "evil.example"
	res, err := h.http.Do(r)
	must(t, err)
	text, err := io.ReadAll(res.Body)
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest || strings.Contains(string(text), "Aldermere") {
		t.Errorf("another host: got %d %s", res.StatusCode, text)
	}
	nodkeytest.Unchanged(t, "another address", before, h.dump())
}

func TestAFailingStoreShowsItsTextInTheLogOnly(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	h.store.Failing.Store(true)
	defer h.store.Failing.Store(false)
	for _, p := range paths {
		body, proofs := p.body, []string{}
		switch {
		case p.signed:
			proofs = []string{phone.prove(p.path, []byte(body), nil)}
		case p.member == "proofs":
			body = `{"proofs":["` + phone.prove(p.path, nil, nil) + `"]}`
		}
		a := h.post(p.path, body, proofs...)
		refused(t, p.path, a, http.StatusInternalServerError, "internal")
		if a.Args["reference"] != a.header.Get("X-Request-Id") || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: the reference is %v", p.path, a.Args)
		}
	}
	if n := strings.Count(h.log.String(), nodkeytest.FaultText); n != len(paths) {
		t.Errorf("the log tells of %d failures", n)
	}
	log := h.log.String()
	if strings.Contains(log, "Nodkey-Proof") || strings.Contains(log, "eyJ") {
		t.Error("the log holds a proof")
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	for what, a := range map[string]answer{
		"server": h.send("GET", "/server", nil, nil), "unsigned": h.post("/key", "{}"), "no path": h.post("/x", "{}"), "key": h.post("/key", "{}", phone.prove("/key", []byte("{}"), nil)),
	} {
		for name, part := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Content-Type": "application/json", "X-Request-Id": ""} {
			if got := a.header.Get(name); got == "" || !strings.Contains(got, part) {
				t.Errorf("%s: %s is %q", what, name, got)
			}
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" || len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s lets other sites in: %v", what, a.header)
		}
	}
}

// FuzzBodies: no bytes make the door fail, and none without a proof change anything.
func FuzzBodies(f *testing.F) {
	for i, p := range paths {
		f.Add(i, []byte(p.body), "")
	}
	f.Add(0, []byte(`{"codeId":"AAAAAAAAAAAAAAAAAAAAAA","codeId":""}`), "a.b.c")
	h := newHouse(f, nil)
	phone := h.activated("ann")
	f.Add(6, []byte("{}"), phone.prove("/key/x", []byte("{}"), nil))
	before := h.dump("limits")
	f.Fuzz(func(t *testing.T, which int, body []byte, proof string) {
		h.t = t
		if which < 0 || strings.ContainsFunc(proof, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no header line can hold it
		}
		p := paths[which%len(paths)]
		if a := h.post(p.path, string(body), proof); a.status < 400 || a.status > 499 {
			t.Errorf("%s: got %d %s", p.path, a.status, a.body)
		}
		nodkeytest.Unchanged(t, "a fuzzed body", before, h.dump("limits"))
	})
}

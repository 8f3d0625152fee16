package test

import (
	"encoding/json"
	"strconv"
	"testing"
)

// nodeDuo is Duo's client for Node.
type nodeDuo struct {
	*dialogue
}

type nodeAnswer struct {
	Stat     string
	Code     int
	Response struct {
		Result, Txid string
		StatusMsg    string `json:"status_msg"`
	}
}

func (h *duoHouse) node(version int) nodeDuo {
	h.t.Helper()
	n := nodeDuo{talk(h.t, "nodejs", "node", "duo_client.mjs")}
	port, err := strconv.Atoi(h.port)
	h.must(err)
	n.sends(map[string]any{"ikey": h.ikey, "skey": h.skey, "host": "localhost", "port": port, "root": h.root, "version": version})
	return n
}

func (n nodeDuo) sends(v any) {
	n.t.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		n.t.Fatal(err)
	}
	n.types(string(line))
}

func (n nodeDuo) calls(method, path string, params map[string]string) nodeAnswer {
	n.t.Helper()
	n.sends(map[string]any{"method": method, "path": "/auth/v2/" + path, "params": params})
	var answer nodeAnswer
	if err := json.Unmarshal([]byte(n.hears(`(\{.*\})\n`)[0]), &answer); err != nil || answer.Stat != "OK" {
		n.t.Fatalf("%s %s: %+v, %v", method, path, answer, err)
	}
	return answer
}

func TestTheNodeClientSignsIn(t *testing.T) {
	h := openDuo(t, "mara", `{"duo_number": true}`, false)
	for _, version := range []int{2, 5} { // of the signature
		n := h.node(version)
		n.calls("GET", "check", map[string]string{})
		if pre := n.calls("POST", "preauth", map[string]string{"username": "mara", "ipaddr": "10.1.2.6"}); pre.Response.Result != "auth" {
			t.Fatalf("%+v", pre)
		}
		push := map[string]string{"username": "mara", "factor": "push", "device": "auto", "async": "1", "type": "It's a (test)*! ~ ü"}
		tx := map[string]string{"txid": n.calls("POST", "auth", push).Response.Txid}
		if a := h.agrees(oneOf(t, showsNumber, n.calls("GET", "auth_status", tx).Response.StatusMsg)); a.With != push["type"] {
			t.Errorf("%+v", a)
		}
		if got := n.calls("GET", "auth_status", tx); got.Response.Result != "allow" {
			t.Errorf("%+v", got)
		}
		push["hostname"] = "again" // the same bytes in the same second would be a replay
		tx["txid"] = n.calls("POST", "auth", push).Response.Txid
		h.refuses()
		if got := n.calls("GET", "auth_status", tx); got.Response.Result != "deny" {
			t.Errorf("%+v", got)
		}
		code := map[string]string{"username": "mara", "factor": "passcode"}
		code["passcode"] = h.codeFor(oneOf(t, askedForDigits, n.calls("POST", "auth", code).Response.StatusMsg))
		if got := n.calls("POST", "auth", code); got.Response.Result != "allow" {
			t.Errorf("%+v", got)
		}
	}
}

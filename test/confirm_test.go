package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// payment is a text that somebody is asked for a yes to.
const payment = "Pay 250.00 EUR to Anna Weber, DE02 1203 0000 0000 2020 51"

// asking is `nodkey approve-request` while it waits for its answer.
type asking struct {
	t        *testing.T
	number   string
	out      bytes.Buffer
	problems io.Reader // what it says after the number
	process  *exec.Cmd
}

// approveRequest asks Mara for a yes, and returns when the number is there.
func (h *house) approveRequest(text string, options ...string) *asking {
	h.t.Helper()
	a := &asking{t: h.t, process: exec.CommandContext(h.t.Context(), h.binary, append([]string{"approve-request", maraName, text}, options...)...)}
	a.process.Env, a.process.Stdout = h.env, &a.out
	said, err := a.process.StderrPipe()
	if err == nil {
		err = a.process.Start()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	all := bufio.NewReader(said)
	a.problems = all
	for a.number == "" {
		line, err := all.ReadString('\n')
		if err != nil {
			h.t.Fatalf("there is no number: %v", err)
		}
		if number, ok := strings.CutPrefix(line, "Number"); ok {
			a.number = strings.TrimSpace(number)
		}
	}
	return a
}

// ends waits for the command's end, and gives its exit code and what it said.
func (a *asking) ends() (code int, out, problems string) {
	a.t.Helper()
	said, err := io.ReadAll(a.problems)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = a.process.Wait() // the exit code says it
	return a.process.ProcessState.ExitCode(), a.out.String(), string(said)
}

// find has the phone look: the command is another process than the server, and its request wakes a phone by a notification alone.
func (h *house) find(selector string) {
	h.t.Helper()
	h.phone.Reload()
	h.phone.Wait(selector)
}

func TestAYesToATextIsEvidenceThatHoldsWithoutTheServer(t *testing.T) {
	h := settled(t, nil)
	a := h.approveRequest(payment)
	h.find("[data-screen=approval]")
	for _, words := range []string{payment, "Text from Aldermere", "Mara Lindqvist", "Read the text to its end."} {
		h.phone.Says("[data-screen=approval]", words)
	}
	h.phone.Visit("phone-confirm")
	h.phone.TypeNumber(a.number)
	h.phone.Click("[data-screen=approval] #confirm")
	h.phone.Wait("[data-screen=confirm] #pin")
	h.phone.Visit("phone-confirm-pin")
	h.phone.ConfirmPIN(maraPIN)
	h.phone.Says("h1", "You agreed")
	h.phone.Says("[data-screen=decided]", payment)
	h.phone.Visit("phone-confirm-agreed")
	code, evidence, problems := a.ends()
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, problems)
	}
	if strings.Contains(evidence, maraPIN) {
		t.Error("the evidence holds the PIN")
	}

	var keys struct{ Keys []string }
	raw := h.run("", "client", "keys", "--json")
	if err := json.Unmarshal(raw, &keys); err != nil || len(keys.Keys) == 0 {
		t.Fatalf("%v: %s", err, raw)
	}
	h.phone.Go("about:blank")
	h.stop() // from here on nothing is asked of it
	verify := func(evidence string) (string, error) {
		c := exec.CommandContext(t.Context(), h.binary, "verify", "-", "--key", keys.Keys[0], "--json")
		c.Stdin = strings.NewReader(evidence)
		out, err := c.Output()
		return string(out), err
	}
	var shown struct {
		Holds            bool
		Text, App, Who   string
		Factor           string
		Signed, Asserted bool
	}
	out, err := verify(evidence)
	if err != nil || json.Unmarshal([]byte(out), &shown) != nil || !shown.Holds || shown.Text != payment || shown.App != "Aldermere" || shown.Who != "Mara Lindqvist" || shown.Factor != "pin" || !shown.Signed || shown.Asserted {
		t.Errorf("verify: %v %s", err, out)
	}
	var parts map[string]string
	if err := json.Unmarshal([]byte(evidence), &parts); err != nil {
		t.Fatal(err)
	}
	parts["statement"] = "e30" + parts["statement"]
	spoilt, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := verify(string(spoilt)); err == nil {
		t.Errorf("spoilt evidence holds: %s", out)
	}
}

func TestANoToATextAgreesToNothing(t *testing.T) {
	h := settled(t, nil)
	a := h.approveRequest(payment)
	h.find("[data-screen=approval] #deny")
	h.phone.Click("[data-screen=approval] #deny")
	h.phone.Says("h1", "You did not agree")
	h.phone.Visit("phone-confirm-no")
	if code, out, problems := a.ends(); code != 3 || out != "" || !strings.Contains(problems, "mara said no") {
		t.Errorf("exit code %d: %q %q", code, out, problems)
	}
	h.phone.Click("#done")

	a = h.approveRequest(payment)
	h.find("[data-screen=approval]")
	h.phone.Approve(browser.Other(a.number), maraPIN)
	h.phone.Says("h1", "That was not the number")
	if code, out, problems := a.ends(); code != 3 || out != "" || !strings.Contains(problems, "was another") {
		t.Errorf("exit code %d: %q %q", code, out, problems)
	}
}

func TestATextThatNobodyAnsweredIsFoundOnThePhone(t *testing.T) {
	h := settled(t, nil)
	h.phone.Go("about:blank")
	a := h.approveRequest(payment, "--wait", "10s")
	if code, out, problems := a.ends(); code != 3 || out != "" || !strings.Contains(problems, "nobody answered in time") {
		t.Fatalf("exit code %d: %q %q", code, out, problems)
	}
	h.phone.Go(h.server.phone + "/")
	const row = "[id^=missed-]"
	h.phone.Says(row, "Aldermere")
	h.phone.Click(row)
	for _, words := range []string{payment, "Nothing was agreed to by it."} {
		h.phone.Says("[data-screen=missed]", words)
	}
	h.phone.Visit("phone-confirm-missed")
	h.phone.Click("#dismiss")
	h.phone.Wait("[data-screen=home]")
	h.phone.Gone(row)
}

func TestATextIsReadInEveryLanguage(t *testing.T) {
	h := settled(t, nil)
	a := h.approveRequest("Pay 25,000.00 EUR to Wohnungsbaugenossenschaft Lichtenrade eG, DE02 1203 0000 0000 2020 51, 24 November")
	for _, in := range []struct{ lang, title string }{{"de", "Stimmen Sie dem zu?"}, {"ja", "この内容を承認しますか？"}} {
		h.phone.Speak(in.lang)
		h.find("html[lang=" + in.lang + "] [data-screen=approval] #confirm")
		h.phone.Says("h1", in.title)
		h.phone.Visit("lang-" + in.lang + "-phone-confirm")
	}
	h.phone.Click("#mistake")
	h.phone.Wait("[data-screen=decided]")
	h.phone.Visit("lang-ja-phone-confirm-mistake")
	if code, _, problems := a.ends(); code != 3 {
		t.Errorf("exit code %d: %s", code, problems)
	}
}

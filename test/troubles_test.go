package test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// Answers to the lookup of a code that a test cannot easily bring about in a real server, as docs/protocol.md §2.2 writes them.
var lookupTroubles = []struct {
	key, kind string
	status    int
	args      map[string]any
}{
	{key: "activation.used", kind: "conflict", status: 409},
	{key: "activation.expired", kind: "conflict", status: 409},
	{key: "activation.limit", kind: "refused", status: 403},
	{key: "activation.slow", kind: "limited", status: 429, args: map[string]any{"Seconds": 40, "Count": 40}},
	{key: "posture.android", kind: "refused", status: 403, args: map[string]any{"Have": "5.1", "Min": "6.0"}},
	{key: "posture.screen_lock", kind: "refused", status: 403},
	{key: "internal", kind: "internal", status: 500, args: map[string]any{"Reference": "cfm2vxqpmqzczrv2", "ServiceDesk": "0800 555 010"}},
}

func TestEveryTroubleWithACodeIsExplainedInEveryLanguage(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	code := h.desk.Code()
	for _, lang := range []string{"en", "de", "ja"} {
		phone := open(t, "phone in "+lang, browser.Handset)
		phone.Speak(lang)
		// The answers wait in the page; without one the request goes to the server.
		_, err := chromedp.Call(phone.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
const send = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  const answer = globalThis.nextAnswer;
  if (answer === undefined || !String(address).endsWith("/activations/lookup")) return send(address, options);
  if (answer === "offline") throw new TypeError("Failed to fetch");
  return new Response(JSON.stringify(answer), {status: answer.status, headers: {"Content-Type": "application/json"}});
};`})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(answer string) {
			t.Helper()
			phone.Go(h.server.phone + "/")
			phone.Wait("html[lang=" + lang + "]")
			browser.Eval[bool](phone, "(globalThis.nextAnswer = "+answer+", true)")
			phone.Click("#register")
			phone.Wait("[data-screen=code] #code-group-1")
			for i, group := range code {
				phone.Type("#code-group-"+strconv.Itoa(i+1), group)
			}
			phone.Click("#continue")
		}
		for _, trouble := range lookupTroubles {
			said := map[string]any{"kind": trouble.kind, "key": trouble.key, "message": trouble.key}
			if trouble.args != nil {
				said["args"] = trouble.args
			}
			answer, err := json.Marshal(map[string]any{"error": said})
			if err != nil {
				t.Fatal(err)
			}
			ask("Object.defineProperty(" + string(answer) + ", 'status', {value: " + strconv.Itoa(trouble.status) + "})")
			phone.Wait("[data-screen=fault] [data-error='" + trouble.key + "']")
			phone.Visit("lang-" + lang + "-phone-fault-" + trouble.key)
		}
		ask(`"offline"`)
		phone.Wait("[data-screen=fault] [data-error=offline]")
		phone.Visit("lang-" + lang + "-phone-fault-offline")
		browser.Eval[bool](phone, "(globalThis.nextAnswer = undefined, dispatchEvent(new Event('online')))") // and nothing is touched
		phone.Wait("[data-screen=offer]")
		phone.Says("main", "Mara Lindqvist")
	}
}

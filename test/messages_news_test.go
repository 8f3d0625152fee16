package test

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// An open list and an open message say that another has come, without moving, and without losing what is being typed.
func TestAnOpenMessageSaysThatAnotherHasCome(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/messages")
	watch := func() {
		t.Helper()
		browser.Eval[bool](h.desk, `(() => {
  window.moved = 0;
  new PerformanceObserver(list => { for (const e of list.getEntries()) window.moved += e.value; }).observe({ type: "layout-shift", buffered: false });
  return true;
})()`)
	}
	still := func(where string) {
		t.Helper()
		if moved := browser.Eval[float64](h.desk, "window.moved"); moved != 0 {
			t.Errorf("%s moved by %v", where, moved)
		}
	}
	h.desk.Wait("#news")
	if h.desk.Has("#news-line:not([hidden])") {
		t.Error("the line is there before anything came")
	}
	watch()
	ticket := h.writes(maraName, "--subject", "Your card", "--body", "It is on its way.")
	h.desk.Says("#news", "A new message has arrived.")
	h.desk.Wait("#news-line")
	still("the list")
	h.desk.Visit("portal-messages-news")
	h.desk.Click("#news-show")
	h.desk.Says("#inbox", "Your card")

	h.desk.Go(h.portal + ticket)
	h.desk.Type("#text", "Thank you")
	watch()
	other := h.writes(maraName, "--subject", "Your loan", "--body", "It is granted.")
	h.desk.Wait("#news-line")
	still("the thread")
	h.desk.Visit("portal-thread-news")
	h.desk.Click("#news-show")
	h.desk.Until("a tab of its own", `document.getElementById("news-show").target === "_blank"`)
	if typed := browser.Eval[string](h.desk, `document.getElementById("text").value`); typed != "Thank you" {
		t.Errorf("what was typed is %q now", typed)
	}
	second := h.desk.Another("where the line leads")
	second.Go(h.portal + strings.TrimSpace(h.desk.Attribute("#news-show", "href")))
	second.Wait("#thread")
	if other == ticket || second.Has(`[data-reference="`+strings.TrimPrefix(ticket, "/messages/")+`"]`) {
		t.Errorf("the newest unread message was not shown")
	}
}

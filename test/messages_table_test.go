package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// A table that the desk writes is one in the portal, and is looked through in its own box where the page is narrow.
func TestATableOfTheDeskIsReadAtAnySize(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	path := h.writes(maraName, "--subject", "Our fees", "--body", "From 1 March:\n\n| Service | Until February | From March | What it is for | Who pays |\n| --- | ---: | ---: | --- | :-: |\n"+
		"| Card | 10.00 EUR | **12.00 EUR** | A card and its replacement | you |\n| Transfer | 0.00 EUR | 0.00 EUR | Within the country | nobody |\n\n[All fees](https://help.example/fees)")
	h.desk.Go(h.portal + path)
	h.desk.Says(".prose thead th[scope=col].right", "Until February")
	h.desk.Says(".prose tbody td.right strong", "12.00 EUR")
	h.desk.Visit("portal-thread-table")
	h.desk.Resize(360, 740)
	scrolls := browser.Eval[bool](h.desk, `(() => { const box = document.querySelector(".prose .table");
  return box.scrollWidth > box.clientWidth && document.documentElement.scrollWidth <= 360 && box.tabIndex === 0; })()`)
	if !scrolls {
		t.Error("the table does not scroll within its own box")
	}
}

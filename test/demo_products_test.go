package test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// The made-up products are pages of their own, too: at any size, and in the language of the browser.
func TestTheDemosProductsAreReadAtAnySizeAndInEveryLanguage(t *testing.T) {
	line, _ := startDemo(t, "--doors", "--listen", "127.0.0.1:0")
	at := func(id string) string { return strings.Replace(line.Portal, "//portal.", "//"+id+".", 1) + "/" }
	tab := open(t, "demo-products", browser.Desktop)
	for _, id := range []string{"wiki", "till", "vpn"} {
		tab.Go(at(id))
		tab.Wait("main")
		tab.Visit("demo-product-" + id)
	}
	tab.Type("#password", "wrong")
	tab.Click("main form .button-main")
	tab.Says("h1", "Not approved")
	tab.Visit("demo-product-refused")

	ask := func(lang string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at("vpn"), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", lang)
		answer, err := client.NewHTTPClient(nil).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for lang, title := range map[string]string{"de": "Mit dem VPN verbinden", "ja": "VPNに接続"} {
		if body := ask(lang); !strings.Contains(body, `<html lang="`+lang+`"`) || !strings.Contains(body, title) {
			t.Errorf("%s: %s", lang, body)
		}
	}
	// The page beside has a switch, and the products none.
	tab.Go(line.URL + "/")
	tab.Click("#languages summary")
	tab.Click("#languages [value=ja]")
	tab.Wait("html[lang=ja]")
	if body := ask("de"); !strings.Contains(body, "VPNに接続") {
		t.Errorf("the page beside speaks Japanese, the product does not: %s", body)
	}
	tab.Go(at("till"))
	tab.Type("#username", "nobody")
	tab.Click("main form .button-main")
	tab.Says(".product-why", "支払いは行われていません。")
	tab.Visit("demo-product-no-ja")
}

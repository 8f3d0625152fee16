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

	for lang, title := range map[string]string{"de": "Mit dem VPN verbinden", "ja": "VPNに接続"} {
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
		if err != nil || !strings.Contains(string(body), `<html lang="`+lang+`"`) || !strings.Contains(string(body), title) {
			t.Errorf("%s: %v %s", lang, err, body)
		}
	}
}

package demo

import (
	"context"
	"errors"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// post sends a form to the page's server and gives the answer and what it says.
func post(t *testing.T, server *httptest.Server, path string, fields url.Values) (status int, body string) {
	t.Helper()
	answer, err := http.PostForm(server.URL+path, fields)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// offered signs Mara in and gives the code that her portal shows.
func offered(t *testing.T, house *nodkeytest.House) wire.Code {
	t.Helper()
	browser := house.NewBrowser("192.0.2.7")
	if err := browser.Begin(t.Context(), "mara", "bavo-kimu-tela-27"); err != nil {
		t.Fatal(err)
	}
	c, err := browser.Caller(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	banner, err := house.Activations.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return banner.Code
}

func TestAnotherPhoneTakesTheCodeThatThePageSends(t *testing.T) {
	d, house, server := stage(t)
	var code, name string
	d.Rival = func(_ context.Context, given, phoneName string) error {
		code, name = given, phoneName
		return nil
	}
	before, err := house.Users.Show(t.Context(), house.Desk(), "mara")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := post(t, server, "/troubles/used", url.Values{"code": {"7K2S 9QXN"}}); status != http.StatusNoContent || code != "7K2S 9QXN" || name != "Another phone" {
		t.Errorf("%d %q: the other phone got %q and is %q", status, body, code, name)
	}
	// That phone may be anybody's now, so all normal again means that the people begin anew.
	status, body := post(t, server, "/normal", nil)
	after, err := house.Users.Show(t.Context(), house.Desk(), "mara")
	if err != nil || status != http.StatusOK || body != `{"again":true}` || after.User.ID == before.User.ID {
		t.Errorf("%d %q, %v: before %s, after %s", status, body, err, before.User.ID, after.User.ID)
	}
	if _, body := post(t, server, "/normal", nil); body != `{"again":false}` {
		t.Errorf("once normal, normal again says %s", body)
	}
}

func TestACodeThatTheOtherPhoneCannotTakeIsSaid(t *testing.T) {
	d, _, server := stage(t)
	d.Rival = func(context.Context, string, string) error { return errors.New("no such code") }
	if status, body := post(t, server, "/troubles/used", nil); status != http.StatusConflict || !strings.Contains(body, "Sign in to the portal first") {
		t.Errorf("%d %q", status, body)
	}
}

func TestAnExpiredCodeIsOverAndThePasswordStays(t *testing.T) {
	_, house, server := stage(t)
	if status, _ := post(t, server, "/troubles/expired", nil); status != http.StatusConflict {
		t.Errorf("without a code: %d", status)
	}
	code := offered(t, house)
	if status, body := post(t, server, "/troubles/expired", nil); status != http.StatusNoContent {
		t.Fatalf("%d %q", status, body)
	}
	if _, err := house.Activations.Lookup(t.Context(), nodkey.Caller{}, code.CodeID()); !nodkey.HasKey(err, "activation.expired") {
		t.Errorf("the code gives %v", err)
	}
	if err := house.NewBrowser("192.0.2.7").Begin(t.Context(), "mara", "bavo-kimu-tela-27"); err != nil {
		t.Errorf("signing in again: %v", err)
	}
}

func TestAStrangerAsksThePhoneUntilAllIsNormal(t *testing.T) {
	_, house, server := stage(t)
	if status, body := post(t, server, "/troubles/stranger", nil); status != http.StatusConflict || !strings.Contains(body, "Activate one first") {
		t.Errorf("without a phone: %d %q", status, body)
	}
	phone := nodkeytest.NewPhone(house.Services, house.Clock, "Pixel 8")
	key, _, err := phone.Activate(t.Context(), offered(t, house), nodkeytest.Making{PIN: "7k2m9"})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := post(t, server, "/troubles/stranger", nil); status != http.StatusNoContent {
		t.Fatalf("%d %q", status, body)
	}
	if status, body := post(t, server, "/troubles/stranger", nil); status != http.StatusNoContent {
		t.Errorf("a second stranger: %d %q", status, body)
	}
	open, err := key.Open(t.Context())
	if err != nil || len(open) != 2 || open[0].Address != "203.0.113.24" || open[0].With != "Firefox on Windows" || open[0].Known {
		t.Fatalf("the phone is asked %+v, %v", open, err)
	}
	if status, body := post(t, server, "/normal", nil); status != http.StatusOK || body != `{"again":false}` {
		t.Errorf("%d %q", status, body)
	}
	if open, err := key.Open(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("after all is normal the phone is asked %+v, %v", open, err)
	}
}

func TestTheCodeOfSomethingElseIsAPicture(t *testing.T) {
	_, _, server := stage(t)
	answer, err := http.Get(server.URL + "/troubles/other-code")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if picture, err := png.Decode(answer.Body); err != nil || picture.Bounds().Dx() < 200 {
		t.Errorf("%v, %v", picture, err)
	}
}

func TestTheLanguageThatWasChosenIsThePagesAndTheErrors(t *testing.T) {
	d, _, server := stage(t)
	ask := func(method, path, body string, cookies []*http.Cookie) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", "de")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}
	if answer := ask("POST", "/language", "lang=xx", nil); answer.StatusCode != http.StatusBadRequest || len(answer.Cookies()) > 0 {
		t.Errorf("a language that is none: %s", answer.Status)
	}
	chosen := ask("POST", "/language", "lang=ja", nil)
	if chosen.StatusCode != http.StatusSeeOther || chosen.Header.Get("Location") != "/" {
		t.Errorf("%s to %q", chosen.Status, chosen.Header.Get("Location"))
	}
	for want, cookies := range map[string][]*http.Cookie{"de": nil, "ja": chosen.Cookies(), "de ": {{Name: d.languageCookie().Name(), Value: "xx"}}} {
		page, err := io.ReadAll(ask("GET", "/", "", cookies).Body)
		if err != nil {
			t.Fatal(err)
		}
		want = strings.TrimSpace(want)
		if !strings.Contains(string(page), `<html lang="`+want+`">`) || strings.Contains(string(page), `data-language="`) != (want == "ja") {
			t.Errorf("the page is not in %s: %.200s", want, page)
		}
	}
	if text, _ := io.ReadAll(ask("POST", "/troubles/expired", "", chosen.Cookies()).Body); !strings.Contains(string(text), "ポータル") {
		t.Errorf("the error is %q", text)
	}
}

func TestEveryTroubleHasItsSentences(t *testing.T) {
	say := english(t)
	for _, g := range groups {
		for _, x := range g.Troubles {
			for _, key := range []string{g.Title, x.Title, x.Text} {
				if say.T(key, nil) == key {
					t.Errorf("%s: %s says nothing", x.ID, key)
				}
			}
		}
	}
}

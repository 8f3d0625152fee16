package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/portal"
	"github.com/nodkey/nodkey/web"
)

// askPage renders a door's page as a browser gets it that sends a form, or none.
func askPage(t *testing.T, in portal.Asking, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	h := newHouse(t, nil)
	assets, err := web.LoadAssets()
	must(t, err)
	door, err := portal.New(portal.Config{Origin: h.portal, PhoneApp: h.phone, Operator: portal.Operator{Name: "Aldermere"}}, h.services, h.clock, h.server.Logger, h.texts, assets)
	must(t, err)
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, "/oauth/v1/prompt?way=x", strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		must(t, r.ParseForm())
	}
	w := httptest.NewRecorder()
	door.AskPage(w, r, in)
	return w
}

func asking() portal.Asking {
	now := time.Now()
	return portal.Asking{App: "Aldermere VPN <1>", Version: "v1", Action: "/oauth/v1/prompt?a=1&way=x", Shown: "/oauth/v1/prompt?a=1&way=x&code=1", Poll: "/oauth/v1/prompt/state?way=x",
		Picture: "/oauth/v1/prompt/qr?way=x", Waiting: nodkey.Waiting{State: nodkey.SignInPending, Number: "47", Notified: true, Codes: true, AskedAt: now, ExpiresAt: now.Add(time.Minute),
			Remaining: time.Minute}}
}

func TestADoorsPageShowsItsRequest(t *testing.T) {
	page := askPage(t, asking(), nil)
	for _, want := range []string{`data-number="47"`, `Aldermere VPN &lt;1&gt;`, `data-poll="/oauth/v1/prompt/state?way=x"`, `action="/oauth/v1/prompt?a=1&amp;way=x"`, `value="cancel"`, `value="code"`} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if page.Code != http.StatusOK {
		t.Errorf("the status is %d", page.Code)
	}
	code := asking()
	code.Code = &nodkey.OfflineCode{Digits: "318402", Statement: "x.y.z", Left: 4, Remaining: time.Minute}
	code.Problem = &nodkey.Error{Kind: nodkey.Refused, Key: "code.wrong", Args: nodkey.Args{"Left": 4, "Count": 4}}
	page = askPage(t, code, url.Values{"do": {"type"}, "code": {"12345678"}})
	if text := page.Body.String(); page.Code != http.StatusForbidden || !strings.Contains(text, "That is not the right code.") || strings.Contains(text, "12345678") || !strings.Contains(text, `src="/oauth/v1/prompt/qr?way=x"`) {
		t.Errorf("a wrong code: %d %s", page.Code, text)
	}
	code.Problem = nil
	page = askPage(t, code, url.Values{"lang": {"de"}, "code": {"1234"}})
	if text := page.Body.String(); !strings.Contains(text, `lang="de"`) || !strings.Contains(text, `value="1234"`) || len(page.Result().Cookies()) != 1 {
		t.Errorf("another language: %v %s", page.Result().Cookies(), text)
	}
	over := asking()
	over.Waiting.State, over.Again = nodkey.SignInExpired, true
	if text := askPage(t, over, nil).Body.String(); !strings.Contains(text, "No answer came in time") || !strings.Contains(text, `value="again"`) || !strings.Contains(text, `value="back"`) {
		t.Errorf("nobody answered: %s", text)
	}
	over.Again = false
	if text := askPage(t, over, nil).Body.String(); strings.Contains(text, `value="again"`) {
		t.Errorf("it may not be asked again: %s", text)
	}
}

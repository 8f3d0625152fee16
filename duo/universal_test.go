package duo

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestThePersonOnlyNods(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, claims{"nonce": "the nonce of the product"}))
	if h.shown.App != "VPN of vpn" || h.shown.Waiting.State != nodkey.SignInPending || len(h.shown.Waiting.Number) != 2 || !h.shown.Waiting.Notified || h.shown.Action != at {
		t.Errorf("the page shows %+v", h.shown)
	}
	s := h.mara.answers(t, nodkeytest.Answer{PIN: pin, Number: h.shown.Waiting.Number})
	if s.App != "VPN of vpn" || s.Kind != "sign_in" {
		t.Errorf("the phone shows %+v", s.Statement)
	}
	got := v.returns(t, at)
	if got.Get("duo_code") == "" || got.Has("code") || got.Has("error") {
		t.Fatalf("it goes back with %v", got)
	}
	answer := h.vpn.redeems(t, got.Get("duo_code"), nil)
	if answer.status != http.StatusOK || answer.body["token_type"] != "Bearer" || answer.body["access_token"] == "" || answer.body["expires_in"] != 3600.0 {
		t.Fatalf("%+v", answer)
	}
	token, err := readJWT(answer.body["id_token"].(string), "")
	if err != nil || !token.signedBy([]byte(h.vpn.secret)) {
		t.Fatalf("the id token: %v", err)
	}
	var said struct {
		Iss, Aud, Nonce   string
		Exp, Iat          int64
		AuthTime          int64  `json:"auth_time"`
		PreferredUsername string `json:"preferred_username"`
		AuthResult        struct{ Result, Status string }
		AuthContext       struct {
			Factor, Result string
			User           struct {
				Name   string
				Groups []string
			}
		} `json:"auth_context"`
		Result struct{ Result, Status string } `json:"auth_result"`
	}
	must(t, json.Unmarshal(token.payload, &said))
	now := h.Clock.Now().Unix()
	if said.Iss != h.base()+"/oauth/v1/token" || said.Aud != h.vpn.key || said.Nonce != "the nonce of the product" || said.PreferredUsername != "mara" || said.Result.Result != "allow" ||
		said.AuthContext.Factor != "duo_push" || said.AuthContext.User.Name != "mara" || said.AuthContext.User.Groups == nil || said.Iat != now || said.Exp <= now || said.AuthTime != now {
		t.Errorf("it says %s", token.payload)
	}
	if again := h.vpn.redeems(t, got.Get("duo_code"), nil); again.status != http.StatusBadRequest || again.body["error"] != "invalid_grant" {
		t.Errorf("the code a second time: %+v", again)
	}
	if over := v.get(t, at); over.status != http.StatusConflict || over.key != "duo.over" {
		t.Errorf("the page after it: %+v", over)
	}
}

func TestWithoutDuosOwnNameTheCodeIsCode(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, claims{"use_duo_code_attribute": nil, "nonce": nil, "iss": nil, "aud": nil, "duo_uname": "MARA"}))
	h.mara.answers(t, nodkeytest.Answer{PIN: pin, Number: h.shown.Waiting.Number})
	got := v.returns(t, at)
	if got.Get("code") == "" || got.Has("duo_code") {
		t.Fatalf("it goes back with %v", got)
	}
	token, err := readJWT(h.vpn.redeems(t, got.Get("code"), nil).body["id_token"].(string), "")
	must(t, err)
	if !strings.Contains(string(token.payload), `"preferred_username":"MARA"`) || strings.Contains(string(token.payload), `"nonce"`) {
		t.Errorf("clients compare the name as they sent it: %s", token.payload)
	}
}

func TestANoIsShownAndMayBeAskedAgain(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, nil))
	h.mara.answers(t, nodkeytest.Answer{No: nodkey.ReasonMistake})
	if got := v.get(t, at); got.body != "ask" || h.shown.Waiting.State != nodkey.SignInDenied || !h.shown.Again {
		t.Errorf("%+v, %+v", got, h.shown)
	}
	for try := 1; try <= triesMost; try++ {
		h.Clock.Advance(2 * time.Minute)
		got := v.does(t, at, "do", "again")
		if got.status != http.StatusSeeOther || got.location == at {
			t.Fatalf("try %d: %+v", try, got)
		}
		if twice := v.does(t, at, "do", "again"); v.get(t, twice.location).body != "ask" || h.shown.Waiting.State != nodkey.SignInPending {
			t.Fatalf("the button pressed twice: %+v", twice)
		}
		if open, err := h.mara.key.Open(t.Context()); err != nil || len(open) != 1 {
			t.Fatalf("try %d: the phone shows %d, %v", try, len(open), err)
		}
		at = got.location
		v.get(t, at)
		v.does(t, at, "do", "cancel")
	}
	if v.get(t, at); h.shown.Waiting.State != nodkey.SignInCancelled || h.shown.Again {
		t.Errorf("after %d tries: %+v", triesMost, h.shown)
	}
	if got := v.does(t, at, "do", "again"); got.location != at {
		t.Errorf("one try more: %+v", got)
	}
	if got := v.does(t, at, "do", "back").back(t); got.Get("error") != "access_denied" || got.Has("duo_code") {
		t.Errorf("it goes back with %v", got)
	}
}

func TestGoingBackEndsTheRequest(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, nil))
	h.mara.answers(t, nodkeytest.Answer{PIN: pin, Number: h.shown.Waiting.Number})
	if got := v.does(t, at, "do", "back").back(t); got.Get("error") != "access_denied" {
		t.Errorf("it goes back with %v", got)
	}
	if v.get(t, at); h.shown.Waiting.State != nodkey.SignInCancelled {
		t.Errorf("the yes is still there: %+v", h.shown.Waiting)
	}
}

func TestAPhoneWithoutAConnectionAnswersThePrompt(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, nil))
	asked := v.does(t, at, "do", "code")
	if asked.status != http.StatusSeeOther || v.get(t, asked.location).body != "ask" || h.shown.Code == nil || len(h.shown.Code.Digits) != 6 || h.shown.Shown != asked.location {
		t.Fatalf("%+v, %+v", asked, h.shown)
	}
	if picture := v.get(t, h.shown.Picture); picture.body != h.shown.Code.Statement {
		t.Errorf("the square code: %+v", picture)
	}
	code, err := h.mara.key.TypedCode(h.shown.Code.Digits, h.mara.key.Vpin(pin))
	must(t, err)
	wrong := "1" + code[1:]
	if code[0] == '1' {
		wrong = "2" + code[1:]
	}
	if v.does(t, at, "do", "type", "code", wrong); h.shown.Problem == nil || h.shown.Problem.Key != "code.wrong" || h.shown.Code == nil {
		t.Errorf("a wrong code: %+v", h.shown)
	}
	if v.does(t, at, "code", "12"); h.shown.Problem != nil || h.shown.Code == nil { // a switch of language
		t.Errorf("the page again: %+v", h.shown)
	}
	if got := v.does(t, at, "do", "type", "code", code); got.location != at {
		t.Errorf("the right code: %+v", got)
	}
	answer := h.vpn.redeems(t, v.returns(t, at).Get("duo_code"), nil)
	if answer.status != http.StatusOK {
		t.Fatalf("%+v", answer)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.body["id_token"].(string), ".")[1])
	if err != nil || !strings.Contains(string(payload), `"factor":"passcode"`) {
		t.Errorf("%s, %v", payload, err)
	}
}

func TestWhoCannotBeAskedGoesBackWithANo(t *testing.T) {
	h := newPromptHouse(t)
	h.Add(t, "lena") // has no phone
	staff := h.product(t, "staff", `{"duo_redirect_uris":["`+returnAddress+`"]}`)
	_, err := h.Services.Applications.Edit(t.Context(), h.Operator, "staff", nodkey.ApplicationEdit{Groups: &[]string{"staff"}})
	must(t, err)
	var first url.Values
	for user, product := range map[string]*product{"nobody": h.vpn, "lena": h.vpn, "mara": staff, "no name": h.vpn} {
		got := h.visitor().get(t, product.authorize(t, claims{"duo_uname": user})).back(t)
		if first == nil {
			first = got
		}
		if got.Get("error") != "access_denied" || got.Encode() != first.Encode() {
			t.Errorf("%s: %v", user, got)
		}
	}
}

func TestThePageAsksWhereItStands(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	v.enters(t, h.vpn.authorize(t, nil))
	state := func() (out struct {
		State, Version string
		Remaining      int64
	}) {
		t.Helper()
		must(t, json.Unmarshal([]byte(v.get(t, h.shown.Poll).body), &out))
		return out
	}
	before := state()
	if before.State != "pending" || before.Version != h.shown.Version || before.Remaining != h.shown.Waiting.Remaining.Milliseconds() {
		t.Errorf("%+v, and the page %+v", before, h.shown)
	}
	h.mara.answers(t, nodkeytest.Answer{No: nodkey.ReasonNotMe})
	if after := state(); after.State != "denied" || after.Version == before.Version {
		t.Errorf("%+v", after)
	}
	if gone := h.visitor().get(t, h.shown.Poll); gone.status != http.StatusNotFound || !strings.Contains(gone.body, `"gone"`) {
		t.Errorf("another browser: %+v", gone)
	}
}

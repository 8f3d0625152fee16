package products

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	duoapi "github.com/duosecurity/duo_api_golang"
	"github.com/duosecurity/duo_api_golang/authapi"
)

// overHTTP carries what Duo's own client insists on sending by https to the demo's portal, which has none on this machine.
type overHTTP struct {
	http   http.RoundTripper
	scheme string
}

func (o overHTTP) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme = o.scheme
	return o.http.RoundTrip(r)
}

// duo is Duo's own client, pointed at the demo.
func (s *Shop) duo(p Product) *authapi.AuthApi {
	scheme := "http"
	if s.Portal.Secure() {
		scheme = "https"
	}
	transport := func(t *http.Transport) { t.RegisterProtocol("https", overHTTP{s.HTTP.Transport, scheme}) }
	return authapi.NewAuthApi(*duoapi.NewDuoApi(s.Duo, s.Secrets[p.ID], s.Portal.Host(), "demo", duoapi.SetTransport(transport)))
}

// console asks as a console does after it has checked the password itself.
func (s *Shop) console(p Product, in visitor) func(context.Context, *talk) {
	return func(ctx context.Context, t *talk) {
		duo := s.duo(p)
		t.asked("POST /auth/v2/preauth  username=" + in.name)
		pre, err := duo.Preauth(authapi.PreauthUsername(in.name), authapi.PreauthIpAddr("127.0.0.1"))
		if err != nil || pre.Stat != "OK" {
			t.answered(said(pre, err))
			return
		}
		t.answered(pre.Response.Result + ": " + pre.Response.Status_Msg)
		if pre.Response.Result != "auth" {
			t.change(func(sh *Shown) { sh.Notice = pre.Response.Status_Msg })
			t.refused("demo.product.why.nobody")
			return
		}
		t.change(func(sh *Shown) { sh.MayCode = true })
		if s.ask(ctx, t, duo, in.name, "push", authapi.AuthDevice("auto")) {
			return
		}
		// The phone has no connection: a first passcode brings the six digits, the next is the code for them.
		t.change(func(sh *Shown) { sh.MayCode = false })
		typed := "0"
		for range consoleTries {
			if s.ask(ctx, t, duo, in.name, "passcode", authapi.AuthPasscode(typed)) {
				return
			}
			t.change(func(sh *Shown) { sh.Wants = true })
			if typed, err = t.wait(ctx); err != nil {
				return
			}
			t.change(func(sh *Shown) { sh.Wants = false })
		}
	}
}

// consoleTries is how many passcodes the console takes in one talk.
const consoleTries = 4

// ask asks by a factor and looks where that stands until it has ended; false when it was denied and a code may follow, or the
// person turned to a code meanwhile.
func (s *Shop) ask(ctx context.Context, t *talk, duo *authapi.AuthApi, name, factor string, how func(*url.Values)) (over bool) {
	t.asked("POST /auth/v2/auth  factor=" + factor + " async=1")
	begun, err := duo.Auth(factor, authapi.AuthUsername(name), how, authapi.AuthAsync(), authapi.AuthIpAddr("127.0.0.1"))
	if err != nil || begun.Stat != "OK" {
		t.answered(said(begun, err))
		return true
	}
	t.answered("txid")
	last := ""
	for ctx.Err() == nil {
		now, err := duo.AuthStatus(begun.Response.Txid)
		if err != nil || now.Stat != "OK" {
			t.answered(said(now, err))
			return true
		}
		if line := now.Response.Status + ": " + now.Response.Status_Msg; line != last {
			last = line
			t.asked("GET /auth/v2/auth_status")
			t.answered(line)
			t.change(func(sh *Shown) { sh.Notice = now.Response.Status_Msg })
		}
		switch now.Response.Result {
		case "allow":
			t.end(true, Fact{"username", name})
			return true
		case "deny":
			switch now.Response.Status {
			case "timeout":
				t.refused("demo.product.why.late")
			case "fraud":
				t.refused("demo.product.why.not_me")
			}
			return factor == "push"
		}
		select {
		case <-t.answers: // "the phone has no connection"
			return false
		case <-time.After(time.Second): // as such clients do
		case <-ctx.Done():
		}
	}
	return true
}

// said is what went wrong, in the protocol's words.
func said(result any, err error) string {
	var inner *url.Error
	switch {
	case errors.As(err, &inner):
		return inner.Err.Error() // without the address and what stands in its query
	case err != nil:
		return err.Error()
	}
	switch r := result.(type) {
	case *authapi.PreauthResult:
		return failed(r.StatResult)
	case *authapi.AuthResult:
		return failed(r.StatResult)
	case *authapi.AuthStatusResult:
		return failed(r.StatResult)
	}
	return ""
}

func failed(s duoapi.StatResult) string {
	out := s.Stat
	if s.Message != nil {
		out += ": " + *s.Message
	}
	if s.Message_Detail != nil {
		out += " (" + *s.Message_Detail + ")"
	}
	return out
}

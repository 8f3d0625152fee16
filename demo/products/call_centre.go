package products

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// callCentre asks by CIBA and polls for the answer (OpenID CIBA Core 1.0 §7, §10.1).
func (s *Shop) callCentre(p Product, in visitor) func(context.Context, *talk) {
	return func(ctx context.Context, t *talk) {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.HTTP), s.Portal.String())
		if err != nil {
			t.answered(err.Error())
			return
		}
		var places struct {
			Ask string `json:"backchannel_authentication_endpoint"`
		}
		if err := provider.Claims(&places); err != nil {
			t.answered(err.Error())
			return
		}
		var begun struct {
			ID       string `json:"auth_req_id"`
			Interval int    `json:"interval"`
			Number   string `json:"nodkey_number"`
		}
		ask := url.Values{"scope": {"openid profile"}, "login_hint": {in.name}, "binding_message": {in.text}}
		if !s.post(ctx, t, p, places.Ask, ask, &begun) {
			t.refused("demo.product.why.nobody")
			return
		}
		t.change(func(sh *Shown) { sh.Number, sh.MayCode = begun.Number, true })
		came := s.poll(ctx, t, p, provider.Endpoint().TokenURL, begun.ID, time.Duration(max(begun.Interval, 1))*time.Second)
		end, ok := next(ctx, t, came, func(code string) (made offer, ok bool) {
			form := url.Values{"auth_req_id": {begun.ID}}
			if code != "" {
				form.Set("code", code)
			}
			ok = s.post(ctx, t, p, s.Portal.String()+"/oidc/bc-code", form, &made)
			return made, ok
		})
		if !ok {
			return
		}
		if end.why != "" {
			t.refused(end.why)
			return
		}
		found, err := provider.Verifier(&oidc.Config{ClientID: string(p.ID)}).Verify(oidc.ClientContext(ctx, s.HTTP), end.idToken)
		if err != nil {
			t.answered(err.Error())
			return
		}
		var claims struct {
			User string   `json:"preferred_username"`
			Name string   `json:"name"`
			AMR  []string `json:"amr"`
		}
		if err := found.Claims(&claims); err != nil {
			t.answered(err.Error())
			return
		}
		t.end(true, Fact{"sub", found.Subject}, Fact{"name", claims.Name}, Fact{"amr", strings.Join(claims.AMR, ", ")})
	}
}

// answer is what a request by CIBA came to: an id token, or why there is none.
type answer struct{ idToken, why string }

// poll asks the token endpoint until there is a yes or a no (CIBA Core 1.0 §11). The channel is closed without a word when the
// portal gave none.
func (s *Shop) poll(ctx context.Context, t *talk, p Product, address, id string, pause time.Duration) <-chan answer {
	came := make(chan answer, 1)
	go func() {
		defer close(came)
		turn := time.NewTicker(pause)
		defer turn.Stop()
		for {
			select {
			case <-turn.C:
			case <-ctx.Done():
				return
			}
			var token struct {
				Error string `json:"error"`
				ID    string `json:"id_token"`
			}
			ok := s.post(ctx, t, p, address, url.Values{"grant_type": {"urn:openid:params:grant-type:ciba"}, "auth_req_id": {id}}, &token)
			switch {
			case ok:
				came <- answer{idToken: token.ID}
			case token.Error == "authorization_pending", token.Error == "slow_down":
				continue
			case token.Error == "access_denied":
				came <- answer{why: "demo.product.why.denied"}
			case token.Error == "expired_token":
				came <- answer{why: "demo.product.why.late"}
			}
			return
		}
	}()
	return came
}

// post sends a form as the client and reads the answer into out, also one that refuses: false then.
func (s *Shop) post(ctx context.Context, t *talk, p Product, address string, form url.Values, out any) bool {
	at, err := url.Parse(address)
	if err != nil {
		t.answered(err.Error())
		return false
	}
	shown := ""
	for _, name := range []string{"grant_type", "scope", "login_hint", "binding_message"} {
		if value := form.Get(name); value != "" {
			shown += "  " + name + "=" + value
		}
	}
	t.asked("POST " + at.Path + shown)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.answered(err.Error())
		return false
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(string(p.ID)), url.QueryEscape(s.Secrets[p.ID]))
	status, raw, err := s.fetch(r)
	if err != nil {
		t.answered(err.Error())
		return false
	}
	var refused struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err = json.Unmarshal(raw, &refused)
	t.answered(strings.TrimSpace(fmt.Sprintf("%d %s %s %s", status, http.StatusText(status), refused.Error, refused.Description)))
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	return err == nil && status < http.StatusMultipleChoices
}

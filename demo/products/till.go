package products

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// answerMost is how much of an answer a product reads, in bytes.
const answerMost = 256 << 10

// till asks for a yes to a payment over the HTTP API, waits for it, and collects what proves it.
func (s *Shop) till(p Product, in visitor) func(context.Context, *talk) {
	return func(ctx context.Context, t *talk) {
		var asked struct{ ID, Number string }
		if !s.api(ctx, t, p, http.MethodPost, "", map[string]any{"user": in.name, "kind": "confirm", "text": in.text, "address": "127.0.0.1", "numberShown": true}, &asked) {
			t.refused("demo.product.why.nobody")
			return
		}
		t.change(func(sh *Shown) { sh.Number, sh.MayCode = asked.Number, true })
		end, ok := next(ctx, t, s.awaited(ctx, t, p, asked.ID), func(code string) (made offer, ok bool) {
			if code == "" {
				return made, s.api(ctx, t, p, http.MethodPost, asked.ID+"/challenge", nil, &made)
			}
			return made, s.api(ctx, t, p, http.MethodPost, asked.ID+"/code", map[string]string{"code": code}, &struct{}{})
		})
		if !ok {
			return
		}
		if end.State != "approved" {
			t.refused(end.why())
			return
		}
		var proof struct {
			User struct {
				Name        string `json:"name"`
				DisplayName string `json:"displayName"`
			} `json:"user"`
			Text     string          `json:"text"`
			Factor   string          `json:"factor"`
			At       time.Time       `json:"at"`
			Evidence json.RawMessage `json:"evidence"`
		}
		if !s.api(ctx, t, p, http.MethodPost, asked.ID+"/collect", nil, &proof) {
			return
		}
		var evidence bytes.Buffer
		if json.Indent(&evidence, proof.Evidence, "", "  ") == nil {
			t.change(func(sh *Shown) { sh.Evidence = evidence.String() })
		}
		t.end(true, Fact{"user", proof.User.DisplayName + " (" + proof.User.Name + ")"}, Fact{"text", proof.Text}, Fact{"factor", proof.Factor},
			Fact{"at", proof.At.UTC().Format(time.RFC3339)})
	}
}

// stand is where a request of the API stands.
type stand struct{ State, Cause string }

// why is what happened to a request that was not approved.
func (e stand) why() string {
	switch {
	case e.State == "expired":
		return "demo.product.why.late"
	case e.Cause == "not_me":
		return "demo.product.why.not_me"
	case e.Cause == "wrong_number":
		return "demo.product.why.wrong_number"
	}
	return "demo.product.why.denied"
}

// awaited asks until a request has ended. The channel is closed without a word when the portal gave none.
func (s *Shop) awaited(ctx context.Context, t *talk, p Product, id string) <-chan stand {
	came := make(chan stand, 1)
	go func() {
		defer close(came)
		for {
			var now stand
			if !s.api(ctx, t, p, http.MethodGet, id+"/wait?timeout=30", nil, &now) {
				return
			}
			if now.State != "pending" {
				came <- now
				return
			}
		}
	}()
	return came
}

// api makes one call below /api/approvals and reads its answer into out; false when it was refused, which the talk then says.
func (s *Shop) api(ctx context.Context, t *talk, p Product, method, path string, body, out any) bool {
	address := s.Portal.String() + "/api/approvals"
	if path != "" {
		address += "/" + path
	}
	said := method + " /api/approvals"
	if path != "" {
		said += "/…/" + path[strings.LastIndexByte(path, '/')+1:]
	}
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.answered(err.Error())
			return false
		}
		content = bytes.NewReader(raw)
		if path == "" {
			said += "  " + string(raw)
		}
	}
	t.asked(said)
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		t.answered(err.Error())
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(string(p.ID), s.Secrets[p.ID])
	status, raw, err := s.fetch(r)
	if err != nil {
		t.answered(err.Error())
		return false
	}
	if status >= http.StatusMultipleChoices {
		var refused struct{ Error struct{ Message string } }
		_ = json.Unmarshal(raw, &refused) // without a sentence the status says it
		t.answered(fmt.Sprintf("%d %s %s", status, http.StatusText(status), refused.Error.Message))
		return false
	}
	var state struct{ State string }
	_ = json.Unmarshal(raw, &state)
	t.answered(fmt.Sprintf("%d %s  %s", status, http.StatusText(status), state.State))
	if err := json.Unmarshal(raw, out); err != nil {
		t.answered(err.Error())
		return false
	}
	return true
}

// fetch sends a request and reads the answer whole.
func (s *Shop) fetch(r *http.Request) (status int, body []byte, err error) {
	answer, err := s.HTTP.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, answerMost))
	return answer.StatusCode, body, err
}

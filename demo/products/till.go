package products

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answerMost is how much of an answer a product reads, in bytes.
const answerMost = 256 << 10

// till asks for a yes to a payment over the HTTP API, waits for it, and collects what proves it.
func (s *Shop) till(p Product, in visitor) func(context.Context, *talk) {
	return func(ctx context.Context, t *talk) {
		var asked struct{ ID, Number, State string }
		if !s.api(ctx, t, p, http.MethodPost, "", map[string]any{"user": in.name, "kind": "confirm", "text": in.text, "address": "127.0.0.1", "numberShown": true}, &asked) {
			return
		}
		t.change(func(sh *Shown) { sh.Number = asked.Number })
		for asked.State == "pending" {
			if !s.api(ctx, t, p, http.MethodGet, asked.ID+"/wait?timeout=30", nil, &asked) {
				return
			}
		}
		if asked.State != "approved" {
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
		if !s.api(ctx, t, p, http.MethodPost, asked.ID+"/collect", struct{}{}, &proof) {
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

// api makes one call below /api/approvals and reads its answer into out; false when it was refused, which the talk then says.
func (s *Shop) api(ctx context.Context, t *talk, p Product, method, path string, body, out any) bool {
	address := s.Portal.String() + "/api/approvals"
	if path != "" {
		address += "/" + path
	}
	said := method + " /api/approvals"
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.answered(err.Error())
			return false
		}
		content = bytes.NewReader(raw)
		said += "  " + string(raw)
	} else if path != "" {
		said += "/…/wait"
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
		t.change(func(sh *Shown) { sh.Notice = refused.Error.Message })
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

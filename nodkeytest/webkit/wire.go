package webkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// wire speaks the WebDriver protocol (https://www.w3.org/TR/webdriver2/) with one driver.
type wire struct{ base string }

// session is one browser of a driver.
type session struct {
	wire *wire
	path string // "/session/…"
}

// Fault is an error of the protocol (§6.6): its code ("no such element"), and the driver's words.
type Fault struct{ Code, Message string }

func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// caller bounds a single command; those of WebDriver end by themselves long before.
var caller = http.Client{Timeout: time.Minute}

// call sends a command and reads the "value" of its answer into out, which may be nil.
func (w *wire) call(method, path string, in, out any) error {
	var body bytes.Buffer
	if method == http.MethodPost {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequest(method, w.base+path, &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	answer, err := caller.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var envelope struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&envelope); err != nil {
		return fmt.Errorf("%s %s: %s: %w", method, path, answer.Status, err)
	}
	if answer.StatusCode != http.StatusOK {
		var fault struct{ Error, Message string }
		if err := json.Unmarshal(envelope.Value, &fault); err != nil {
			return fmt.Errorf("%s %s: %s: %w", method, path, answer.Status, err)
		}
		return &Fault{fault.Error, fault.Message}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(envelope.Value, out)
}

// ready tells whether the driver takes a session (§8.3).
func (w *wire) ready() error {
	var status struct{ Ready bool }
	if err := w.call(http.MethodGet, "/status", nil, &status); err != nil {
		return err
	}
	if !status.Ready {
		return errors.New("it is not ready")
	}
	return nil
}

// open starts the browser (§8.1); the vendor's options are at https://webkitgtk.org/reference/webkit2gtk/stable/.
func (w *wire) open(program string, arguments []string) (*session, error) {
	var made struct {
		SessionID string `json:"sessionId"`
	}
	err := w.call(http.MethodPost, "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"webkitgtk:browserOptions": map[string]any{"binary": program, "args": arguments},
	}}}, &made)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return &session{wire: w, path: "/session/" + made.SessionID}, nil
}

func (s *session) end() error { return s.wire.call(http.MethodDelete, s.path, nil, nil) }

func (s *session) post(path string, in, out any) error {
	return s.wire.call(http.MethodPost, s.path+path, in, out)
}

// element finds an element by a CSS selector and gives its path (§12.3.2).
func (s *session) element(selector string) (string, error) {
	var found map[string]string // one member, whose name is the protocol's constant for elements
	if err := s.post("/element", map[string]string{"using": "css selector", "value": selector}, &found); err != nil {
		return "", err
	}
	for _, id := range found {
		return "/element/" + id, nil
	}
	return "", errors.New("an element without a reference")
}

// evaluate gives the value of an expression, of a promise too, as JSON (§13.2.2).
func (s *session) evaluate(expression string, out any) error {
	var answer struct {
		Value json.RawMessage
		Error string
	}
	script := `const done = arguments[arguments.length - 1];
Promise.resolve().then(() => (` + expression + `)).then((v) => done({Value: v ?? null}), (e) => done({Error: String(e)}));`
	if err := s.post("/execute/async", map[string]any{"script": script, "args": []any{}}, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return json.Unmarshal(answer.Value, out)
}

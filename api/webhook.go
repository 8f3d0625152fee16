package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// hook is what an application's settings say of its webhook; none without a URL.
type hook struct {
	URL    string `json:"webhook"`
	Secret string `json:"webhook_secret"`

	secrets [][]byte
}

// readHook reads an application's settings; members of other doors are passed over. Errors are for the operator.
func readHook(raw json.RawMessage) (hook, error) {
	var h hook
	if len(raw) == 0 {
		return h, nil
	}
	if err := json.Unmarshal(raw, &h); err != nil {
		return hook{}, errors.New("webhook and webhook_secret must be texts")
	}
	switch {
	case h.URL == "" && h.Secret == "":
		return hook{}, nil
	case h.URL == "" || h.Secret == "":
		return hook{}, errors.New("webhook and webhook_secret go together: set both or neither")
	}
	if err := wire.CheckWebhook(h.URL); err != nil {
		return hook{}, fmt.Errorf("webhook %w", err)
	}
	var err error
	if h.secrets, err = wire.ReadWebhookSecret(h.Secret); err != nil {
		return hook{}, fmt.Errorf("webhook_secret %w", err)
	}
	return h, nil
}

// CheckSettings says what is wrong with what an operator says of an application for this door.
func CheckSettings(raw json.RawMessage) error {
	_, err := readHook(raw)
	return err
}

const (
	hooksAtOnce = 32
	hookTimeout = 10 * time.Second
	hookLook    = 5 * time.Second // without a wake-up, the store is asked all the same
	hookRest    = 10 * time.Second
)

// Hooks tells applications by their webhooks that what they asked has ended.
type Hooks struct {
	callbacks *nodkey.Callbacks
	apps      *nodkey.Applications
	client    *http.Client
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	resting map[nodkey.ApplicationID]time.Time // until when one that did not answer is left alone
}

// NewHooks makes them. The client must follow no redirect and reach without TLS this machine alone; now is the time that is signed.
func NewHooks(callbacks *nodkey.Callbacks, apps *nodkey.Applications, client *http.Client, log *slog.Logger, now func() time.Time) *Hooks {
	return &Hooks{callbacks: callbacks, apps: apps, client: client, log: log, now: now, resting: map[nodkey.ApplicationID]time.Time{}}
}

// Run tells them until ctx ends.
func (h *Hooks) Run(ctx context.Context) error {
	wake, cancel := h.callbacks.Wake()
	defer cancel()
	look := time.NewTicker(hookLook)
	defer look.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			n, err := h.turn(ctx)
			if err != nil && ctx.Err() == nil {
				h.log.ErrorContext(ctx, "webhooks of applications failed", "error", err)
			}
			more = err == nil && n == hooksAtOnce
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-look.C:
		}
	}
}

// turn tells what is due, and how much that was.
func (h *Hooks) turn(ctx context.Context) (int, error) {
	list, err := h.callbacks.Take(ctx, nodkey.DoorAPI, hooksAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	hooks, err := h.hooks(ctx)
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, one := range list {
		all.Go(func() {
			delivered := h.tell(ctx, hooks[one.Application], one)
			if ctx.Err() == nil || delivered {
				errs[i] = h.callbacks.Settle(context.WithoutCancel(ctx), one.ID, delivered)
			}
		})
	}
	all.Wait()
	return len(list), errors.Join(errs...)
}

// hooks are those of all applications that have one.
func (h *Hooks) hooks(ctx context.Context) (map[nodkey.ApplicationID]hook, error) {
	infos, err := h.apps.At(ctx, nodkey.DoorAPI)
	if err != nil {
		return nil, err
	}
	found := map[nodkey.ApplicationID]hook{}
	for _, info := range infos {
		hook, err := readHook(info.Settings)
		if err != nil {
			h.log.WarnContext(ctx, "an application's settings are not usable", "application", info.ID, "error", err)
			continue
		}
		if hook.URL != "" {
			found[info.ID] = hook
		}
	}
	return found, nil
}

// tell posts one message. What nobody wants to hear any more counts as delivered.
func (h *Hooks) tell(ctx context.Context, to hook, one nodkey.Callback) (delivered bool) {
	if to.URL == "" || one.Kind != nodkey.CallbackEnded {
		return true
	}
	if h.rests(one.Application) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	request, err := h.request(ctx, to, one)
	if err != nil {
		h.log.WarnContext(ctx, "a webhook cannot be posted", "application", one.Application, "error", err)
		return false
	}
	answer, err := h.client.Do(request)
	if err != nil {
		h.rest(one.Application)
		if inner := (*url.Error)(nil); errors.As(err, &inner) { // which has the whole address in its text
			err = inner.Err
		}
		h.log.WarnContext(ctx, "an application's webhook does not answer", "application", one.Application, "host", request.URL.Host, "tries", one.Tries, "error", err)
		return false
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10)); err != nil { // read so that the connection serves again
		h.rest(one.Application) // one that hangs within its answer holds up others as well
	}
	if answer.StatusCode >= 200 && answer.StatusCode <= 299 {
		return true
	}
	h.log.WarnContext(ctx, "an application's webhook refuses", "application", one.Application, "host", request.URL.Host, "tries", one.Tries, "status", answer.StatusCode)
	return false
}

// rests reports whether an application is left alone, as it did not answer: what is due for it is tried later.
func (h *Hooks) rests(id nodkey.ApplicationID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	until, ok := h.resting[id]
	if ok && !time.Now().Before(until) {
		delete(h.resting, id)
		return false
	}
	return ok
}

func (h *Hooks) rest(id nodkey.ApplicationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resting[id] = time.Now().Add(hookRest)
}

// ended is what an application is told.
type ended struct {
	Type      string    `json:"type"`
	Timestamp string    `json:"timestamp"`
	Data      endedData `json:"data"`
}

type endedData struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

func (h *Hooks) request(ctx context.Context, to hook, one nodkey.Callback) (*http.Request, error) {
	body, err := json.Marshal(ended{Type: "approval.ended", Timestamp: h.now().UTC().Format(wire.WebhookTime),
		Data: endedData{ID: one.Subject, State: stateOf(one.State)}})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the webhook's address is no address")
	}
	sum := sha256.Sum256([]byte("nodkey/v1/api-webhook-id\x00" + one.ID))
	id, at := "msg_"+base64.RawURLEncoding.EncodeToString(sum[:24]), strconv.FormatInt(h.now().Unix(), 10)
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "nodkey", "webhook-id": id, "webhook-timestamp": at,
		"webhook-signature": wire.SignWebhook(to.secrets, id, at, body)} {
		request.Header.Set(name, value)
	}
	return request, nil
}

package phoneapi_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// onlyPush is one push service, by its host.
type onlyPush string

func (onlyPush) Has(channel string) bool { return channel == nodkey.ChannelWebPush }

func (o onlyPush) Service(_, endpoint string) (service, host string, ok bool) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" {
		return "", "", false
	}
	return string(o), u.Hostname(), u.Host == string(o)
}

// The subscription of RFC 8291 §5.
const (
	subscribeKey  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	subscribeAuth = "BTBZMqHH6r4Tts7J_aSIgg"
	subscribeBody = `{"endpoint":"https://push.example/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV","p256dh":"` + subscribeKey + `","auth":"` + subscribeAuth + `"}`
)

func (x *handset) write(path, body string) answer {
	x.h.t.Helper()
	return x.h.post(path, body, x.prove(path, []byte(body), nil))
}

// row reads the handset's subscription as it is kept.
func (x *handset) row() (s nodkey.SealedSubscription, err error) {
	err = x.h.store.View(x.h.t.Context(), func(tx nodkey.Tx) (err error) {
		s, err = tx.Subscription(nodkey.KeyID(x.key.ID), nodkey.ChannelWebPush)
		return err
	})
	return s, err
}

func TestAPhoneHandsItsSubscriptionOverAndTakesItBack(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	a := h.send("GET", "/server", nil, nil)
	var server wire.Server
	must(t, json.Unmarshal([]byte(a.body), &server))
	if len(server.Push) != 65 || bytes.Equal(server.Push, server.Key) {
		t.Errorf("the server offers %x to subscribe with", server.Push)
	}
	ok := func(path, body string) {
		t.Helper()
		if a := phone.write(path, body); a.status != http.StatusOK || strings.TrimSpace(a.body) != "{}" {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	ok("/push/unsubscribe", "{}") // there was none
	ok("/push/subscribe", subscribeBody)
	first, err := phone.row()
	must(t, err)
	if first.Service != "push.example" || bytes.Contains(first.Target, []byte("JzLQ3")) {
		t.Errorf("kept as %+v, want it sealed", first)
	}
	before := h.dump("used_proofs")
	ok("/push/subscribe", subscribeBody)
	nodkeytest.Unchanged(t, "the same subscription", before, h.dump("used_proofs"))
	ok("/push/subscribe", strings.Replace(subscribeBody, "JzLQ3", "KzLQ3", 1))
	if second, err := phone.row(); err != nil || bytes.Equal(second.Target, first.Target) {
		t.Errorf("another subscription does not take the place of the first: %v", err)
	}
	for table, rows := range h.dump() {
		if strings.Contains(strings.Join(rows, "\n"), "zLQ3") {
			t.Errorf("the endpoint stands in the table %s", table)
		}
	}
	if strings.Contains(h.log.String(), "zLQ3") {
		t.Error("the endpoint stands in the log")
	}
	ok("/push/unsubscribe", "{}")
	if _, err := phone.row(); err == nil {
		t.Error("it is there still")
	}
	if h.audited("push.subscribed") != 2 || h.audited("push.unsubscribed") != 1 {
		t.Error("the audit log does not tell of it")
	}
}

func TestSubscriptionsGoWithTheKey(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	phone.write("/push/subscribe", subscribeBody)
	if _, err := phone.row(); err != nil {
		t.Fatal(err)
	}
	if a := phone.write("/key/remove", "{}"); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	if _, err := phone.row(); err == nil {
		t.Error("it is there still")
	}
	if a := phone.write("/push/subscribe", subscribeBody); a.status < 400 {
		t.Error("a removed key subscribes")
	}
}

func TestSubscriptionsThatDoNotHoldChangeNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.activated("ann")
	before := h.dump()
	for what, c := range map[string]struct {
		endpoint, p256dh, auth, key string
		status                      int
	}{
		"no endpoint":     {"", subscribeKey, subscribeAuth, "push.endpoint", 400},
		"http":            {"http://push.example/p", subscribeKey, subscribeAuth, "push.endpoint", 400},
		"file":            {"file:///etc/passwd", subscribeKey, subscribeAuth, "push.endpoint", 400},
		"a new line":      {"https://push.example/p\\r\\nX: y", subscribeKey, subscribeAuth, "push.endpoint", 400},
		"long":            {"https://push.example/" + strings.Repeat("a", 1004), subscribeKey, subscribeAuth, "push.endpoint", 400},
		"other service":   {"https://evil.example/p", subscribeKey, subscribeAuth, "push.service", 403},
		"loopback":        {"https://127.0.0.1/p", subscribeKey, subscribeAuth, "push.service", 403},
		"no key":          {"https://push.example/p", "", subscribeAuth, "push.p256dh", 400},
		"a short key":     {"https://push.example/p", subscribeKey[:86], subscribeAuth, "push.p256dh", 400},
		"not on curve":    {"https://push.example/p", base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...)), subscribeAuth, "push.p256dh", 400},
		"no secret":       {"https://push.example/p", subscribeKey, "", "push.auth", 400},
		"a short secret":  {"https://push.example/p", subscribeKey, "BTBZMqHH6r4Tts7J_aSI", "push.auth", 400},
		"not base64":      {"https://push.example/p", subscribeKey, "!!!", "", 400},
		"padded base64":   {"https://push.example/p", subscribeKey, subscribeAuth + "==", "", 400},
		"somebody in it":  {"https://u:p@push.example/p", subscribeKey, "", "push.auth", 400},
		"another's colon": {"https://push.example:444/p", subscribeKey, subscribeAuth, "push.service", 403},
	} {
		body := `{"endpoint":"` + c.endpoint + `","p256dh":"` + c.p256dh + `","auth":"` + c.auth + `"}`
		refused(t, what, phone.write("/push/subscribe", body), c.status, c.key)
	}
	nodkeytest.Unchanged(t, "a subscription that does not hold", before, h.dump())
	if a := phone.write("/push/subscribe", strings.Replace(subscribeBody, "push.example", "evil.example", 1)); a.Args["host"] != "evil.example" {
		t.Errorf("the host is not told: %v", a.Args)
	}
	proof := phone.prove("/push/subscribe", []byte(subscribeBody), nil)
	if a := h.post("/push/subscribe", subscribeBody, proof); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	refused(t, "a replay", h.post("/push/subscribe", subscribeBody, proof), http.StatusUnauthorized, "proof.replayed")
}

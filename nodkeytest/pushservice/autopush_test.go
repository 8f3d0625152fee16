package pushservice_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

// The way of a message to a Firefox, played by a WebSocket of the test's.
func TestAFirefoxGetsTheNewestOfATopicAndSaysWhatBecameOfIt(t *testing.T) {
	a, err := pushservice.StartAutopush()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() }) // nothing is written
	from := newSender(t, a.Service)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	type said map[string]any
	c, _, err := websocket.Dial(ctx, a.Address(), &websocket.DialOptions{Subprotocols: []string{"push-notification"}})
	if err != nil {
		t.Fatal(err)
	}
	talk := func(say, want said) said {
		t.Helper()
		if say != nil {
			if err := wsjson.Write(ctx, c, say); err != nil {
				t.Fatal(err)
			}
		}
		if want == nil {
			return nil
		}
		var heard said
		if err := wsjson.Read(ctx, c, &heard); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if heard[name] != value {
				t.Fatalf("%v, want %s to be %v", heard, name, value)
			}
		}
		return heard
	}
	const channel = "4f1b2a52-7c3d-4b8f-9d0e-1a2b3c4d5e6f"
	uaid := talk(said{"messageType": "hello", "use_webpush": true}, said{"messageType": "hello", "status": 200.0})["uaid"]
	key := base64.URLEncoding.EncodeToString(point(t, from.key))
	endpoint := talk(said{"messageType": "register", "channelID": channel, "key": key}, said{"status": 200.0, "channelID": channel})["pushEndpoint"].(string)
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	authorization := from.authorization(from.key, claims(func(c map[string]any) { c["aud"] = "https://updates.push.services.mozilla.com" }))
	var last []byte
	for _, topic := range []string{"one", "two", "one"} {
		last = from.body()
		if status := from.send(endpoint, last, map[string]string{"Authorization": authorization, "Topic": topic}); status != http.StatusCreated {
			t.Fatalf("%d, %v", status, a.Refused())
		}
	}
	c, _, err = websocket.Dial(ctx, a.Address(), nil)
	if err != nil {
		t.Fatal(err)
	}
	talk(said{"messageType": "hello", "use_webpush": true, "uaid": uaid}, said{"uaid": uaid})
	two := talk(nil, said{"messageType": "notification", "channelID": channel})
	one := talk(nil, said{"messageType": "notification", "channelID": channel, "data": base64.RawURLEncoding.EncodeToString(last)})
	talk(said{"messageType": "ack", "updates": []said{{"channelID": channel, "version": two["version"], "code": 101}, {"channelID": channel, "version": one["version"], "code": 100}}}, nil)
	talk(said{}, said{}) // a ping, which comes back after what was said before it
	all := a.Messages()
	if len(all) != 3 || !all[0].Replaced || all[1].Copies[0].Verdict != pushservice.NotDecrypted || all[2].Copies[0].Verdict != pushservice.Decrypted {
		t.Errorf("what became of them: %v", all)
	}
	talk(said{"messageType": "unregister", "channelID": channel}, said{"status": 200.0})
	if status := from.send(endpoint, from.body(), map[string]string{"Authorization": authorization}); status != http.StatusGone {
		t.Errorf("a subscription that the browser gave up: %d", status)
	}
	if faults := a.Faults(); len(faults) != 0 {
		t.Error(faults)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

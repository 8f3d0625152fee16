package test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest/pushservice"
	"github.com/nodkey/nodkey/wire"
)

// decryptElsewhere reads a message with npm's http_ece.
func decryptElsewhere(t *testing.T, body []byte, key *ecdh.PrivateKey, auth []byte) (plain string, err error) {
	t.Helper()
	in, err := json.Marshal(map[string]wire.Bytes{"body": body, "privateKey": key.Bytes(), "auth": auth})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "node", "decrypt.mjs")
	var out, problems bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &problems
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("node decrypt.mjs: %w\n%s", err, problems.Bytes())
	}
	return out.String(), nil
}

func TestAnotherImplementationReadsWhatIsPushed(t *testing.T) {
	service, err := pushservice.Start("push.aldermere.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	s := servePush(t, service)
	phone, err := client.New(client.Config{HTTP: client.NewHTTPClient(nil)}, client.State{})
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.enters("/").code(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	offer, err := phone.Lookup(t.Context(), s.phone, code)
	if err != nil {
		t.Fatal(err)
	}
	active, err := phone.Activate(t.Context(), offer, maraPIN, "Pixel 8")
	if err != nil {
		t.Fatal(err)
	}

	info, err := phone.ServerInfo(t.Context(), s.phone)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := service.Subscribe(info.Push)
	if err != nil {
		t.Fatalf("the server's key for push services: %v", err)
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	if err := phone.Subscribe(t.Context(), active.ID, wire.SubscribeRequest{Endpoint: endpoint, P256DH: key.PublicKey().Bytes(), Auth: auth}); err != nil {
		t.Fatal(err)
	}

	s.enters("/sign-in/wait")
	h := &pushed{server: s, t: t, service: service}
	h.await("a message", func() bool { return len(service.Messages()) == 1 })
	message := service.Messages()[0]
	plain, err := decryptElsewhere(t, message.Body, key, auth)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := phone.Approvals(t.Context())
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d requests wait, %v", len(waiting), err)
	}
	if plain != waiting[0].ID || len(plain) != 22 || topicOf(plain) != message.Topic {
		t.Errorf("the message says %q, want the request's id %s and nothing else", plain, waiting[0].ID)
	}
	if bytes.Contains(message.Body, []byte(plain)) {
		t.Error("the push service can read the message")
	}
	for i, body := range spoiled(message.Body) {
		if plain, err := decryptElsewhere(t, body, key, auth); err == nil {
			t.Errorf("the spoiled message %d says %q", i, plain)
		}
	}
}

package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// WebhookTime is how webhooks write times: RFC 3339 in UTC with milliseconds.
const WebhookTime = "2006-01-02T15:04:05.000Z"

// CheckWebhook says what is wrong with the address of a gateway that is posted to: https, or http on this machine, without a name and
// password.
func CheckWebhook(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("must be an address such as https://gateway.example.com/nodkey, without user name or password")
	}
	if u.Scheme == "http" {
		at, err := netip.ParseAddr(u.Hostname())
		if name := strings.ToLower(u.Hostname()); name != "localhost" && (err != nil || !at.IsLoopback()) {
			return errors.New("must begin with https:// unless the gateway is on this machine, such as http://127.0.0.1:8080/nodkey")
		}
	}
	return nil
}

// The bytes of a secret (Standard Webhooks, "Signature scheme").
const (
	webhookSecretMin = 24
	webhookSecretMax = 64
)

// ReadWebhookSecret reads "whsec_" with 24 to 64 bytes in base64. While the secret is being changed there may be two, the new
// one first, with a space between: each message then has both signatures.
func ReadWebhookSecret(text string) ([][]byte, error) {
	var secrets [][]byte
	for part := range strings.FieldsSeq(text) {
		encoded, ok := strings.CutPrefix(part, "whsec_")
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(secret) < webhookSecretMin || len(secret) > webhookSecretMax {
			return nil, fmt.Errorf("must be whsec_ with %d to %d random bytes in base64 behind it", webhookSecretMin, webhookSecretMax)
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) == 0 || len(secrets) > 2 {
		return nil, errors.New("must be one secret, or two while it is being changed")
	}
	return secrets, nil
}

// SignWebhook signs a message with each secret, as the header webhook-signature has it (Standard Webhooks 1.0.0, "Signature scheme"):
// HMAC-SHA-256 over the message's id, the seconds since 1970 at which it is sent, and its body.
func SignWebhook(secrets [][]byte, id, at string, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// sign signs a message of a phone's with a key of this phone.
func (k StoredKey) sign(typ string, message any) (string, error) {
	d, err := k.signer()
	if err != nil {
		return "", err
	}
	payload, err := encode(message)
	if err != nil {
		return "", err
	}
	return proof.JOSE{}.SignWithKID(d, typ, k.ID, payload)
}

// prove makes the proof of a request (docs/protocol.md §3). body is nil for the two reads that carry proofs in the body.
func (p *Phone) prove(k StoredKey, method, path string, body []byte) (string, error) {
	hash := sha256.Sum256(body)
	return k.sign(wire.TypRequest, wire.Request{
		Aud: k.Server.ID, Htm: method, Htu: k.Server.URL + wire.APIPrefix + path,
		Iat: p.serverTime(k.Server.URL).UnixMilli(), Jti: newID(), Bh: hash[:],
	})
}

// signed makes a request in a key's name. It measures the server's clock first when it does not know it, and again when
// the server finds the time wrong.
func (p *Phone) signed(ctx context.Context, k StoredKey, path string, body, answer any) error {
	return p.signedMost(ctx, k, path, wire.MaxBody, body, answer)
}

// signedMost is signed for an answer of so many bytes.
func (p *Phone) signedMost(ctx context.Context, k StoredKey, path string, most int64, body, answer any) error {
	raw, err := encode(body)
	if err != nil {
		return err
	}
	return p.inTime(ctx, k.Server.URL, func() error {
		header, err := p.prove(k, "POST", path, raw)
		if err != nil {
			return err
		}
		return p.call(ctx, request{method: "POST", server: k.Server.URL, path: path, body: raw, proof: header, most: most}, answer)
	})
}

// inTime runs a call that depends on the clock, and once more with the clock measured anew when the server finds it wrong
// (docs/protocol.md §6.4).
func (p *Phone) inTime(ctx context.Context, url string, call func() error) error {
	if err := p.measure(ctx, url); err != nil {
		return err
	}
	err := call()
	var api *APIError
	if !errors.As(err, &api) || api.Key != "proof.time" {
		return err
	}
	before := p.skewOf(url)
	if _, err := p.ServerInfo(ctx, url); err != nil {
		return err
	}
	if change := p.skewOf(url) - before; change.Abs() > time.Minute {
		moved := fault("clock.moved", api)
		moved.Change = change
		return moved
	}
	return call()
}

// measure asks for the server's time once in the phone's life.
func (p *Phone) measure(ctx context.Context, url string) error {
	p.mu.Lock()
	_, known := p.skew[url]
	p.mu.Unlock()
	if known {
		return nil
	}
	_, err := p.ServerInfo(ctx, url)
	return err
}

// ServerInfo asks a server what it says of itself, and measures its clock. Nothing in it is to be trusted.
func (p *Phone) ServerInfo(ctx context.Context, server string) (wire.Server, error) {
	url, err := phoneHost(server)
	if err != nil {
		return wire.Server{}, err
	}
	var info wire.Server
	sent := p.now()
	if err := p.call(ctx, request{method: "GET", server: url, path: "/server"}, &info); err != nil {
		return wire.Server{}, err
	}
	middle := sent.Add(p.now().Sub(sent) / 2)
	p.setSkew(url, time.UnixMilli(info.Time).Sub(middle))
	return info, nil
}

func (p *Phone) setSkew(url string, skew time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skew[url] = skew
}

func (p *Phone) skewOf(url string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.skew[url]
}

// serverTime is the server's time as far as this phone knows.
func (p *Phone) serverTime(url string) time.Time { return p.now().Add(p.skewOf(url)) }

// open checks a message of the server's: form, typ, signature by one of the keys, strict payload.
func open(jws, typ string, payload any, keys ...wire.Bytes) (wire.Parsed, error) {
	parsed, err := wire.ParseJWS(jws)
	if err != nil {
		return wire.Parsed{}, err
	}
	if parsed.Header.Typ != typ || parsed.Header.Kid != "" {
		return wire.Parsed{}, errors.New("a message of another typ, or with a kid")
	}
	err = errors.New("no key to verify with")
	for _, key := range keys {
		if err = (proof.JOSE{}).Verify(jws, key); err == nil {
			break
		}
	}
	if err != nil {
		return wire.Parsed{}, err
	}
	return parsed, wire.DecodeStrict(parsed.Payload, payload)
}

package radius

import (
	"context"
	"encoding/binary"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/vendors/microsoft"
)

// EAP's codes and types (RFC 3748 §4, §5).
const (
	eapRequest  = 1
	eapResponse = 2
	eapSuccess  = 3
	eapFailure  = 4

	eapIdentity     = 1
	eapNotification = 2
	eapNak          = 3
	eapTTLS         = 21
)

// eapNames are the methods that clients ask for instead.
var eapNames = map[byte]string{4: "EAP-MD5", 6: "EAP-GTC", 13: "EAP-TLS", 25: "PEAP", 26: "EAP-MSCHAPv2", 43: "EAP-FAST", 52: "EAP-PWD"}

// eapTalk is the EAP half of a talk.
type eapTalk struct {
	identifier byte // of the last request
	told       bool // why it is refused; what comes next ends it
	tunnel     *tunnel
	in         []byte // fragments of the peer's, so far
	out        []byte // what is still to be sent
	begun      bool   // some of it was
	keys       []byte
	person     *talk // of the sign-in inside, once there is one
}

// eap takes an EAP packet (RFC 3579).
func (d *Door) eap(ctx context.Context, r *request, raw []byte) answer {
	name, state := string(r.Get(rfc2865.UserName_Type)), r.Get(rfc2865.State_Type)
	n := notice{method: "eap", outcome: Unsupported}
	if d.config.Certificate == nil {
		n.why = "EAP-TTLS needs a certificate: set radius.cert and radius.key"
		return d.eapReject(raw, n)
	}
	if len(raw) > 0 && (len(raw) < 5 || raw[0] != eapResponse || int(binary.BigEndian.Uint16(raw[2:4])) != len(raw)) {
		n.outcome, n.why = Malformed, "no EAP response"
		return answer{notice: n}
	}
	if len(state) == 0 {
		return d.eapFirst(&talk{client: r.client.id, name: name, eap: &eapTalk{}}, raw)
	}
	one, ok := d.talks.take(state, r.client.id, name, true)
	if !ok {
		n.outcome, n.why = Stale, "the State is another's, was used, or is over"
		return d.eapReject(raw, n)
	}
	if len(raw) == 0 || raw[1] != one.eap.identifier {
		d.talks.closeTunnel(one)
		n.outcome, n.why = Malformed, "no answer to the EAP request"
		return d.eapReject(raw, n)
	}
	a := d.eapNext(ctx, r, one, raw)
	if a.code != radius.CodeAccessChallenge {
		d.talks.closeTunnel(one)
		return a
	}
	one.until = d.talks.now().Add(tunnelLife)
	if one.eap.person != nil {
		one.until = d.talks.now().Add(talkLife)
	}
	if a.state = d.talks.put(one); a.state == nil {
		d.talks.closeTunnel(one)
		return answer{notice: notice{method: "ttls", outcome: Busy, why: "too many sign-ins at a time"}}
	}
	return a
}

// eapFirst begins with whatever the peer says first: nothing, or who it is, which is looked at only inside the tunnel.
func (d *Door) eapFirst(one *talk, raw []byte) answer {
	n := notice{method: "eap", outcome: Challenged}
	var a answer
	switch {
	case len(raw) == 0: // EAP-Start
		a = d.eapAsk(one, eapIdentity, nil, n)
	case raw[4] == eapIdentity:
		one.eap.identifier = raw[1]
		a = d.eapAsk(one, eapTTLS, []byte{ttlsStart}, n)
	default:
		n.outcome, n.why = Stale, "it does not begin with an identity"
		return d.eapReject(raw, n)
	}
	one.until = d.talks.now().Add(tunnelLife)
	if a.state = d.talks.put(one); a.state == nil {
		return answer{notice: notice{method: "eap", outcome: Busy, why: "too many sign-ins at a time"}}
	}
	return a
}

func (d *Door) eapNext(ctx context.Context, r *request, one *talk, raw []byte) answer {
	n := notice{method: "eap", outcome: Challenged}
	switch kind := raw[4]; {
	case one.eap.told:
		n.outcome, n.why = Unsupported, "told so"
		return d.eapReject(raw, n)
	case kind == eapIdentity && one.eap.tunnel == nil:
		return d.eapAsk(one, eapTTLS, []byte{ttlsStart}, n)
	case kind == eapNak:
		n.why = "the client wants " + wanted(raw[5:]) + ": passwords are kept as argon2id hashes, which only EAP-TTLS with PAP can be compared with"
		if _, ok := d.quiet.may("nak "+string(one.client), ofClients); ok {
			d.log.InfoContext(ctx, "radius", "outcome", string(Unsupported), "application", string(one.client), "why", n.why)
		}
		one.eap.told = true
		return d.eapAsk(one, eapNotification, []byte(d.texts.For(r.client.Language).T("radius.hashed", nil)), n)
	case kind == eapTTLS:
		return d.ttls(ctx, r, one, raw)
	}
	n.outcome, n.why = Malformed, "an EAP type that was not asked for"
	return d.eapReject(raw, n)
}

// wanted names the methods of a Nak.
func wanted(types []byte) string {
	for _, kind := range types {
		if name, ok := eapNames[kind]; ok {
			return name
		}
	}
	return "another method"
}

// eapAsk is an Access-Challenge with an EAP request.
func (d *Door) eapAsk(one *talk, kind byte, data []byte, n notice) answer {
	one.eap.identifier++
	raw := append([]byte{eapRequest, one.eap.identifier, 0, 0, kind}, data...)
	binary.BigEndian.PutUint16(raw[2:4], uint16(len(raw)))
	return answer{code: radius.CodeAccessChallenge, eap: raw, notice: n}
}

// eapReject ends EAP. There is no Reply-Message beside it (RFC 3579 §2.6.5).
func (d *Door) eapReject(raw []byte, n notice) answer {
	return answer{code: radius.CodeAccessReject, eap: eapEnd(eapFailure, raw), notice: n}
}

// eapEnd is success or failure, under the identifier of the response that it answers.
func eapEnd(code byte, raw []byte) []byte {
	end := []byte{code, 0, 0, 4}
	if len(raw) > 1 {
		end[1] = raw[1]
	}
	return end
}

// addKeys gives the client the keys between it and the person's device (RFC 2548 §2.4, RFC 5281 §8).
func addKeys(p *radius.Packet, keys []byte) error {
	if err := microsoft.MSMPPERecvKey_Add(p, keys[:32]); err != nil {
		return err
	}
	return microsoft.MSMPPESendKey_Add(p, keys[32:64])
}

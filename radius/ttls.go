package radius

import (
	"context"
	"encoding/binary"
	"strings"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// The flags of an EAP-TTLS packet (RFC 5281 §9.1). Its version, 0, stands in the last three bits.
const (
	ttlsLength  = 0x80
	ttlsMore    = 0x40
	ttlsStart   = 0x20
	ttlsVersion = 0x07
)

// The bounds of EAP-TTLS.
const (
	ttlsMessageMax  = 32 << 10 // of the peer's, over all its fragments
	ttlsFragmentMax = 1000     // of ours
	ttlsFragmentMin = 200
)

// fragment is a packet of the peer's.
type fragment struct {
	more bool
	data []byte
}

// readTTLS takes what stands behind an EAP packet's type.
func readTTLS(raw []byte) (f fragment, ok bool) {
	if len(raw) < 1 || raw[0]&ttlsVersion != 0 {
		return f, false
	}
	flags, rest := raw[0], raw[1:]
	if flags&ttlsLength != 0 {
		if len(rest) < 4 || binary.BigEndian.Uint32(rest) > ttlsMessageMax {
			return f, false
		}
		rest = rest[4:]
	}
	return fragment{more: flags&ttlsMore != 0, data: rest}, true
}

// ttls takes a packet of the method's.
func (d *Door) ttls(ctx context.Context, r *request, one *talk, raw []byte) answer {
	e := one.eap
	n := notice{method: "ttls", outcome: Malformed, why: "no EAP-TTLS packet"}
	f, ok := readTTLS(raw[5:])
	if !ok || len(e.in)+len(f.data) > ttlsMessageMax {
		return d.eapReject(raw, n)
	}
	n.outcome, n.why = Challenged, ""
	if len(e.out) > 0 { // the peer has our last fragment, and says no more than that
		if len(f.data) > 0 || f.more {
			n.outcome, n.why = Malformed, "data in place of an acknowledgement"
			return d.eapReject(raw, n)
		}
		return d.ttlsSend(r, one, n)
	}
	if e.tunnel == nil {
		if !d.talks.openTunnel(one.client) {
			return answer{notice: notice{method: "ttls", outcome: Busy, why: "too many sign-ins at a time"}}
		}
		e.tunnel = newTunnel(d.config.Certificate)
	}
	e.in = append(e.in, f.data...)
	if f.more {
		return d.eapAsk(one, eapTTLS, []byte{0}, n)
	}
	in := e.in
	e.in = nil
	flight, err := e.tunnel.step(in)
	if flight.keys != nil {
		e.keys = flight.keys
	}
	switch {
	case err != nil:
		n.outcome, n.why = Refused, "TLS: "+err.Error()
		return d.eapReject(raw, n)
	case len(flight.plain) > 0:
		return d.ttlsInner(ctx, r, one, raw, flight.plain)
	}
	e.out, e.begun = flight.out, false
	return d.ttlsSend(r, one, n)
}

// ttlsSend sends what fits one packet, or an acknowledgement where there is nothing to send. A message of several has its length in
// front.
func (d *Door) ttlsSend(r *request, one *talk, n notice) answer {
	e := one.eap
	most := ttlsFragmentMax
	if mtu, err := rfc2865.FramedMTU_Lookup(r.Packet); err == nil { // RFC 3579 §2.4
		most = max(ttlsFragmentMin, min(most, int(min(mtu, 1<<16))-100))
	}
	part := e.out[:min(most, len(e.out))]
	head := []byte{0}
	if !e.begun && len(part) < len(e.out) {
		head = binary.BigEndian.AppendUint32([]byte{ttlsLength}, uint32(len(e.out)))
	}
	e.begun = true
	if e.out = e.out[len(part):]; len(e.out) > 0 {
		head[0] |= ttlsMore
	}
	return d.eapAsk(one, eapTTLS, append(head, part...), n)
}

// ttlsInner takes name and password out of the tunnel, or an answer to what was said through it.
func (d *Door) ttlsInner(ctx context.Context, r *request, one *talk, raw, plain []byte) answer {
	e := one.eap
	n := notice{method: "ttls", outcome: Malformed}
	in, err := readInner(plain)
	switch {
	case err != nil:
		n.why = err.Error()
		return d.eapReject(raw, n)
	case in.other != "":
		n.outcome, n.why = Unsupported, in.other+": passwords are kept as argon2id hashes, which only PAP inside EAP-TTLS can be compared with"
		return d.eapReject(raw, n)
	}
	var a answer
	if e.person == nil {
		if r.client.Mode == ModePush && !r.client.CodeAfter && r.client.plain {
			d.talks.closeTunnel(one) // nothing goes through it any more, and many may wait
		}
		e.person = &talk{client: one.client, name: in.name}
		a = d.first(ctx, r, e.person, in.name, in.password)
	} else {
		a = d.next(ctx, r, e.person, in.password)
	}
	a.notice.method = "ttls"
	switch a.code {
	case radius.CodeAccessAccept:
		a.eap, a.keys = eapEnd(eapSuccess, raw), e.keys
	case radius.CodeAccessReject:
		a.eap, a.say = eapEnd(eapFailure, raw), ""
	case radius.CodeAccessChallenge:
		return d.ttlsAsk(r, one, raw, a)
	}
	return a
}

// ttlsAsk says something to the person through the tunnel (RFC 5281 §11.2.5); the answer comes as another password.
func (d *Door) ttlsAsk(r *request, one *talk, raw []byte, a answer) answer {
	if one.eap.tunnel == nil {
		a.notice.outcome, a.notice.why = Refused, "the client cannot be asked for a code; make the application plain, or use another mode"
		return d.eapReject(raw, a.notice)
	}
	out, err := one.eap.tunnel.say(writeAVP(nil, avpReplyMessage, false, []byte(strings.ToValidUTF8(a.say, ""))))
	if err != nil {
		a.notice.outcome, a.notice.why = Failed, err.Error()
		return d.eapReject(raw, a.notice)
	}
	one.eap.out, one.eap.begun = out, false
	return d.ttlsSend(r, one, a.notice)
}

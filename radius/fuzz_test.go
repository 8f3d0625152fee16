package radius

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
)

// FuzzPacket gives the door what may come to its port. Whatever it is, it falls over nothing, keeps nothing, and what is not signed
// gets no answer.
func FuzzPacket(f *testing.F) {
	h := open(f, options{config: withCertificate(f)})
	g := h.gateway("vpn")
	good := signedWith(f, g.login("mara", typedPassword, nil), g.secret)
	f.Add(good, false)
	f.Add(good[:19], false)
	f.Add([]byte{12, 0, 0, 20}, true)
	f.Add(append(append([]byte{}, good[:20]...), 79, 6, 2, 1, 0, 4, 24, 2, 33, 2), true)
	f.Add(append(append([]byte{}, good[:20]...), 26, 8, 0, 0, 1, 55, 25, 0, 3, 3, 0), true)
	from := netip.MustParseAddrPort("127.0.0.1:1")
	f.Fuzz(func(t *testing.T, raw []byte, sign bool) {
		if trimmed, err := trim(raw); sign && err == nil {
			if p, err := radius.Parse(trimmed, g.secret); err == nil && len(trimmed) < radius.MaxPacketLength-18 {
				raw = signedWith(t, p, g.secret)
			}
		}
		var answers [][]byte
		h.door.take(context.Background(), link{from: from, name: "fuzz", send: func(b []byte) { answers = append(answers, b) }}, bytes.Clone(raw))
		h.door.work.Wait()
		if h.door.Waiting() != 0 || len(answers) > 1 || len(answers) == 1 && (!sign && !bytes.Equal(raw, good) || len(answers[0]) > radius.MaxPacketLength || answers[0][1] != raw[1]) {
			t.Fatalf("%d answers to %x", len(answers), raw)
		}
		for _, a := range answers {
			if p, err := radius.Parse(a, g.secret); err != nil || a[20] != 80 {
				t.Fatalf("%v, %v", p, err)
			}
		}
	})
}

func FuzzAVPs(f *testing.F) {
	f.Add(avps("mara", typedPassword))
	f.Add(writeAVP(nil, avpEAPMessage, true, []byte{2, 0, 0, 4}))
	f.Add([]byte{0, 0, 0, 1, 0xc0, 0, 0, 12, 0, 0, 1, 0x37})
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		in, err := readInner(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("what was read has changed")
		}
		if err == nil && (len(in.name) > nameMax || len(in.password) > passwordMax+16) {
			t.Fatalf("%+v", in)
		}
		if list, err := readAVPs(raw); err == nil {
			size := 0
			for _, a := range list {
				size += len(a.data)
			}
			if size > len(raw) || len(list) > avpsMax {
				t.Fatalf("%d AVPs of %d bytes", len(list), size)
			}
		}
	})
}

func FuzzTTLS(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{ttlsLength, 0, 0, 0, 4, 22, 3, 1, 0})
	f.Add([]byte{ttlsMore | ttlsLength, 0xff, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		part, ok := readTTLS(raw)
		if ok && (len(part.data) >= len(raw) || raw[0]&ttlsVersion != 0) {
			t.Fatalf("%x of %x", part.data, raw)
		}
		tunnel := newTunnel(nil)
		defer tunnel.close()
		if flight, err := tunnel.step(part.data); err == nil && flight.keys != nil {
			t.Fatal("a handshake out of nothing")
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"networks":["10.0.0.0/8"],"mode":"push","wait":"30s"}`))
	f.Add([]byte(`{"eap_networks":["::/0"],"certificates":["00"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ParseSettings(json.RawMessage(raw))
		if err != nil {
			return
		}
		if s.Wait < nodkey.AskLifeMin || s.Wait > waitMax || s.Mode == "" {
			t.Fatalf("%+v", s)
		}
		if _, err := newClients([]nodkey.ApplicationInfo{{Application: nodkey.Application{ID: "x"}, Settings: raw}}); err != nil {
			t.Fatal(err)
		}
	})
}

package pushservice

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// The Mobile Connection Server's packets (google_apis/gcm/base/mcs_util.h), and the version that they are of.
const (
	mcsVersion       = 41
	tagHeartbeatPing = 0
	tagHeartbeatAck  = 1
	tagLoginRequest  = 2
	tagLoginResponse = 3
	tagClose         = 4
	tagIqStanza      = 7
	tagDataMessage   = 8
)

// What an IqStanza carries: the acknowledgement of packets by their place in the stream, or by their names.
const (
	iqSelectiveAck = 12
	iqStreamAck    = 13
)

func (g *GCM) listen() {
	for {
		c, err := g.line.Accept()
		if err != nil {
			return // Close
		}
		g.lines.Go(func() {
			l := &mcsLine{service: g, conn: c}
			err := l.hold(g.ctx)
			_ = c.Close() // the browser may have done so
			if l.owner != "" {
				g.change(func() { g.mu.Lock(); g.online--; g.mu.Unlock() })
			}
			if err != nil && !hungUp(err) {
				g.note("a line: %v", err)
			}
		})
	}
}

// mcsLine is a browser's connection.
type mcsLine struct {
	service *GCM
	conn    net.Conn
	owner   string
	heard   uint64   // packets from the browser, of those that count
	said    []string // packets to the browser that count: the copy's id, or ""
}

// mcsPacket is what a browser says.
type mcsPacket struct {
	tag byte
	fields
}

// hold answers the browser and brings it its messages, until one of the two ends.
func (l *mcsLine) hold(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	reader := bufio.NewReader(l.conn)
	if version, err := reader.ReadByte(); err != nil || version < 38 {
		return errors.Join(err, fmt.Errorf("version %d", version))
	}
	in, ended := make(chan mcsPacket), make(chan error, 1)
	go func() {
		for {
			tag, f, err := readPacket(reader)
			if err != nil {
				ended <- err
				return
			}
			select {
			case in <- mcsPacket{tag, f}:
			case <-ctx.Done():
				return
			}
		}
	}()
	sent := map[string]bool{}
	for {
		parcels, changed := l.service.due(l.owner)
		for _, p := range parcels {
			if l.owner == "" || sent[p.ID] {
				continue
			}
			sent[p.ID] = true
			if err := l.deliver(p); err != nil {
				return err
			}
		}
		select {
		case p := <-in:
			if err := l.answer(p); err != nil {
				return err
			}
		case <-changed:
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// say sends a packet that counts in the stream; id is the copy's that it carries, if any.
func (l *mcsLine) say(tag byte, p protobuf, id string) error {
	l.said = append(l.said, id)
	_, err := l.conn.Write(packet(tag, p))
	return err
}

func (l *mcsLine) answer(p mcsPacket) error {
	if l.owner == "" && p.tag != tagLoginRequest {
		return fmt.Errorf("packet %d comes before the login", p.tag)
	}
	l.heard++
	switch p.tag {
	case tagLoginRequest: // user is 3, auth_token 5, received_persistent_id 10
		id, err := l.service.known(p.first(3) + ":" + p.first(5))
		if err != nil {
			return err
		}
		for _, name := range p.strings[10] {
			l.service.settle(name, Taken)
		}
		l.service.change(func() {
			l.service.mu.Lock()
			defer l.service.mu.Unlock()
			l.owner = ownerOf(id)
			l.service.online++
		})
		// id is 1, server_timestamp 8
		answer := packet(tagLoginResponse, protobuf{}.text(1, p.first(1)).number(8, uint64(time.Now().UnixMilli())))
		l.said = append(l.said, "")
		_, err = l.conn.Write(append([]byte{mcsVersion}, answer...))
		return err
	case tagHeartbeatPing: // last_stream_id_received is 2 in both
		l.acknowledged(p.numbers[2])
		return l.say(tagHeartbeatAck, protobuf{}.number(2, l.heard), "")
	case tagHeartbeatAck:
		l.acknowledged(p.numbers[2])
	case tagIqStanza: // extension is 7, with id 1 and data 2; last_stream_id_received 10
		l.acknowledged(p.numbers[10])
		return l.selected(p.first(7))
	case tagDataMessage: // last_stream_id_received is 11
		l.acknowledged(p.numbers[11])
	case tagClose:
		return io.EOF
	}
	return nil
}

// acknowledged: the browser has all packets up to the nth.
func (l *mcsLine) acknowledged(n uint64) {
	for i, id := range l.said {
		if id != "" && uint64(i) < n {
			l.service.settle(id, Taken)
			l.said[i] = ""
		}
	}
}

// selected reads an IqStanza's extension: of a selective acknowledgement, the names of packets (id is 1).
func (l *mcsLine) selected(extension string) error {
	f, err := readFields([]byte(extension))
	if err != nil || f.numbers[1] != iqSelectiveAck {
		return err // what a stream's acknowledgement says stands beside it
	}
	names, err := readFields([]byte(f.first(2)))
	for _, name := range names.strings[1] {
		l.service.settle(name, Taken)
	}
	return err
}

// deliver brings a message (mcs.proto, DataMessageStanza: id 2, from 3, category 5, app_data 7 of key 1 and value 2,
// persistent_id 9, ttl 17, sent 18, raw_data 21, immediate_ack 24).
func (l *mcsLine) deliver(p parcel) error {
	l.service.mu.Lock()
	to := l.service.places[p.token]
	l.service.mu.Unlock()
	m := protobuf{}.text(2, strconv.Itoa(len(l.said))).text(3, to.sender).text(5, to.app)
	for _, pair := range [][2]string{{"subtype", to.subtype}, {"content-encoding", "aes128gcm"}} {
		m = m.bytes(7, protobuf{}.text(1, pair[0]).text(2, pair[1]))
	}
	m = m.text(9, p.ID).number(17, uint64(p.ttl/time.Second)).number(18, uint64(time.Now().UnixMilli())).bytes(21, p.Body).number(24, 1)
	return l.say(tagDataMessage, m, p.ID)
}

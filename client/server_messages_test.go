package client

import (
	"net/http"

	"github.com/nodkey/nodkey/wire"
)

// centre is the server's message centre: one message, answered as a test wants it.
type centre struct {
	open    map[string]bool // keys that may
	page    wire.MessagesResponse
	parts   []wire.MessageResponse // one a call
	replies map[string]string      // texts by the signature's digest
	unread  map[string]int
	sent    []wire.ReplyRequest
	asked   []wire.MessageRequest
}

// centred serves a path of the message centre to a key that proves itself, and that is open where it must be.
func (s *server) centred(write, closed bool, handle func(key string, body []byte) (any, error)) func([]byte, *http.Request) (any, error) {
	return func(body []byte, r *http.Request) (any, error) {
		id, err := s.caller(r.Header.Get(wire.RequestHeader), body, r, write)
		if err != nil {
			return nil, err
		}
		if closed && !s.centre.open[id] {
			return nil, no(403, "refused", "messages.closed")
		}
		return handle(id, body)
	}
}

func (s *server) messages() map[string]func([]byte, *http.Request) (any, error) {
	c := &s.centre
	return map[string]func([]byte, *http.Request) (any, error){
		"POST /messages/open": s.about("messages_open"),
		"POST /messages/shut": s.centred(true, false, func(key string, _ []byte) (any, error) {
			delete(c.open, key)
			return struct{}{}, nil
		}),
		"POST /messages/unread": func(body []byte, r *http.Request) (any, error) {
			var in wire.Proofs
			if err := wire.DecodeStrict(body, &in); err != nil {
				return nil, no(400, "bad_input", "json")
			}
			for _, p := range in.Proofs {
				if _, err := s.caller(p, nil, r, false); err != nil {
					return nil, err
				}
			}
			return wire.UnreadResponse{Now: s.time().UnixMilli(), Unread: c.unread}, nil
		},
		"POST /messages": s.centred(false, true, func(string, []byte) (any, error) { return c.page, nil }),
		"POST /messages/read": s.centred(false, true, func(_ string, body []byte) (any, error) {
			var in wire.MessageRequest
			if err := wire.DecodeStrict(body, &in); err != nil || len(c.parts) == 0 {
				return nil, no(400, "bad_input", "json")
			}
			c.asked = append(c.asked, in)
			part := c.parts[0]
			c.parts = c.parts[1:]
			return part, nil
		}),
		"POST /messages/reply": s.centred(true, true, func(key string, body []byte) (any, error) {
			var in wire.ReplyRequest
			if err := wire.DecodeStrict(body, &in); err != nil {
				return nil, no(400, "bad_input", "json")
			}
			c.sent = append(c.sent, in)
			input, _ := wire.SigningInput(in.Signature)
			digest := wire.Digest(input)
			c.replies[string(digest[:])] = in.Text
			return struct{}{}, nil
		}),
		"POST /messages/status": s.centred(true, true, func(string, []byte) (any, error) { return struct{}{}, nil }),
	}
}

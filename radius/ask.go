package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"errors"

	"layeh.com/radius"
	"layeh.com/radius/rfc2869"
)

// SealRequest writes an Access-Request or a Status-Server as a client sends it: with a Message-Authenticator by the packet's secret,
// in place of any that it has.
func SealRequest(p *radius.Packet) ([]byte, error) {
	p.Attributes.Del(rfc2869.MessageAuthenticator_Type)
	p.Attributes = append(radius.Attributes{{Type: rfc2869.MessageAuthenticator_Type, Attribute: make([]byte, md5.Size)}}, p.Attributes...)
	raw, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(raw)
	p.Attributes[0].Attribute = mac.Sum(nil)
	return p.MarshalBinary()
}

var errAnswer = errors.New("this is not the answer to that request")

// OpenAnswer reads the answer to a request. It must be by the same secret, and begin with a Message-Authenticator that holds.
func OpenAnswer(raw []byte, request *radius.Packet) (*radius.Packet, error) {
	sent, err := request.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if raw, err = trim(raw); err != nil {
		return nil, err
	}
	computed := append([]byte{}, raw...)
	copy(computed[4:headSize], request.Authenticator[:])
	if raw[1] != request.Identifier || !radius.IsAuthenticResponse(raw, sent, request.Secret) || signOf(raw).at != headSize+2 || !signed(computed, signOf(raw), request.Secret) {
		return nil, errAnswer
	}
	return radius.Parse(raw, request.Secret)
}

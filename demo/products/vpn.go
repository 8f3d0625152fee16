package products

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RADIUS has nothing else (RFC 3579 §3.2)
	"errors"
	"fmt"
	"strconv"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// vpnTries is how many answers to challenges the VPN takes in one talk.
const vpnTries = 5

// vpn asks as a VPN concentrator does: name and password, then whatever the challenge wants.
func (s *Shop) vpn(p Product, in visitor) func(context.Context, *talk) {
	return func(ctx context.Context, t *talk) {
		password, state := in.password, []byte(nil)
		for range vpnTries {
			answer, err := s.access(ctx, t, p, in.name, password, state)
			if err != nil {
				t.answered(err.Error())
				return
			}
			notice := rfc2865.ReplyMessage_GetString(answer)
			t.change(func(sh *Shown) { sh.Notice = notice })
			switch answer.Code {
			case radius.CodeAccessAccept:
				t.answered("Access-Accept")
				t.end(true, Fact{"User-Name", in.name})
				return
			case radius.CodeAccessChallenge:
				state = rfc2865.State_Get(answer)
				t.answered("Access-Challenge, Reply-Message, State (" + strconv.Itoa(len(state)) + " bytes)")
			default:
				t.answered(answer.Code.String())
				return
			}
			t.change(func(sh *Shown) { sh.Wants = true })
			password, err = t.wait(ctx)
			t.change(func(sh *Shown) { sh.Wants = false })
			if err != nil {
				return
			}
		}
	}
}

// access sends one Access-Request, again every three seconds as such clients do, until the answer is there.
func (s *Shop) access(ctx context.Context, t *talk, p Product, name, password string, state []byte) (*radius.Packet, error) {
	secret := []byte(s.Secrets[p.ID])
	request := radius.New(radius.CodeAccessRequest, secret)
	for _, set := range []error{
		rfc2869.MessageAuthenticator_Set(request, make([]byte, md5.Size)),
		rfc2865.UserName_SetString(request, name),
		rfc2865.UserPassword_SetString(request, password),
		rfc2865.NASIdentifier_SetString(request, "demo"),
		rfc2865.CallingStationID_SetString(request, "127.0.0.1"),
	} {
		if set != nil {
			return nil, set
		}
	}
	said := "Access-Request: User-Name " + name + ", User-Password"
	if state != nil {
		if err := rfc2865.State_Set(request, state); err != nil {
			return nil, err
		}
		said += ", State"
	}
	if err := sign(request, request.Authenticator); err != nil {
		return nil, err
	}
	t.asked(said)
	client := radius.Client{Retry: 3 * time.Second}
	answer, err := client.Exchange(ctx, request, s.RADIUS.String())
	if err != nil {
		return nil, fmt.Errorf("no answer: %w", err)
	}
	got := rfc2869.MessageAuthenticator_Get(answer)
	if err := sign(answer, request.Authenticator); err != nil {
		return nil, err
	}
	if !hmac.Equal(got, rfc2869.MessageAuthenticator_Get(answer)) {
		return nil, errors.New("the answer's Message-Authenticator is wrong")
	}
	return answer, nil
}

// sign puts the Message-Authenticator in its place (RFC 3579 §3.2): over the packet with the request's authenticator and sixteen
// zero bytes for itself.
func sign(packet *radius.Packet, request [16]byte) error {
	if err := rfc2869.MessageAuthenticator_Set(packet, make([]byte, md5.Size)); err != nil {
		return err
	}
	kept := packet.Authenticator
	packet.Authenticator = request
	raw, err := packet.MarshalBinary()
	packet.Authenticator = kept
	if err != nil {
		return err
	}
	mac := hmac.New(md5.New, packet.Secret)
	mac.Write(raw)
	return rfc2869.MessageAuthenticator_Set(packet, mac.Sum(nil))
}

package main

import (
	"crypto/x509"
	"log/slog"
	"time"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/notify"
)

// SMSConfig says how text messages leave: by an HTTP gateway, described here instead of programmed (docs/sms.md).
type SMSConfig struct {
	URL    string `key:"url" default:"" doc:"Address of the SMS gateway: https, or http on this machine. docs/sms.md has settings for common kinds. Empty: no text messages."`
	Method string `key:"method" default:"POST" oneof:"GET POST PUT" doc:"How the gateway is asked. GET: the fields are in the address, so the gateway's own log may keep them."`
	Format string `key:"format" default:"form" oneof:"form json" doc:"Shape of what is sent. form: fields as a web form has them. json: a JSON object."`
	Fields string `key:"fields" default:"to={to}&text={text}&coding={coding}" doc:"What is sent. In braces: {to} the number with its plus sign, {number} without, {text}, {from}, {coding}, {parts} how many messages it takes, {id} the same when a message is sent again, {user}, {password}, {token}."`
	From   string `key:"from" default:"" doc:"Sender that {from} stands for: a number, or a name where the network takes one."`

	User        string `key:"user" default:"" doc:"User name at the gateway. HTTP Basic carries it, unless fields has {user}."`
	Password    string `key:"password" default:"" secret:"true" doc:"Password at the gateway, for {password} or HTTP Basic."`
	Token       string `key:"token" default:"" secret:"true" doc:"Token or key for the gateway. token_header carries it, unless fields has {token}."`
	TokenHeader string `key:"token_header" default:"Authorization" doc:"Header that carries the token: Authorization puts Bearer before it, any other has the token alone."`

	CodingGSM  string `key:"coding_gsm" default:"0" doc:"What {coding} says of a text in the default alphabet of text messages. In JSON, a field that is {coding} alone is read as JSON: 0, false."`
	CodingUCS2 string `key:"coding_ucs2" default:"8" doc:"What {coding} says of any other text, which goes as UCS-2. 8 is the network's own number (3GPP TS 23.038); some gateways have their own."`

	Accepted string   `key:"accepted" default:"" doc:"Regular expression that an answer with status 2xx matches when the gateway took the message. Empty: every 2xx means so."`
	Again    string   `key:"again" default:"" doc:"Regular expression of answers that ask to send the message again later, whatever their status. Empty: the status alone tells."`
	Timeout  Duration `key:"timeout" default:"10s" min:"1s" max:"15s" doc:"How long the gateway may take to answer for one message. A message without an answer is sent again, a code is not."`
	Rate     int      `key:"rate" default:"1" min:"1" max:"1000" doc:"How many summaries, and as many codes, leave by SMS a second at most, over time; a minute's worth may leave at once."`
	CARoots  string   `key:"ca_roots" default:"" doc:"PEM file of roots to trust when talking to the gateway. Empty: the system's."`
}

// checkSMS says what is wrong with how text messages leave.
func (s *settings) checkSMS() (string, error) {
	if s.SMS.URL == "" {
		return "", nil
	}
	if setting, err := notify.CheckSMS(s.smsGateway()); err != nil {
		return "sms." + setting, err
	}
	if s.SMS.CARoots != "" {
		if _, err := rootsFromFile(s.SMS.CARoots); err != nil {
			return "sms.ca_roots", err
		}
	}
	return "", nil
}

// smsGateway is the gateway as it is configured, without what only a house has.
func (s *settings) smsGateway() notify.SMSConfig {
	c := s.SMS
	return notify.SMSConfig{
		URL: c.URL, Method: c.Method, Format: c.Format, Fields: c.Fields, From: c.From, User: c.User, Password: c.Password, Token: c.Token, TokenHeader: c.TokenHeader,
		CodingGSM: c.CodingGSM, CodingUCS2: c.CodingUCS2, Accepted: c.Accepted, Again: c.Again, Timeout: time.Duration(c.Timeout),
	}
}

// openSMS makes the carrier of text messages.
func openSMS(s *settings, texts *i18n.Bundle, log *slog.Logger, now func() time.Time) (*notify.SMS, error) {
	c := s.smsGateway()
	var roots *x509.CertPool
	if s.SMS.CARoots != "" {
		var err error
		if roots, err = rootsFromFile(s.SMS.CARoots); err != nil {
			return nil, err
		}
	}
	c.Texts = s.texter()
	c.Speaker = func(language string) letter.Speaker { return texts.For(language) }
	c.Roots, c.Log, c.Now = roots, log, now
	return notify.NewSMS(c)
}

// texter writes text messages.
func (s *settings) texter() letter.Texter {
	return letter.Texter{Portal: s.PortalHost.String(), Operator: s.operator()}
}

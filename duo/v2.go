package duo

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/nodkey/nodkey"
)

// ping tells the time to anybody: clients set their dates by it.
func (d *Door) ping(w http.ResponseWriter, r *http.Request) {
	write(w, r, http.StatusOK, document{"stat": "OK", "response": d.time()})
}

func (d *Door) time() document { return document{"time": d.clock.Now().Unix()} }

// check tells an application that its keys are right.
func (d *Door) check(context.Context, *call) (any, error) { return d.time(), nil }

// device is a phone as an application sees it.
type device struct {
	Device       string   `json:"device"`
	Type         string   `json:"type"`
	Name         string   `json:"name"`
	DisplayName  string   `json:"display_name"`
	Number       string   `json:"number"`
	Capabilities []string `json:"capabilities"`
}

func devicesOf(app nodkey.ApplicationID, o offer) []device {
	var able []string
	if o.phone {
		able = append(able, "auto", "push")
	}
	if o.code {
		able = append(able, "mobile_otp")
	}
	list := make([]device, len(o.phones))
	for i, p := range o.phones {
		name := printable(p.Phone.Name)
		list[i] = device{Device: DeviceID(app, p.KeyID), Type: "phone", Name: name, DisplayName: name, Capabilities: able}
	}
	return list
}

// preauth tells whether and how a person can be asked. Nobody is asked yet; where a code is the only way, the digits for it are said.
func (d *Door) preauth(ctx context.Context, c *call) (any, error) {
	if err := c.aboutOne(); err != nil {
		return nil, err
	}
	verified := c.params["client_supports_verified_push"] == "1" && c.params["text_prompt"] == "1"
	o, err := d.offer(ctx, c, c.settings.Number || verified)
	if err != nil {
		return nil, err
	}
	if o.denied != "" {
		return document{"result": "deny", "status_msg": o.denied}, nil
	}
	app := c.caller.Application().ID
	answer := document{"result": "auth", "status_msg": sayAsk, "devices": devicesOf(app, o)}
	if o.digits != "" {
		answer["status_msg"] = askFor(o.digits)
	}
	if c.params["text_prompt"] == "1" {
		p := promptOf(app, c.user, o, verified && o.phone)
		answer["prompt"] = document{"text": p.text, "factors": p.factors}
		if verified && o.phone {
			// Such a client wants an id to send back with its push. What waits is made then, and has another.
			answer["txid"] = outcomeID(app, deny(sayTimeout))
		}
	}
	return answer, nil
}

// aboutOne is about for this dialect: a user has a name here, and no other id.
func (c *call) aboutOne() error {
	if c.params["user_id"] != "" {
		return faultParams("user_id")
	}
	return c.about("username")
}

// auth asks the person, or takes their code.
func (d *Door) auth(ctx context.Context, c *call) (any, error) {
	if err := c.aboutOne(); err != nil {
		return nil, err
	}
	w, err := c.wayAsked()
	if err != nil {
		return nil, err
	}
	if err := d.once(ctx, c); err != nil {
		return nil, err
	}
	token, out, err := d.begin(ctx, c, w)
	if err != nil {
		return nil, err
	}
	if c.async() {
		return document{"txid": transaction(c.caller.Application().ID, token, out)}, nil
	}
	if token != "" {
		if out, err = d.wait(ctx, c, token); err != nil {
			return nil, err
		}
	}
	return out.document(), nil
}

// transaction names what was begun. What is clear at once is a no: a yes is collected.
func transaction(app nodkey.ApplicationID, token nodkey.Token, out outcome) string {
	if token != "" {
		return txRequest + string(token)
	}
	return outcomeID(app, out)
}

func (o outcome) document() document {
	return document{"result": o.result, "status": o.status, "status_msg": o.message}
}

// factors are those of the protocol; calls and text messages are no way here.
var factors = []string{"auto", "push", "passcode", "phone", "sms", "prompt"}

// wayAsked reads the factor of a request.
func (c *call) wayAsked() (way, error) {
	factor := c.params["factor"]
	switch factor {
	case "":
		return way{}, faultMissing("factor")
	case "prompt": // what was typed at the question of preauth
		return typedWay(c.params["prompt"]), nil
	case "passcode":
		if c.params["passcode"] == "" {
			return way{factor: "code"}, nil
		}
		return way{factor: "passcode", typed: c.params["passcode"]}, nil
	case "auto":
		if c.params["passcode"] != "" {
			return way{factor: "passcode", typed: c.params["passcode"]}, nil
		}
		return way{factor: "push", device: c.params["device"]}, nil
	case "push":
		return way{factor: "push", device: c.params["device"]}, nil
	}
	if !slices.Contains(factors, factor) {
		return way{}, faultParams("factor")
	}
	return way{}, nil
}

// typedWay is wayOf for what a person typed at a prompt.
func typedWay(text string) way {
	if w := wayOf(text); w.factor != "" {
		return w
	}
	return way{factor: wayNone}
}

// authStatus tells where what was begun stands.
func (d *Door) authStatus(ctx context.Context, c *call) (any, error) {
	tx := c.params["txid"]
	if tx == "" {
		return nil, faultMissing("txid")
	}
	out, _, err := d.status(ctx, c, tx)
	if errors.Is(err, errUnknownTransaction) {
		return nil, faultParams("txid")
	}
	if err != nil {
		return nil, err
	}
	return out.document(), nil
}

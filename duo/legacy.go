package duo

import (
	"context"
	"errors"
)

// The dialect of before (/rest/v1/….bson), as duo_unix up to 1.12 speaks it. A request has no date, so one that was heard can be sent
// again: that asks the person's phones once more, within the budget that bounds all asking, and tells the sender nothing, as the answer
// names a transaction whose outcome takes another signature to see. A code is good once. It is spoken over TLS only, where nobody
// hears anything.

// legacyPreauth tells how a person can be asked, with the question that the client shows.
func (d *Door) legacyPreauth(ctx context.Context, c *call) (any, error) {
	if err := c.about("user"); err != nil {
		return nil, err
	}
	o, err := d.offer(ctx, c, c.settings.Number)
	if err != nil {
		return nil, err
	}
	if o.denied != "" {
		return document{"result": "deny", "status": o.denied}, nil
	}
	p := promptOf(c.caller.Application().ID, c.user, o, false)
	return document{"result": "auth", "prompt": p.text, "factors": p.factors}, nil
}

// legacyAuth asks the person, or takes their code: "auto" is what the client's question led to.
func (d *Door) legacyAuth(ctx context.Context, c *call) (any, error) {
	if err := c.about("user"); err != nil {
		return nil, err
	}
	w := way{}
	switch c.params["factor"] {
	case "":
		return nil, faultMissing("factor")
	case "auto":
		w = typedWay(c.params["auto"])
	case "push":
		w = way{factor: "push", device: c.params["phone"]}
	case "passcode":
		w = way{factor: "passcode", typed: c.params["code"]}
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
	return document{"result": out.result, "status": out.message}, nil
}

// legacyStatus tells where what was begun stands. It has no result while that waits, and says nothing twice: the client prints what it
// is told.
func (d *Door) legacyStatus(ctx context.Context, c *call) (any, error) {
	tx := c.params["txid"]
	if tx == "" {
		return nil, faultMissing("txid")
	}
	out, told, err := d.status(ctx, c, tx)
	switch {
	case errors.Is(err, errUnknownTransaction):
		return nil, faultParams("txid")
	case err != nil:
		return nil, err
	case out.result != "waiting":
		return document{"result": out.result, "status": out.message}, nil
	case told:
		return document{}, nil
	}
	return document{"status": out.message}, nil
}

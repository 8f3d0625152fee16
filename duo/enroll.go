package duo

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/nodkey/nodkey"
)

// enroll adds a person who is not there yet, where the settings let an application do so.
func (d *Door) enroll(ctx context.Context, c *call) (any, error) {
	if !c.settings.Enroll {
		return nil, faultEnroll
	}
	if c.params["username"] == "" {
		return nil, faultMissing("username")
	}
	if err := d.once(c); err != nil {
		return nil, err
	}
	added, err := d.applications.Enrol(ctx, c.caller, c.params["username"])
	if nodkey.HasKey(err, "user.exists") {
		return nil, faultParams("username already exists")
	}
	if err != nil {
		return nil, err
	}
	name := added.User.Name
	d.ledger.keep(c.caller.Application().ID, enrolment(name, added.FirstCode), outcome{result: enrolled}, d.clock.Now(), added.Until)
	visit := d.origin + "/first-visit"
	return document{"username": name, "user_id": name, "activation_code": added.FirstCode, "activation_url": visit, "activation_barcode": visit,
		"expiration": added.Until.Unix()}, nil
}

// enrolled marks what the ledger keeps of an enrolment.
const enrolled = "enrolled"

// enrolment names an enrolment in the ledger, which keeps no code.
func enrolment(user, code string) string {
	return fmt.Sprintf("%s-%x", enrolled, sha256.Sum256(fmt.Appendf(nil, "%d %s %s", len(user), user, code)))
}

// enrollStatus tells whether a person who was added has a phone by now: success, waiting, or invalid for what was never begun, is
// over, or was begun before the server was started.
func (d *Door) enrollStatus(ctx context.Context, c *call) (any, error) {
	for _, name := range []string{"user_id", "activation_code"} {
		if c.params[name] == "" {
			return nil, faultMissing(name)
		}
	}
	user := c.params["user_id"]
	if _, known := d.ledger.get(c.caller.Application().ID, enrolment(user, c.params["activation_code"]), d.clock.Now()); !known {
		return "invalid", nil
	}
	_, err := d.applications.Phones(ctx, c.caller, user)
	if nodkey.HasKey(err, "application.denied") {
		return "waiting", nil
	}
	if err != nil {
		return nil, err
	}
	return "success", nil
}

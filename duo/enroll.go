package duo

import (
	"context"

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
	if err := d.once(ctx, c); err != nil {
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
	visit := d.origin + "/first-visit"
	return document{"username": name, "user_id": name, "activation_code": added.FirstCode, "activation_url": visit, "activation_barcode": visit,
		"expiration": added.Until.Unix()}, nil
}

// enrollStatus tells whether a person who was added has a phone by now: success, waiting, or invalid for what was never begun or is over.
func (d *Door) enrollStatus(ctx context.Context, c *call) (any, error) {
	for _, name := range []string{"user_id", "activation_code"} {
		if c.params[name] == "" {
			return nil, faultMissing(name)
		}
	}
	state, err := d.applications.Enrolled(ctx, c.caller, c.params["user_id"], c.params["activation_code"])
	switch {
	case err != nil:
		return nil, err
	case state == nodkey.EnrolmentDone:
		return "success", nil
	case state == nodkey.EnrolmentWaiting:
		return "waiting", nil
	}
	return "invalid", nil
}

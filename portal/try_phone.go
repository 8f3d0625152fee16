package portal

import (
	"github.com/nodkey/nodkey"
)

// phoneTest sends a test request to one of the user's phones: its yes proves that it works, and opens nothing.
func (d *Door) phoneTest(x *exchange) error {
	if _, err := d.services.Approvals.AskTest(x.r.Context(), x.caller, nodkey.KeyID(x.r.PathValue("id"))); err != nil {
		return err
	}
	return d.leave(x, "/change", "")
}

// testOutcome is what became of a test request that is over.
func (d *Door) testOutcome(x *exchange, c nodkey.Change) OutcomeView {
	v := OutcomeView{Page: d.page(x), Outcome: TestOutcome(c.State, c.Cause), Phone: one(c.Phones), Next: "/security"}
	if v.Phone == "" { // removed or suspended meanwhile
		v.Phone = x.say.T("test.your_phone", nil)
	}
	if c.State == nodkey.ApprovalApproved {
		v.Took = x.say.Spoken(c.DecidedAt.Sub(c.AskedAt))
		return v
	}
	v.Retry = "/phones/" + string(c.Subject) + "/test"
	if c.State == nodkey.ApprovalExpired {
		v.Tips = []string{"test.tip_app", "test.tip_online", "test.tip_notifications", "test.tip_open"}
	}
	return v
}

// TestOutcome is the result screen of a test request.
func TestOutcome(state nodkey.ApprovalState, reason string) Outcome {
	switch {
	case state == nodkey.ApprovalApproved:
		return Outcome{"approved", "done", "test.approved", "test.approved_happened", "test.safe", "test.approved_todo", "change.back"}
	case state == nodkey.ApprovalDenied && reason == nodkey.ReasonWrongNumber:
		return Outcome{"wrong_number", "stopped", "test.wrong_number", "test.wrong_number_happened", "test.safe", "test.wrong_number_todo", "test.again"}
	case state == nodkey.ApprovalDenied:
		return Outcome{"denied", "stopped", "test.denied", "test.denied_happened", "test.safe", "test.denied_todo", "test.again"}
	case state == nodkey.ApprovalCancelled:
		return Outcome{"cancelled", "stopped", "test.cancelled", "test.cancelled_happened", "test.safe", "", "test.again"}
	}
	return Outcome{"expired", "stopped", "test.expired", "test.expired_happened", "test.safe", "test.expired_todo", "test.again"}
}

package demo

import (
	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/demo/products"
	"github.com/nodkey/nodkey/i18n"
)

// Line is one line of the log: what the machine just did, in plain words.
type Line struct {
	Seq  int64  `json:"-"`
	At   string `json:"at"` // "14:32:06", the machine's time
	Text string `json:"text"`
}

// sentences are the actions that are worth a line. What is missing here is not
// shown.
var sentences = map[string]string{
	"user.added":            "demo.log.user_added",
	"sign_in.wrong":         "demo.log.sign_in_wrong",
	"sign_in.limited":       "demo.log.sign_in_limited",
	"sign_in.no_key":        "demo.log.sign_in_no_key",
	"sign_in.asked":         "demo.log.sign_in_asked",
	"sign_in.cancelled":     "demo.log.sign_in_cancelled",
	"session.restricted":    "demo.log.session_restricted",
	"session.opened":        "demo.log.session_opened",
	"session.ended":         "demo.log.session_ended",
	"session.revoked":       "demo.log.session_ended",
	"activation.offered":    "demo.log.activation_offered",
	"key.arrived":           "demo.log.key_arrived",
	"key.activated":         "demo.log.key_activated",
	"key.removed":           "demo.log.key_removed",
	"key.renamed":           "demo.log.key_renamed",
	"key.disowned":          "demo.log.key_disowned",
	"key.suspended":         "demo.log.key_suspended",
	"key_add.asked":         "demo.log.change_asked",
	"key_remove.asked":      "demo.log.change_asked",
	"password_change.asked": "demo.log.change_asked",
	"pin_change.asked":      "demo.log.change_asked",
	"test.asked":            "demo.log.test_asked",
	"pin_check.asked":       "demo.log.pin_check_asked",
	"approval.expired":      "demo.log.approval_expired",
	"approval.cancelled":    "demo.log.approval_cancelled",
	"approval.disowned":     "demo.log.approval_disowned",
	"pin.wrong":             "demo.log.pin_wrong",
	"pin.changed":           "demo.log.pin_changed",
	"password.changed":      "demo.log.password_changed",
	"password.wrong":        "demo.log.password_wrong",
	"digits.wrong":          "demo.log.digits_wrong",
	"approval.approved":     "demo.log.approved_pin",
	"approved.biometric":    "demo.log.approved_biometric",
	"approved.test":         "demo.log.approved_test",
	"approved.messages":     "demo.log.approved_messages",
	"messages.shut":         "demo.log.messages_shut",
	"approval.denied":       "demo.log.denied",
	"application.asked":     "demo.log.application_asked",
	"application.collected": "demo.log.application_collected",
	"grant.issued":          "demo.log.application_issued",
	"application.agreed":    "demo.log.application_agreed",
	"denied.wrong_number":   "demo.log.denied_wrong_number",
	"denied.not_me":         "demo.log.denied_not_me",
}

// line says a row in the reader's language; false when it is not worth one.
// Only names, counts and the phone's own name get into it.
func line(say *i18n.Localizer, p Person, row nodkey.AuditRow) (Line, bool) {
	fact := facts(row)
	action := row.Action
	app, _ := fact["application"].(string)
	switch {
	case action == "sign_in.asked" && app != "":
		action = "application.asked"
	case action == "grant.issued" && fact["door"] == string(nodkey.DoorCIBA): // no browser, nobody's sign-in: a yes to what was asked
		action = "application.agreed"
	case action == "approval.approved" && fact["kind"] == string(nodkey.ApproveMessagesOpen):
		action = "approved.messages"
	case action == "approval.approved" && (fact["kind"] == string(nodkey.ApproveTest) || fact["kind"] == string(nodkey.ApprovePINCheck)):
		action = "approved.test"
	case action == "approval.approved" && fact["factor"] == "biometric":
		action = "approved.biometric"
	case action == "approval.denied" && fact["reason"] == nodkey.ReasonWrongNumber:
		action = "denied.wrong_number"
	case action == "approval.denied" && fact["reason"] == nodkey.ReasonNotMe:
		action = "denied.not_me"
	}
	key, ok := sentences[action]
	if !ok {
		return Line{}, false
	}
	args := map[string]any{"Who": p.DisplayName, "Phone": say.T("demo.log.the_phone", nil), "App": products.NameOf(nodkey.ApplicationID(app))}
	if name, ok := fact["phone"].(string); ok && name != "" {
		args["Phone"] = name
	}
	if row.Action == "pin.wrong" { // the one sentence that counts
		left, _ := fact["left"].(float64)
		args["Count"] = int(left)
	}
	return Line{Seq: row.Seq, At: row.At.Local().Format("15:04:05"), Text: say.T(key, args)}, true
}

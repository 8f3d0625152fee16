package portal

import (
	"strings"

	"github.com/nodkey/nodkey"
)

// Chip is a status: tint, icon and word.
type Chip struct{ Class, Icon, Text string }

// PhoneChip is the status of a key.
func PhoneChip(state nodkey.KeyState) Chip {
	switch state {
	case nodkey.KeyActive:
		return Chip{"done", "check", "security.chip_active"}
	case nodkey.KeySuspended:
		return Chip{"no", "lock", "security.chip_suspended"}
	case nodkey.KeyConfirm:
		return Chip{"look", "keyboard", "security.chip_confirm"}
	case nodkey.KeyApprove:
		return Chip{"look", "clock", "security.chip_approve"}
	}
	return Chip{"past", "cross", "security.chip_removed"}
}

// SignInChip is what became of a sign-in; cause is why it was denied.
func SignInChip(state nodkey.SignInState, cause string) Chip {
	switch state {
	case nodkey.SignInApproved, nodkey.SignInDone:
		return Chip{"done", "check", "security.chip_approved"}
	case nodkey.SignInDenied:
		if cause == nodkey.ReasonWrongNumber {
			return Chip{"no", "cross", "security.chip_wrong_number"}
		}
		return Chip{"no", "cross", "security.chip_denied"}
	case nodkey.SignInExpired:
		return Chip{"past", "clock", "security.chip_expired"}
	case nodkey.SignInCancelled:
		return Chip{"past", "cross", "security.chip_cancelled"}
	}
	return Chip{"look", "clock", "security.chip_waiting"}
}

// Outcome is the wording of a result screen: keys of the catalogues.
type Outcome struct {
	Name                              string // stands in data-outcome
	Ring                              string // done, stopped or waiting
	Title, Happened, Safe, Todo, Main string // Todo is empty where the button says all of it
}

// SignInOutcome is the result screen of a sign-in that ended; cause is why it
// was denied.
func SignInOutcome(state nodkey.SignInState, cause string) Outcome {
	switch state {
	case nodkey.SignInApproved, nodkey.SignInDone:
		return Outcome{"approved", "done", "outcome.approved", "outcome.approved_happened", "outcome.approved_safe", "outcome.approved_todo", "outcome.go_on"}
	case nodkey.SignInDenied:
		if cause == nodkey.ReasonWrongNumber {
			return Outcome{"wrong_number", "stopped", "outcome.wrong_number", "outcome.wrong_number_happened", "outcome.safe", "outcome.wrong_number_todo", "outcome.start_again"}
		}
		return Outcome{"denied", "stopped", "outcome.denied", "outcome.denied_happened", "outcome.denied_safe", "outcome.denied_todo", "outcome.start_again"}
	case nodkey.SignInCancelled:
		return Outcome{"cancelled", "stopped", "outcome.cancelled", "outcome.cancelled_happened", "outcome.safe", "", "outcome.start_again"}
	}
	return Outcome{"expired", "stopped", "outcome.expired", "outcome.expired_happened", "outcome.safe", "outcome.expired_todo", "outcome.ask_again"}
}

// NobodyChosen is the result screen of a sign-in that ended before a phone was chosen.
func NobodyChosen() Outcome {
	return Outcome{"not_chosen", "stopped", "device.late", "device.late_happened", "outcome.safe", "device.late_todo", "outcome.start_again"}
}

// CodesUsedUp is the result screen of a code that was wrong too often.
func CodesUsedUp() Outcome {
	return Outcome{"code_over", "stopped", "code_way.over", "code_way.over_happened", "outcome.safe", "code_way.over_todo", "code_way.new"}
}

// CodeTooLate is the result screen of a sign-in that ran out while it waited for a code.
func CodeTooLate() Outcome {
	return Outcome{"code_late", "stopped", "code_way.late", "code_way.late_happened", "outcome.safe", "code_way.late_todo", "code_way.new"}
}

// MessageOfCode is the message page for why there is no code, by the key of the domain's error; false for any other.
func MessageOfCode(key string) (Message, bool) {
	title, ok := map[string]string{"code.disabled": "code_way.disabled", "code.no_phone": "code_way.no_phone", "code.off": "code_way.off",
		"code.slow": "code_way.slow", "code.none": "code_way.none"}[key]
	return Message{strings.ReplaceAll(key, ".", "_"), title, "", "outcome.safe", "code_way.refused_todo", "code_way.back"}, ok
}

// ChangeOutcome is the result screen of a change in the portal that a phone
// was asked about.
func ChangeOutcome(state nodkey.ApprovalState, reason string) Outcome {
	switch state {
	case nodkey.ApprovalApproved:
		return Outcome{"approved", "done", "change.approved", "change.approved_happened", "change.approved_safe", "change.approved_todo", "outcome.go_on"}
	case nodkey.ApprovalDenied:
		if reason == nodkey.ReasonWrongNumber {
			return Outcome{"wrong_number", "stopped", "change.wrong_number", "change.wrong_number_happened", "change.safe", "change.todo", "change.back"}
		}
		return Outcome{"denied", "stopped", "change.denied", "change.denied_happened", "change.safe", "change.denied_todo", "change.back"}
	case nodkey.ApprovalCancelled:
		return Outcome{"cancelled", "stopped", "change.cancelled", "change.cancelled_happened", "change.safe", "change.todo", "change.back"}
	}
	return Outcome{"expired", "stopped", "change.expired", "change.expired_happened", "change.safe", "change.todo", "change.back"}
}

// Message is the wording of a message page: keys of the catalogues.
type Message struct {
	Name                              string // stands in data-message
	Title, Happened, Safe, Todo, Main string // as in Outcome
}

// MessageOf is the message page for an error of the domain.
func MessageOf(kind nodkey.Kind) Message {
	switch kind {
	case nodkey.NotFound:
		return Message{"not_found", "message.not_found", "message.not_found_happened", "message.nothing_changed", "message.not_found_todo", "message.home"}
	case nodkey.BadInput:
		return Message{"bad_input", "message.bad_input", "message.bad_input_happened", "message.nothing_changed", "message.bad_input_todo", "message.home"}
	case nodkey.Unauthenticated:
		return Message{"unauthenticated", "message.unauthenticated", "message.unauthenticated_happened", "message.nothing_changed", "", "message.sign_in"}
	case nodkey.Refused:
		return Message{"refused", "message.refused", "message.refused_happened", "message.nothing_changed", "message.refused_todo", "message.home"}
	case nodkey.Conflict:
		return Message{"conflict", "message.conflict", "message.conflict_happened", "message.nothing_changed", "message.conflict_todo", "message.home"}
	case nodkey.Limited:
		return Message{"limited", "message.limited", "message.limited_happened", "message.limited_safe", "message.limited_todo", "message.home"}
	case nodkey.Unavailable:
		return Message{"unavailable", "message.unavailable", "message.unavailable_happened", "message.nothing_changed", "message.unavailable_todo", "message.home"}
	}
	return Message{"internal", "message.internal", "message.internal_happened", "message.internal_safe", "message.internal_todo", "message.home"}
}

package demo

import (
	"testing"

	"github.com/nodkey/nodkey"
)

func rowOf(user, action, subject, detail string) nodkey.AuditRow {
	return nodkey.AuditRow{UserID: nodkey.UserID(user), Action: action, Subject: subject, Detail: detail}
}

func TestTheStepFollowsWhatHappened(t *testing.T) {
	none := "{}"
	added := rowOf("m", "user.added", "m", none)
	restricted := rowOf("m", "session.restricted", "s0", none)
	active := rowOf("m", "key.activated", "k1", `{"phone":"Pixel 8"}`)
	asked := rowOf("m", "sign_in.asked", "i1", none)
	approved := rowOf("m", "approval.approved", "a1", `{"kind":"sign_in","factor":"pin"}`)
	opened := rowOf("m", "session.opened", "s1", none)
	for _, c := range []struct {
		name string
		rows []nodkey.AuditRow
		want Step
	}{
		{"nothing yet", nil, StepActivate},
		{"password alone", []nodkey.AuditRow{added, restricted}, StepActivate},
		{"activated", []nodkey.AuditRow{added, restricted, active}, StepPassword},
		{"the restricted session ends", []nodkey.AuditRow{added, restricted, active, rowOf("m", "session.ended", "s0", none)}, StepPassword},
		{"asked", []nodkey.AuditRow{added, active, asked}, StepNod},
		{"approved, not yet let in", []nodkey.AuditRow{added, active, asked, approved}, StepNod},
		{"in", []nodkey.AuditRow{added, active, asked, approved, opened}, StepIn},
		{"signed out", []nodkey.AuditRow{added, active, asked, approved, opened, rowOf("m", "session.ended", "s1", none)}, StepPassword},
		{"denied", []nodkey.AuditRow{added, active, asked, rowOf("m", "approval.denied", "a1", `{"kind":"sign_in"}`)}, StepPassword},
		{"expired", []nodkey.AuditRow{added, active, asked, rowOf("m", "approval.expired", "a1", `{"kind":"sign_in"}`)}, StepPassword},
		{"cancelled", []nodkey.AuditRow{added, active, asked, rowOf("m", "sign_in.cancelled", "i1", none)}, StepPassword},
		{"a change denied while in", []nodkey.AuditRow{added, active, asked, opened, rowOf("m", "approval.denied", "a2", `{"kind":"key_add"}`)}, StepIn},
		{"the only phone removed", []nodkey.AuditRow{added, active, rowOf("m", "key.removed", "k1", none)}, StepActivate},
		{"one of two phones removed", []nodkey.AuditRow{added, active, rowOf("m", "key.activated", "k2", none), rowOf("m", "key.removed", "k1", none)}, StepPassword},
		{"another person begins", []nodkey.AuditRow{added, active, asked, opened, rowOf("k", "session.restricted", "s9", none)}, StepActivate},
		{"and the first goes on", []nodkey.AuditRow{added, active, rowOf("k", "session.restricted", "s9", none), asked}, StepNod},
	} {
		s := newStory()
		for _, row := range c.rows {
			s.take(row)
		}
		if got := s.step(); got != c.want {
			t.Errorf("%s: step %d, want %d", c.name, got, c.want)
		}
	}
}

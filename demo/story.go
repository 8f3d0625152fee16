package demo

import (
	"context"
	"encoding/json"

	"github.com/nodkey/nodkey"
)

// Step is where a newcomer stands on the way to the first nod.
type Step int

// The steps, in their order on the step line.
const (
	StepActivate Step = iota // no phone yet
	StepPassword             // a phone, and nobody is signing in
	StepNod                  // the phone is asked
	StepIn                   // signed in
)

// story follows the demo's users through the audit log.
type story struct {
	users map[nodkey.UserID]*chapter
	last  nodkey.UserID // whose row came last
}

type chapter struct {
	step   Step
	phones map[string]bool // active keys
}

func newStory() *story { return &story{users: make(map[nodkey.UserID]*chapter)} }

// step is where the user of the last row stands.
func (s *story) step() Step {
	if c := s.users[s.last]; c != nil {
		return c.step
	}
	return StepActivate
}

// take reads one row; rows come in their order.
func (s *story) take(row nodkey.AuditRow) {
	c := s.users[row.UserID]
	if c == nil {
		c = &chapter{phones: make(map[string]bool)}
		s.users[row.UserID] = c
	}
	s.last = row.UserID
	// The moment a person is neither asked nor in.
	rest := func() Step {
		if len(c.phones) == 0 {
			return StepActivate
		}
		return StepPassword
	}
	switch row.Action {
	case "key.activated":
		c.phones[row.Subject] = true
		if c.step == StepActivate {
			c.step = StepPassword
		}
	case "key.removed", "key.disowned":
		delete(c.phones, row.Subject)
		if len(c.phones) == 0 {
			c.step = StepActivate
		}
	case "sign_in.asked":
		if facts(row)["application"] == nil { // what an application asks is no part of the story
			c.step = StepNod
		}
	case "session.opened":
		c.step = StepIn
	case "approval.denied", "approval.expired", "approval.cancelled":
		if c.step == StepNod && facts(row)["kind"] == "sign_in" {
			c.step = rest()
		}
	case "sign_in.cancelled":
		c.step = rest()
	case "session.ended", "session.revoked":
		if c.step == StepIn {
			c.step = rest()
		}
	}
}

// facts reads a row's details; numbers are float64.
func facts(row nodkey.AuditRow) map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal([]byte(row.Detail), &out) // the domain wrote it; without details the line is plainer
	return out
}

// pageRows is how many rows are asked for at once.
const pageRows = 200

// rowsAfter gives the rows of the demo's present users with a higher sequence
// number, oldest first, and the highest number of all rows.
func (d *Door) rowsAfter(ctx context.Context, seq int64) (rows []nodkey.AuditRow, newest int64, err error) {
	newest = seq
	for before := int64(0); ; {
		page, err := d.services.Audit.List(ctx, caller(), nodkey.AuditFilter{}, before, pageRows)
		if err != nil {
			return nil, seq, err
		}
		for _, row := range page {
			if row.Seq <= seq {
				page = nil
				break
			}
			newest, before = max(newest, row.Seq), row.Seq
			if _, ours := d.who(row.UserID); ours {
				rows = append(rows, row)
			}
		}
		if len(page) < pageRows {
			break
		}
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows, newest, nil
}

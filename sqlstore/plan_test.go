package sqlstore

import (
	"database/sql/driver"
	"errors"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// TestNoStatementReadsAWholeTable asks the engine how it would do each statement of the package: by an index, and in the
// order that the index has.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	errEnough := errors.New("enough")
	plans := map[string]string{}
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		// Every method once, with nothing: that prepares its statement.
		methods := reflect.TypeFor[nodkey.Tx]()
		for i := range methods.NumMethod() {
			m := reflect.ValueOf(tx).MethodByName(methods.Method(i).Name)
			args := make([]reflect.Value, m.Type().NumIn())
			for j := range args {
				args[j] = reflect.Zero(m.Type().In(j))
			}
			m.Call(args)
		}
		tx.EndApproval(nodkey.Approval{State: nodkey.ApprovalApproved})
		tx.EndApproval(nodkey.Approval{State: nodkey.ApprovalExpired})
		for _, f := range []nodkey.AuditFilter{{UserID: "u"}, {UserID: "u", Action: "a."}, {UserID: "u", Since: time.UnixMilli(1)}} {
			tx.AuditLog(f, 0, 1)
		}
		for _, f := range []nodkey.MessageFilter{{Kind: "k"}, {Status: "s"}, {Category: "c"}, {Unread: true}, {Kind: "k", Status: "s", Category: "c", Unread: true}} {
			tx.MessagesOf("u", f, nil, 1)
			tx.DeskMessages(f, nil, 1)
		}
		for _, c := range nodkey.SealedColumns() {
			tx.Sealed(c, 2, "", 1)
			tx.Reseal(c, "r", []byte("old"), []byte("new"))
		}
		tx.InsertBlock(nodkey.AuditBlock{Number: 7}, []nodkey.AuditRow{{Seq: 7}})
		c := s.writer.conn
		var queries []string
		for q := range c.statements {
			if verb, _, _ := strings.Cut(q, " "); verb == "SELECT" || verb == "UPDATE" || verb == "DELETE" || verb == "INSERT" {
				queries = append(queries, q)
			}
		}
		for _, q := range queries {
			n := strings.Count(regexp.MustCompile(`\$\d+`).ReplaceAllString(q, "$"), "$")
			args := make([]driver.Value, n)
			err := c.query(func(r *row) {
				r.next = 3
				plans[q] += r.text() + "\n"
			}, "EXPLAIN QUERY PLAN "+q, args...)
			if err != nil {
				t.Errorf("%s: %v", q, err)
			}
		}
		return errEnough
	})
	if err != errEnough {
		t.Fatal(err)
	}
	if len(plans) < 50 {
		t.Errorf("only %d statements were looked at", len(plans))
	}
	for q, plan := range plans {
		for line := range strings.Lines(plan) {
			small := strings.HasPrefix(line, "SCAN install") || strings.HasPrefix(line, "SCAN data_keys")
			inOrder := strings.HasPrefix(q, "SELECT "+blockColumns+" FROM audit_blocks ORDER BY") // its first row
			if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "USING") && !small && !inOrder || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s\n%s", q, plan)
			}
		}
	}
}

package sqlstore

import (
	"database/sql/driver"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
)

const (
	auditColumns = "seq, at, action, user_id, actor, source, subject, detail, block"
	blockColumns = "number, at, row_count, prev, root, signature"
)

var blockInsert = insertInto("audit_blocks", blockColumns)

func scanAudit(r *row) nodkey.AuditRow {
	return nodkey.AuditRow{
		Seq: r.integer(), At: r.time(), Action: r.text(), UserID: text[nodkey.UserID](r), Actor: r.text(), Source: r.text(),
		Subject: r.text(), Detail: r.text(), Block: r.integer(),
	}
}

func scanBlock(r *row) nodkey.AuditBlock {
	return nodkey.AuditBlock{
		Number: r.integer(), At: r.time(), Count: r.count(), Prev: r.blob(), Root: r.blob(), Signature: r.text(),
	}
}

func (t *tx) AppendAudit(a nodkey.AuditRow) error {
	_, err := t.exec("INSERT INTO audit_rows (at, action, user_id, actor, source, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		millis(a.At), a.Action, string(a.UserID), a.Actor, a.Source, a.Subject, a.Detail)
	return err
}

func (t *tx) UnsealedAudit(limit int) ([]nodkey.AuditRow, error) {
	return list(t, scanAudit, "SELECT "+auditColumns+" FROM audit_rows WHERE block IS NULL ORDER BY seq LIMIT $1", most(limit))
}

// errSealed is what InsertBlock says of a row that is not there, or in a block already.
var errSealed = errors.New("sqlstore: a row of the block is not there, or in another block already")

func (t *tx) InsertBlock(block nodkey.AuditBlock, rows []nodkey.AuditRow) error {
	err := t.insert(blockInsert, block.Number, millis(block.At), int64(block.Count), blob(block.Prev), blob(block.Root), block.Signature)
	if err != nil {
		return err
	}
	for len(rows) > 0 { // one statement for each run without a gap: nearly always one in all
		n := 1
		for n < len(rows) && rows[n].Seq == rows[n-1].Seq+1 {
			n++
		}
		changed, err := t.exec("UPDATE audit_rows SET block = $1 WHERE seq >= $2 AND seq <= $3 AND block IS NULL",
			block.Number, rows[0].Seq, rows[n-1].Seq)
		if err != nil {
			return err
		}
		if changed != int64(n) {
			t.err = errSealed // half a block must not be committed by a closure that forgets to look
			return errSealed
		}
		rows = rows[n:]
	}
	return nil
}

func (t *tx) LastBlock() (nodkey.AuditBlock, error) {
	return one(t, scanBlock, "SELECT "+blockColumns+" FROM audit_blocks ORDER BY number DESC LIMIT 1")
}

func (t *tx) Blocks(from int64, limit int) ([]nodkey.AuditBlock, error) {
	return list(t, scanBlock, "SELECT "+blockColumns+" FROM audit_blocks WHERE number >= $1 ORDER BY number LIMIT $2", from, most(limit))
}

func (t *tx) AuditRowsOfBlock(number int64) ([]nodkey.AuditRow, error) {
	return list(t, scanAudit, "SELECT "+auditColumns+" FROM audit_rows WHERE block = $1 ORDER BY seq", number)
}

func (t *tx) AuditLog(filter nodkey.AuditFilter, before int64, limit int) ([]nodkey.AuditRow, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	args := []driver.Value{before}
	where := "seq < $1"
	and := func(condition string, value driver.Value) {
		args = append(args, value)
		where += " AND " + condition + " $" + strconv.Itoa(len(args))
	}
	if filter.UserID != "" {
		and("user_id =", string(filter.UserID))
	}
	if strings.HasSuffix(filter.Action, ".") { // all that start with it: "/" follows "."
		and("action >=", filter.Action)
		and("action <", strings.TrimSuffix(filter.Action, ".")+"/")
	} else if filter.Action != "" {
		and("action =", filter.Action)
	}
	if !filter.Since.IsZero() {
		and("at >=", millis(filter.Since))
	}
	args = append(args, most(limit))
	return list(t, scanAudit, "SELECT "+auditColumns+" FROM audit_rows WHERE "+where+
		" ORDER BY seq DESC LIMIT $"+strconv.Itoa(len(args)), args...)
}

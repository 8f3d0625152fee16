package nodkeytest

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
)

// Dump gives every row of a SQLite database as text, by table, without the tables excepted; bytes stand in it as they are. The
// caller's test has to link a driver named "sqlite", as whoever opens a sqlstore does.
func Dump(t testing.TB, database string, except ...string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+database+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := map[string][]string{}
	for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		if !slices.Contains(except, table) {
			out[table] = rowsOf(t, db, "SELECT * FROM "+table)
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %d tables found", len(out))
	}
	return out
}

// Unchanged compares two dumps.
func Unchanged(t testing.TB, what string, before, after map[string][]string) {
	t.Helper()
	for table, rows := range before {
		if !slices.Equal(rows, after[table]) {
			t.Errorf("%s changed the table %s:\n  before %v\n  after  %v", what, table, rows, after[table])
		}
	}
}

func column(t testing.TB, db *sql.DB, query string) (names []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// rowsOf gives the rows in no particular order of the table's, but always the same.
func rowsOf(t testing.TB, db *sql.DB, query string) (lines []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if content, ok := v.([]byte); ok {
				values[i] = string(content) // what is readable in it is to be found
			}
		}
		lines = append(lines, fmt.Sprintf("%v", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

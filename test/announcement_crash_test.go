package test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

const (
	announceUsers = 10_000
	announceKills = 6
)

// announcing is a server with many users who have nothing but a name.
type announcing struct {
	t      *testing.T
	server *server
	db     *sql.DB
}

func newAnnouncing(t *testing.T) *announcing {
	dir := filepath.Join(t.TempDir(), "data")
	a := &announcing{t: t, server: serve(t, map[string]string{"data_dir": dir})}
	var err error
	if a.db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "nodkey.db")+"?mode=rw&_pragma=busy_timeout(5000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.db.Close() })
	_, err = a.db.Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
		INSERT INTO users (id, created_at, name, display_name, locale, first_code_until, had_key)
		SELECT printf('crowd-%05d', i), 1, printf('crowd%05d', i), 'Crowd', iif(i % 3 = 0, 'de', 'en'), 0, 0 FROM n`, announceUsers)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// number asks the database.
func (a *announcing) number(question string, args ...any) (n int) {
	a.t.Helper()
	if err := a.db.QueryRow(question, args...).Scan(&n); err != nil {
		a.t.Fatal(err)
	}
	return n
}

const madeOf = "SELECT count(*) FROM messages WHERE announcement_id = ?"

// reached waits until so many have an announcement.
func (a *announcing) reached(id string, wanted int) {
	a.t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for until := time.Now().Add(120 * time.Second); a.number(madeOf, id) < wanted; <-look.C {
		if time.Now().After(until) {
			a.t.Fatalf("%s came to %d of %d", id, a.number(madeOf, id), wanted)
		}
	}
}

func (a *announcing) send(args ...string) (id string) {
	a.t.Helper()
	var made struct {
		Announcement string `json:"announcement"`
	}
	out := a.server.run("", append([]string{"message", "send", "--yes", "--json", "--subject", "Closed on Monday", "--body", "We are *back* on Tuesday."}, args...)...)
	if err := json.Unmarshal(out, &made); err != nil || made.Announcement == "" {
		a.t.Fatalf("sent %s: %v", out, err)
	}
	return made.Announcement
}

type announcementShown struct {
	State    string
	Sent     int
	Users    int
	StartsAt time.Time
	Messages struct{ Made, Unread int }
}

func (a *announcing) show(id string) (s announcementShown) {
	a.t.Helper()
	if err := json.Unmarshal(a.server.run("", "message", "show", id, "--json"), &s); err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a *announcing) kill() {
	a.t.Helper()
	if err := a.server.process.Process.Kill(); err != nil {
		a.t.Fatal(err)
	}
	<-a.server.exited
}

// everybody checks that each user has an announcement once, and that numbers were given in the order of names.
func (a *announcing) everybody(id string) {
	a.t.Helper()
	if n := a.number("SELECT count(*) FROM users u WHERE (SELECT count(*) FROM messages m WHERE m.user_id = u.id AND m.announcement_id = ?) <> 1", id); n != 0 {
		a.t.Errorf("%d users have %s not at all or twice", n, id)
	}
	disordered := a.number(`SELECT count(*) FROM (SELECT m.number AS n, lag(m.number) OVER (ORDER BY u.name) AS before
		FROM messages m JOIN users u ON u.id = m.user_id WHERE m.announcement_id = ?) WHERE n <= before`, id)
	if disordered != 0 {
		a.t.Errorf("%d have %s out of order", disordered, id)
	}
	if s := a.show(id); s.State != "done" || s.Sent != announceUsers || s.Users != announceUsers || s.Messages.Made != announceUsers || s.Messages.Unread != announceUsers {
		a.t.Errorf("show says %+v", s)
	}
}

// TestAKilledServerSendsAnAnnouncementOnce kills the server again and again while it hands out two announcements to
// 10,000 users. Everybody has both, once, the first one first, and what the desk is shown is true all the time.
func TestAKilledServerSendsAnAnnouncementOnce(t *testing.T) {
	a := newAnnouncing(t)
	first := a.send("--all")
	second := a.send("--all")
	for k := range announceKills {
		id, part := first, (k+1)*2*announceUsers/(announceKills+1)
		if part > announceUsers {
			id, part = second, part-announceUsers
		}
		a.reached(id, part)
		a.kill()
		made := a.number(madeOf, id)
		if s := a.show(id); s.Sent != made || s.Messages.Made != made || made < announceUsers && s.State != "sending" {
			t.Errorf("after kill %d there are %d messages and show says %+v", k, made, s)
		}
		a.server.start()
	}
	a.server.run("", "message", "send", "--to", "crowd00000", "--subject", "Beside it", "--body", "The desk goes on writing.")
	a.reached(first, announceUsers)
	a.reached(second, announceUsers)
	a.done(first)
	a.done(second)
	a.everybody(first)
	a.everybody(second)
	if n := a.number(`SELECT count(*) FROM messages a JOIN messages b ON b.user_id = a.user_id WHERE a.announcement_id = ? AND b.announcement_id = ?
		AND (a.number >= b.number OR a.created_at > b.created_at)`, first, second); n != 0 {
		t.Errorf("%d have the second one first", n)
	}
	if n := a.number("SELECT count(*) FROM audit_rows WHERE action = 'announcement.done'"); n != 2 {
		t.Errorf("the log says %d times that one is done", n)
	}
	var whole error
	rows, err := a.db.Query("PRAGMA integrity_check")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var says string
		if err := rows.Scan(&says); err != nil || says != "ok" {
			whole = errors.Join(whole, err, fmt.Errorf("%s", says))
		}
	}
	if whole != nil {
		t.Error(whole)
	}
}

// done waits until an announcement's last transaction, which follows the last message.
func (a *announcing) done(id string) {
	a.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for until := time.Now().Add(120 * time.Second); a.number("SELECT count(*) FROM announcements WHERE id = ? AND state = 'done'", id) == 0; <-look.C {
		if time.Now().After(until) {
			a.t.Fatalf("%s is not done", id)
		}
	}
}

// TestAnAnnouncementStopsAndGoesOn stops one in the middle, over a kill, and goes on with it, and starts another at its time.
func TestAnAnnouncementStopsAndGoesOn(t *testing.T) {
	a := newAnnouncing(t)
	id := a.send("--all")
	a.reached(id, 1) // the command takes a while to start, in which most of it may be sent
	a.server.run("", "message", "stop", id)
	began := time.Now()
	stopped := a.show(id)
	command := time.Since(began)
	if stopped.State != "stopped" || stopped.Sent == 0 || stopped.Sent >= announceUsers {
		t.Fatalf("it was stopped at %+v", stopped)
	}
	a.kill()
	a.server.start()
	at := time.Now().Add(3*time.Second + 5*command).Truncate(time.Second) // two commands run before it, on whatever machine
	later := a.send("--all", "--at", at.UTC().Format("2006-01-02T15:04:05Z"))
	if s := a.show(later); s.Sent != 0 && time.Now().Before(at) || !s.StartsAt.Equal(at) {
		t.Errorf("before its time: %+v", s)
	}
	a.done(later) // behind the one that stopped, which holds nobody up
	a.everybody(later)
	if n := a.number("SELECT count(*) FROM messages WHERE announcement_id = ? AND created_at < ?", later, at.UnixMilli()); n != 0 {
		t.Errorf("%d had it before its time", n)
	}
	if s := a.show(id); s.State != "stopped" || s.Sent != stopped.Sent || s.Messages.Made != stopped.Sent {
		t.Errorf("while it was stopped it went from %+v to %+v", stopped, s)
	}
	a.server.run("", "message", "resume", id)
	a.done(id)
	a.everybody(id)
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/mailserver"
)

// mailing is a house at a clock of its own whose e-mail goes to a mail server in the test.
type mailing struct {
	*house
	t      *testing.T
	clock  *nodkeytest.Clock
	server *mailserver.Server
	log    *nodkeytest.Log
	desk   nodkey.Caller

	registry *prometheus.Registry
}

func mailingHouse(t *testing.T) *mailing {
	t.Helper()
	m := &mailing{t: t, clock: nodkeytest.NewClock(time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC)), server: mailserver.Start(t, false), log: &nodkeytest.Log{}, desk: nodkey.Operator("desk"), registry: prometheus.NewRegistry()}
	s, err := makeSettings(map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "portal_host": "https://portal.house.test", "phone_host": nodkeytest.PhoneOrigin,
		"tls.mode": "proxy", "trusted_proxies": "127.0.0.1", "mail.server": m.server.Addr, "mail.security": "none", "mail.from": "House <no-reply@house.test>", "mail.bounces": "bounces@house.test",
	})
	m.check(err)
	m.house, err = openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}, clock: m.clock})
	m.check(err)
	t.Cleanup(func() { m.check(m.close()) })
	m.measure(m.registry)
	workers := m.summaryWorkers(slog.New(slog.NewTextHandler(m.log, nil)))
	ended := make(chan error, len(workers))
	running, stop := context.WithCancel(context.Background())
	for _, work := range workers {
		go func() { ended <- work(running) }()
	}
	t.Cleanup(func() {
		stop()
		for range workers {
			m.check(<-ended)
		}
	})
	return m
}

func (m *mailing) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// reader adds a user who gets summaries by e-mail.
func (m *mailing) reader(name string) {
	m.t.Helper()
	_, err := m.services.Users.Add(m.t.Context(), m.desk, nodkey.NewUser{Name: name, DisplayName: "Mara Lindqvist", Locale: "en"})
	m.check(err)
	m.check(m.services.Contacts.Set(m.t.Context(), m.desk, name, nodkey.SummaryEmail, name+"@example.com"))
	m.until("the notice that "+name+" has an address", func() bool { return m.refuses(name) || len(m.arrived(name)) == 1 })
}

// refuses says whether the server takes nothing for somebody.
func (m *mailing) refuses(name string) bool {
	m.server.Lock()
	defer m.server.Unlock()
	return m.server.Answer != nil && m.server.Answer("RCPT", "TO:<"+name+"@example.com>") != ""
}

func (m *mailing) writes(to string) string {
	m.t.Helper()
	r, err := m.services.MessageDesk.Post(m.t.Context(), m.desk, to, nodkey.Posting{Category: "account", Texts: map[string]nodkey.MessageText{"en": {Subject: "x", Text: "y"}}})
	m.check(err)
	return r.String()
}

// arrived are the references in the letters to somebody, in the order in which they came.
func (m *mailing) arrived(name string) (list []string) {
	m.t.Helper()
	for _, l := range m.server.Taken() {
		if l.To != name+"@example.com" {
			continue
		}
		_, rest, found := strings.Cut(strings.ReplaceAll(string(l.Raw), "=\n", ""), "/messages/")
		if reference, _, ok := strings.Cut(rest, "\n"); found && ok {
			list = append(list, strings.TrimSpace(reference))
		}
	}
	return list
}

// tried counts the summaries that had an outcome, as monitoring is told.
func (m *mailing) tried(outcome string) (n float64) {
	m.t.Helper()
	families, err := m.registry.Gather()
	m.check(err)
	for _, f := range families {
		for _, x := range f.GetMetric() {
			for _, label := range x.GetLabel() {
				if f.GetName() == "nodkey_summaries_total" && label.GetName() == "outcome" && label.GetValue() == outcome {
					n += x.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

func (m *mailing) until(what string, is func() bool) {
	m.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			m.t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// hours lets time go by, and the courier see it.
func (m *mailing) hours(d time.Duration) {
	m.clock.Advance(d)
	m.bus.Publish("summaries")
}

// The mail server is away for a day. All that time people are written to; nothing is lost, nothing comes twice, and each gets theirs in
// order.
func TestTheMailServerIsAwayForADay(t *testing.T) {
	m := mailingHouse(t)
	names := []string{"mara", "jonas", "misaki"}
	for _, name := range names {
		m.reader(name)
	}
	m.server.Stop()
	want := map[string][]string{}
	for i := range 48 {
		if i%12 == 0 {
			for _, name := range names {
				want[name] = append(want[name], m.writes(name))
			}
		}
		before := m.tried("away")
		m.hours(30 * time.Minute)
		m.until("the server is tried", func() bool { return m.tried("away") > before })
	}
	if n := m.tried("away"); n > 48*4+8 {
		t.Errorf("it was tried %v times", n)
	}
	m.server.Again(t)
	m.hours(time.Hour)
	for _, name := range names {
		m.until("all letters to "+name, func() bool {
			got := m.arrived(name)
			return len(got) > 0 && got[len(got)-1] == want[name][len(want[name])-1]
		})
	}
	m.hours(24 * time.Hour) // nothing more comes
	late := m.writes("mara")
	m.until("the last one", func() bool { return slices.Contains(m.arrived("mara"), late) })
	for _, name := range names {
		got := m.arrived(name)[1:]
		if name == "mara" {
			got = got[:len(got)-1]
		}
		if !slices.Equal(got, want[name]) {
			t.Errorf("%s got %v, not %v", name, got, want[name])
		}
	}
	ids := map[string]bool{}
	for _, l := range m.server.Taken() {
		head, err := l.Read()
		m.check(err)
		if id := head.Header.Get("Message-Id"); ids[id] {
			t.Errorf("%s came twice", id)
		} else {
			ids[id] = true
		}
	}
	log := m.log.String()
	if strings.Count(log, "a service takes no messages") != 1 || strings.Count(log, "a service takes messages again") != 1 || strings.Contains(log, "@example.com") {
		t.Errorf("the log:\n%s", log)
	}
}

// A mailbox that is full, or greylisted, delays its own letters; one that there is not gets none; all others get theirs at once.
func TestOneMailboxInTroubleDelaysNoOther(t *testing.T) {
	m := mailingHouse(t)
	m.server.Lock()
	m.server.Answer = func(command, rest string) string {
		switch {
		case command == "RCPT" && strings.Contains(rest, "full@"):
			return "452 4.2.2 full@example.com: mailbox full"
		case command == "RCPT" && strings.Contains(rest, "gone@"):
			return "550 5.1.1 gone@example.com: no such user"
		}
		return ""
	}
	m.server.Unlock()
	m.reader("full")
	m.reader("gone")
	waits, gone := m.writes("full"), m.writes("gone")
	for i := range 5 {
		name := fmt.Sprint("reader", i)
		m.reader(name)
		reference := m.writes(name)
		m.until("a letter to "+name, func() bool { return slices.Contains(m.arrived(name), reference) })
	}
	m.until("the refusals", func() bool { return m.tried("retry") >= 2 && m.tried("gone") >= 2 })
	m.server.Lock()
	m.server.Answer = nil
	m.server.Unlock()
	m.until("the letter to the full mailbox", func() bool { m.hours(time.Minute); return slices.Contains(m.arrived("full"), waits) })
	if got := m.arrived("gone"); len(got) != 0 {
		t.Errorf("sent again: %v", got)
	}
	r, _ := nodkey.ParseReference(gone)
	thread, err := m.services.MessageDesk.Read(t.Context(), m.desk, r)
	m.check(err)
	if s := thread.Summaries; len(s) != 1 || s[0].State != nodkey.SummaryFailed || !strings.Contains(s[0].Failure, "no such user") || strings.Contains(s[0].Failure, "gone@") {
		t.Errorf("%+v", s)
	}
	if strings.Contains(m.log.String(), "@example.com") {
		t.Errorf("the log:\n%s", m.log)
	}
}

// What is unread is spoken of again when its time has come.
func TestRemindersLeave(t *testing.T) {
	m := mailingHouse(t)
	m.reader("mara")
	r := m.writes("mara")
	of := func() (n int) {
		for _, x := range m.arrived("mara") {
			if x == r {
				n++
			}
		}
		return n
	}
	m.until("the summary", func() bool { return of() == 1 })
	m.clock.Advance(4*24*time.Hour + time.Hour)
	if n, err := m.services.Summaries.Remind(t.Context()); err != nil || n == 0 {
		t.Fatalf("%d, %v", n, err)
	}
	m.until("the reminder", func() bool { return of() == 2 })
}

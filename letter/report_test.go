package letter

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// reportOf is a report as Postfix writes one.
func reportOf(fields string) string {
	return strings.ReplaceAll(`Return-Path: <>
Date: Wed,  4 Mar 2026 14:33:00 +0100 (CET)
From: MAILER-DAEMON@mail.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces+abc234@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="A1B2C3.1772631180/mail.example.com"
Message-Id: <20260304133300.D4E5F6@mail.example.com>

This is a MIME-encapsulated message.

--A1B2C3.1772631180/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.com.

Action: delivered

--A1B2C3.1772631180/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

`+fields+`

--A1B2C3.1772631180/mail.example.com
Content-Description: Undelivered Message
Content-Type: message/rfc822

Subject: You have a new message

Hello

--A1B2C3.1772631180/mail.example.com--
`, "\n", "\r\n")
}

const failedFields = `Reporting-MTA: dns; mail.example.com
Arrival-Date: Wed,  4 Mar 2026 14:32:59 +0100 (CET)

Final-Recipient: rfc822; mara@example.net
Original-Recipient: rfc822;mara@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <mara@example.net>: Recipient address
    rejected: User unknown`

func TestReadReport(t *testing.T) {
	for what, try := range map[string]struct {
		text string
		want Report
	}{
		"failed":       {reportOf(failedFields), Report{To: "bounces+abc234@example.com", Failed: true, Action: "failed", Why: "5.1.1 550 5.1.1 <mara@example.net>: Recipient address rejected: User unknown"}},
		"bare lines":   {strings.ReplaceAll(reportOf(failedFields), "\r\n", "\n"), Report{To: "bounces+abc234@example.com", Failed: true, Action: "failed", Why: "5.1.1 550 5.1.1 <mara@example.net>: Recipient address rejected: User unknown"}},
		"delayed":      {reportOf(strings.NewReplacer("failed", "delayed", "5.1.1\nRemote", "4.4.1\nRemote").Replace(failedFields)), Report{To: "bounces+abc234@example.com", Action: "delayed", Why: "4.4.1 550 5.1.1 <mara@example.net>: Recipient address rejected: User unknown"}},
		"no words":     {reportOf("Reporting-MTA: dns; x\n\nAction: FAILED\nStatus: 4.4.7"), Report{To: "bounces+abc234@example.com", Failed: true, Action: "failed", Why: "4.4.7"}},
		"one of two":   {reportOf("Reporting-MTA: dns; x\n\nAction: delayed\nStatus: 4.0.0\n\nAction: failed\nStatus: 5.0.0"), Report{To: "bounces+abc234@example.com", Failed: true, Action: "failed", Why: "5.0.0"}},
		"of a mailbox": {"From MAILER-DAEMON Wed Mar  4 14:33:00 2026\n" + reportOf(failedFields), Report{To: "bounces+abc234@example.com", Failed: true, Action: "failed", Why: "5.1.1 550 5.1.1 <mara@example.net>: Recipient address rejected: User unknown"}},
	} {
		got, err := ReadReport(strings.NewReader(try.text))
		if err != nil || got != try.want {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestWhatIsNoReport(t *testing.T) {
	good := reportOf(failedFields)
	for what, text := range map[string]string{
		"nothing": "", "a line": "From x", "a letter": "To: a@example.com\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n",
		"no address": strings.Replace(good, "To: ", "X-To: ", 1), "two addresses": strings.Replace(good, "To: ", "To: a@example.com, ", 1),
		"no status": strings.Replace(good, "message/delivery-status", "text/plain", 1), "no boundary": strings.Replace(good, "boundary=", "x=", 1),
		"no action": strings.Replace(good, "Action: failed", "X: failed", 1), "another action": strings.Replace(good, "Action: failed", "Action: vanished", 1),
		"no fields": reportOf("what\nis this"), "many parts first": strings.Replace(good, "--A1B2", strings.Repeat("--A1B2C3.1772631180/mail.example.com\r\n\r\nx\r\n", 20)+"--A1B2", 1),
		"a status far behind": strings.Replace(good, "This is a MIME", strings.Repeat("This is a MIME\r\n", 30_000), 1),
		"ten megabytes":       strings.Repeat("x", 10<<20),
	} {
		if got, err := ReadReport(strings.NewReader(text)); !errors.Is(err, ErrReport) {
			t.Errorf("%s is taken for %+v, %v", what, got, err)
		}
	}
}

// slowly gives a byte at a time, for ever.
type slowly struct{ n int }

func (s *slowly) Read(p []byte) (int, error) {
	if s.n++; s.n > 1<<20 {
		return 0, io.ErrClosedPipe
	}
	p[0] = 'x'
	return 1, nil
}

func TestAReportWithoutEndIsNotReadToIt(t *testing.T) {
	r := &slowly{}
	if _, err := ReadReport(r); !errors.Is(err, ErrReport) || r.n > reportMost+1 {
		t.Errorf("%d reads: %v", r.n, err)
	}
}

func FuzzReadReport(f *testing.F) {
	f.Add(reportOf(failedFields))
	f.Add(reportOf("Action: delayed"))
	f.Add("From x\nTo: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n\n--b--\n")
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		r, err := ReadReport(strings.NewReader(text))
		if err != nil && !errors.Is(err, ErrReport) || err == nil && (r.To == "" || r.Action == "" || r.Failed != (r.Action == "failed") || len(r.Why) > reportWhy) {
			t.Errorf("%+v, %v", r, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

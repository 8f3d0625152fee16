package letter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
)

// Report is what a mail server says of a letter that it was to bring (RFC 3464).
type Report struct {
	To     string // the letter's return address, to which the report went
	Failed bool   // it will not arrive; else it may be late, or has arrived
	Action string // failed, delayed, delivered, relayed or expanded
	Why    string // status and the other server's words, "5.1.1 550 no such user"; they may name the address
}

// ErrReport is returned for what is no report of one letter's delivery.
var ErrReport = errors.New("this is no delivery status notification (RFC 3464)")

const (
	reportMost   = 256 << 10 // bytes that are looked at: a report is at the beginning, what came back behind it
	reportFields = 32 << 10  // bytes of the report itself
	reportParts  = 8         // parts, and groups of fields
	reportWhy    = 1000      // bytes
)

// ReadReport reads a report as a mail server's pipe gives it, with lines that end in CRLF or LF. Errors: ErrReport, the reader's.
func ReadReport(r io.Reader) (Report, error) {
	bad := func(why string) (Report, error) { return Report{}, fmt.Errorf("%w: %s", ErrReport, why) }
	in := bufio.NewReader(io.LimitReader(r, reportMost))
	if first, err := in.Peek(5); err == nil && string(first) == "From " { // a mailbox's own line
		if _, err := in.ReadString('\n'); err != nil {
			return bad("it ends after its first line")
		}
	}
	m, err := mail.ReadMessage(in)
	if err != nil {
		return bad("it has no head")
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return bad("it is not to one address")
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/report" && media != "multipart/mixed" || params["boundary"] == "" { // OpenSMTPD sends mixed
		return bad("it is of no parts")
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range reportParts {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err == nil && (media == "message/delivery-status" || media == "message/global-delivery-status") {
			report, err := readStatus(io.LimitReader(part, reportFields))
			report.To = to[0].Address
			return report, err
		}
	}
	return bad("no part of it is a delivery status")
}

// readStatus reads groups of fields: of the letter, and then of each addressee. A letter of ours has one.
func readStatus(r io.Reader) (Report, error) {
	fields := textproto.NewReader(bufio.NewReader(r))
	var found *Report
	for range reportParts {
		group, err := fields.ReadMIMEHeader()
		if err != nil && !errors.Is(err, io.EOF) {
			return Report{}, fmt.Errorf("%w: its fields cannot be read", ErrReport)
		}
		if action := strings.ToLower(strings.TrimSpace(group.Get("Action"))); action != "" {
			switch action {
			case "failed", "delayed", "delivered", "relayed", "expanded":
			default:
				return Report{}, fmt.Errorf("%w: it knows of no action", ErrReport)
			}
			if found == nil || action == "failed" && !found.Failed {
				found = &Report{Failed: action == "failed", Action: action, Why: whyOf(group)}
			}
		}
		if err != nil {
			break
		}
	}
	if found == nil {
		return Report{}, fmt.Errorf("%w: it says nothing of an addressee", ErrReport)
	}
	return *found, nil
}

func whyOf(group textproto.MIMEHeader) string {
	_, said, _ := strings.Cut(group.Get("Diagnostic-Code"), ";")
	status, said := strings.TrimSpace(group.Get("Status")), strings.TrimSpace(said)
	why := strings.TrimSpace(status + " " + said)
	return why[:min(len(why), reportWhy)]
}

package letter

import (
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/nodkey/nodkey"
)

// SMS is a text message, as long as it has to be and no longer.
type SMS struct {
	Text    string
	Unicode bool // UCS-2; else the default alphabet of GSM
	Parts   int  // messages that it takes on its way
}

// Texter writes text messages. It has no room for what a message says: all that it is given is a [nodkey.Summary] or a code.
type Texter struct {
	Portal   string // its origin: "https://portal.example"
	Operator string // who runs it, as people know them; may be empty
}

// line is one line of a text message in the ways in which it can be said; the last one may be nothing at all. The worth of what
// stays in is added up: a line's is more than that of all that go before it.
type line []way

type way struct {
	text  string
	worth int
}

// Summary says that there is something to read, and where. It fits one message where it can: the greeting goes first, then the
// advice, the operator's name, the reference (which the link has too), and what it is about. The link stays.
func (t Texter) Summary(say Speaker, s nodkey.Summary) SMS {
	subject := say.T(string(s.Subject), nil)
	about := func(what string) string {
		return say.T("mail.sms_about", map[string]any{"Subject": what, "Reference": s.Reference})
	}
	short := say.T("mail.sms_new", nil)
	return fit(
		t.from(say, 4),
		hello(say, s.FirstName, 1),
		line{{about(subject), 24}, {subject, 16}, {about(short), 8}, {short, 0}},
		line{{say.T("mail.sms_read", nil), 2}, {"", 0}},
		line{{t.Portal + s.Path, 0}},
	)
}

// Code carries a code to a number that is to be verified, or to one on record before a first phone. Its last line binds the code to the
// portal, so that phones offer it nowhere else (https://wicg.github.io/sms-one-time-codes/); where not all fits, it stays longer than
// the rest, but for what somebody has to know whose password is known.
func (t Texter) Code(say Speaker, c nodkey.ContactCode) SMS {
	unasked := way{say.T("mail.sms_code_unasked", nil), 1}
	if c.For == nodkey.ForActivation {
		unasked = way{say.T("mail.sms_code_unasked_first", nil), 16}
	}
	minutes := max(1, int(c.Left.Round(time.Minute)/time.Minute))
	lines := []line{
		t.from(say, 4),
		{{say.T("mail.sms_code", map[string]any{"Code": string(c.Code)}), 0}},
		{{say.T("mail.sms_code_valid", map[string]any{"Count": minutes}), 2}, {"", 0}},
		{unasked, {"", 0}},
	}
	// The format knows names alone, and https on its own port.
	host, secure := strings.CutPrefix(t.Portal, "https://")
	if _, err := netip.ParseAddr(host); secure && err != nil && !strings.ContainsAny(host, ":[") {
		lines = append(lines, line{{"@" + host + " #" + string(c.Code), 8}, {"", 0}})
	}
	return fit(lines...)
}

// Test is a text for whoever sets up a gateway: in the default alphabet with signs that gateways lose, or in UCS-2.
func (t Texter) Test(say Speaker, unicode bool) SMS {
	sample := "@ Ä ö ß é _ € [ ]"
	if unicode {
		sample = "@ Ä Ł 日本語 😀"
	}
	return fit(t.from(say, 1), line{{say.T("mail.sms_test", map[string]any{"Sample": sample}), 0}})
}

func (t Texter) from(say Speaker, worth int) line {
	name := legible(t.Operator)
	if name == "" {
		return line{{}}
	}
	return line{{say.T("mail.sms_from", map[string]any{"Operator": name}), worth}, {}}
}

func hello(say Speaker, name string, worth int) line {
	if name = callable(name); name == "" {
		return line{{}}
	}
	return line{{say.T("mail.sms_hello", map[string]any{"Name": name}), worth}, {}}
}

// callable gives a name to greet somebody by: none where phones and mail programs would make a link of it. The one link is the portal's.
func callable(name string) string {
	name = legible(name)
	dot := strings.IndexByte(name, '.')
	if strings.ContainsAny(name, `/\:@#`) || dot >= 0 && dot < len(name)-1 {
		return ""
	}
	return name
}

// legible takes out of a name what is not seen, or would begin a line of its own.
func legible(name string) string {
	name = strings.Map(func(r rune) rune {
		joins := r == '\u200c' || r == '\u200d'
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar, unicode.Is(unicode.Cf, r) && !joins:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	return strings.Join(strings.Fields(name), " ")
}

// fit puts lines together in the fewest messages that they can be sent in, and of those ways takes the one that says most.
func fit(lines ...line) SMS {
	var best SMS
	most := -1
	ways(lines, nil, 0, func(said []string, worth int) {
		text := plainer(strings.Join(said, "\n"))
		parts, wide := Parts(text)
		if most < 0 || len(parts) < best.Parts || len(parts) == best.Parts && worth > most {
			best, most = SMS{Text: text, Unicode: wide, Parts: len(parts)}, worth
		}
	})
	return best
}

// ways goes through all ways to say lines: a few dozen.
func ways(lines []line, said []string, worth int, visit func(said []string, worth int)) {
	if len(lines) == 0 {
		visit(said, worth)
		return
	}
	for _, w := range lines[0] {
		next := said
		if w.text != "" {
			next = append(said[:len(said):len(said)], w.text)
		}
		ways(lines[1:], next, worth+w.worth, visit)
	}
}

package nodkey

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseAddress looks for what is kept and is not an address: more than one, a line of its own, anything beyond ASCII, or another
// address once it is read again.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"mara@example.com", "Mara+x@Example.COM", "+41 (0)79 123-45.67", "＋４１７９", "a@b.c\r\nBcc: d@e.f", "a@[1.2.3.4]", "\"a b\"@c.d", "a@xn--4ca.example", strings.Repeat("a", 64) + "@b.example"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, typed string, email bool) {
		channel := SummarySMS
		if email {
			channel = SummaryEmail
		}
		address, err := parseAddress(channel, typed)
		if err != nil {
			if !HasKey(err, "contact.email") && !HasKey(err, "contact.phone") {
				t.Fatalf("%q: %v", typed, err)
			}
			return
		}
		if again, err := parseAddress(channel, address); err != nil || again != address {
			t.Fatalf("%q is kept as %q and read as %q, %v", typed, address, again, err)
		}
		odd := func(r rune) bool { return r <= ' ' || r > '~' }
		if strings.ContainsFunc(address, odd) || len(address) > addressMax || strings.ContainsAny(address, `"<>,;:\()[]`) || email != (strings.Count(address, "@") == 1) {
			t.Fatalf("%q is kept as %q", typed, address)
		}
		if hint := hintOf(channel, address); len(address) > 3 && !email && strings.Contains(hint, address[1:len(address)-2]) || utf8.RuneCountInString(addressItem(address)) > addressMost {
			t.Fatalf("%q is shown as %q and %q", address, hint, addressItem(address))
		}
		if mailbox(channel, strings.ToUpper(address)) != mailbox(channel, address) && channel == SummarySMS || mailbox(channel, address) == "" {
			t.Fatalf("limits know %q as %q", address, mailbox(channel, address))
		}
	})
}

// What two writings of one mailbox have in common is what limits count.
func TestMailboxes(t *testing.T) {
	for _, c := range []struct {
		channel SummaryChannel
		a, b    string
		same    bool
	}{
		{SummaryEmail, "Mara+bank@example.com", "mara@example.com", true},
		{SummaryEmail, "mara@example.com", "mara@example.org", false},
		{SummaryEmail, "mara@example.com", "maria@example.com", false},
		{SummarySMS, "+41791234567", "+410791234567", true},
		{SummarySMS, "+41791234567", "+41791234568", false},
	} {
		if (mailbox(c.channel, c.a) == mailbox(c.channel, c.b)) != c.same {
			t.Errorf("%s and %s: same is %t", c.a, c.b, !c.same)
		}
	}
}

package nodkey

import (
	"strings"
	"time"
)

// ContactTryID names one try to verify an address.
type ContactTryID string

// SealedContact is a verified address of a user's, as it is kept: one a channel.
type SealedContact struct {
	ID         string // user/channel
	UserID     UserID
	Channel    SummaryChannel
	Address    []byte // sealed
	VerifiedAt time.Time
	ApprovedBy KeyID // whose yes put it in force; empty: the desk's
}

// ContactTryState is where a try stands.
type ContactTryState string

// The states of a try.
const (
	ContactOpen     ContactTryState = "open"     // the code is awaited
	ContactVerified ContactTryState = "verified" // it was right; the phones may still be asked
	ContactEnded    ContactTryState = "ended"    // a newer try took its place
)

// ContactPurpose is what a code is for.
type ContactPurpose string

// The purposes.
const (
	ForAddress    ContactPurpose = "address"    // it verifies an address that is to become the user's
	ForActivation ContactPurpose = "activation" // it proves that a contact on record is the person's, before the first phone
)

// ContactTry is an address that somebody says is theirs, and the code that was sent to it.
type ContactTry struct {
	ID        ContactTryID
	UserID    UserID
	CreatedAt time.Time
	Channel   SummaryChannel
	Address   []byte // sealed
	Code      []byte // sealed; nil once it was sent
	CodeHash  []byte
	SessionID SessionID // whose first activation the code is for; empty: the code verifies the address
	Language  string
	Tries     int
	State     ContactTryState
	DueAt     time.Time
	ExpiresAt time.Time
}

func (t ContactTry) purpose() ContactPurpose {
	if t.SessionID != "" {
		return ForActivation
	}
	return ForAddress
}

func contactID(user UserID, channel SummaryChannel) string {
	return string(user) + "/" + string(channel)
}

const addressMax = 254 // RFC 5321 §4.5.3.1.3, without the brackets

// parseAddress gives the form in which an address is kept. An e-mail address is one in ASCII without quotes or comments, its
// domain in lower case; a telephone number is one of E.164, of which spaces, hyphens, dots, brackets and a zero in brackets, which
// is dialled within the country alone, are taken out. What was typed in full-width characters counts as the same in ASCII. Errors:
// contact.email, contact.phone, contact.channel.
func parseAddress(channel SummaryChannel, typed string) (string, error) {
	if len(typed) > 4*addressMax { // not worth a look
		typed = ""
	}
	typed = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, typed))
	switch channel {
	case SummaryEmail:
		local, domain, ok := strings.Cut(typed, "@")
		domain = strings.ToLower(domain)
		if !ok || len(typed) > addressMax || len(local) > 64 || !dotted(local, "!#$%&'*+-/=?^_`{|}~") || !dotted(domain, "-") || !strings.Contains(domain, ".") {
			return "", fail(BadInput, "contact.email")
		}
		for label := range strings.SplitSeq(domain, ".") {
			if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
				return "", fail(BadInput, "contact.email")
			}
		}
		return local + "@" + domain, nil
	case SummarySMS:
		number := strings.NewReplacer("(0)", "", " ", "", "\u3000", "", "\u00a0", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(typed)
		digits, ok := strings.CutPrefix(number, "+")
		if !ok || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
			return "", fail(BadInput, "contact.phone")
		}
		return number, nil
	}
	return "", fail(BadInput, "contact.channel")
}

// CheckAddress refuses what Contacts.Set would refuse. Errors: contact.email, contact.phone, contact.channel.
func CheckAddress(channel SummaryChannel, typed string) error {
	_, err := parseAddress(channel, typed)
	return err
}

// contacts are a new user's addresses.
func (n NewUser) contacts() (out []contactPayload, err error) {
	for _, x := range []struct {
		channel SummaryChannel
		typed   string
	}{{SummaryEmail, n.Email}, {SummarySMS, n.Phone}} {
		if x.typed == "" {
			continue
		}
		address, err := parseAddress(x.channel, x.typed)
		if err != nil {
			return nil, err
		}
		out = append(out, contactPayload{Channel: x.channel, Address: address})
	}
	return out, nil
}

// dotted reports whether text is atoms of letters, digits and these characters with dots between.
func dotted(text, more string) bool {
	for atom := range strings.SplitSeq(text, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
			return !letter && !strings.ContainsRune(more, r)
		}) {
			return false
		}
	}
	return true
}

// hintOf gives as much of an address as its owner needs to know it again: "m…@example.com", "…42".
func hintOf(channel SummaryChannel, address string) string {
	if channel == SummarySMS {
		return "…" + address[max(0, len(address)-2):]
	}
	local, domain, _ := strings.Cut(address, "@")
	return local[:min(1, len(local))] + "…@" + domain
}

// mailbox is what limits know an address by: those that reach the same person count as one. Hardly any mail service tells upper
// from lower case, many take what follows a "+" as a label, and a zero of a country's own after its number is dialled or not.
func mailbox(channel SummaryChannel, address string) string {
	if channel == SummarySMS {
		const tail = 8 // of a subscriber's own digits
		return address[max(0, len(address)-tail):]
	}
	local, domain, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(strings.ToLower(local), "+")
	return local + "@" + domain
}

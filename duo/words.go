package duo

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/nodkey/nodkey"
)

// What people read at these clients, beside the English that the clients print themselves.
const (
	sayAsk        = "Nodkey will ask on your phone."
	sayPushed     = "Nodkey asks on your phone. Open the request there and answer it."
	sayOpenApp    = "Open Nodkey on your phone and answer there: it was asked too often to be notified again."
	sayAllowed    = "Success. Logging you in..."
	sayRefused    = "The request was refused on the phone."
	sayNumber     = "Another number was typed on the phone than the one shown here."
	sayTimeout    = "No answer came in time. Nothing was allowed; try again."
	sayCancelled  = "The request was taken back."
	sayUsed       = "This sign-in was used already. Try again."
	sayDenied     = "Nodkey cannot ask anybody for this sign-in. Your service desk can see why."
	sayNoWay      = "This application can neither show the number nor take codes, so nobody is asked. Its operator can change that."
	sayNoPhone    = "There is no such phone. Try again."
	sayFactor     = "Nodkey knows pushes and codes of its app, no calls and no text messages. Choose one of those."
	sayChoose     = "That is neither one of the options nor a code of eight digits."
	sayShape      = "A code of Nodkey has eight digits. Try again."
	sayCodeOver   = "These digits take no code any more. Try again; you will be shown new ones."
	sayNoCode     = "None of your phones can make codes. Answer on a phone that is online."
	sayCodeOff    = "Too many codes were wrong, so they are off until your phone answers online once."
	sayWrongLeft  = "The code is wrong. The digits are still good for %d more."
	sayWrongLast  = "The code is wrong, and it was the last try. You will be shown new digits."
	askDigits     = "In Nodkey on your phone choose \"Code without connection\" and type %s."
	askDigitsThen = askDigits + " Then enter the eight digits that it shows."
	showNumber    = "Nodkey asks on your phone. Type this number there: %s"
)

// spaced writes six digits as they are read: 482 913.
func spaced(digits string) string {
	if len(digits) != 6 {
		return digits
	}
	return digits[:3] + " " + digits[3:]
}

// sayWaiting is said while a request waits.
func sayWaiting(w nodkey.Waiting) string {
	switch {
	case !w.Notified:
		if w.Number != "" {
			return sayOpenApp + " The number is " + w.Number + "."
		}
		return sayOpenApp
	case w.Number != "":
		return fmt.Sprintf(showNumber, w.Number)
	}
	return sayPushed
}

// printable is a text of somebody else's as it may be printed on a terminal and shown on a phone: what moves a cursor or cannot be
// seen is left out.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029 || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}

// brief is what a client says of itself, fit to be shown: at most 60 characters.
func brief(text string) string {
	runes := []rune(printable(text))
	return strings.TrimSpace(string(runes[:min(len(runes), 60)]))
}

// askFor says what to do with six digits.
func askFor(digits string) string { return fmt.Sprintf(askDigitsThen, spaced(digits)) }

// prompt is the question of clients that show one, and what their factors are called by what is typed.
type prompt struct {
	text    string
	factors document
}

// What a factor is called: the client sends back the name that stands for what was typed. Some print what they do by finding "push"
// in it.
const (
	factorPush     = "push"
	factorVerified = "verified_push"
	factorCode     = "code"
)

// promptOf asks which way. verified says that the client shows numbers, and names its pushes so.
func promptOf(app nodkey.ApplicationID, user string, o offer, verified bool) prompt {
	p := prompt{factors: document{}}
	var text strings.Builder
	fmt.Fprintf(&text, "Nodkey sign-in for %s\n\n", printable(user))
	if o.digits != "" {
		fmt.Fprintf(&text, askDigits+"\n\n", spaced(o.digits))
	}
	name := factorPush
	if verified {
		name = factorVerified
	}
	n := 0
	option := func(words, factor string) {
		n++
		fmt.Fprintf(&text, "  %d. %s\n", n, words)
		p.factors[fmt.Sprint(n)] = factor
		if n == 1 {
			p.factors["default"] = factor
		}
	}
	if o.phone {
		for _, choice := range o.phones {
			option("Push to "+printable(choice.Phone.Name), name+"_"+DeviceID(app, choice.KeyID))
		}
	}
	if o.code {
		words := "Code of the app, for a phone without connection"
		if o.digits != "" {
			words = "Other digits"
		}
		option(words, factorCode)
	}
	options := "1"
	if n > 1 {
		options = fmt.Sprintf("1-%d", n)
	}
	switch {
	case o.digits != "":
		fmt.Fprintf(&text, "\nThe eight digits that it shows, or option (%s): ", options)
	default:
		fmt.Fprintf(&text, "\nOption (%s): ", options)
	}
	p.text = text.String()
	return p
}

package portal

// ContactView is "contact": an e-mail address or a telephone number to write summaries to.
type ContactView struct {
	Page
	Way     ContactWay
	Have    string // as much of the address in force as others may see; empty: none
	Since   string // it is in force: "3 March 2026"
	NoPhone bool   // no phone could say yes
	Desk    Desk   // whom to ask then
	Typed   string
	Problem *Problem
}

// ContactCodeView is "contact_code": the six digits that were sent.
type ContactCodeView struct {
	Page
	Way     ContactWay
	To      string // where the code was sent
	Until   string // it works: "14:42"
	Left    int    // tries
	Fewer   bool   // some were used
	Again   int    // seconds until another code may be sent; 0: now
	Typed   string
	Problem *Problem
}

// ContactRemoveView is "contact_remove": whether an address is to go.
type ContactRemoveView struct {
	Page
	Way  ContactWay
	Have string
}

// ContactRow is a link to one of the person's addresses.
type ContactRow struct {
	Way  ContactWay
	Have string // empty: none
}

// ContactWay is e-mail or SMS: the path of its pages, and which words they have.
type ContactWay struct {
	Name  string // "email" or "phone"
	Path  string
	Icon  string
	Words ContactWords
}

// ContactWords are keys of the catalogues.
type ContactWords struct{ Title, Lead, Field, Hint, CodeHint, Remove, Other string }

var (
	contactEmail = ContactWay{"email", "/messages/settings/email", "mail", ContactWords{"reach.email_title", "reach.email_lead",
		"reach.email_field", "reach.email_hint", "reach.email_code_hint", "reach.email_remove", "reach.email_other"}}
	contactPhone = ContactWay{"phone", "/messages/settings/phone", "phone", ContactWords{"reach.phone_title", "reach.phone_lead",
		"reach.phone_field", "reach.phone_hint", "reach.phone_code_hint", "reach.phone_remove", "reach.phone_other"}}
)

// ProofView is the banner at home that asks for a code before the first phone: where it is to go, then the code itself.
type ProofView struct {
	Ways    []ProofWay
	Code    *ProofCode // one was sent; nil: where it is to go is asked
	Desk    Desk       // whom to ask who has no contact on record
	Problem *Problem
}

// ProofWay is a contact on record.
type ProofWay struct {
	Name    string // "email" or "phone"
	Icon    string
	Hint    string // "m…@example.com"
	Checked bool
}

// ProofCode is the code that was sent.
type ProofCode struct {
	Way   ProofWay
	Until string // it works: "14:42"
	Left  int    // tries
	Fewer bool   // some were used
	Again int    // seconds until another code may be sent; 0: now
	Typed string
}

// SixDigits is what the field of the code shows.
func (v ProofView) SixDigits() (field struct {
	Typed   string
	Problem *Problem
}) {
	field.Typed, field.Problem = v.Code.Typed, v.Problem
	return field
}

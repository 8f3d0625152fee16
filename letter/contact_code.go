package letter

import (
	"time"

	"github.com/nodkey/nodkey"
)

// Code carries the code that shows whose an address is, or that its person is who activates a first phone: the one letter that has
// one. It has no link, names nobody, and the subject line, which locked screens show, is without the code. Error: ErrText.
func (w Writer) Code(say Speaker, c nodkey.ContactCode) (Letter, error) {
	name := w.Name(say.Lang())
	if err := clean(string(c.Code), name, w.Operator); err != nil {
		return Letter{}, err
	}
	only, unasked := "mail.code_only", "mail.code_unasked"
	if c.For == nodkey.ForActivation {
		only, unasked = "mail.code_only_first", "mail.code_unasked_first"
	}
	minutes := max(1, int((c.Left+time.Minute-1)/time.Minute))
	return w.letter(say, say.T("mail.code_subject", map[string]any{"Portal": name}), []string{
		greeting(say, ""),
		say.T("mail.code_lead", nil) + "\n" + string(c.Code),
		say.T("mail.code_valid", map[string]any{"Portal": name, "Count": minutes}),
		say.T(only, nil),
		say.T(unasked, nil),
	}), nil
}

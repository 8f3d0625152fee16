package letter

import "strings"

// Invitation is what a new user is told. It has no room for a code or a password.
type Invitation struct {
	User     string // the name to sign in with
	Name     string // how people read the name
	Portal   string // what the portal is called: "Aldermere Client Portal"
	Address  string // where the first visit begins: "https://portal.example/first-visit"
	Operator string // who runs it
	Desk     string // whom to ask; may be empty
}

// Letter writes the invitation. Error: ErrText.
func (in Invitation) Letter(say Speaker) (Letter, error) {
	if err := clean(in.User, in.Name, in.Portal, in.Address, in.Operator, in.Desk); err != nil {
		return Letter{}, err
	}
	args := map[string]any{"Name": in.Name, "Portal": in.Portal, "Desk": in.Desk}
	ask := say.T("mail.invitation_ask_anyone", args)
	if in.Desk != "" {
		ask = say.T("mail.invitation_ask", args)
	}
	paragraphs := []string{
		say.T("mail.hello", args),
		say.T("mail.invitation_lead", args),
		say.T("mail.invitation_where", nil) + "\n" + in.Address,
		say.T("mail.invitation_user", nil) + "\n" + in.User,
		say.T("mail.invitation_code", nil),
		strings.Join([]string{
			"1. " + say.T("mail.invitation_step_1", nil),
			"2. " + say.T("mail.invitation_step_2", nil),
			"3. " + say.T("mail.invitation_step_3", nil),
		}, "\n"),
		say.T("mail.never", nil),
		say.T("mail.invitation_unexpected", nil) + "\n" + ask,
		in.Operator,
	}
	return Letter{Lang: say.Lang(), Subject: say.T("mail.invitation_subject", args), Text: strings.Join(paragraphs, "\n\n") + "\n"}, nil
}

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
)

func userLetter() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use: "letter NAME", Short: "Print the e-mail that invites a user to the first visit",
		Long: "Print the e-mail that invites a user to the first visit, in the user's language (English where none is set):\n" +
			"a whole message after RFC 5322, to be piped into sendmail -t. It says where the portal is and what the user name is.\n" +
			"It never holds the first-access code: give that to the person another way. Without --from or --to the message lacks\n" +
			"that header, and the mail program has to know it.",
		Example: "  nodkey user letter mara --from desk@example.com --to mara@example.net | sendmail -t",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			envelope := letter.Envelope{}
			var err error
			if envelope.From, err = addressFlag("--from", from); err != nil {
				return err
			}
			if envelope.To, err = addressFlag("--to", to); err != nil {
				return err
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				d, err := h.services.Users.Show(c.Context(), operator, args[0])
				if err != nil {
					return err
				}
				return h.printInvitation(c, d.User, envelope)
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "who writes: an e-mail address, with or without a name")
	c.Flags().StringVar(&to, "to", "", "where the user reads: an e-mail address, with or without a name")
	return c
}

// addressFlag reads an address; none is fine.
func addressFlag(flag, text string) (*mail.Address, error) {
	if text == "" {
		return nil, nil
	}
	a, err := letter.ParseAddress(text)
	if err != nil {
		return nil, &commandError{code: exitUsage, sentence: fmt.Sprintf("%s %q is no e-mail address", flag, text), err: err,
			next: `Give one address in ASCII, as in mara@example.com or "Mara Lindqvist <mara@example.com>".`}
	}
	return a, nil
}

// printInvitation prints the message. Only somebody whom a first-access code awaits is invited: others would look for one.
func (h *house) printInvitation(c *cobra.Command, u nodkey.User, e letter.Envelope) error {
	now := h.clock.Now()
	if len(u.FirstCode) == 0 || !now.Before(u.FirstCodeUntil) {
		return &commandError{code: exitConflict, sentence: "no first-access code is waiting for " + u.Name + ", so the invitation would promise what does not come",
			next: "See nodkey user activation " + u.Name + " for a new code."}
	}
	say := h.texts.For(u.Locale)
	in := letter.Invitation{
		User: u.Name, Name: u.DisplayName, Portal: h.settings.site(h.texts).AppIn[say.Lang()], Address: h.settings.PortalHost.String() + "/first-visit",
		Operator: h.settings.operator(), Desk: h.settings.ServiceDesk,
	}
	l, err := in.Letter(say)
	if err == nil {
		if e.To != nil && e.To.Name == "" {
			e.To.Name = u.DisplayName
		}
		e.Date, e.ID = now.Local(), rand.Text()+"@"+h.settings.PortalHost.Hostname()
		var message []byte
		if message, err = l.Message(e); err == nil {
			if asJSON(c) {
				return printJSON(c.OutOrStdout(), map[string]any{"name": u.Name, "language": l.Lang, "subject": l.Subject, "text": l.Text, "message": string(message)})
			}
			_, err = c.OutOrStdout().Write(message)
			return err
		}
	}
	if errors.Is(err, letter.ErrText) {
		return &commandError{code: exitConfig, sentence: "the letter cannot be written: " + err.Error(), err: err, next: "Look for line ends and control characters in names and in service_desk."}
	}
	return err
}

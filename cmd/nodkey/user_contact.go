package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

// contactWords are the channels as operators name them.
var contactWords = map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "e-mail", nodkey.SummarySMS: "SMS"}

// contactChange is what a command line says of one user's addresses.
type contactChange struct {
	email, phone string
	remove       []string
}

func userContact() *cobra.Command {
	var change contactChange
	c := &cobra.Command{
		Use: "contact NAME", Short: "Set or remove where a user is written to",
		Long: "Set or remove the e-mail address and the mobile number that summaries of messages go to. What is set here counts as\n" +
			"verified: make sure that it is the person's. The person gets a security notice, and an address that was replaced or\n" +
			"removed is told.",
		Example: "  nodkey user contact mara --email mara@example.net --phone '+41 79 123 45 67'\n  nodkey user contact mara --remove sms",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := change.check(); err != nil {
				return err
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				done, err := change.apply(c, h, operator, args[0])
				if err != nil {
					return err
				}
				text := args[0] + ": " + strings.Join(done, ", ") + "."
				for _, channel := range nodkey.SummaryChannels() {
					if slices.Contains(done, contactWords[channel]+" set") && h.butSilent(channel) != "" {
						text += "\n" + contactWords[channel] + h.butSilent(channel) + "."
					}
				}
				return said(c, text, map[string]any{"name": args[0], "done": done})
			})
		},
	}
	c.Flags().StringVar(&change.email, "email", "", "e-mail address that summaries go to")
	c.Flags().StringVar(&change.phone, "phone", "", "mobile number that summaries go to, with the country in front")
	c.Flags().StringSliceVar(&change.remove, "remove", nil, "take away: email, sms, or both with a comma between")
	return c
}

// check refuses what cannot be meant.
func (x contactChange) check() error {
	if x.email == "" && x.phone == "" && len(x.remove) == 0 {
		return &commandError{code: exitUsage, sentence: "nothing is to be changed", next: "Give --email, --phone or --remove."}
	}
	for _, r := range x.remove {
		set := map[string]string{"email": x.email, "sms": x.phone}
		switch have, known := set[r]; {
		case !known:
			return &commandError{code: exitUsage, sentence: fmt.Sprintf("--remove %q is neither email nor sms", r), next: "Give --remove email, --remove sms, or both."}
		case have != "":
			return &commandError{code: exitUsage, sentence: "what is to be set cannot be removed as well: " + r, next: "A new address takes the place of the one before it."}
		}
	}
	return nil
}

// apply does it; addresses that are none are refused before anything is changed.
func (x contactChange) apply(c *cobra.Command, h *house, operator nodkey.Caller, name string) (done []string, err error) {
	type setting struct {
		channel nodkey.SummaryChannel
		address string
	}
	var set []setting
	for _, s := range []setting{{nodkey.SummaryEmail, x.email}, {nodkey.SummarySMS, x.phone}} {
		if s.address == "" {
			continue
		}
		if err := nodkey.CheckAddress(s.channel, s.address); err != nil {
			return nil, err
		}
		set = append(set, s)
	}
	for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
		if !slices.Contains(x.remove, string(channel)) {
			continue
		}
		if err := h.services.Contacts.Remove(c.Context(), operator, name, channel); err != nil {
			return nil, err
		}
		done = append(done, contactWords[channel]+" removed")
	}
	for _, s := range set {
		if err := h.services.Contacts.Set(c.Context(), operator, name, s.channel, s.address); err != nil {
			return nil, err
		}
		done = append(done, contactWords[s.channel]+" set")
	}
	return done, nil
}

// butSilent is what to say beside a channel by which nothing leaves, and empty for others.
func (h *house) butSilent(channel nodkey.SummaryChannel) string {
	if slices.Contains(h.services.Contacts.Channels(), channel) {
		return ""
	}
	return ": none leaves this server, as " + map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "mail.server", nodkey.SummarySMS: "sms.url"}[channel] + " is not set"
}

// printContacts prints as much of a user's addresses as is needed to know them, and the message settings.
func printContacts(table *tabwriter.Writer, d nodkey.Details) {
	fmt.Fprintf(table, "\nADDRESS\tVERIFIED\tSUMMARIES\n")
	for _, c := range d.Contacts {
		fmt.Fprintf(table, "%s: %s\t%s\t%s\n", contactWords[c.Channel], c.Hint, day(c.VerifiedAt), goesThere(d.Settings.Delivery, c.Channel))
	}
	if len(d.Contacts) == 0 {
		fmt.Fprintf(table, "none: messages wait in the message centre\t\t\n")
	}
	s := d.Settings
	fmt.Fprintf(table, "\nMESSAGE SETTING\tVALUE\n")
	fmt.Fprintf(table, "delivery\t%s\nlanguages\t%s\naccount notices\t%s\nannouncements\t%s\nreminders\t%s\nquiet hours\t%s\n", s.Delivery,
		strings.TrimSuffix(s.First+", "+s.Second, ", "), onOff(s.Account), onOff(s.Announcements), onOff(s.Reminders), quiet(s))
}

func goesThere(d nodkey.SummaryDelivery, channel nodkey.SummaryChannel) string {
	if d == nodkey.DeliverBoth || string(d) == string(channel) {
		return "go there"
	}
	return "do not go there"
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func quiet(s nodkey.MessageSettings) string {
	if s.QuietFrom == s.QuietTo {
		return "none"
	}
	zone := s.Zone
	if zone == "" {
		zone = "UTC"
	}
	return fmt.Sprintf("%02d:%02d to %02d:%02d, %s", s.QuietFrom/60, s.QuietFrom%60, s.QuietTo/60, s.QuietTo%60, zone)
}

func contactsJSON(d nodkey.Details) (contacts []map[string]any, settings map[string]any) {
	contacts = []map[string]any{}
	for _, c := range d.Contacts {
		contacts = append(contacts, map[string]any{"channel": c.Channel, "hint": c.Hint, "verifiedAt": c.VerifiedAt})
	}
	s := d.Settings
	return contacts, map[string]any{"delivery": s.Delivery, "first": s.First, "second": s.Second, "account": s.Account, "announcements": s.Announcements,
		"reminders": s.Reminders, "quiet": quiet(s)}
}

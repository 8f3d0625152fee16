package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/notify"
)

func messageBounced() *cobra.Command {
	return &cobra.Command{
		Use: "bounced", Short: "Take in what a mail server says of an e-mail that it could not deliver",
		Long: "Take in what a mail server says of an e-mail that it could not deliver: a delivery status notification (RFC 3464)\n" +
			"on standard input, as a mail server gives it to a program that stands behind an address. That address is mail.bounces.\n" +
			"The summary is marked as failed, with the reason; nodkey message show has it. docs/mail.md says how mail servers are told.",
		Example: "  nodkey message bounced < report.eml",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			report, err := letter.ReadReport(c.InOrStdin())
			if errors.Is(err, letter.ErrReport) {
				return &commandError{code: exitUsage, sentence: "what standard input holds was not understood, and nothing was changed: " + err.Error(), err: err,
					next: "Only what comes back to mail.bounces belongs here, whole, with its headers."}
			}
			if err != nil {
				return err
			}
			return operated(c, func(h *house, operator nodkey.Caller) error { return h.bounced(c, operator, report) })
		},
	}
}

func (h *house) bounced(c *cobra.Command, operator nodkey.Caller, report letter.Report) error {
	if h.settings.Mail.Bounces == "" {
		return &commandError{code: exitConfig, sentence: "mail.bounces is not set, so no e-mail of this server comes back to an address of its own", next: "nodkey config show explains every key."}
	}
	token, ok := notify.TokenOf(h.settings.Mail.Bounces, report.To)
	if !ok {
		return &commandError{code: exitNotFound, sentence: "this report went to an address that no e-mail of this server has as its return address; nothing was changed",
			next: "Return addresses look like " + h.settings.Mail.Bounces + " with + and a token before the @."}
	}
	if !report.Failed {
		return said(c, "The mail server says: "+report.Action+". There is nothing to do.", map[string]any{"action": report.Action, "failed": false})
	}
	of, err := h.services.Summaries.Bounced(c.Context(), operator, token, report.Why)
	if nodkey.HasKey(err, "summary.ended") { // mail servers say so more than once
		return said(c, "It is known already that this e-mail did not arrive.", map[string]any{"action": report.Action, "failed": true, "known": true})
	}
	if err != nil {
		return err
	}
	return said(c, of.String()+": its e-mail did not arrive. See nodkey message show "+of.String(), map[string]any{"action": report.Action, "failed": true, "reference": of.String()})
}

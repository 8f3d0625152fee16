package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func messageCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "message", Short: "Write to users, and answer what they write",
		Long: "Commands of the service desk for the secure message centre, on the server's machine. They work on the database\n" +
			"directly, and are written to the audit log. What goes to many is handed out by the running server.",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{
		messageSend(), messageList(), messageShow(), messageReply(), messageClose(), messageReopen(), messageStop(), messageResume(), messageDownload(), messageBounced(),
	} {
		addDataFlags(c)
		addJSONFlag(c)
		group.AddCommand(c)
	}
	return group
}

// referenceArg reads a message's number.
func referenceArg(text string) (nodkey.Reference, error) {
	r, ok := nodkey.ParseReference(text)
	if !ok {
		return r, &commandError{code: exitUsage, sentence: "\"" + text + "\" is no message's reference", next: "One looks like 2026-0412. See nodkey message list"}
	}
	return r, nil
}

// about says of an error what it is about: a file, a flag.
func (h *house) about(what string, err error) error {
	var known *commandError
	if errors.As(h.inWords(err), &known) {
		told := *known
		told.sentence, told.err = what+": "+told.sentence, nil // it is in words already
		return &told
	}
	return err
}

func messageClose() *cobra.Command {
	return statusCommand("close", "Close a ticket; it takes no more answers until it is reopened", nodkey.MessageClosed, " is closed.")
}

func messageReopen() *cobra.Command {
	return statusCommand("reopen", "Reopen a ticket, so that both sides may add to it", nodkey.MessageOpen, " is open.")
}

func statusCommand(use, short string, to nodkey.MessageStatus, done string) *cobra.Command {
	return &cobra.Command{
		Use: use + " REFERENCE", Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := referenceArg(args[0])
			if err != nil {
				return err
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if err := h.services.MessageDesk.SetStatus(c.Context(), operator, r, to); err != nil {
					return err
				}
				return said(c, r.String()+done, map[string]any{"reference": r.String(), "status": to})
			})
		},
	}
}

func messageStop() *cobra.Command {
	return announcementCommand("stop", "Stop an announcement; those who have it keep it", "stopped", (*nodkey.Announcements).Stop)
}

func messageResume() *cobra.Command {
	return announcementCommand("resume", "Go on with an announcement that was stopped, from where it stopped", "going on", (*nodkey.Announcements).Resume)
}

type moveAnnouncement func(*nodkey.Announcements, context.Context, nodkey.Caller, nodkey.AnnouncementID) error

func announcementCommand(use, short, done string, move moveAnnouncement) *cobra.Command {
	return &cobra.Command{
		Use: use + " ID", Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				id := nodkey.AnnouncementID(strings.TrimSpace(args[0]))
				if err := move(h.services.Announcements, c.Context(), operator, id); err != nil {
					return err
				}
				r, err := h.services.Announcements.Show(c.Context(), operator, id)
				if err != nil {
					return err
				}
				return said(c, "The announcement is "+done+"; "+progressOf(r)+" have it.", map[string]any{"announcement": id, "state": r.State, "sent": r.Sent})
			})
		},
	}
}

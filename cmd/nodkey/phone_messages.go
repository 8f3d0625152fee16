package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
	"github.com/spf13/cobra"
)

// inbox is the box of one of this phone's users, as the commands below use it.
type inbox struct {
	*phoneFlags
	user, pinFile, language string
}

func phoneMessagesCommand(flags *phoneFlags) *cobra.Command {
	box := &inbox{phoneFlags: flags}
	var query wire.MessagesRequest
	var unread bool
	var limit int
	c := &cobra.Command{
		Use:   "messages",
		Short: "Read and answer messages of the secure message centre",
		Long: "List the messages of a user's box, unread ones first, then the newest.\n\n" +
			"The message centre opens with the PIN, for ten minutes: commands within that time do not ask again.\n" +
			"\"nodkey phone messages shut\" ends it at once. Files and new messages are the portal's.",
		Example: "  nodkey phone messages --unread\n  nodkey phone messages --search statement --key mara",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > wire.MaxMessages {
				return textError("", "--limit must be from 1 to %d", wire.MaxMessages)
			}
			for _, x := range []struct {
				flag, value string
				of          []string
			}{{"kind", query.Kind, []string{"ticket", "security", "account", "announcement"}}, {"status", query.Status, []string{"new", "open", "answered", "closed"}}} {
				if x.value != "" && !slices.Contains(x.of, x.value) {
					return textError("", "--%s must be one of %s", x.flag, strings.Join(x.of, ", "))
				}
			}
			if query.Limit = &limit; unread {
				query.Unread = &unread
			}
			query.Language = box.language
			return box.with(c, func(ctx context.Context, phone *client.Phone, k client.Key) error {
				page, err := phone.Messages(ctx, k.ID, query)
				if err != nil {
					return err
				}
				if flags.asJSON {
					return printJSON(c.OutOrStdout(), pageView{Key: k.ID, User: k.Name, MessagesResponse: page})
				}
				return sayMessages(c.OutOrStdout(), k, page)
			})
		},
	}
	all := c.PersistentFlags()
	all.StringVar(&box.user, "key", "", "whose box, by the user's `name`, name@host or the key's id")
	all.StringVar(&box.pinFile, "pin-file", "", "`file` with the PIN, or - for standard input")
	all.StringVar(&box.language, "language", "", "language of notices and announcements, as a `tag` like de")
	own := c.Flags()
	own.StringVar(&query.Search, "search", "", "only messages with all of these `words`")
	own.StringVar(&query.Kind, "kind", "", "only messages of this `kind`: ticket, security, account or announcement")
	own.StringVar(&query.Status, "status", "", "only messages that are new, open, answered or closed")
	own.StringVar(&query.After, "after", "", "go on behind this `place`, which the list before it gave")
	own.BoolVar(&unread, "unread", false, "only messages that are not read yet")
	own.IntVar(&limit, "limit", 20, "at most so many")
	c.AddCommand(box.read(), box.reply(), box.status("close", "closed", "Put a message away"), box.status("reopen", "open", "Take a message back, a ticket to the desk"),
		box.count(), box.shut())
	return c
}

// key finds the key whose box is meant.
func (b *inbox) key(phone *client.Phone) (client.Key, error) {
	return namedKey(phone, b.user, "Name one with --key, by name@host or by its id.")
}

// with does something in a box that is open, and asks for the PIN where it is not.
func (b *inbox) with(c *cobra.Command, do func(context.Context, *client.Phone, client.Key) error) error {
	phone, release, err := openPhone(c.Context(), b.phoneFlags, false)
	if err != nil {
		return err
	}
	defer release()
	k, err := b.key(phone)
	if err != nil {
		return err
	}
	err = do(c.Context(), phone, k)
	var api *client.APIError
	if !errors.As(err, &api) || api.Key != "messages.closed" {
		return phoneError(err)
	}
	ask := newAsker(c)
	if ask.terminal != nil {
		fmt.Fprintf(ask.out, "The message centre of %s (%s) at %s\n", printable(k.DisplayName), printable(k.Name), printable(k.Server.Name))
	}
	pin, err := ask.pin(c.Context(), b.pinFile, "PIN", false)
	if err != nil {
		return phoneError(err)
	}
	if err := phone.OpenMessages(c.Context(), k.ID, pin); err != nil {
		return phoneError(err)
	}
	return phoneError(do(c.Context(), phone, k))
}

// done says that something was done.
func (b *inbox) done(c *cobra.Command, sentence string, value map[string]any) error {
	if b.asJSON {
		return printJSON(c.OutOrStdout(), value)
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), sentence)
	return err
}

func (b *inbox) read() *cobra.Command {
	return &cobra.Command{
		Use:     "read REFERENCE",
		Short:   "Show a message with all that was said; it counts as read then",
		Example: "  nodkey phone messages read 2026-0412",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return b.with(c, func(ctx context.Context, phone *client.Phone, k client.Key) error {
				thread, err := phone.ReadMessage(ctx, k.ID, args[0], b.language)
				if err != nil {
					return err
				}
				if b.asJSON {
					return printJSON(c.OutOrStdout(), threadView{Key: k.ID, User: k.Name, MessageResponse: thread})
				}
				return sayThread(c.OutOrStdout(), thread)
			})
		},
	}
}

// answerMost is more than any answer has, in bytes.
const answerMost = wire.MaxMessageBody

func (b *inbox) reply() *cobra.Command {
	return &cobra.Command{
		Use:   "reply REFERENCE TEXT",
		Short: "Answer a ticket, signed by this phone",
		Long: "Answer a ticket. The answer is plain text of at most 20,000 characters, signed by this phone's key.\n" +
			"With \"-\" for TEXT it is standard input, and the PIN must come from a file then.",
		Example: "  nodkey phone messages reply 2026-0412 'It works now, thank you.'",
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			text := args[1]
			if text == "-" {
				if b.pinFile == "-" {
					return textError("Give the PIN in a file.", "the answer and the PIN cannot both come from standard input")
				}
				raw, err := io.ReadAll(io.LimitReader(c.InOrStdin(), answerMost))
				if err != nil {
					return &commandError{code: exitUsage, sentence: "the answer cannot be read from standard input", err: err}
				}
				text = string(raw)
			}
			if wire.KeptText(text) == "" {
				return textError("", "there is nothing in the answer; nothing was sent")
			}
			return b.with(c, func(ctx context.Context, phone *client.Phone, k client.Key) error {
				if err := phone.Reply(ctx, k.ID, args[0], text); err != nil {
					return err
				}
				return b.done(c, "Your reply to "+printable(args[0])+" was sent, signed by this phone.", map[string]any{"key": k.ID, "reference": args[0]})
			})
		},
	}
}

func (b *inbox) status(use, to, short string) *cobra.Command {
	return &cobra.Command{
		Use: use + " REFERENCE", Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return b.with(c, func(ctx context.Context, phone *client.Phone, k client.Key) error {
				if err := phone.SetMessageStatus(ctx, k.ID, args[0], to); err != nil {
					return err
				}
				return b.done(c, printable(args[0])+" is "+to+".", map[string]any{"key": k.ID, "reference": args[0], "status": to})
			})
		},
	}
}

func (b *inbox) count() *cobra.Command {
	return &cobra.Command{
		Use: "count", Short: "Count the unread messages of this phone's users; it needs no PIN", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), b.phoneFlags, false)
			if err != nil {
				return err
			}
			defer release()
			keys := phone.Keys()
			if b.user != "" {
				k, err := b.key(phone)
				if err != nil {
					return err
				}
				keys = []client.Key{k}
			}
			if err := anyKey(phone); err != nil {
				return err
			}
			counts, failed := phone.Unread(c.Context())
			if b.asJSON {
				unread := map[string]int{}
				for _, k := range keys {
					if n, told := counts[k.ID]; told {
						unread[k.ID] = n
					}
				}
				err = printJSON(c.OutOrStdout(), map[string]any{"unread": unread})
			} else {
				sayCounts(c.OutOrStdout(), keys, counts)
			}
			return cmp.Or(phoneError(failed), err)
		},
	}
}

func (b *inbox) shut() *cobra.Command {
	return &cobra.Command{
		Use: "shut", Short: "End what the PIN opened", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), b.phoneFlags, false)
			if err != nil {
				return err
			}
			defer release()
			k, err := b.key(phone)
			if err != nil {
				return err
			}
			if err := phone.ShutMessages(c.Context(), k.ID); err != nil {
				return phoneError(err)
			}
			return b.done(c, "The message centre of "+printable(k.Name)+" is shut on this phone.", map[string]any{"key": k.ID})
		},
	}
}

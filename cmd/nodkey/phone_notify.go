package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
	"github.com/spf13/cobra"
)

func phoneNotifyCommand(flags *phoneFlags) *cobra.Command {
	var topic string
	var off bool
	c := &cobra.Command{
		Use:   "notify [USER]",
		Short: "Have a topic of an ntfy server told that a request waits",
		Long: "Say what tells of requests for a user while nobody watches. With --ntfy, a topic of an ntfy server is\n" +
			"told that something waits, and nothing of what: subscribe to it in an ntfy app. The server decides which\n" +
			"ntfy servers it sends to. An address without a topic gets one that nobody can guess. --off ends that.\n" +
			"USER is the user's name, name@host or the key's id.",
		Example: "  nodkey phone notify --ntfy https://ntfy.example.com mara\n  nodkey phone notify --off mara",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if off && c.Flags().Changed("ntfy") {
				return &commandError{code: exitUsage, sentence: "give --ntfy or --off, not both"}
			}
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			k, err := namedKey(phone, optional(args), nameAtTheEnd)
			if err != nil {
				return err
			}
			switch {
			case off:
				err = notifyNoMore(c.Context(), c.OutOrStdout(), flags, phone, k)
			case c.Flags().Changed("ntfy"):
				err = notifyBy(c.Context(), c.OutOrStdout(), flags, phone, k, topic)
			default:
				err = sayNotified(c.Context(), c.OutOrStdout(), flags, phone, k)
			}
			return phoneError(err)
		},
	}
	c.Flags().StringVar(&topic, "ntfy", "", "the topic's `address`, or that of an ntfy server")
	c.Flags().BoolVar(&off, "off", false, "tell no topic any more")
	return c
}

func notifyBy(ctx context.Context, w io.Writer, flags *phoneFlags, phone *client.Phone, k client.Key, typed string) error {
	topic, err := client.ReadTopic(typed)
	if err != nil {
		return err
	}
	err = phone.SubscribeNtfy(ctx, k.ID, topic)
	var api *client.APIError
	if errors.As(err, &api) && api.Key == "push.off" { // it may have other channels
		return &commandError{code: exitConflict, sentence: printable(k.Server.Name) + " sends nothing by ntfy", next: "Nothing was changed. Requests are here all the same: nodkey phone list", err: err}
	}
	if err != nil {
		return err
	}
	if flags.asJSON {
		return printJSON(w, map[string]any{"key": k.ID, "ntfy": topic})
	}
	_, err = fmt.Fprintf(w, "When a request waits for %s (%s) at %s, this topic is told:\n\n  %s\n\nSubscribe to it in an ntfy app. Whoever has the address sees when something waits: keep it to yourself.\n",
		printable(k.DisplayName), printable(k.Name), printable(k.Server.Name), topic)
	return err
}

func notifyNoMore(ctx context.Context, w io.Writer, flags *phoneFlags, phone *client.Phone, k client.Key) error {
	if err := phone.Unsubscribe(ctx, k.ID, "ntfy"); err != nil {
		return err
	}
	if flags.asJSON {
		return printJSON(w, map[string]any{"key": k.ID, "ntfy": nil})
	}
	_, err := fmt.Fprintf(w, "No topic is told of requests for %s (%s) at %s any more. They are here all the same: nodkey phone list\n",
		printable(k.DisplayName), printable(k.Name), printable(k.Server.Name))
	return err
}

func sayNotified(ctx context.Context, w io.Writer, flags *phoneFlags, phone *client.Phone, k client.Key) error {
	state, err := phone.PushState(ctx, k.ID)
	if err != nil {
		return err
	}
	if flags.asJSON {
		return printJSON(w, map[string]any{"key": k.ID, "channels": state.Channels})
	}
	if len(state.Channels) == 0 {
		_, err := fmt.Fprintf(w, "Nothing tells of requests for %s (%s) at %s but this phone while it watches: nodkey phone watch\n",
			printable(k.DisplayName), printable(k.Name), printable(k.Server.Name))
		return err
	}
	for _, c := range state.Channels {
		if _, err := fmt.Fprintf(w, "%-30s  %s\n", printable(c.Service), wentHow(c)); err != nil {
			return err
		}
	}
	return nil
}

// wentHow says what the server knows of a channel.
func wentHow(c wire.PushChannel) string {
	at := func(ms int64) string { return time.UnixMilli(ms).Local().Format(time.DateTime) }
	switch {
	case c.Failing:
		return "refused at " + at(c.RefusedAt) + ", and nothing accepted since"
	case c.AcceptedAt > 0:
		return "last accepted at " + at(c.AcceptedAt)
	}
	return "nothing was sent yet"
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneListCommand(flags *phoneFlags) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use:   "list",
		Short: "List this phone's users and the requests that are open",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			open, failed := phone.Approvals(c.Context())
			if failed == nil && len(open) == 0 && wait > 0 {
				open, failed = nextApprovals(c.Context(), phone, wait)
			}
			for _, k := range phone.Keys() {
				if _, err := phone.KeyState(c.Context(), k.ID); err != nil {
					failed = errors.Join(failed, err)
				}
			}
			tellSeen(c.Context(), phone, client.Shown, open...)
			if flags.asJSON {
				err = printJSON(c.OutOrStdout(), map[string]any{"keys": shownKeys(phone.Keys()), "pending": shownKeys(phone.PendingKeys()), "approvals": shownApprovals(open)})
			} else {
				sayList(c.OutOrStdout(), phone, open)
			}
			return errors.Join(err, phoneError(failed))
		},
	}
	c.Flags().DurationVar(&wait, "wait", 0, "when nothing is open, wait this long for a request")
	return c
}

var errSeen = errors.New("a request came")

// nextApprovals waits for the first request, or for nothing at all.
func nextApprovals(ctx context.Context, phone *client.Phone, wait time.Duration) ([]client.Approval, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var open []client.Approval
	err := phone.Stream(ctx, func(e client.Event) error {
		if len(e.Approvals) == 0 {
			return nil
		}
		open = e.Approvals
		return errSeen
	})
	if errors.Is(err, errSeen) || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return open, err
}

func sayList(w io.Writer, phone *client.Phone, open []client.Approval) {
	keys := phone.Keys()
	if len(keys) == 0 {
		fmt.Fprintln(w, "This phone has no key yet. Activate one: nodkey phone activate --server URL CODE")
	}
	for _, k := range keys {
		fmt.Fprintf(w, "%s (%s) at %s, %s: %s\n  key      %s\n", printable(k.DisplayName), printable(k.Name), printable(k.Server.Name), hostOf(k.Server.URL), k.State, k.ID)
		if k.Digits != "" {
			fmt.Fprintf(w, "  digits   %s, to be typed in the portal\n", k.Digits)
		}
	}
	for _, k := range phone.PendingKeys() {
		fmt.Fprintf(w, "%s at %s: sent, but no receipt came. Finish with: nodkey phone activate --resume\n", printable(k.DisplayName), hostOf(k.Server.URL))
	}
	for _, a := range open {
		fmt.Fprintln(w)
		sayApproval(w, a)
	}
	if len(keys) > 0 && len(open) == 0 {
		fmt.Fprintln(w, "No request is open.")
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneMissedCommand(flags *phoneFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "missed",
		Short: "List requests of the last seven days that nobody answered",
		Long: "List sign-ins, and texts of applications, of the last seven days that this phone was asked about and\n" +
			"nobody answered, newest first: when, and from where. Nobody got in by such a request and nothing was\n" +
			"agreed to; the same may have been asked again, and answered then.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			if err := anyKey(phone); err != nil {
				return err
			}
			missed, failed := phone.Missed(c.Context())
			if flags.asJSON {
				err = printJSON(c.OutOrStdout(), map[string]any{"missed": shownApprovals(missed)})
			} else {
				sayMissed(c.OutOrStdout(), missed, failed == nil)
			}
			return errors.Join(err, phoneError(failed))
		},
	}
}

// sayMissed prints requests that are over; all says that every server was asked.
func sayMissed(w io.Writer, missed []client.Approval, all bool) {
	for _, a := range missed {
		at := a.IssuedAt.Local().Format(time.DateTime)
		if a.Kind == "confirm" {
			fmt.Fprintf(w, "%s  %s asked %s for a yes\n  text     %s\n", at, printable(a.App), printable(a.Who), printable(a.Text))
		} else {
			fmt.Fprintf(w, "%s  Sign-in to %s as %s\n", at, printable(a.App), printable(a.Who))
		}
		if from := strings.Trim(a.Address+", "+a.Place, ", "); from != "" {
			fmt.Fprintf(w, "  from     %s\n", printable(from))
		}
		if a.With != "" {
			fmt.Fprintf(w, "  with     %s\n", printable(a.With))
		}
	}
	if len(missed) == 0 && all {
		fmt.Fprintln(w, "No request was missed in the last seven days.")
	}
}

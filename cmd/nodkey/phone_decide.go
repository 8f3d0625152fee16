package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneApproveCommand(flags *phoneFlags) *cobra.Command {
	var number, pinFile string
	c := &cobra.Command{
		Use:     "approve ID",
		Short:   "Say yes to a request",
		Long:    "Say yes to a request, with the two digits that the page shows where it asks for them,\nand the PIN. ID is the request's, or enough of its beginning to be the only one.",
		Example: "  nodkey phone approve EBESExQVFhcYGRobHB0eHw --number 47",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			a, err := oneApproval(c.Context(), phone, args[0])
			if err != nil {
				return err
			}
			tellSeen(c.Context(), phone, client.Opened, a)
			ask := newAsker(c)
			if !flags.asJSON {
				sayApproval(ask.out, a)
			}
			if a.Number && number == "" && ask.terminal != nil {
				fmt.Fprint(ask.out, "The number that is shown: ")
				if number, err = ask.line(c.Context()); err != nil {
					return phoneError(err)
				}
			}
			if a.Number && number == "" {
				return &commandError{code: exitUsage, sentence: "this request asks for the two digits that the page shows", next: "Give them with --number."}
			}
			pin, err := ask.pin(c.Context(), pinFile, "PIN", false)
			if err != nil {
				return phoneError(err)
			}
			outcome, err := phone.Approve(c.Context(), a, strings.TrimSpace(number), pin)
			if err != nil {
				return phoneError(err)
			}
			if err := sayOutcome(c.OutOrStdout(), a, outcome, flags.asJSON); err != nil {
				return err
			}
			if outcome.State != "approved" {
				return silent(exitDenied)
			}
			return nil
		},
	}
	c.Flags().StringVar(&number, "number", "", "the two `digits` that the page shows")
	c.Flags().StringVar(&pinFile, "pin-file", "", "`file` with the PIN, or - for standard input")
	return c
}

func phoneDenyCommand(flags *phoneFlags) *cobra.Command {
	var mistake bool
	c := &cobra.Command{
		Use:   "deny ID",
		Short: "Say no to a request that is not yours",
		Long:  "Say no to a request. It counts as somebody else's, and where it came from is slowed down;\n--mistake says that it was yours and no longer wanted. A no needs no PIN.",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			a, err := oneApproval(c.Context(), phone, args[0])
			if err != nil {
				return err
			}
			reason := client.NotMe
			if mistake {
				reason = client.Mistake
			}
			outcome, err := phone.Deny(c.Context(), a, reason)
			if err != nil {
				return phoneError(err)
			}
			return sayOutcome(c.OutOrStdout(), a, outcome, flags.asJSON)
		},
	}
	c.Flags().BoolVar(&mistake, "mistake", false, "it was mine, by mistake")
	return c
}

// oneApproval finds an open request by its id or the beginning of it.
func oneApproval(ctx context.Context, phone *client.Phone, id string) (client.Approval, error) {
	if err := anyKey(phone); err != nil {
		return client.Approval{}, err
	}
	open, failed := phone.Approvals(ctx)
	var found []client.Approval
	for _, a := range open {
		if a.ID == id {
			return a, nil
		}
		if len(id) >= 4 && strings.HasPrefix(a.ID, id) {
			found = append(found, a)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return client.Approval{}, &commandError{code: exitUsage, sentence: fmt.Sprintf("%d open requests begin with %s", len(found), printable(id)), next: "Give the whole id."}
	case failed != nil:
		return client.Approval{}, phoneError(failed)
	}
	return client.Approval{}, &commandError{code: exitNotFound, sentence: fmt.Sprintf("no open request has the id %s", printable(id)), next: "It may be answered or expired. See nodkey phone list"}
}

func sayOutcome(w io.Writer, a client.Approval, outcome client.Outcome, asJSON bool) error {
	if asJSON {
		return printJSON(w, struct {
			ID string `json:"id"`
			client.Outcome
		}{a.ID, outcome})
	}
	sentence := "Approved."
	switch {
	case a.Kind == "confirm" && outcome.Cause == "wrong_number":
		sentence = "Denied: that was not the number that the application shows. Nothing was agreed to."
	case a.Kind == "confirm" && outcome.State == "denied":
		sentence = "Denied. Nothing was agreed to."
	case outcome.Cause == "wrong_number":
		sentence = "Denied: that was not the number that was shown. Nobody has been signed in."
	case outcome.State == "denied":
		sentence = "Denied. Nobody has been signed in."
	}
	_, err := fmt.Fprintln(w, sentence)
	return err
}

func phoneRemoveCommand(flags *phoneFlags) *cobra.Command {
	var key string
	var forget bool
	c := &cobra.Command{
		Use:   "remove",
		Short: "Remove a key from its server and from this phone",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), flags, true)
			if err != nil {
				return err
			}
			defer release()
			k, err := oneKey(phone, key)
			if err != nil {
				return err
			}
			if forget {
				err = phone.Forget(k.ID)
			} else {
				err = phone.RemoveKey(c.Context(), k.ID)
			}
			if err != nil {
				failed := phoneError(err)
				var known *commandError
				if errors.As(failed, &known) && known.code == exitBusy {
					known.next = "Nothing was removed. If the server is gone for good, use --forget."
				}
				return failed
			}
			if flags.asJSON {
				return printJSON(c.OutOrStdout(), map[string]any{"removed": k.ID})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Removed: %s at %s.\n", printable(k.Name), hostOf(k.Server.URL))
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "the key, by its user's `name`, name@host or its id")
	c.Flags().BoolVar(&forget, "forget", false, "on this phone only, without asking the server")
	return c
}

package main

import (
	"errors"
	"fmt"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneTestCommand(flags *phoneFlags) *cobra.Command {
	var pinFile string
	c := &cobra.Command{
		Use:   "test [USER]",
		Short: "Send this phone a test request and answer it",
		Long: "Send this phone a test request and answer it with the PIN: so one sees that the phone works and\n" +
			"knows the PIN. Saying yes to it opens nothing. USER is the user's name, name@host or the key's id.",
		Example: "  nodkey phone test mara",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			k, err := namedKey(phone, optional(args), "Name one, by name@host or by its id: nodkey phone test USER")
			if err != nil {
				return err
			}
			a, err := phone.AskTest(c.Context(), k.ID)
			if err != nil {
				return phoneError(err)
			}
			ask := newAsker(c)
			if !flags.asJSON {
				sayApproval(ask.out, a)
			}
			pin, err := ask.pin(c.Context(), pinFile, "PIN", false)
			if err != nil {
				return phoneError(err)
			}
			outcome, err := phone.Approve(c.Context(), a, "", pin)
			if err != nil {
				return phoneError(err)
			}
			if flags.asJSON {
				return printJSON(c.OutOrStdout(), map[string]any{"key": k.ID, "state": outcome.State})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "This phone works for %s (%s) at %s: it was asked, and the PIN was right.\n",
				printable(k.DisplayName), printable(k.Name), printable(k.Server.Name))
			return err
		},
	}
	c.Flags().StringVar(&pinFile, "pin-file", "", "`file` with the PIN, or - for standard input")
	return c
}

func phoneRenameCommand(flags *phoneFlags) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:     "rename NAME",
		Short:   "Give this phone another name in the portal",
		Long:    "Give this phone another name, of 1 to 40 characters, in the portal: for every user on it that is\nactive, at every server, or with --key for one.",
		Example: "  nodkey phone rename 'Laptop at work'",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			keys, err := keysToRename(phone, key)
			if err != nil {
				return err
			}
			renamed := []string{}
			var failed error
			for _, k := range keys {
				if err := phone.Rename(c.Context(), k.ID, args[0]); err != nil {
					failed = errors.Join(failed, err)
					continue
				}
				renamed = append(renamed, k.ID)
			}
			if flags.asJSON {
				err = printJSON(c.OutOrStdout(), map[string]any{"renamed": renamed})
			} else if len(renamed) > 0 {
				_, err = fmt.Fprintf(c.OutOrStdout(), "The portal calls this phone %s now, for %d of %d users.\n", printable(args[0]), len(renamed), len(keys))
			}
			if failed != nil {
				failed = phoneError(firstOf(failed))
			}
			return errors.Join(err, failed)
		},
	}
	c.Flags().StringVar(&key, "key", "", "one key alone, by its user's `name`, name@host or its id")
	return c
}

// keysToRename gives the key that was named, or all that are active.
func keysToRename(phone *client.Phone, key string) ([]client.Key, error) {
	if key != "" {
		k, err := oneKey(phone, key)
		return []client.Key{k}, err
	}
	var keys []client.Key
	for _, k := range phone.Keys() {
		if k.State == "active" {
			keys = append(keys, k)
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	if err := anyKey(phone); err != nil {
		return nil, err
	}
	return nil, &commandError{code: exitNotFound, sentence: "none of this phone's keys is active", next: "See nodkey phone list"}
}

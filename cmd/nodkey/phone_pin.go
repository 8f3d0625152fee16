package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phonePINCommand(flags *phoneFlags) *cobra.Command {
	var key, server, pinFile string
	c := &cobra.Command{
		Use:   "pin",
		Short: "Change the PIN of this phone's users",
		Long: "Change the PIN of all users that this phone has at a server, so that they keep one PIN; with\n" +
			"--key, of one alone. Scripts give --pin-file, with the old PIN on its first line and the new\n" +
			"one on its second; \"-\" is standard input.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			keys, err := keysOfOnePIN(phone, key, server)
			if err != nil {
				return err
			}
			old, replacement, err := newAsker(c).twoPINs(c.Context(), pinFile)
			if err != nil {
				return phoneError(err)
			}
			left, err := phone.ChangePINs(c.Context(), idsOf(keys), old, replacement)
			if err != nil {
				return phoneError(err)
			}
			return sayChanged(c, keys, left, flags.asJSON)
		},
	}
	c.Flags().StringVar(&key, "key", "", "one key alone, by its user's `name`, name@host or its id")
	c.Flags().StringVar(&server, "server", "", "the server, by its phone `host`, where this phone has keys of several")
	c.Flags().StringVar(&pinFile, "pin-file", "", "`file` with old and new PIN, or - for standard input")
	return c
}

// keysOfOnePIN gives the keys that share a PIN: the one that was named, or all at one server that are not removed, active
// ones first.
func keysOfOnePIN(phone *client.Phone, key, server string) ([]client.Key, error) {
	if key != "" {
		k, err := oneKey(phone, key)
		return []client.Key{k}, err
	}
	var keys []client.Key
	var hosts []string
	for _, k := range phone.Keys() {
		host := hostOf(k.Server.URL)
		if k.State == "removed" || server != "" && server != host && server != k.Server.URL {
			continue
		}
		keys = append(keys, k)
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	switch {
	case len(keys) == 0 && server != "" && len(phone.Keys()) > 0:
		return nil, &commandError{code: exitNotFound, sentence: fmt.Sprintf("this phone has no key at %s", printable(server)), next: "See nodkey phone list"}
	case len(keys) == 0:
		_, err := oneKey(phone, "")
		return nil, err
	case len(hosts) > 1:
		return nil, &commandError{code: exitUsage, sentence: "this phone has keys at several servers: " + strings.Join(hosts, ", "), next: "Name one with --server, or a key with --key."}
	}
	slices.SortStableFunc(keys, func(a, b client.Key) int { return inactive(a) - inactive(b) })
	return keys, nil
}

func inactive(k client.Key) int {
	if k.State == "active" {
		return 0
	}
	return 1
}

func idsOf(keys []client.Key) []string {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return ids
}

// sayChanged tells whose PIN is the new one. Keys that still have the old one make the command fail.
func sayChanged(c *cobra.Command, keys []client.Key, left []client.Unchanged, asJSON bool) error {
	changed := []string{}
	for _, k := range keys {
		if !slices.ContainsFunc(left, func(u client.Unchanged) bool { return u.Key.ID == k.ID }) {
			changed = append(changed, k.ID)
		}
	}
	var err error
	switch {
	case asJSON && len(left) == 0:
		return printJSON(c.OutOrStdout(), map[string]any{"changed": changed})
	case asJSON:
		rest := make([]string, len(left))
		for i, u := range left {
			rest[i] = u.Key.ID
		}
		err = printJSON(c.OutOrStdout(), map[string]any{"changed": changed, "unchanged": rest})
	case len(keys) == 1:
		_, err = fmt.Fprintln(c.OutOrStdout(), "The new PIN counts from now on.")
	default:
		_, err = fmt.Fprintf(c.OutOrStdout(), "The new PIN counts from now on, for %d of %d users of this phone.\n", len(changed), len(keys))
	}
	if err != nil || len(left) == 0 {
		return err
	}
	var names []string
	for _, u := range left {
		names = append(names, printable(u.Key.Name))
	}
	first := phoneError(left[0].Err)
	e := &commandError{code: exitFailed, sentence: "the old PIN still counts for " + strings.Join(names, ", ") + ": " + first.Error(),
		next: "Change it there with: nodkey phone pin --key " + names[0], err: first}
	if known, ok := first.(*commandError); ok {
		e.code = known.code
	}
	return e
}

// existingPIN gives the PIN of a new key: where the phone has a user of that server already, the PIN that its person knows,
// proved at the server before anything is claimed.
func existingPIN(ctx context.Context, phone *client.Phone, ask *asker, offer *client.Offer, pinFile string) (pin string, err error) {
	holder, held, err := phone.PINHolder(ctx, offer.Server.ID)
	if err != nil {
		return "", phoneError(err)
	}
	if !held {
		pin, err = ask.pin(ctx, pinFile, "New PIN, 4 to 6 characters", true)
		return pin, phoneError(err)
	}
	fmt.Fprintf(ask.out, "This phone has a PIN at %s already, that of %s. It will be the PIN of both.\n", hostOf(offer.Server.URL), printable(holder.DisplayName))
	if pin, err = ask.pin(ctx, pinFile, "Your PIN", false); err != nil {
		return "", phoneError(err)
	}
	if err := phone.ProvePIN(ctx, holder.ID, pin); err != nil {
		refused := phoneError(err)
		known, ok := refused.(*commandError)
		var api *client.APIError
		switch {
		case ok && errors.As(err, &api) && api.Key == "pin.wrong":
			known.next = fmt.Sprintf("The code was not used. It takes the PIN that %s has on this phone.", printable(holder.Name))
		case ok:
			known.next = strings.TrimSpace("The code was not used. " + known.next)
		}
		return "", refused
	}
	if err := offer.Server.CheckPIN(pin, offer.UserName, offer.DisplayName); err != nil {
		refused := phoneError(err)
		if known, ok := refused.(*commandError); ok {
			known.sentence = "your PIN is right, but it does not follow the guidelines for " + printable(offer.UserName)
			known.next += " The code was not used. Change your PIN first: nodkey phone pin"
		}
		return "", refused
	}
	return pin, nil
}

// twoPINs gives the old PIN and the new one.
func (a *asker) twoPINs(ctx context.Context, file string) (old, replacement string, err error) {
	if file != "" && file != "-" {
		both, err := a.pin(ctx, file, "", false)
		if err != nil {
			return "", "", err
		}
		old, replacement, ok := strings.Cut(strings.ReplaceAll(both, "\r\n", "\n"), "\n")
		if !ok {
			return "", "", &commandError{code: exitUsage, sentence: "the file needs two lines: the old PIN and the new one"}
		}
		return old, replacement, nil
	}
	if old, err = a.pin(ctx, file, "Old PIN", false); err != nil {
		return "", "", err
	}
	replacement, err = a.pin(ctx, file, "New PIN, 4 to 6 characters", true)
	return old, replacement, err
}

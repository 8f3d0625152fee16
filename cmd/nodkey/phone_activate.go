package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneActivateCommand(flags *phoneFlags) *cobra.Command {
	var server, name, pinFile string
	var resume bool
	c := &cobra.Command{
		Use:   "activate [CODE or LINK]",
		Short: "Make a key with a code that the portal shows",
		Long: "Make a key with the activation code that the portal shows, or the link in its square\n" +
			"code. Without one, or with \"-\", the code is a line of standard input.\n\n" +
			"A new PIN is asked for twice; a further user of the same server takes the PIN that this\n" +
			"phone has there already. Scripts give it with --pin-file, \"-\" being the next line of\n" +
			"standard input. An activation whose answer never came is finished with --resume.",
		Example: "  nodkey phone activate --server https://phone.example 7K2S-9QXN-D3VK-5TBV-W8N4\n" +
			"  nodkey phone activate 'https://phone.example/a#c=7K2S9QXND3VK5TBVW8N4&f=…'",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, ask := c.Context(), newAsker(c)
			phone, release, err := openPhone(ctx, flags, true)
			if err != nil {
				return err
			}
			defer release()
			if resume {
				return phoneResume(c, phone, flags.asJSON)
			}
			code := "-"
			if len(args) == 1 {
				code = args[0]
			}
			if code == "-" {
				if ask.terminal != nil {
					fmt.Fprint(ask.out, "Activation code: ")
				}
				if code, err = ask.line(ctx); ctx.Err() != nil {
					return phoneError(ctx.Err())
				}
				if err != nil {
					return &commandError{code: exitUsage, sentence: "there is no activation code on standard input", err: err}
				}
			}
			offer, err := phone.Lookup(ctx, server, code)
			if err != nil {
				return phoneError(err)
			}
			sayOffer(ask.out, offer)
			if offer.AlreadyHere {
				return &commandError{code: exitConflict, sentence: printable(offer.UserName) + " is already active on this phone", next: "The code was not used. See that it works: nodkey phone test " + printable(offer.UserName)}
			}
			key, err := activateWithPIN(ctx, phone, ask, offer, pinFile, phoneName(name))
			if err != nil {
				return err
			}
			return sayKey(c.OutOrStdout(), key, flags.asJSON)
		},
	}
	c.Flags().StringVar(&server, "server", "", "`address` of the phone host, like https://phone.example; a link has it already")
	c.Flags().StringVar(&name, "name", "", "what the portal calls this phone (default: this computer's name)")
	c.Flags().StringVar(&pinFile, "pin-file", "", "`file` with the PIN, or - for standard input")
	c.Flags().StringVar(&flags.platform, "platform", "terminal", "what the phone says it is: terminal, android, ios or other")
	c.Flags().StringVar(&flags.osVersion, "os-version", "", "system version that the phone says it has, like 14")
	c.Flags().BoolVar(&flags.rooted, "rooted", false, "the phone says that it is rooted")
	c.Flags().BoolVar(&flags.noScreenLock, "no-screen-lock", false, "the phone says that it has no screen lock")
	c.Flags().BoolVar(&resume, "resume", false, "send again what never got its receipt")
	return c
}

func activateWithPIN(ctx context.Context, phone *client.Phone, ask *asker, offer *client.Offer, pinFile, name string) (client.Key, error) {
	pin, err := existingPIN(ctx, phone, ask, offer, pinFile)
	if err != nil {
		return client.Key{}, err
	}
	key, err := phone.Activate(ctx, offer, pin, name)
	if err != nil && len(phone.PendingKeys()) > 0 {
		stopped := phoneError(err)
		if known, ok := stopped.(*commandError); ok {
			known.next = "The key is kept. Finish with: nodkey phone activate --resume"
		}
		return client.Key{}, stopped
	}
	return key, phoneError(err)
}

func phoneName(given string) string {
	if given != "" {
		return given
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "Terminal"
	}
	name := []rune("Terminal on " + printable(host))
	return string(name[:min(len(name), 40)])
}

func phoneResume(c *cobra.Command, phone *client.Phone, asJSON bool) error {
	if len(phone.PendingKeys()) == 0 {
		return &commandError{code: exitNotFound, sentence: "no activation waits for its receipt"}
	}
	keys, err := phone.Resume(c.Context())
	for _, key := range keys {
		if err := sayKey(c.OutOrStdout(), key, asJSON); err != nil {
			return err
		}
	}
	return phoneError(err)
}

func sayOffer(w io.Writer, offer *client.Offer) {
	fmt.Fprintf(w, "%s, run by %s, at %s\nActivating for %s (%s)\n", printable(offer.Server.Name), printable(offer.Server.Operator),
		hostOf(offer.Server.URL), printable(offer.DisplayName), printable(offer.UserName))
}

func sayKey(w io.Writer, key client.Key, asJSON bool) error {
	if asJSON {
		return printJSON(w, map[string]any{"key": shownKey(key)})
	}
	sentence := map[string]string{
		"active":    "This phone is active for %s.",
		"confirm":   "Nearly there, %s: type these digits in the portal:",
		"approve":   "Nearly there, %s: say yes to this phone on one you have already.",
		"suspended": "The key of %s is suspended. Call the service desk.",
		"removed":   "The key of %s was removed.",
	}[key.State]
	_, err := fmt.Fprintf(w, sentence+"\n", printable(key.DisplayName))
	if err == nil && key.Digits != "" {
		_, err = fmt.Fprintf(w, "  %s %s\n", key.Digits[:3], key.Digits[3:])
	}
	return err
}

package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func userCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "user", Short: "Add, look at and help users",
		Long: "Commands of the service desk, on the server's machine. They work on the database directly, whether or not the\n" +
			"server runs, and are written to the audit log.",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{userAdd(), userList(), userShow(), userPassword(), userUnlock(), userActivation(), userContact(), userGroup(), userLetter(), userRemove()} {
		addDataFlags(c)
		addJSONFlag(c)
		group.AddCommand(c)
	}
	return group
}

func userAdd() *cobra.Command {
	var in nodkey.NewUser
	var fromStdin bool
	c := &cobra.Command{
		Use: "add NAME", Short: "Add a user and print the first-access code",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			in.Name = args[0]
			if fromStdin {
				password, err := readSecret(c.InOrStdin())
				if err != nil {
					return err
				}
				in.Password = password
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				added, err := h.services.Users.Add(c.Context(), operator, in)
				if err != nil {
					return err
				}
				return printAdded(c, h, added, "Added "+added.User.Name+".")
			})
		},
	}
	c.Flags().StringVar(&in.DisplayName, "display-name", "", "how people read the name, such as \"Mara Lindqvist\"")
	c.Flags().StringVar(&in.Locale, "locale", "", "language, such as en; empty: the browser's")
	c.Flags().StringVar(&in.Email, "email", "", "e-mail address that summaries of messages go to, known to be theirs")
	c.Flags().StringVar(&in.Phone, "phone", "", "mobile number that summaries go to, with the country in front, known to be theirs")
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read a first password from standard input")
	return c
}

// printAdded prints a first-access code, once.
func printAdded(c *cobra.Command, h *house, a nodkey.Added, done string) error {
	if asJSON(c) {
		out := map[string]any{"id": a.User.ID, "name": a.User.Name, "displayName": a.User.DisplayName}
		if a.FirstCode != "" {
			out["firstAccessCode"], out["until"] = a.FirstCode, a.Until
		}
		return printJSON(c.OutOrStdout(), out)
	}
	w := c.OutOrStdout()
	fmt.Fprintln(w, done)
	if a.FirstCode != "" {
		fmt.Fprintf(w, "\nFirst-access code   %s\nGood until          %s\nTo be used at       %s/first-visit\n\nIt is shown only now. Give it to the person in a way that reaches nobody else.\n",
			a.FirstCode, a.Until.Local().Format("2006-01-02 15:04 MST"), h.settings.PortalHost)
	}
	return nil
}

func userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List users", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				var all []nodkey.User
				for after := ""; ; {
					page, err := h.services.Users.List(c.Context(), operator, after)
					if err != nil {
						return err
					}
					if len(page) == 0 {
						break
					}
					all = append(all, page...)
					after = page[len(page)-1].Name
				}
				if asJSON(c) {
					out := make([]map[string]any, len(all))
					for i, u := range all {
						out[i] = userJSON(u)
					}
					return printJSON(c.OutOrStdout(), out)
				}
				table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
				fmt.Fprintln(table, "NAME\tDISPLAY NAME\tSTATE\tADDED")
				for _, u := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Name, u.DisplayName, userState(u), day(u.CreatedAt))
				}
				return table.Flush()
			})
		},
	}
}

func userJSON(u nodkey.User) map[string]any {
	return map[string]any{"id": u.ID, "name": u.Name, "displayName": u.DisplayName, "state": userState(u), "createdAt": u.CreatedAt}
}

func userState(u nodkey.User) string {
	switch {
	case u.HadKey:
		return "activated"
	case len(u.Password) > 0:
		return "password only"
	}
	return "new"
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func userPassword() *cobra.Command {
	return &cobra.Command{
		Use: "password NAME", Short: "Set a user's password from standard input and end the sessions", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			password, err := askNewPassword(c)
			if err != nil {
				return err
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if err := h.services.Users.SetPassword(c.Context(), operator, args[0], password); err != nil {
					return err
				}
				return said(c, "The password of "+args[0]+" is set; the person's browsers are signed out.", map[string]any{"name": args[0]})
			})
		},
	}
}

func userUnlock() *cobra.Command {
	return &cobra.Command{
		Use: "unlock NAME", Short: "Free a user's suspended phones and forget wrong tries", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				n, err := h.services.Users.Unlock(c.Context(), operator, args[0])
				if err != nil {
					return err
				}
				return said(c, fmt.Sprintf("%s can sign in again; suspended phones freed: %d.", args[0], n), map[string]any{"name": args[0], "freed": n})
			})
		},
	}
}

func userActivation() *cobra.Command {
	var lost bool
	c := &cobra.Command{
		Use: "activation NAME", Short: "Print a new first-access code for somebody without a phone",
		Long: "Print a new first-access code: for somebody who never activated a phone, or lost the last one.\n" +
			"Make sure first that it is them who ask: the code opens the account.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				added, err := h.services.Users.NewFirstCode(c.Context(), operator, args[0], lost)
				if err != nil {
					return err
				}
				return printAdded(c, h, added, "A new first-access code for "+added.User.Name+".")
			})
		},
	}
	c.Flags().BoolVar(&lost, "remove-phones", false, "the user's phones are lost: remove them all")
	return c
}

func userRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a user with phones and sessions; the audit log stays", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if err := h.services.Users.Remove(c.Context(), operator, args[0]); err != nil {
					return err
				}
				return said(c, args[0]+" is removed.", map[string]any{"name": args[0]})
			})
		},
	}
}

// said prints that a thing is done.
func said(c *cobra.Command, sentence string, value map[string]any) error {
	if asJSON(c) {
		return printJSON(c.OutOrStdout(), value)
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), sentence)
	return err
}

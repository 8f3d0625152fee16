package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/duo"
	"github.com/nodkey/nodkey/wire"
)

func clientCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "client", Short: "Add, look at and rotate the applications that may ask people",
		Long: "Applications of other people's that may ask this server about its users: through OpenID Connect, a reverse proxy, RADIUS,\n" +
			"what clients of Duo speak, or HTTP (docs/applications.md). These commands work on the database directly, whether or not\n" +
			"the server runs, and are written to the audit log.",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{clientAdd(), clientList(), clientShow(), clientEdit(), clientRotate(), clientRemove(), clientKeys()} {
		addDataFlags(c)
		addJSONFlag(c)
		group.AddCommand(c)
	}
	return group
}

func clientAdd() *cobra.Command {
	var in nodkey.NewApplication
	var doors []string
	var settings string
	c := &cobra.Command{
		Use: "add ID", Short: "Add an application and print its secrets",
		Long:    "Add an application. ID is what it calls itself; --name is what phones show as who asks. The secrets are shown once.",
		Example: "  nodkey client add vpn --name \"Aldermere VPN\" --door radius --group staff --settings vpn.json",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			in.ID = args[0]
			if in.Name == "" {
				in.Name = in.ID
			}
			for _, door := range doors {
				in.Doors = append(in.Doors, nodkey.Door(strings.TrimSpace(door)))
			}
			if settings != "" {
				raw, err := readSettings(settings)
				if err != nil {
					return err
				}
				in.Settings = raw
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if err := h.checkSettings(c.Context(), in); err != nil {
					return err
				}
				added, err := h.services.Applications.Add(c.Context(), operator, in)
				if err != nil {
					return err
				}
				return printSecrets(c, added, "Added "+string(added.Application.ID)+".")
			})
		},
	}
	c.Flags().StringVar(&in.Name, "name", "", "what phones show as who asks, at most 40 characters; empty: the id")
	c.Flags().StringSliceVar(&doors, "door", nil, "how it may ask: oidc, ciba, forward, radius, duo or api; more than once for several")
	c.Flags().StringSliceVar(&in.Groups, "group", nil, "whose users it may ask about; more than once for several; none: everybody")
	c.Flags().BoolVar(&in.Plain, "plain", false, "wake phones without a number where it cannot show one: weaker, and the phone says so")
	c.Flags().BoolVar(&in.NoSecret, "no-secret", false, "it has no secret: a public OpenID Connect client, or one with a key or a certificate in its settings")
	c.Flags().StringVar(&settings, "settings", "", "JSON `file` with what its doors need: redirect URIs, networks, modes")
	return c
}

// printSecrets prints secrets, once.
func printSecrets(c *cobra.Command, a nodkey.AddedApplication, done string) error {
	if asJSON(c) {
		out := applicationJSON(a.Application)
		secrets := []map[string]any{}
		for _, s := range a.Secrets {
			secrets = append(secrets, map[string]any{"id": s.ID, "for": secretFor(s.InClear), "secret": s.Value})
		}
		out["newSecrets"] = secrets
		return printJSON(c.OutOrStdout(), out)
	}
	w := c.OutOrStdout()
	fmt.Fprintln(w, done)
	if a.Application.Has(nodkey.DoorDuo) {
		fmt.Fprintf(w, "\nIntegration key   %s\n", duo.IntegrationKey(a.Application.ID))
	}
	for _, s := range a.Secrets {
		fmt.Fprintf(w, "\nSecret   %s   (%s)\n", s.Value, secretFor(s.InClear))
	}
	if len(a.Secrets) > 0 {
		fmt.Fprintln(w, "\nIt is shown only now. Put it into the application's configuration, where nobody else reads it.")
	}
	return nil
}

func secretFor(inClear bool) string {
	if inClear {
		return "radius, duo"
	}
	return "oidc, ciba, api"
}

func clientList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the applications", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				var all []nodkey.Application
				for after := nodkey.ApplicationID(""); ; {
					page, err := h.services.Applications.List(c.Context(), operator, after)
					if err != nil {
						return err
					}
					if len(page) == 0 {
						break
					}
					all = append(all, page...)
					after = page[len(page)-1].ID
				}
				if asJSON(c) {
					out := make([]map[string]any, len(all))
					for i, a := range all {
						out[i] = applicationJSON(nodkey.ApplicationInfo{Application: a})
						delete(out[i], "secrets") // they are not read here: show has them
					}
					return printJSON(c.OutOrStdout(), out)
				}
				table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
				fmt.Fprintln(table, "ID\tNAME\tDOORS\tGROUPS\tADDED")
				for _, a := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, doorsOf(a), groupsOf(a.Groups, "everybody"), day(a.CreatedAt))
				}
				return table.Flush()
			})
		},
	}
}

func clientShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show an application, its settings and when its secrets end", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				a, err := h.services.Applications.Show(c.Context(), operator, nodkey.ApplicationID(args[0]))
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c.OutOrStdout(), applicationJSON(a))
				}
				return printApplication(c.OutOrStdout(), a)
			})
		},
	}
}

func printApplication(w io.Writer, a nodkey.ApplicationInfo) error {
	number := "shown, or a code is asked for"
	if a.Plain {
		number = "not asked for where it cannot be shown"
	}
	fmt.Fprintf(w, "%s (%s), added %s\n\ndoors    %s\ngroups   %s\nnumber   %s\n", a.ID, a.Name, day(a.CreatedAt), doorsOf(a.Application), groupsOf(a.Groups, "everybody"), number)
	if a.Has(nodkey.DoorDuo) {
		fmt.Fprintf(w, "ikey     %s\n", duo.IntegrationKey(a.ID))
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\nSECRET\tFOR\tMADE\tENDS")
	for _, s := range a.Secrets {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.ID, secretFor(s.InClear), day(s.CreatedAt), day(s.ExpiresAt))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if a.Settings != nil {
		fmt.Fprintf(w, "\nsettings %s\n", a.Settings)
	}
	if a.InFile {
		fmt.Fprintln(w, "\nIt stands in the configuration file, and is changed there.")
	}
	return nil
}

func doorsOf(a nodkey.Application) string {
	names := make([]string, len(a.Doors))
	for i, d := range a.Doors {
		names[i] = string(d)
	}
	return strings.Join(names, ", ")
}

func groupsOf(groups []string, none string) string {
	if len(groups) == 0 {
		return none
	}
	return strings.Join(groups, ", ")
}

func applicationJSON(a nodkey.ApplicationInfo) map[string]any {
	secrets := []map[string]any{}
	for _, s := range a.Secrets {
		secrets = append(secrets, map[string]any{"id": s.ID, "for": secretFor(s.InClear), "createdAt": s.CreatedAt, "expiresAt": orNull(s.ExpiresAt)})
	}
	groups := a.Groups
	if groups == nil {
		groups = []string{}
	}
	out := map[string]any{"id": a.ID, "name": a.Name, "doors": a.Doors, "groups": groups, "plain": a.Plain, "createdAt": a.CreatedAt, "inFile": a.InFile, "secrets": secrets}
	if a.Has(nodkey.DoorDuo) {
		out["integrationKey"] = duo.IntegrationKey(a.ID)
	}
	if a.Settings != nil {
		out["settings"] = json.RawMessage(a.Settings)
	}
	return out
}

func clientRotate() *cobra.Command {
	var grace time.Duration
	c := &cobra.Command{
		Use: "rotate ID", Short: "Give an application new secrets and print them",
		Long: "Give an application new secrets. Those of before stay good for --grace, so that it can be told the new ones without a gap;\n" +
			"a secret that somebody else may have seen is rotated with --grace 0s.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				added, err := h.services.Applications.Rotate(c.Context(), operator, nodkey.ApplicationID(args[0]), grace)
				if err != nil {
					return err
				}
				done := "New secrets for " + args[0] + "; those of before are good for nothing any more."
				if grace > 0 {
					done = fmt.Sprintf("New secrets for %s; those of before are good until %s.", args[0], day(time.Now().Add(grace)))
				}
				return printSecrets(c, added, done)
			})
		},
	}
	c.Flags().DurationVar(&grace, "grace", 24*time.Hour, "how long the secrets of before stay good, such as 24h; 0s: not at all")
	return c
}

func clientRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Remove an application with its secrets; the audit log stays", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if err := h.services.Applications.Remove(c.Context(), operator, nodkey.ApplicationID(args[0])); err != nil {
					return err
				}
				return said(c, args[0]+" is removed.", map[string]any{"id": args[0]})
			})
		},
	}
}

func clientKeys() *cobra.Command {
	c := &cobra.Command{
		Use: "keys", Short: "Print the public keys that evidence of this server is checked with",
		Long: "Print the server's signing key and its backup key as nodkey verify takes them. They are public; give them to whoever has to\n" +
			"check evidence without this server, in a way that they can trust.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, _ nodkey.Caller) error {
				var lines []string
				for _, point := range h.services.Applications.EvidenceKeys() {
					lines = append(lines, wire.Bytes(point).String())
				}
				return said(c, strings.Join(lines, "\n"), map[string]any{"keys": lines})
			})
		},
	}
	rotate := clientKeysRotate()
	addDataFlags(rotate)
	addJSONFlag(rotate)
	c.AddCommand(rotate)
	return c
}

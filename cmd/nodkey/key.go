package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func keyCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "key", Short: "Rotate the keys that seal the database",
		Long: "What the database must not give away is sealed under data keys, which are wrapped under the master key outside it.\n" +
			"Data keys rotate while the server runs; the master key while it is stopped.",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{keyRotate(), keyStatus(), keyRewrap()} {
		addDataFlags(c)
		addJSONFlag(c)
		group.AddCommand(c)
	}
	return group
}

func keyRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Make a new data key",
		Long: "Make a new data key. A running server seals under it within a minute and then seals again, little by little, what\n" +
			"older data keys sealed; nodkey key status tells what is left.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				version, err := h.services.DataKeys.Rotate(c.Context(), operator)
				if err != nil {
					return err
				}
				return said(c, fmt.Sprintf("Data key %d is made. See nodkey key status.", version), map[string]any{"version": version})
			})
		},
	}
}

func keyStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the data keys, and how much is still sealed under the older ones", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				keys, err := h.services.DataKeys.List(c.Context(), operator)
				if err != nil {
					return err
				}
				if asJSON(c) {
					out := make([]map[string]any, len(keys))
					for i, k := range keys {
						out[i] = map[string]any{"version": k.Version, "newest": k.Newest, "left": k.Left}
					}
					return printJSON(c.OutOrStdout(), out)
				}
				table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
				fmt.Fprintln(table, "DATA KEY\tSTATE\tVALUES TO MOVE")
				for _, k := range keys {
					state, left := "older", fmt.Sprint(k.Left)
					if k.Newest {
						state, left = "seals", ""
					}
					fmt.Fprintf(table, "%d\t%s\t%s\n", k.Version, state, left)
				}
				return table.Flush()
			})
		},
	}
}

func keyRewrap() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "rewrap", Short: "Put another master key in the old one's place (server stopped)",
		Long: "Wrap every data key under another master key. Stop the server first: one that runs goes on with the old master key\n" +
			"and cannot read what is made afterwards. The file of the new one is made where it is missing.\n" +
			"Afterwards set master_key_file to it, start the server, and only then destroy the old file. Backups of the database\n" +
			"from before need the old one.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if path == "" {
				return &commandError{code: exitUsage, sentence: "--new-master-key-file must name the file of the new master key", next: "See nodkey key rewrap --help"}
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if sameFile(path, h.settings.MasterKeyFile) {
					return &commandError{code: exitUsage, sentence: "the new master key must have a file of its own", next: "Choose another place with --new-master-key-file."}
				}
				master, err := readMasterKey(path, true)
				if err != nil {
					return err
				}
				if err := h.services.DataKeys.Rewrap(c.Context(), operator, master); err != nil {
					return err
				}
				return said(c, "The database needs the master key in "+path+" now. Set master_key_file to it, and start the server.",
					map[string]any{"masterKeyFile": path})
			})
		},
	}
	c.Flags().StringVar(&path, "new-master-key-file", "", "file of the new master key; made where it is missing")
	return c
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

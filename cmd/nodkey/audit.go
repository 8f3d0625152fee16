package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func auditCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "audit", Short: "Read and verify the audit log",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{auditList(), auditVerify()} {
		addDataFlags(c)
		addJSONFlag(c)
		group.AddCommand(c)
	}
	return group
}

func auditList() *cobra.Command {
	var name, action string
	var since time.Duration
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List what happened, newest first", Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 10_000 {
				return &commandError{code: exitUsage, sentence: "--limit must be from 1 to 10000"}
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				filter := nodkey.AuditFilter{Action: action}
				if since > 0 {
					filter.Since = time.Now().Add(-since)
				}
				if name != "" {
					d, err := h.services.Users.Show(c.Context(), operator, name)
					if err != nil {
						return err
					}
					filter.UserID = d.User.ID
				}
				rows, err := h.services.Audit.List(c.Context(), operator, filter, 0, limit)
				if err != nil {
					return err
				}
				return printRows(c, rows)
			})
		},
	}
	c.Flags().StringVar(&name, "user", "", "only what touches this user")
	c.Flags().StringVar(&action, "action", "", "only this action, or, ending in a dot, all that begin so: \"key.\"")
	c.Flags().DurationVar(&since, "since", 0, "only the last so long, such as 24h")
	c.Flags().IntVar(&limit, "limit", 100, "at most so many rows")
	return c
}

func printRows(c *cobra.Command, rows []nodkey.AuditRow) error {
	if asJSON(c) {
		out := make([]map[string]any, len(rows))
		for i, r := range rows {
			out[i] = map[string]any{"seq": r.Seq, "at": r.At, "action": r.Action, "user": r.UserID, "actor": r.Actor, "source": r.Source,
				"subject": r.Subject, "detail": r.Detail, "block": r.Block}
		}
		return printJSON(c.OutOrStdout(), out)
	}
	table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "SEQ\tAT\tACTION\tACTOR\tFROM\tDETAIL")
	for _, r := range rows {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", r.Seq, r.At.Local().Format("2006-01-02 15:04:05"), r.Action, r.Actor, r.Source, r.Detail)
	}
	return table.Flush()
}

func auditVerify() *cobra.Command {
	var checkpoint string
	c := &cobra.Command{
		Use: "verify", Short: "Check that no row was changed, added or taken away",
		Long: "Check every row against its signed block and every block against the one before. What was cut off at the end shows\n" +
			"against a checkpoint: note the printed head somewhere else, and give it back with --checkpoint.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				v, err := h.services.Audit.Verify(c.Context(), operator, checkpoint)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c.OutOrStdout(), map[string]any{"blocks": v.Blocks, "rows": v.Rows, "unsealed": v.Unsealed, "head": v.Head})
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "The log is whole: %d rows in %d blocks, %d not sealed yet.\nHead: %s\n", v.Rows, v.Blocks, v.Unsealed, v.Head)
				return err
			})
		},
	}
	c.Flags().StringVar(&checkpoint, "checkpoint", "", "a head noted earlier, which must still be in the log")
	return c
}

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/prose"
)

func messageShow() *cobra.Command {
	return &cobra.Command{
		Use: "show REFERENCE|ID", Short: "Show a message with its entries, files and summaries, or what has become of an announcement",
		Long: "Show a message (2026-0412) with all entries and files, which phone's signature is on them, and what became of each summary\n" +
			"of it. A ticket then counts as read by the desk. With the id of an announcement: its texts and how far it has come.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				reference, ok := nodkey.ParseReference(args[0])
				if !ok {
					r, err := h.services.Announcements.Show(c.Context(), operator, nodkey.AnnouncementID(args[0]))
					if err != nil {
						return err
					}
					return printReport(c, r)
				}
				t, err := h.services.MessageDesk.Read(c.Context(), operator, reference)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c.OutOrStdout(), threadJSON(t))
				}
				return h.printThread(c.OutOrStdout(), t)
			})
		},
	}
}

func (h *house) printThread(w io.Writer, t nodkey.DeskThread) error {
	fmt.Fprintf(w, "%s, %s, %s, %s", t.Reference, t.Kind, t.Status, t.Priority)
	if t.Category != "" {
		fmt.Fprintf(w, ", about %s", aboutWhat(t.Category, t.Topic))
	}
	unread := ""
	if t.Unread {
		unread = ", not read yet"
	}
	fmt.Fprintf(w, "\n%s (%s), %s, last %s%s\n", t.User, t.DisplayName, day(t.CreatedAt), day(t.UpdatedAt), unread)
	if n := t.Notice; n != nil {
		h.printNotice(w, *n)
	} else {
		fmt.Fprintf(w, "\n%s\n", subjectLine(t.Message))
	}
	for _, e := range t.Entries {
		printEntry(w, t, e)
	}
	if len(t.Summaries) == 0 {
		_, err := fmt.Fprintln(w, "\nNo summary of it left the house.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\nSUMMARY\tWHY\tSTATE\tTRIES\tMADE\tENDED\tWHAT THE SERVICE SAID")
	for _, s := range t.Summaries {
		ended := "not yet"
		if !s.EndedAt.IsZero() {
			ended = day(s.EndedAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", s.Channel, s.Reason, s.State, s.Attempts, day(s.CreatedAt), ended, s.Failure)
	}
	return table.Flush()
}

func printEntry(w io.Writer, t nodkey.DeskThread, e nodkey.MessageEntry) {
	who := map[nodkey.Author]string{nodkey.ByUser: t.User, nodkey.ByOperator: "the desk", nodkey.BySystem: "the server"}[e.Author]
	if e.Name != "" {
		who += " (" + e.Name + ")"
	}
	if e.Signed {
		who += ", signed by their phone"
	}
	fmt.Fprintf(w, "\n%d  %s, %s, %s\n", e.Number, day(e.At), who, e.Language)
	text := e.Text
	switch {
	case e.Damaged:
		text = "(does not open)"
	case e.Markdown:
		text = prose.Plain(e.Text)
	}
	fmt.Fprintln(w, indent(text))
	for _, f := range e.Files {
		fmt.Fprintf(w, "  file %s  %s, %s, %d bytes\n", f.ID, f.Name, f.Type, f.Size)
	}
}

// printNotice says a notice in the catalogue's English words, with the facts that the words may lack.
func (h *house) printNotice(w io.Writer, n nodkey.AccountNotice) {
	say := h.texts.For("en")
	fmt.Fprintf(w, "\n%s\n  %s\n", say.T(string(n.Kind)+".title", n.Args()), say.T(string(n.Kind)+".happened", n.Args()))
	for _, fact := range [][2]string{{"at", day(n.At)}, {"from", n.From}, {"place", n.Place}, {"with", n.With}, {"phone", n.Phone}} {
		if fact[1] != "" {
			fmt.Fprintf(w, "  %s %s\n", fact[0], fact[1])
		}
	}
}

func threadJSON(t nodkey.DeskThread) map[string]any {
	out, entries, summaries := messageJSON(t.DeskMessage), []map[string]any{}, []map[string]any{}
	for _, e := range t.Entries {
		files := []map[string]any{}
		for _, f := range e.Files {
			files = append(files, map[string]any{"id": f.ID, "name": f.Name, "type": f.Type, "size": f.Size})
		}
		entries = append(entries, map[string]any{
			"number": e.Number, "at": e.At, "author": e.Author, "name": emptyNull(e.Name), "language": e.Language, "text": e.Text, "markdown": e.Markdown,
			"signed": e.Signed, "damaged": e.Damaged, "files": files,
		})
	}
	for _, s := range t.Summaries {
		summaries = append(summaries, summaryJSON(s))
	}
	out["entries"], out["summaries"] = entries, summaries
	if n := t.Notice; n != nil {
		out["notice"] = map[string]any{"kind": n.Kind, "at": n.At, "from": emptyNull(n.From), "with": emptyNull(n.With), "phone": emptyNull(n.Phone)}
	}
	return out
}

func summaryJSON(s nodkey.SealedSummary) map[string]any {
	return map[string]any{
		"channel": s.Channel, "reason": s.Reason, "state": s.State, "attempts": s.Attempts, "createdAt": s.CreatedAt, "dueAt": s.DueAt,
		"endedAt": orNull(s.EndedAt), "failure": emptyNull(s.Failure),
	}
}

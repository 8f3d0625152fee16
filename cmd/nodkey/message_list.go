package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/prose"
)

func messageList() *cobra.Command {
	var filter nodkey.MessageFilter
	var status, after string
	var limit int
	var announcements bool
	c := &cobra.Command{
		Use: "list", Short: "List tickets, those that nobody has read first, or announcements",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100 {
				return textError("", "--limit must be from 1 to 100")
			}
			if states := []string{"", "new", "open", "answered", "closed"}; !slices.Contains(states, status) {
				return textError("", "--status must be one of %s", strings.Join(states[1:], ", "))
			}
			filter.Status = nodkey.MessageStatus(status)
			return operated(c, func(h *house, operator nodkey.Caller) error {
				if announcements {
					list, err := h.services.Announcements.Progress(c.Context(), operator)
					if err != nil {
						return err
					}
					return printAnnouncements(c, list[:min(len(list), limit)])
				}
				page, err := h.services.MessageDesk.List(c.Context(), operator, filter, nodkey.Cursor(after), limit)
				if err != nil {
					return err
				}
				return printTickets(c, page)
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&status, "status", "", "only tickets that are new, open, answered or closed")
	flags.StringVar(&filter.Category, "category", "", "only tickets of this category")
	flags.BoolVar(&filter.Unread, "unread", false, "only tickets that the desk has not read")
	flags.StringVar(&after, "after", "", "go on behind this `place`, which the list before it gave")
	flags.IntVar(&limit, "limit", 50, "at most so many")
	flags.BoolVar(&announcements, "announcements", false, "list announcements, newest first, with how far they are")
	return c
}

func printTickets(c *cobra.Command, page nodkey.DeskPage) error {
	w := c.OutOrStdout()
	if asJSON(c) {
		out := make([]map[string]any, len(page.Messages))
		for i, m := range page.Messages {
			out[i] = messageJSON(m)
		}
		return printJSON(w, map[string]any{"messages": out, "next": emptyNull(string(page.Next))})
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "REFERENCE\tUSER\tSTATUS\tREAD\tPRIORITY\tABOUT\tLAST\tSUBJECT")
	for _, m := range page.Messages {
		read := "yes"
		if m.DeskUnread {
			read = "no"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Reference, m.User, m.Status, read, m.Priority, aboutWhat(m.Category, m.Topic), day(m.UpdatedAt), subjectLine(m.Message))
	}
	if err := table.Flush(); err != nil || page.Next == "" {
		return err
	}
	_, err := fmt.Fprintf(w, "\nThere are more: --after %s\n", page.Next)
	return err
}

func aboutWhat(category, topic string) string {
	return strings.TrimSuffix(category+"/"+topic, "/")
}

func subjectLine(m nodkey.Message) string {
	if m.Damaged {
		return "(does not open)"
	}
	return m.Subject
}

func messageJSON(m nodkey.DeskMessage) map[string]any {
	return map[string]any{
		"reference": m.Reference.String(), "kind": m.Kind, "user": m.User, "displayName": m.DisplayName, "status": m.Status, "priority": m.Priority,
		"category": emptyNull(m.Category), "topic": emptyNull(m.Topic), "subject": emptyNull(m.Subject), "language": emptyNull(m.Language), "damaged": m.Damaged,
		"createdAt": m.CreatedAt, "updatedAt": m.UpdatedAt, "unread": m.Unread, "deskUnread": m.DeskUnread,
	}
}

func emptyNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func printAnnouncements(c *cobra.Command, list []nodkey.AnnouncementProgress) error {
	if asJSON(c) {
		out := make([]map[string]any, len(list))
		for i, a := range list {
			out[i] = announcementJSON(a.Announcement, a.Users)
			out[i]["languages"], out[i]["subject"] = a.Languages, a.Subject
		}
		return printJSON(c.OutOrStdout(), map[string]any{"announcements": out})
	}
	table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tSENT\tTO\tSTARTS\tLANGUAGES\tSUBJECT")
	for _, a := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, stateOf(a.Announcement, time.Now()), outOf(a.Sent, a.Users), a.Audience, day(a.StartsAt),
			strings.Join(a.Languages, " "), cmp.Or(a.Subject, "(does not open)"))
	}
	return table.Flush()
}

// stateOf is an announcement's state in a word; one whose time has not come waits.
func stateOf(a nodkey.Announcement, now time.Time) string {
	if a.State == nodkey.AnnouncementSending && now.Before(a.StartsAt) {
		return "waiting"
	}
	return string(a.State)
}

func announcementJSON(a nodkey.Announcement, users int) map[string]any {
	return map[string]any{
		"id": a.ID, "state": a.State, "author": a.Author, "category": a.Category, "topic": emptyNull(a.Topic), "priority": a.Priority, "audience": a.Audience,
		"createdAt": a.CreatedAt, "startsAt": a.StartsAt, "endedAt": orNull(a.EndedAt), "sent": a.Sent, "users": users,
	}
}

// printReport tells what has become of an announcement.
func printReport(c *cobra.Command, r nodkey.AnnouncementReport) error {
	w := c.OutOrStdout()
	if asJSON(c) {
		return printJSON(w, reportJSON(r))
	}
	fmt.Fprintf(w, "Announcement %s, %s, %s, sent to %s\n", r.ID, stateOf(r.Announcement, time.Now()), r.Priority, progressOf(r))
	fmt.Fprintf(w, "By %s, %s; to %s, about %s\n", r.Author, day(r.CreatedAt), r.Audience, aboutWhat(r.Category, r.Topic))
	if r.StartsAt.After(r.CreatedAt) {
		fmt.Fprintf(w, "Not before %s\n", when(r.StartsAt.Local()))
	}
	if !r.EndedAt.IsZero() {
		fmt.Fprintf(w, "Done %s\n", day(r.EndedAt))
	}
	fmt.Fprintf(w, "In boxes %d, unread %d, put away %d\n", r.Counts.Messages, r.Counts.Unread, r.Counts.Closed)
	for _, language := range nodkey.Languages() {
		if t, ok := r.Texts[language]; ok {
			printText(w, language, t)
		}
	}
	if len(r.Counts.Summaries) == 0 {
		_, err := fmt.Fprintln(w, "\nNo summary of it left the house.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\nSUMMARIES\tSTATE\tHOW MANY")
	for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
		for _, state := range sortedKeys(inStrings(r.Counts.Summaries[channel])) {
			fmt.Fprintf(table, "%s\t%s\t%d\n", channel, state, r.Counts.Summaries[channel][nodkey.SummaryState(state)])
		}
	}
	if len(r.Failures) > 0 {
		fmt.Fprintln(table, "\nFAILED\tUSER\tREFERENCE\tTRIES\tENDED\tWHY")
	}
	for _, f := range r.Failures {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\n", f.Channel, f.User, f.Reference, f.Attempts, day(f.EndedAt), f.Failure)
	}
	return table.Flush()
}

func inStrings[K ~string, V any](m map[K]V) map[string]V {
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[string(k)] = v
	}
	return out
}

func printText(w io.Writer, language string, t nodkey.MessageText) {
	fmt.Fprintf(w, "\n[%s] %s\n%s\n", language, t.Subject, indent(prose.Plain(t.Text)))
}

func reportJSON(r nodkey.AnnouncementReport) map[string]any {
	out, texts, failures := announcementJSON(r.Announcement, r.Users), map[string]any{}, []map[string]any{}
	for language, t := range r.Texts {
		texts[language] = map[string]any{"subject": t.Subject, "text": t.Text}
	}
	for _, f := range r.Failures {
		failure := summaryJSON(f.SealedSummary)
		failure["user"], failure["reference"] = f.User, f.Reference.String()
		failures = append(failures, failure)
	}
	out["texts"], out["failures"] = texts, failures
	out["messages"] = map[string]any{"made": r.Counts.Messages, "unread": r.Counts.Unread, "closed": r.Counts.Closed}
	out["summaries"] = r.Counts.Summaries
	return out
}

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/prose"
	"github.com/nodkey/nodkey/wire"
)

// pageView is a list as --json gives it.
type pageView struct {
	Key  string `json:"key"`
	User string `json:"user"`
	wire.MessagesResponse
}

// threadView is a message as --json gives it.
type threadView struct {
	Key  string `json:"key"`
	User string `json:"user"`
	wire.MessageResponse
}

func at(ms int64) string { return day(time.UnixMilli(ms)) }

func subjectOf(m wire.Message) string {
	if m.Damaged {
		return "(does not open)"
	}
	return printable(m.Subject)
}

func sayMessages(w io.Writer, k client.Key, page wire.MessagesResponse) error {
	if len(page.Messages) == 0 {
		words := "There is no such message in the box of " + printable(k.Name) + "."
		if page.Next != "" {
			words = "Nothing was found so far. Look further with: --after " + printable(page.Next)
		}
		_, err := fmt.Fprintln(w, words)
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "REFERENCE\tREAD\tKIND\tSTATUS\tLAST\tSUBJECT")
	for _, m := range page.Messages {
		read := "yes"
		if m.Unread {
			read = "no"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(m.Reference), read, m.Kind, m.Status, at(m.UpdatedAt), subjectOf(m))
	}
	if err := table.Flush(); err != nil || page.Next == "" {
		return err
	}
	_, err := fmt.Fprintf(w, "\nThere are more: --after %s\n", printable(page.Next))
	return err
}

func sayThread(w io.Writer, t wire.MessageResponse) error {
	m := t.Message
	fmt.Fprintf(w, "%s, %s, %s, %s\n%s\n", printable(m.Reference), m.Kind, m.Status, at(m.UpdatedAt), subjectOf(m))
	if n := t.Notice; n != nil {
		fmt.Fprintf(w, "\n%s\n%s\n\n", printable(n.Happened), printable(n.Next))
		for _, fact := range [][2]string{{"when", at(n.At)}, {"from", strings.Trim(n.From+", "+n.Place, ", ")}, {"with", n.With}, {"phone", n.Phone}} {
			if fact[1] != "" {
				fmt.Fprintf(w, "  %-6s %s\n", fact[0], printable(fact[1]))
			}
		}
	}
	for _, e := range t.Entries {
		who := map[string]string{"user": "you", "operator": "the service desk", "system": "the server"}[e.Author]
		if e.Signed {
			who += ", signed by your phone"
		}
		fmt.Fprintf(w, "\n%d  %s, %s\n%s\n", e.Number, at(e.At), who, indent(entryText(e)))
		for _, f := range e.Files {
			fmt.Fprintf(w, "  file %s, %d bytes: it waits in the portal\n", printable(f.Name), f.Size)
		}
	}
	if !t.CanReply {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nAnswer it with: nodkey phone messages reply %s TEXT\n", printable(m.Reference))
	return err
}

// entryText is what an entry says, line by line as a terminal may show it.
func entryText(e wire.MessageEntry) string {
	text := e.Text
	switch {
	case e.Damaged:
		text = "(does not open)"
	case len(e.Blocks) > 0:
		text = prose.PlainBlocks(readBlocks(e.Blocks))
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

func readBlocks(list []wire.Block) []prose.Block {
	out := make([]prose.Block, 0, len(list))
	for _, b := range list {
		block := prose.Block{Kind: b.Kind, Blocks: readBlocks(b.Blocks)}
		for _, r := range b.Runs {
			block.Runs = append(block.Runs, prose.Run(r))
		}
		for _, item := range b.Items {
			block.Items = append(block.Items, readBlocks(item))
		}
		out = append(out, block)
	}
	return out
}

func sayCounts(w io.Writer, keys []client.Key, counts map[string]int) {
	for _, k := range keys {
		n, told := counts[k.ID]
		number := fmt.Sprint(n)
		switch {
		case !told:
			continue
		case n >= 100:
			number = "99+"
		}
		fmt.Fprintf(w, "%s (%s) at %s: %s unread\n", printable(k.DisplayName), printable(k.Name), hostOf(k.Server.URL), number)
	}
}

package client

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/nodkey/nodkey/wire"
)

// The bounds of what a server may say of a box (docs/protocol.md §10).
const (
	unreadMost   = 100
	entriesInAll = 500
	blocksDeep   = 12
)

var (
	messageKinds    = []string{"ticket", "security", "account", "announcement"}
	messageStatuses = []string{"new", "open", "answered", "closed"}
	priorities      = []string{"low", "normal", "high", "urgent"}
	authors         = []string{"user", "operator", "system"}
)

// checkPage refuses a list that is none of the protocol's.
func checkPage(page wire.MessagesResponse) error {
	if page.Unread < 0 || page.Unread > unreadMost || len(page.Messages) > wire.MaxMessages || len(page.Next) > 200 {
		return errors.New("a list beyond its bounds")
	}
	for _, m := range page.Messages {
		if err := checkMessage(m); err != nil {
			return err
		}
	}
	return nil
}

func checkMessage(m wire.Message) error {
	if !slices.Contains(messageKinds, m.Kind) || !slices.Contains(messageStatuses, m.Status) || !slices.Contains(priorities, m.Priority) {
		return fmt.Errorf("a message of kind %q, status %q, priority %q", m.Kind, m.Status, m.Priority)
	}
	if m.Reference == "" || len(m.Reference) > 20 || !allReadable([]string{m.Reference, m.Subject, m.Language}) {
		return errors.New("a message whose head is not to be shown")
	}
	return nil
}

// checkPart refuses an answer that is not the message asked for, or does not go on after the entries that are there.
func checkPart(part wire.MessageResponse, reference string, have int) error {
	if part.Message.Reference != reference {
		return errors.New("another message than the one asked for")
	}
	if err := checkMessage(part.Message); err != nil {
		return err
	}
	if n := part.Notice; n != nil && !allReadable([]string{n.Happened, n.Next, n.From, n.Place, n.With, n.Phone}) {
		return errors.New("a notice that is not to be shown")
	}
	for i, e := range part.Entries {
		if e.Number != have+i+1 {
			return errors.New("entries out of order")
		}
		if err := checkEntry(e); err != nil {
			return err
		}
	}
	switch last := have + len(part.Entries); {
	case last > entriesInAll:
		return errors.New("entries without end")
	case part.Next != 0 && (len(part.Entries) == 0 || part.Next != last+1):
		return errors.New("a part that does not say where it goes on")
	}
	return nil
}

func checkEntry(e wire.MessageEntry) error {
	if !slices.Contains(authors, e.Author) || !allReadable([]string{e.Language}) || e.Text != "" && e.Blocks != nil {
		return errors.New("an entry that is none")
	}
	for _, f := range e.Files {
		if !allReadable([]string{f.Name, f.Type}) || f.Size < 0 {
			return errors.New("a file that is none")
		}
	}
	return checkBlocks(e.Blocks, 1)
}

// checkBlocks refuses blocks that are nested beyond measure, of no known kind, or lead somewhere else than to https and mailto.
func checkBlocks(list []wire.Block, depth int) error {
	if depth > blocksDeep {
		return errors.New("blocks nested beyond measure")
	}
	for _, b := range list {
		words, lists, inner := b.Runs != nil, b.Items != nil, b.Blocks != nil
		switch b.Kind {
		case "p", "h", "code":
			lists, inner, words = lists || inner, false, false
		case "ul", "ol":
			words, inner, lists = words || inner, false, false
		case "quote":
			words, lists, inner = words || lists, false, false
		case "rule":
		default:
			return fmt.Errorf("a block of kind %q", b.Kind)
		}
		if words || lists || inner {
			return fmt.Errorf("a block of kind %s with what is not its own", b.Kind)
		}
		for _, r := range b.Runs {
			if r.Href == "" {
				continue
			}
			if u, err := url.Parse(r.Href); err != nil || u.Scheme != "https" && u.Scheme != "mailto" || u.User != nil {
				return errors.New("a link that leads nowhere")
			}
		}
		for _, item := range b.Items {
			if err := checkBlocks(item, depth+1); err != nil {
				return err
			}
		}
		if err := checkBlocks(b.Blocks, depth+1); err != nil {
			return err
		}
	}
	return nil
}

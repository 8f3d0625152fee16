package portal

import (
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// kindName is the key of what a message is.
func kindName(kind nodkey.MessageKind) string {
	return map[nodkey.MessageKind]string{nodkey.MessageTicket: "inbox.ticket", nodkey.MessageSecurity: "inbox.security",
		nodkey.MessageAccount: "inbox.account", nodkey.MessageAnnouncement: "inbox.announcement"}[kind]
}

func kindIcon(kind nodkey.MessageKind) string {
	return map[nodkey.MessageKind]string{nodkey.MessageTicket: "mail", nodkey.MessageSecurity: "shield",
		nodkey.MessageAccount: "person", nodkey.MessageAnnouncement: "bell"}[kind]
}

func statusName(status nodkey.MessageStatus) string {
	return map[nodkey.MessageStatus]string{nodkey.MessageNew: "inbox.new", nodkey.MessageOpen: "inbox.open",
		nodkey.MessageAnswered: "inbox.answered", nodkey.MessageClosed: "inbox.closed"}[status]
}

// MessageChip is where a message stands; nil where that says nothing, as of a notice that is not put away.
func MessageChip(kind nodkey.MessageKind, status nodkey.MessageStatus) *Chip {
	switch {
	case status == nodkey.MessageClosed && kind == nodkey.MessageTicket:
		return &Chip{"past", "check", statusName(status)}
	case status == nodkey.MessageClosed:
		return &Chip{"past", "check", "inbox.put_away"}
	case kind != nodkey.MessageTicket:
		return nil
	case status == nodkey.MessageAnswered:
		return &Chip{"done", "check", statusName(status)}
	}
	return &Chip{"look", "clock", statusName(status)}
}

// noticeArgs are the values of a notice's sentences, in the reader's language.
func noticeArgs(x *exchange, n nodkey.AccountNotice) map[string]any {
	args := n.Args()
	if n.With != "" {
		args["With"] = agentName(x.say, web.ParseAgent(n.With))
	}
	return args
}

// noticeText is all that a notice says, for a search.
func noticeText(x *exchange, n nodkey.AccountNotice) string {
	args := noticeArgs(x, n)
	var said []string
	for _, part := range []string{".title", ".happened", ".next"} {
		said = append(said, x.say.T(string(n.Kind)+part, args))
	}
	for _, value := range args {
		said = append(said, value.(string))
	}
	return strings.Join(said, "\n")
}

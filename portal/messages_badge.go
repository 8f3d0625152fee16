package portal

import (
	"context"
	"net/http"
	"strconv"

	"github.com/nodkey/nodkey"
)

// badgesPerSession bounds the open pages that are told how many messages are unread. A page in the background lets go of its
// stream, so this many serve any number of tabs, and with the other streams of a session they leave connections free.
const badgesPerSession = 2

// The badge says "99+" from a hundred on, which is as far as the domain counts.
const badgeMost = 99

// badge is what a page shows when it is made. The number is an ornament: where it cannot be told, the page is shown without
// it, and says it as soon as it can.
func (d *Door) badge(x *exchange) *Badge {
	if s := x.caller.Session(); s == nil || s.Level != nodkey.Full {
		return nil
	}
	b := &Badge{Live: Live{Stream: "/messages/stream", Poll: "/messages/state"}}
	n, err := d.services.Messages.Unread(x.r.Context(), x.caller)
	if err != nil {
		return b
	}
	s := d.stateOfBadge(x, n)
	b.Text, b.Said, b.Live.Version = s.Badge, s.Said, s.Version
	return b
}

func (d *Door) stateOfBadge(x *exchange, unread int) State {
	s := State{State: "unread", Version: strconv.Itoa(unread), Said: x.say.T("inbox.unread_none", nil)}
	if unread > badgeMost {
		s.Badge, s.Said = "99+", x.say.T("inbox.unread_many", map[string]any{"Most": badgeMost})
	} else if unread > 0 {
		s.Badge, s.Said = s.Version, x.say.T("inbox.unread", map[string]any{"Count": unread})
	}
	return s
}

func (d *Door) badgeStream(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	// What outlives the request keeps the words' language and the caller, and nothing else of it.
	told := &exchange{caller: x.caller, say: x.say}
	session := x.caller.Session()
	return d.streamIn(d.badges, x, string(session.ID), d.services.Messages.Topics(session.UserID), func(ctx context.Context) (State, error) {
		n, err := d.services.Messages.Unread(ctx, told.caller)
		return d.stateOfBadge(told, n), err
	})
}

func (d *Door) badgeState(x *exchange) error {
	n, err := d.services.Messages.Unread(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	return d.state(x, d.stateOfBadge(x, n))
}

// watch is handle for what an open page asks by itself: it does not count as use of the session.
func (d *Door) watch(h func(*exchange) error) http.Handler {
	return d.handleAs(d.services.Sessions.Watcher, h)
}

package notify

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// everyChannel shows all channels to the domain.
type everyChannel struct {
	web  *Services
	ntfy *NtfyServers
}

func (everyChannel) Has(string) bool { return true }

func (e everyChannel) Service(channel, endpoint string) (service, host string, ok bool) {
	if channel == nodkey.ChannelNtfy {
		return e.ntfy.Service(endpoint)
	}
	return e.web.Service(endpoint)
}

// fullHouse is a house with every channel.
type fullHouse struct {
	*house
	ntfy    *ntfyServer
	gateway *gateway
}

func newFullHouse(t *testing.T) *fullHouse {
	t.Helper()
	h := &fullHouse{house: newHouse(t)}
	h.ntfy, h.gateway = newNtfy(t, h.Clock.Now), newGateway(t, h.Clock.Now)
	h.Ports.Push = everyChannel{web: h.push.services(), ntfy: h.ntfy.servers()}
	var err error
	if h.Services, err = h.Second(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// listener is a guest with a topic besides the push service.
func (h *fullHouse) listener(i int, topic string) *guest {
	h.t.Helper()
	g := h.guest(i)
	phone, err := g.key.Caller(h.t.Context())
	if err == nil {
		err = h.Keys.Subscribe(h.t.Context(), phone, nodkey.ChannelNtfy, nodkey.Subscription{Endpoint: "https://" + pushHost + "/" + topic})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return g
}

// work runs a worker for each channel.
func (h *fullHouse) work(t *testing.T) (log func() string) {
	t.Helper()
	var logs []*nodkeytest.Log
	for _, c := range []Channel{h.push.channel(time.Minute), h.ntfy.channel(time.Minute), h.gateway.channel(time.Minute)} {
		_, l := working(t, h.Outbox, c, h.Clock.Now, nil)
		logs = append(logs, l)
	}
	return func() string { return logs[0].String() + logs[1].String() + logs[2].String() }
}

// of counts the rows of a table that are of a channel.
func (h *fullHouse) of(table, channel string) (n int) {
	for _, row := range nodkeytest.Dump(h.t, h.path)[table] {
		if strings.Contains(row, channel) {
			n++
		}
	}
	return n
}

func TestAChannelThatHangsDelaysNoOtherAndNoSignIn(t *testing.T) {
	h := newFullHouse(t)
	release := make(chan struct{})
	defer close(release)
	h.ntfy.As(func(http.ResponseWriter, *http.Request) { <-release })
	var guests []*guest
	for i := range 20 {
		guests = append(guests, h.listener(i, "topic"))
	}
	h.work(t)
	for i, g := range guests {
		began := time.Now()
		g.ask()
		if took := time.Since(began); took > 30*time.Second { // half of what a channel may take
			t.Errorf("a sign-in took %s", took)
		}
		eventually(t, "push service and gateway have it", func() bool {
			_, pushed := h.push.seen()
			_, posted := h.gateway.seen()
			return len(pushed) == i+1 && len(posted) == i+1
		})
	}
	eventually(t, "the topic's messages hang", func() bool { tried, _ := h.ntfy.Seen(); return tried == 20 })
	eventually(t, "the others are settled", func() bool { return h.waiting() == 20 && h.of("outbox", nodkey.ChannelNtfy) == 20 })
	_, posted := h.gateway.seen()
	for i, p := range posted {
		if p.body.User != guests[i].name || p.body.Phone != "Pixel 8" || p.body.ExpiresAt == "" {
			t.Errorf("of %s the gateway got %s", guests[i].name, p.raw)
		}
	}
}

func TestATopicThatIsGoneIsForgottenAndTheRestOfTheKeyIsNot(t *testing.T) {
	h := newFullHouse(t)
	h.ntfy.As(refused(http.StatusNotFound, 40401))
	g := h.listener(1, "secret-topic")
	log := h.work(t)
	g.ask()
	eventually(t, "the topic is forgotten", func() bool { return h.of("subscriptions", nodkey.ChannelNtfy) == 0 })
	eventually(t, "the others are settled", func() bool { return h.waiting() == 0 })
	if h.of("subscriptions", nodkey.ChannelWebPush) != 1 {
		t.Error("the push service is forgotten too")
	}
	if _, pushed := h.push.seen(); len(pushed) != 1 {
		t.Errorf("the push service has %d messages", len(pushed))
	}
	if strings.Contains(log(), "secret") {
		t.Errorf("the log tells the topic: %s", log())
	}
}

func TestATokenThatNtfyRefusesIsSaidInTheLogWithoutTheTopic(t *testing.T) {
	h := newFullHouse(t)
	h.ntfy.As(refused(http.StatusForbidden, 40301))
	h.gateway.as(status(http.StatusGone))
	g := h.listener(1, "secret-topic")
	log := h.work(t)
	g.ask()
	eventually(t, "all is settled", func() bool { return h.waiting() == 0 })
	for _, want := range []string{"answered 403", "answered 410", "level=WARN"} {
		if !strings.Contains(log(), want) {
			t.Errorf("the log does not say %s: %s", want, log())
		}
	}
	if tried, _ := h.ntfy.Seen(); tried != 1 || h.of("subscriptions", nodkey.ChannelNtfy) != 1 || strings.Contains(log(), "secret") {
		t.Errorf("tried %d times, %d subscriptions; the log: %s", tried, h.of("subscriptions", nodkey.ChannelNtfy), log())
	}
}

func TestAGatewayThatIsToldTwiceHearsOneID(t *testing.T) {
	h := newFullHouse(t)
	g := h.guest(1)
	q := &crashing{Queue: h.Outbox, dead: true}
	stop, _ := working(t, q, h.gateway.channel(0), h.Clock.Now, nil)
	g.ask()
	eventually(t, "it was told", func() bool { q.mu.Lock(); defer q.mu.Unlock(); return q.lost == 1 })
	stop()
	h.Clock.Advance(31 * time.Second)
	working(t, h.Outbox, h.gateway.channel(0), h.Clock.Now, nil) // the next process, nobody wakes it
	eventually(t, "it was told again", func() bool { _, p := h.gateway.seen(); return len(p) == 2 })
	_, posted := h.gateway.seen()
	if posted[0].id != posted[1].id || posted[0].raw != posted[1].raw || posted[0].signature == posted[1].signature {
		t.Errorf("first %+v, then %+v", posted[0], posted[1])
	}
	eventually(t, "it is settled", func() bool { return h.of("outbox", nodkey.ChannelWebhook) == 0 })
}

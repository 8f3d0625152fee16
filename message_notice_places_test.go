package nodkey_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// atlas knows where the addresses of these tests are.
type atlas map[string][2]string

func (a atlas) Place(address netip.Addr, language string) (country, name string) {
	at := a[address.String()]
	if at[1] != "" && language == "de" {
		return at[0], at[1] + " (de)"
	}
	return at[0], at[1]
}

func (h *house) withPlaces(t *testing.T, known nodkey.Places) {
	t.Helper()
	h.Ports.Places = known
	var err error
	if h.House.Services, err = h.Second(h.ctx); err != nil {
		t.Fatal(err)
	}
}

// A session from a country where none was before is told of, once; the first country is no news, nor is what is not known.
func TestASessionFromAnotherCountryIsTold(t *testing.T) {
	h := start(t, nil)
	h.withPlaces(t, atlas{"198.51.100.7": {"JP", "Tokyo, Japan"}, "198.51.100.8": {"JP", "Osaka, Japan"}, "192.0.2.9": {"CH", "Switzerland"}})
	p := h.join(t)
	from := func(address string) nodkey.Caller {
		h.Clock.Advance(time.Minute)
		return p.signIn(t, h.NewBrowser(address))
	}
	kinds := func(c nodkey.Caller) (list []nodkey.NoticeKind) {
		for _, n := range p.notices(t, c) {
			list = append(list, n.Kind)
		}
		slices.Reverse(list)
		return list[1:] // after the new phone
	}
	first := from("198.51.100.7")
	if got := kinds(first); !slices.Equal(got, []nodkey.NoticeKind{nodkey.NoticeNewBrowser}) {
		t.Errorf("from the first country: %v", got)
	}
	from("198.51.100.8") // the same country, another city
	from("203.0.113.77") // nobody knows where that is
	c := from("192.0.2.9")
	want := []nodkey.NoticeKind{nodkey.NoticeNewBrowser, nodkey.NoticeNewBrowser, nodkey.NoticeNewBrowser, nodkey.NoticeNewCountry}
	if got := kinds(c); !slices.Equal(got, want) {
		t.Errorf("from two countries and nowhere: %v", got)
	}
	n := p.notices(t, c)[0]
	if n.Place != "Switzerland" || n.From != "192.0.2.9" || n.Action != nodkey.ActEndSession || n.Subject != string(c.Session().ID) {
		t.Errorf("the notice: %+v", n)
	}
	if n := p.notices(t, c)[1]; n.Place != "" || n.From != "203.0.113.77" {
		t.Errorf("from nowhere: %+v", n)
	}
	from("198.51.100.7")
	if got := kinds(from("192.0.2.9")); len(got) != 6 || got[4] != nodkey.NoticeNewBrowser || got[5] != nodkey.NoticeNewBrowser {
		t.Errorf("back in both countries: %v", got)
	}
}

// A browser that the user signed in with before is told of, too, when it is in another country now.
func TestAKnownBrowserAbroadIsTold(t *testing.T) {
	h := start(t, nil)
	h.withPlaces(t, atlas{"198.51.100.7": {"JP", "Japan"}, "192.0.2.9": {"CH", "Switzerland"}})
	p := h.join(t)
	b := h.NewBrowser("198.51.100.7")
	p.signIn(t, b)
	b.From = netip.MustParseAddr("192.0.2.9")
	h.Clock.Advance(time.Minute)
	c := p.signIn(t, b)
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeNewCountry || n.Place != "Switzerland" {
		t.Errorf("%+v", n)
	}
}

// A refused request says where it came from, not where the phone is.
func TestARefusedRequestSaysItsPlace(t *testing.T) {
	h := start(t, nil)
	h.withPlaces(t, atlas{"2001:db8:1:2::": {"JP", "Japan"}, "2001:db8:1:2::7": {"JP", "Japan"}})
	p := h.join(t)
	c := p.enter(t)
	h.Clock.Advance(time.Second)
	if err := h.NewBrowser("2001:db8:1:2::7").Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonNotMe}); err != nil {
		t.Fatal(err)
	}
	if n := p.notices(t, c)[0]; n.Kind != nodkey.NoticeRequestRefused || n.Place != "Japan" {
		t.Errorf("%+v", n)
	}
}

// The phone shows where a request comes from, in its person's language.
func TestAStatementSaysThePlace(t *testing.T) {
	h := start(t, nil)
	h.withPlaces(t, atlas{"198.51.100.7": {"DE", "Hamburg, Deutschland, an der Elbe und der Alster gelegen"}})
	p := h.join(t)
	b := h.NewBrowser("198.51.100.7")
	if err := b.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	s := p.newest(t)
	if got := []rune(s.Place); s.Address != "198.51.100.7" || len(got) < 12 || len(got) > 40 || string(got[:7]) != "Hamburg" {
		t.Errorf("%+v", s.Statement)
	}
}

// Five wrong PINs are told of: somebody may have the phone.
func TestASuspendedPhoneIsTold(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	h.Clock.Advance(time.Second)
	before := len(p.notices(t, c))
	wake, cancel := h.Ports.Bus.Subscribe(h.Messages.Topics(p.id)...)
	defer cancel()
	s, err := p.key.AskPINCheck(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range nodkey.PINTriesInARow {
		if n := len(p.notices(t, c)); n != before {
			t.Fatalf("told after %d tries", i)
		}
		if _, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"}); err == nil {
			t.Fatal("a wrong PIN was taken")
		}
	}
	got := p.notices(t, c)
	if len(got) != before+1 || got[0].Kind != nodkey.NoticeKeySuspended || got[0].Phone != "Pixel 8" || got[0].Subject != p.key.ID || got[0].Action != nodkey.ActRemoveKey {
		t.Errorf("%+v", got)
	}
	select {
	case <-wake:
	default:
		t.Error("no open page was told")
	}
}

// Whoever turns summaries off in somebody's name does not do it in silence: they say so once more.
func TestSummariesThatGoElsewhereAreTold(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	for channel, address := range map[nodkey.SummaryChannel]string{nodkey.SummaryEmail: "mara@example.com", nodkey.SummarySMS: "+41446681800"} {
		is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, channel, address), "", "an address")
	}
	drain := func() {
		for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
			for more := true; more; {
				var taken []nodkey.SummaryMessage
				var err error
				if taken, more, err = h.Summaries.Take(h.ctx, channel, 50); err != nil {
					t.Fatal(err)
				}
				for _, m := range taken {
					if err := h.Summaries.Settle(h.ctx, []nodkey.SentSummary{{SummaryMessage: m, Outcome: nodkey.PushDelivered}}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	drain()
	to := func(d nodkey.SummaryDelivery) (told []nodkey.SummaryChannel) {
		t.Helper()
		h.Clock.Advance(2 * time.Hour)
		c = p.enter(t)
		drain()
		before := len(p.notices(t, c))
		s, err := h.Messages.Settings(h.ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		same := s.Delivery == d
		s.Delivery = d
		is(t, h.Messages.SaveSettings(h.ctx, c, s), "", "saving %s", d)
		got := p.notices(t, c)
		if n := len(got) - before; same && n != 0 || !same && (n != 1 || got[0].Kind != nodkey.NoticeDelivery || got[0].Action != nodkey.ActSettings) {
			t.Errorf("%s: %d notices, %+v", d, n, got[0])
		}
		for _, channel := range []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS} {
			taken, _, err := h.Summaries.Take(h.ctx, channel, 50)
			if err != nil {
				t.Fatal(err)
			}
			for range taken {
				told = append(told, channel)
			}
		}
		return told
	}
	both := []nodkey.SummaryChannel{nodkey.SummaryEmail, nodkey.SummarySMS}
	for _, step := range []struct {
		to   nodkey.SummaryDelivery
		told []nodkey.SummaryChannel
	}{
		{nodkey.DeliverBoth, both[:1]}, // e-mail goes on, and tells
		{nodkey.DeliverCentre, both},   // both lose them
		{nodkey.DeliverCentre, nil},    // nothing changed
		{nodkey.DeliverSMS, nil},       // nobody lost anything
		{nodkey.DeliverEmail, both[1:]},
	} {
		if got := to(step.to); !slices.Equal(got, step.told) {
			t.Errorf("to %s: %v were told, want %v", step.to, got, step.told)
		}
	}
}

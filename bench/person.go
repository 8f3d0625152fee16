package bench

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nodkey/nodkey/client"
)

// person is a user with a browser and a phone.
type person struct {
	name, password string
	browser        *browser
	phone          *client.Phone
	sent           atomic.Int64         // when the last decision was sent, by the monotonic clock; see now
	asked          chan client.Approval // what the phone's stream brought, each once
	last           string               // the approval that it brought last
}

const pin = "7k2m9" // with letters: users are numbered, and a PIN is no part of a name

var began = time.Now()

// now is the monotonic time since the process began: one atomic number holds it.
func now() int64 { return int64(time.Since(began)) }

// phoneTransport adds the address that a proxy saw and notes when a decision leaves the phone.
type phoneTransport struct {
	under http.RoundTripper
	p     *person
}

func (t phoneTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", t.p.browser.source)
	if strings.HasSuffix(r.URL.Path, "/decision") {
		t.p.sent.Store(now())
	}
	return t.under.RoundTrip(r)
}

func newPerson(portal, name, password string, number int, transport http.RoundTripper) (*person, error) {
	source := fmt.Sprintf("10.%d.%d.%d", number>>16&255, number>>8&255, number&255)
	p := &person{name: name, password: password, browser: newBrowser(portal, source, transport), asked: make(chan client.Approval, 8)}
	var err error
	p.phone, err = client.New(client.Config{HTTP: &http.Client{Transport: phoneTransport{transport, p}}}, client.State{})
	return p, err
}

// activate brings a key onto the phone, as a person does at the first sign-in.
func (p *person) activate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	location, err := p.browser.begin(ctx, p.name, p.password)
	if err != nil {
		return err
	}
	if location != "/" {
		return fmt.Errorf("the first sign-in leads to %q", location)
	}
	link, err := p.browser.activationLink(ctx)
	if err != nil {
		return err
	}
	offer, err := p.phone.Lookup(ctx, "", link)
	if err != nil {
		return err
	}
	key, err := p.phone.Activate(ctx, offer, pin, "Bench phone")
	if err != nil {
		return err
	}
	if key.State != "active" {
		return fmt.Errorf("a new key is %s", key.State)
	}
	p.browser.jar.forgetSession()
	return nil
}

// listen keeps the phone's stream open until ctx ends. online is called when it is.
func (p *person) listen(ctx context.Context, online func(), failed func(error)) {
	_ = p.phone.Stream(ctx, func(e client.Event) error { // it ends with ctx and no other way
		switch e.Kind {
		case "approvals":
			if online != nil {
				online()
				online = nil
			}
			if len(e.Approvals) > 0 && e.Approvals[0].ID != p.last {
				p.last = e.Approvals[0].ID
				select {
				case p.asked <- e.Approvals[0]:
				default:
				}
			}
		case "offline", "fault":
			failed(fmt.Errorf("the phone of %s is %s: %w", p.name, e.Kind, e.Err))
		}
		return nil
	})
}

// outcome is what one whole sign-in took.
type outcome struct {
	whole  time.Duration // from the password to the session
	wakeUp time.Duration // from the phone's decision being sent to the waiting page hearing of it
}

// signIn is one whole sign-in.
func (p *person) signIn(ctx context.Context) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := now()
	p.browser.jar.forgetSession()
	for len(p.asked) > 0 { // left over from a sign-in that failed
		<-p.asked
	}
	if _, err := p.browser.begin(ctx, p.name, p.password); err != nil {
		return outcome{}, err
	}
	digits, err := p.browser.waitingPage(ctx)
	if err != nil {
		return outcome{}, err
	}
	stream, err := p.browser.stream(ctx)
	if err != nil {
		return outcome{}, err
	}
	decided := make(chan error, 1)
	go func() { decided <- p.approve(ctx, digits) }()
	event, err := stream.next()
	woken := now()
	if err != nil {
		stream.body.Close()
		return outcome{}, fmt.Errorf("%w (the phone: %w)", err, <-decided)
	}
	if err := stream.end(); err != nil {
		return outcome{}, err
	}
	if event.State != "approved" {
		return outcome{}, fmt.Errorf("a sign-in became %s (the phone: %w)", event.State, <-decided)
	}
	if err := p.browser.finish(ctx); err != nil {
		return outcome{}, err
	}
	whole := now() - start
	if err := <-decided; err != nil {
		return outcome{}, err
	}
	return outcome{whole: time.Duration(whole), wakeUp: time.Duration(woken - p.sent.Load())}, nil
}

// approve is the phone's part of a sign-in.
func (p *person) approve(ctx context.Context, digits string) error {
	select {
	case a := <-p.asked:
		_, err := p.phone.Approve(ctx, a, digits, pin)
		return err
	case <-ctx.Done():
		return fmt.Errorf("the phone was not asked: %w", ctx.Err())
	}
}

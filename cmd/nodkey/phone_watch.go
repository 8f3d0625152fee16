package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneWatchCommand(flags *phoneFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "watch",
		Short: "Wait for requests and answer them as they come",
		Long: "Wait for requests and answer them as they come, until interrupted.\n\n" +
			"With --json, or where nobody can be asked, events are only printed, one a line:\n" +
			`{"type":"approvals","server":…,"approvals":[…]} is the whole list of what is open, each` + "\n" +
			`time it changes; {"type":"messages",…} says that something in the message centre changed;` + "\n" +
			`{"type":"keys",…}, {"type":"online",…}, {"type":"offline",…} and {"type":"fault",…} tell the rest.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			if err := anyKey(phone); err != nil {
				return err
			}
			ask := newAsker(c)
			switch {
			case flags.asJSON:
				err = newWatch(phone, ask, c.OutOrStdout()).print(c.Context())
			default:
				err = newWatch(phone, ask, c.OutOrStdout()).run(c.Context())
			}
			if errors.Is(err, context.Canceled) {
				return nil // interrupted, as it was meant to be
			}
			return phoneError(err)
		},
	}
}

// eventView is an event as --json gives it.
type eventView struct {
	Type      string          `json:"type"`
	Server    string          `json:"server"`
	Approvals *[]approvalView `json:"approvals,omitempty"` // there with approvals, also when empty
	Keys      []keyView       `json:"keys,omitempty"`
	Error     string          `json:"error,omitempty"`
}

func shownEvent(e client.Event) eventView {
	v := eventView{Type: e.Kind, Server: e.Server}
	switch e.Kind {
	case "approvals":
		open := shownApprovals(e.Approvals)
		v.Approvals = &open
	case "keys":
		v.Keys = shownKeys(e.Keys)
	}
	if e.Err != nil {
		v.Error = printable(e.Err.Error())
	}
	return v
}

// watch shows requests one after the other. Events arrive while a person thinks; what ended meanwhile is said at once.
type watch struct {
	phone *client.Phone
	ask   *asker
	out   io.Writer

	events chan client.Event
	open   map[string][]client.Approval // by server
	told   map[string]bool              // by approval and key: shown already, or put off
	came   map[string]bool              // the same: its server knows that it came
	words  sync.WaitGroup               // to servers, on their way
}

func newWatch(phone *client.Phone, ask *asker, out io.Writer) *watch {
	return &watch{phone: phone, ask: ask, out: out, events: make(chan client.Event, 64), open: map[string][]client.Approval{}, told: map[string]bool{}, came: map[string]bool{}}
}

// print only prints events; whoever reads them shows the requests.
func (w *watch) print(ctx context.Context) error {
	defer w.words.Wait()
	return w.phone.Stream(ctx, func(e client.Event) error {
		w.received(ctx, e.Approvals)
		return printJSON(w.out, shownEvent(e))
	})
}

// say tells a server how far a request has come, beside whatever else goes on.
func (w *watch) say(ctx context.Context, step string, a client.Approval) {
	w.words.Go(func() { tellSeen(ctx, w.phone, step, a) })
}

// received says of requests that are new here that they came.
func (w *watch) received(ctx context.Context, open []client.Approval) {
	for _, a := range open {
		if name := requestName(a); !w.came[name] {
			w.came[name] = true
			w.say(ctx, client.Received, a)
		}
	}
}

func (w *watch) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer w.words.Wait()
	ended := make(chan error, 1)
	go func() {
		ended <- w.phone.Stream(ctx, func(e client.Event) error {
			select {
			case w.events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer func() { cancel() }()
	for {
		if a, ok := w.next(); ok {
			if err := w.handle(ctx, a); err != nil {
				cancel()
				<-ended
				return err
			}
			continue
		}
		select {
		case e := <-w.events:
			w.take(ctx, e)
		case err := <-ended:
			return err
		}
	}
}

func requestName(a client.Approval) string { return a.ID + " " + a.Key.ID }

// next gives a request that was not shown yet.
func (w *watch) next() (client.Approval, bool) {
	for _, k := range w.phone.Keys() {
		for _, a := range w.open[k.Server.URL] {
			if !w.told[requestName(a)] && a.Key.ID == k.ID {
				w.told[requestName(a)] = true
				return a, true
			}
		}
	}
	return client.Approval{}, false
}

// take notes an event and says what a person should know of it.
func (w *watch) take(ctx context.Context, e client.Event) {
	switch e.Kind {
	case "approvals":
		w.received(ctx, e.Approvals)
		w.open[e.Server] = e.Approvals
	case "online":
		fmt.Fprintf(w.out, "Waiting for requests from %s.\n", hostOf(e.Server))
	case "offline":
		fmt.Fprintf(w.out, "No connection to %s; trying again. %s\n", hostOf(e.Server), sentenceOf(e.Err))
	case "fault":
		fmt.Fprintln(w.out, sentenceOf(e.Err))
	case "keys":
		for _, k := range e.Keys {
			fmt.Fprintf(w.out, "The key of %s at %s is now: %s\n", printable(k.Name), hostOf(e.Server), k.State)
		}
	}
}

func sentenceOf(err error) string {
	if err == nil {
		return ""
	}
	return phoneError(err).Error()
}

func (w *watch) stillOpen(a client.Approval) bool {
	return slices.ContainsFunc(w.open[a.Key.Server.URL], func(b client.Approval) bool { return requestName(b) == requestName(a) })
}

// handle shows one request and, where somebody is there, takes the answer.
func (w *watch) handle(ctx context.Context, a client.Approval) error {
	fmt.Fprintln(w.out)
	sayApproval(w.out, a)
	w.say(ctx, client.Shown, a)
	if w.ask.terminal == nil {
		return nil
	}
	question := "Yes [y], not me [n], a mistake [m], later [Enter]: "
	if a.Number {
		question = "The number that is shown, or not me [n], a mistake [m], later [Enter]: "
	}
	fmt.Fprint(w.ask.out, question)
	said, over, err := w.answer(ctx, a)
	if err != nil || over {
		return err
	}
	var outcome client.Outcome
	switch said = strings.ToLower(strings.TrimSpace(said)); {
	case said == "":
		return nil
	case said == "n":
		outcome, err = w.phone.Deny(ctx, a, client.NotMe)
	case said == "m":
		outcome, err = w.phone.Deny(ctx, a, client.Mistake)
	case a.Number || said == "y":
		outcome, err = w.approve(ctx, a, said)
	default:
		err = &commandError{code: exitUsage, sentence: "that is none of the answers; the request is still open: nodkey phone approve " + a.ID}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintln(w.out, sentenceOf(err))
		return nil
	}
	return sayOutcome(w.out, a, outcome, false)
}

// answer waits for a line, or for the request to end, or for it to run out.
func (w *watch) answer(ctx context.Context, a client.Approval) (said string, over bool, err error) {
	runsOut := time.NewTimer(a.Expires.Sub(a.IssuedAt))
	defer runsOut.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", true, ctx.Err()
		case got := <-w.ask.begin():
			w.ask.waiting = nil
			if errors.Is(got.err, io.EOF) {
				return "", true, context.Canceled
			}
			return got.text, false, got.err
		case e := <-w.events:
			w.take(ctx, e)
			if !w.stillOpen(a) {
				fmt.Fprintln(w.out, "\nThis request has ended.")
				return "", true, nil
			}
		case <-runsOut.C:
			fmt.Fprintln(w.out, "\nThis request has expired.")
			return "", true, nil
		}
	}
}

// approve asks for the PIN, three times at most.
func (w *watch) approve(ctx context.Context, a client.Approval, number string) (client.Outcome, error) {
	for tries := 1; ; tries++ {
		pin, err := w.ask.secret(ctx, "PIN: ")
		if err != nil {
			return client.Outcome{}, err
		}
		outcome, err := w.phone.Approve(ctx, a, number, pin)
		var api *client.APIError
		if tries == 3 || !errors.As(err, &api) || api.Key != "pin.wrong" {
			return outcome, err
		}
		fmt.Fprintln(w.out, sentenceOf(err))
	}
}

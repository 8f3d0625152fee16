package main

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/doors"
)

// terminal is a phone in the terminal that is active at a server of the test's.
type terminal struct {
	*doors.Server
	t    *testing.T
	path string
	desk nodkey.Caller
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	x := &terminal{Server: doors.Open(t, doors.Options{}), t: t, path: filepath.Join(t.TempDir(), "phone.json"),
		desk: nodkey.Caller{Source: netip.MustParseAddr("192.0.2.7"), Agent: "Firefox on Windows", Locale: "en"}}
	x.Add(t, "ann")
	entry, err := x.Services.SignIns.Begin(t.Context(), x.desk, "ann", doors.Password)
	x.check(err)
	session, err := x.Services.Sessions.Caller(t.Context(), x.desk, entry.Session)
	x.check(err)
	banner, err := x.Services.Activations.Start(t.Context(), session)
	x.check(err)
	groups := banner.Code.Groups()
	if code, _, errOut := runPhone(t, x.path, "7294\n", "activate", "--server", x.Phone.String(), "--pin-file", "-", strings.Join(groups[:], "-")); code != exitOK {
		t.Fatalf("activating: %d %s", code, errOut)
	}
	return x
}

func (x *terminal) check(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) ask() nodkey.Token {
	x.t.Helper()
	x.Clock.Advance(time.Second)
	entry, err := x.Services.SignIns.Begin(x.t.Context(), x.desk, "ann", doors.Password)
	x.check(err)
	return entry.SignIn
}

// wait gives the waiting page, once the request came so far.
func (x *terminal) wait(token nodkey.Token, want nodkey.Reach) nodkey.Waiting {
	x.t.Helper()
	w, err := x.Services.SignIns.Wait(x.t.Context(), token)
	x.check(err)
	wake, cancel := x.Services.Bus(x.Services.SignIns.Topic(w))
	defer cancel()
	for late := time.After(20 * time.Second); ; {
		if w, err = x.Services.SignIns.Wait(x.t.Context(), token); err != nil || len(w.Phones) != 1 {
			x.t.Fatalf("the page: %+v, %v", w, err)
		}
		if w.Phones[0].Reach == want {
			return w
		}
		select {
		case <-wake:
		case <-late:
			x.t.Fatalf("the request came as %q, want %q", w.Phones[0].Reach, want)
		}
	}
}

func TestTheTerminalPhoneSaysHowFarARequestCame(t *testing.T) {
	x := newTerminal(t)
	token := x.ask()
	x.wait(token, nodkey.ReachNone)
	if code, out, errOut := runPhone(t, x.path, "", "list"); code != exitOK || !strings.Contains(out, "Sign-in to") {
		t.Fatalf("list: %d %s %s", code, out, errOut)
	}
	x.wait(token, nodkey.ReachShown)
	open, out, _ := runPhone(t, x.path, "", "list", "--json")
	id := strings.Split(strings.SplitAfter(out, `"approvals":[{"id":"`)[1], `"`)[0]
	if open != exitOK || len(id) != 22 {
		t.Fatalf("list --json: %s", out)
	}
	if code, _, errOut := runPhone(t, x.path, "0000\n", "approve", id, "--number", x.wait(token, nodkey.ReachShown).Number, "--pin-file", "-"); code == exitOK {
		t.Fatalf("a wrong PIN is taken: %s", errOut)
	}
	x.wait(token, nodkey.ReachOpened)
}

func TestAWatchingTerminalSaysThatARequestCame(t *testing.T) {
	for want, args := range map[nodkey.Reach][]string{nodkey.ReachShown: {"watch"}, nodkey.ReachArrived: {"watch", "--json"}} {
		x := newTerminal(t)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() {
			var out strings.Builder
			ended <- run(ctx, append([]string{"phone", "--state", x.path}, args...), strings.NewReader(""), &out, &out)
		}()
		x.wait(x.ask(), want)
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("%v ends with %d", args, code)
		}
	}
}

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/ntfy"
	"github.com/rogpeppe/go-internal/testscript"
)

// ntfyKey is where a script keeps its ntfy server.
type ntfyKey struct{}

// ntfyScript is an ntfy server with those who listen to it, and what it found wrong with what it was sent.
type ntfyScript struct {
	*ntfy.Server
	heard map[string]<-chan ntfy.Message
	mu    sync.Mutex
	wrong []string
}

func (n *ntfyScript) Errorf(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wrong = append(n.wrong, fmt.Sprintf(format, args...))
}

// check fails the script over what was wrong.
func (n *ntfyScript) check(ts *testscript.TestScript) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.wrong) > 0 {
		ts.Fatalf("ntfy: %s", strings.Join(n.wrong, "; "))
	}
}

// ntfyCommand is an ntfy server, and those who subscribe:
//
//	ntfy start PLACE ROOTS TOKEN    put its host and port into a variable, its certificate into a file
//	ntfy listen TOPIC               subscribe to a topic
//	ntfy next TOPIC FILE            wait for the next message, and write it to a file
func ntfyCommand(ts *testscript.TestScript, neg bool, args []string) {
	never(ts, neg, len(args) >= 2, "ntfy start|listen|next …")
	n, _ := ts.Value(ntfyKey{}).(*ntfyScript)
	switch what, rest := args[0], args[1:]; {
	case what == "start" && len(rest) == 3:
		n.Server = ntfy.New(n)
		n.Token = rest[2]
		ts.Defer(func() { n.Close(); n.check(ts) })
		ts.Setenv(rest[0], n.Listener.Addr().String())
		ts.Check(os.WriteFile(ts.MkAbs(rest[1]), n.PEM(), 0o600))
	case what == "listen" && len(rest) == 1:
		heard, err := n.Subscribe(context.Background(), rest[0]) // until the server is closed
		ts.Check(err)
		n.heard[rest[0]] = heard
	case what == "next" && len(rest) == 2:
		select {
		case m := <-n.heard[rest[0]]:
			n.check(ts)
			text, err := json.MarshalIndent(m, "", " ")
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(rest[1]), text, 0o600))
		case <-time.After(30 * time.Second):
			n.check(ts)
			ts.Fatalf("nothing was published to %s", rest[0])
		}
	default:
		ts.Fatalf("ntfy: no %s with %d arguments", what, len(rest))
	}
}

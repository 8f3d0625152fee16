package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// keyView is a key as --json gives it.
type keyView struct {
	ID          string `json:"id"`
	User        string `json:"user"`
	DisplayName string `json:"displayName"`
	Server      string `json:"server"`
	ServerName  string `json:"serverName"`
	State       string `json:"state"`
	Digits      string `json:"digits,omitempty"`
	ActivatedAt int64  `json:"activatedAt"` // milliseconds
}

func shownKey(k client.Key) keyView {
	return keyView{ID: k.ID, User: k.Name, DisplayName: k.DisplayName, Server: k.Server.URL, ServerName: k.Server.Name, State: k.State, Digits: k.Digits, ActivatedAt: k.ActivatedAt}
}

func shownKeys(keys []client.Key) []keyView {
	views := make([]keyView, 0, len(keys))
	for _, k := range keys {
		views = append(views, shownKey(k))
	}
	return views
}

// approvalView is an approval as --json gives it; every field comes from the signed statement.
type approvalView struct {
	ID       string       `json:"id"`
	Key      string       `json:"key"`
	User     string       `json:"user"`
	Server   string       `json:"server"`
	Kind     string       `json:"kind"`
	App      string       `json:"app"`
	Who      string       `json:"who"`
	Address  string       `json:"address,omitempty"`
	Place    string       `json:"place,omitempty"`
	With     string       `json:"with,omitempty"`
	Known    bool         `json:"known"`
	Number   bool         `json:"number"`
	Text     string       `json:"text,omitempty"`
	NewKey   *wire.NewKey `json:"newKey,omitempty"`
	Item     string       `json:"item,omitempty"`
	IssuedAt int64        `json:"issuedAt"` // milliseconds, as Expires
	Expires  int64        `json:"expires"`
}

func shownApprovals(all []client.Approval) []approvalView {
	views := make([]approvalView, 0, len(all))
	for _, a := range all {
		views = append(views, approvalView{ID: a.ID, Key: a.Key.ID, User: a.Key.Name, Server: a.Key.Server.URL, Kind: a.Kind, App: a.App, Who: a.Who,
			Address: a.Address, Place: a.Place, With: a.With, Known: a.Known, Number: a.Number, Text: a.Text, NewKey: a.NewKey, Item: a.Item,
			IssuedAt: a.IssuedAt.UnixMilli(), Expires: a.Expires.UnixMilli()})
	}
	return views
}

// sayApproval prints what is asked, from the statement alone.
func sayApproval(w io.Writer, a client.Approval) {
	switch a.Kind {
	case "sign_in":
		fmt.Fprintf(w, "Sign-in to %s as %s\n", printable(a.App), printable(a.Who))
	case "confirm":
		fmt.Fprintf(w, "%s asks %s for a yes to this text:\n  %s\n", printable(a.App), printable(a.Who), printable(a.Text))
	case "key_add":
		fmt.Fprintf(w, "Another phone for %s at %s: %s\n  its key %s\n", printable(a.Who), printable(a.App), printable(a.NewKey.Name), printable(a.NewKey.ID))
	case "key_remove":
		fmt.Fprintf(w, "Remove the phone %s of %s at %s\n", printable(a.Item), printable(a.Who), printable(a.App))
	case "password_change":
		fmt.Fprintf(w, "A new password for %s at %s\n", printable(a.Who), printable(a.App))
	case "contact_change":
		fmt.Fprintf(w, "A new address for %s at %s: %s\n", printable(a.Who), printable(a.App), printable(a.Item))
	case "contact_remove":
		fmt.Fprintf(w, "Remove the address %s of %s at %s\n", printable(a.Item), printable(a.Who), printable(a.App))
	case "test":
		fmt.Fprintf(w, "Test request for %s at %s: saying yes opens nothing\n", printable(a.Who), printable(a.App))
	case "pin_change":
		fmt.Fprintf(w, "A new PIN for %s at %s\n", printable(a.Who), printable(a.App))
	}
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-8s %s\n", label, printable(value))
		}
	}
	line("from", strings.Trim(a.Address+", "+a.Place, ", "))
	line("with", a.With)
	if a.Kind == "sign_in" && !a.Known {
		line("browser", "never signed in with before")
	}
	if a.Kind != "confirm" { // where it comes first
		line("it says", a.Text)
	}
	if !a.Number && (a.Kind == "sign_in" || a.Kind == "confirm") {
		line("number", "none: say yes only if you started it yourself")
	}
	line("asked", a.IssuedAt.Local().Format(time.TimeOnly))
	line("id", a.ID)
}

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func userShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a user's phones, how messages reach them, addresses, message settings, browsers and sign-ins", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				d, err := h.services.Users.Show(c.Context(), operator, args[0])
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c.OutOrStdout(), detailsJSON(d))
				}
				return printDetails(c.OutOrStdout(), d)
			})
		},
	}
}

func printDetails(w io.Writer, d nodkey.Details) error {
	fmt.Fprintf(w, "%s (%s), %s, added %s\n", d.User.Name, d.User.DisplayName, userState(d.User), day(d.User.CreatedAt))
	if len(d.Groups) > 0 {
		fmt.Fprintf(w, "in the groups %s\n", groupsOf(d.Groups, ""))
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\nPHONE\tSYSTEM\tROOTED\tSCREEN LOCK\tSTATE\tACTIVATED\tLAST USED\tWRONG PINS\tCODES\n")
	for _, k := range d.Keys {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", k.Phone.Name, systemOf(k.Phone), told(k.Phone.Rooted), told(k.Phone.ScreenLock), k.State,
			day(k.ActivatedAt), day(k.LastUsedAt), k.PINTries, codesOf(d.Delivery[k.ID]))
	}
	fmt.Fprintf(table, "\nPHONE\tNOTIFIED BY\tSINCE\tLAST ACCEPTED\tLAST REFUSED\tSTATE\n")
	for _, k := range d.Keys {
		printChannels(table, k, d.Delivery[k.ID].Push)
	}
	fmt.Fprintf(table, "\nPHONE\tLAST TEST OF NOTIFICATIONS\tAGE\tRESULT\n")
	for _, k := range d.Keys {
		at, age, result := testOf(d.Delivery[k.ID].Push)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.Phone.Name, at, age, result)
	}
	printContacts(table, d)
	fmt.Fprintf(table, "\nBROWSER\tFROM\tLEVEL\tSINCE\n")
	for _, s := range d.Sessions {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Agent, s.Source, levelOf(s), day(s.CreatedAt))
	}
	fmt.Fprintf(table, "\nSIGN-IN\tFROM\tWITH\tOUTCOME\n")
	for _, s := range d.SignIns {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", day(s.CreatedAt), s.Source, s.Agent, strings.TrimSpace(string(s.State)+" "+s.Cause))
	}
	return table.Flush()
}

// levelOf says what a session had, and of one that a password alone led to an application, to which.
func levelOf(s nodkey.Session) string {
	if s.App == "" {
		return string(s.Level)
	}
	return string(s.Level) + " (" + s.App + ")"
}

// codesOf says whether wrong codes have turned codes off for a phone, whatever policy says of codes.
func codesOf(d nodkey.KeyDelivery) string {
	if d.CodesOff {
		return "locked: too many wrong ones"
	}
	return "not locked"
}

func printChannels(table io.Writer, k nodkey.Key, state nodkey.PushState) {
	if len(state.Channels) == 0 {
		fmt.Fprintf(table, "%s\tnothing: requests are seen once the app is opened\t\t\t\t\n", k.Phone.Name)
	}
	for _, c := range state.Channels {
		word := "good"
		switch {
		case c.Failing:
			word = "failing: the phone should subscribe anew"
		case c.AcceptedAt.IsZero():
			word = "not used yet"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Phone.Name, channelName(c), day(c.Since), day(c.AcceptedAt), day(c.RefusedAt), word)
	}
}

func channelName(c nodkey.PushChannel) string {
	if c.Service == c.Channel || strings.HasPrefix(c.Service, c.Channel+":") {
		return c.Service
	}
	return c.Channel + ": " + c.Service
}

// testOf tells of a phone's last test of its notifications: when, how long ago, and what came of it.
func testOf(state nodkey.PushState) (at, age, result string) {
	t := state.Test
	switch {
	case t == nil:
		return "never", "", ""
	case !t.ReceivedAt.IsZero():
		result = "arrived after " + t.ReceivedAt.Sub(t.AskedAt).Round(100*time.Millisecond).String()
	case !t.AcceptedAt.IsZero():
		result = "sent, but the phone did not confirm it"
	default:
		result = "not sent"
	}
	return day(t.AskedAt), inDays(state.Now.Sub(t.AskedAt)), result
}

// inDays is an age in the largest unit that fits: 40 s, 5 min, 3 h, 12 days.
func inDays(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// systemOf is what a phone says of its system; nothing proves it.
func systemOf(p nodkey.Phone) string {
	return strings.TrimSpace(string(p.Platform) + " " + p.OSVersion)
}

// told is what a phone says of itself, or that it does not.
func told(p *bool) string {
	switch {
	case p == nil:
		return "not told"
	case *p:
		return "yes"
	}
	return "no"
}

func detailsJSON(d nodkey.Details) map[string]any {
	keys, sessions, signIns := []map[string]any{}, []map[string]any{}, []map[string]any{}
	for _, k := range d.Keys {
		keys = append(keys, map[string]any{
			"id": k.ID, "state": k.State, "phone": k.Phone.Name, "platform": k.Phone.Platform, "osVersion": k.Phone.OSVersion, "model": k.Phone.Model,
			"app": k.Phone.App, "rooted": k.Phone.Rooted, "screenLock": k.Phone.ScreenLock, "pin": k.HasPIN(), "biometric": k.Credential != nil,
			"wrongPINs": k.PINTries, "activatedAt": orNull(k.ActivatedAt), "lastUsedAt": orNull(k.LastUsedAt),
			"codesOff": d.Delivery[k.ID].CodesOff, "channels": channelsJSON(d.Delivery[k.ID].Push), "pushTest": testJSON(d.Delivery[k.ID].Push.Test),
		})
	}
	for _, s := range d.Sessions {
		sessions = append(sessions, map[string]any{"id": s.ID, "agent": s.Agent, "from": s.Source, "level": s.Level, "application": s.ApplicationID, "since": s.CreatedAt, "until": s.ExpiresAt})
	}
	for _, s := range d.SignIns {
		signIns = append(signIns, map[string]any{"id": s.ID, "at": s.CreatedAt, "from": s.Source, "agent": s.Agent, "state": s.State, "cause": s.Cause, "key": s.KeyID, "application": emptyNull(string(s.ApplicationID))})
	}
	out := userJSON(d.User)
	out["keys"], out["sessions"], out["signIns"] = keys, sessions, signIns
	out["groups"] = append([]string{}, d.Groups...)
	out["contacts"], out["messageSettings"] = contactsJSON(d)
	return out
}

func channelsJSON(state nodkey.PushState) []map[string]any {
	out := []map[string]any{}
	for _, c := range state.Channels {
		out = append(out, map[string]any{"channel": c.Channel, "service": c.Service, "since": c.Since, "acceptedAt": orNull(c.AcceptedAt),
			"refusedAt": orNull(c.RefusedAt), "failing": c.Failing})
	}
	return out
}

func testJSON(t *nodkey.PushTest) any {
	if t == nil {
		return nil
	}
	return map[string]any{"askedAt": t.AskedAt, "acceptedAt": orNull(t.AcceptedAt), "receivedAt": orNull(t.ReceivedAt)}
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

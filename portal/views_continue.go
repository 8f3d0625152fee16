package portal

import (
	"slices"

	"github.com/nodkey/nodkey"
)

// ConsentView is "consent": what an application would get, and the person's yes or no.
type ConsentView struct {
	Page
	App      string
	As, Name string // whose: display name, and the name that is typed
	Shares   []Share
}

// Share is one thing that an application would get.
type Share struct {
	Icon        string
	Title, Text string // keys of the catalogues; Text may be empty
	Short       string // key of the catalogues: the same within a list; empty: Scope serves
	Scope       string // that there are no words for; empty: there are
}

// sharesOf says scopes in plain words, in the order that they are read in. Those that there are none for come last, by their names.
func sharesOf(scopes []string) []Share {
	known := map[string]Share{
		"openid":            {Icon: "shield-check", Title: "consent.openid", Text: "consent.openid_text", Short: "consent.openid_short"},
		"profile":           {Icon: "person", Title: "consent.profile", Text: "consent.profile_text", Short: "consent.profile_short"},
		"email":             {Icon: "mail", Title: "consent.email", Short: "consent.email_short"},
		"groups":            {Icon: "lock", Title: "consent.groups", Short: "consent.groups_short"},
		nodkey.ScopeOffline: {Icon: "clock", Title: "consent.offline", Text: "consent.offline_text", Short: "consent.offline_short"},
	}
	var out []Share
	for _, scope := range []string{"openid", "profile", "email", "groups"} {
		if slices.Contains(scopes, scope) {
			out = append(out, known[scope])
		}
	}
	for _, scope := range scopes {
		if _, ok := known[scope]; !ok {
			out = append(out, Share{Icon: "key", Title: "consent.other", Scope: scope})
		}
	}
	if slices.Contains(scopes, nodkey.ScopeOffline) { // "all of this"
		out = append(out, known[nodkey.ScopeOffline])
	}
	return out
}

// OnwardView is "onward": the browser goes on to an application by itself.
type OnwardView struct {
	Page
	App    string
	Target string // path of the door
}

// AwayView is "away": a way that ends here.
type AwayView struct {
	Page
	Away    Away
	App     string // that can be told; empty: none
	Account string // who is signed in; empty: nobody
	Desk    Desk
}

// Away is why a way ends; it chooses the words.
type Away struct {
	Name                        string // stands in data-away
	Title, Happened, Safe, Todo string
}

// The reasons.
var (
	AwayOver      = Away{"over", "away.over", "away.over_happened", "away.over_safe", "away.over_todo"}
	AwayNotForYou = Away{"not_for_you", "away.group", "away.group_happened", "away.group_safe", "away.group_todo"}
	// AwayNotForThem is the same for somebody who typed a password on the way, and is not signed in here.
	AwayNotForThem = Away{"not_for_you", "away.group", "away.passed_happened", "away.group_safe", "away.passed_todo"}
)

// AwayStray is for what an application sent that leads nowhere; happened is the sentence of why.
func AwayStray(happened string) Away {
	return Away{"stray", "away.stray", happened, "away.over_safe", "away.stray_todo"}
}

// LaunchView is "applications": what a person may open, and what they allowed.
type LaunchView struct {
	Page
	Tiles   []Tile
	Allowed []AllowedRow
}

// Tile is an application to open.
type Tile struct {
	ID, Name string
	Initial  string // one letter or digit; may be empty
	Host     string // "wiki.aldermere.example"
	URL      string
}

// AllowedRow is an application that the person gave something to.
type AllowedRow struct {
	ID, Name, Initial string
	Shares            []string // in words, to be joined
	Since             string   // "3 March 2026"
}

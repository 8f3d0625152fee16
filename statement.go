package nodkey

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/nodkey/nodkey/wire"
)

// statementRoom is how long a statement's payload may be in bytes, so that its JWS keeps to wire.MaxStatement: two dots,
// 86 characters of signature and 60 of header go off, and base64url makes four characters of three bytes.
const statementRoom = (wire.MaxStatement - 2 - 86 - 60) * 3 / 4

// challengeRoom is what a sign-in's statement leaves free in it for the challenge that may come later.
const challengeRoom = len(`,"challenge":"000000"`)

// The least that texts are cut to, in characters; leastName is that of a name beside a text of an application's, which is never cut.
const (
	leastText = 12
	leastName = 4
)

// fit makes a statement short enough: it cuts the longest of its texts, again and again, and when they are all short it
// leaves out the key that was used longest ago. Whoever has so many phones is asked on those in use. What an application wants a
// yes to stays whole, and so does its name.
func fit(st *wire.Statement, keys []Key) error {
	byUse := slices.Clone(keys)
	slices.SortStableFunc(byUse, func(a, b Key) int { return lastUse(a).Compare(lastUse(b)) })
	room := statementRoom
	if ApprovalKind(st.Kind).ofSignIn() {
		room -= challengeRoom
	}
	for {
		raw, err := json.Marshal(st)
		if err != nil || len(raw) <= room {
			return err
		}
		if st.Text != "" && (st.With != "" || st.Place != "") { // what is asked comes before where from; the address stays
			st.With, st.Place = "", ""
			continue
		}
		texts, least := []*string{&st.With, &st.Who, &st.App, &st.Item, &st.Place}, leastText
		if st.Text != "" {
			texts, least = []*string{&st.Who}, leastName
		}
		if st.NewKey != nil {
			texts = append(texts, &st.NewKey.Name)
		}
		longest := slices.MaxFunc(texts, func(a, b *string) int { return len([]rune(*a)) - len([]rune(*b)) })
		switch n := len([]rune(*longest)); {
		case n > least:
			*longest = clip(strings.TrimSuffix(*longest, "…"), max(least, n-2))
		case len(byUse) > 1:
			unused := string(byUse[0].ID)
			st.Keys = slices.DeleteFunc(st.Keys, func(id string) bool { return id == unused })
			byUse = byUse[1:]
		default:
			return nil // the caller looks at the length of the whole
		}
	}
}

// clip cuts text to at most n characters, marking the cut.
func clip(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return strings.TrimSpace(string(runes[:n-1])) + "…"
}

// localeOf gives the first of these that is a language tag of at most 12 characters (BCP 47), or English.
func localeOf(tags ...string) string {
	for _, tag := range tags {
		plain := !strings.ContainsFunc(tag, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
		if tag != "" && len(tag) <= 12 && plain {
			return tag
		}
	}
	return "en"
}

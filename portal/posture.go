package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// Asks is what policy asks of phones, for people to read; the domain is who asks.
type Asks struct {
	MinAndroid, MinIOS    string // "6.0"; empty: any
	NotRooted, ScreenLock bool
}

// sentences says it line by line.
func (a Asks) sentences() []Sentence {
	var all []Sentence
	if a.MinAndroid != "" {
		all = append(all, Sentence{Key: "security.asks_android", Args: map[string]any{"Min": a.MinAndroid}})
	}
	if a.MinIOS != "" {
		all = append(all, Sentence{Key: "security.asks_ios", Args: map[string]any{"Min": a.MinIOS}})
	}
	if a.NotRooted {
		all = append(all, Sentence{Key: "security.asks_not_rooted"})
	}
	if a.ScreenLock {
		all = append(all, Sentence{Key: "security.asks_lock"})
	}
	return all
}

// told lists what a phone said of itself. What it did not say is not shown: browsers cannot know it, and it is no danger.
func told(p nodkey.Phone) []Told {
	var all []Told
	if p.ScreenLock != nil {
		t := Told{Name: "security.told_lock", Value: "security.on"}
		if !*p.ScreenLock {
			t.Value, t.Odd = "security.off", true
		}
		all = append(all, t)
	}
	if p.Rooted != nil {
		t := Told{Name: "security.told_rooted", Value: "security.no"}
		if p.Platform == nodkey.IOS {
			t.Name = "security.told_jailbroken"
		}
		if *p.Rooted {
			t.Value, t.Odd = "security.yes", true
		}
		all = append(all, t)
	}
	return all
}

// factorHelp leads to how a phone without fingerprint and face gets them. The terminal phone has neither.
func factorHelp(k nodkey.Key) string {
	if k.State != nodkey.KeyActive || k.Credential != nil {
		return ""
	}
	switch k.Phone.Platform {
	case nodkey.Android:
		return "/help/screen-lock#android"
	case nodkey.IOS:
		return "/help/screen-lock#iphone"
	}
	return ""
}

// screenLockShow tells how screen lock, fingerprint and face are set up.
func (d *Door) screenLockShow(x *exchange) error {
	return d.show(x, http.StatusOK, "screen_lock", ScreenLockView{d.page(x)})
}

package nodkey

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// ForwardSettings are what stands in the settings of an application behind a proxy.
type ForwardSettings struct {
	Origins []string // https://wiki.example.com; at least one
	Rules   []ForwardRule
	Session time.Duration // how long a browser stays signed in at most
}

const (
	forwardOrigins = 64
	forwardRules   = 256
	// forwardSession is how long where the settings do not say; forwardSessionMin and forwardSessionMax bound what they may.
	forwardSession    = 12 * time.Hour
	forwardSessionMin = 5 * time.Minute
	forwardSessionMax = 30 * 24 * time.Hour
	// forwardWithinMin is enough to get from the phone's yes to the page.
	forwardWithinMin = time.Minute
)

// forwardRuleText is a rule as it is written.
type forwardRuleText struct {
	Hosts   []string `json:"hosts,omitempty"`
	Path    string   `json:"path,omitempty"`
	Methods []string `json:"methods,omitempty"`
	Policy  string   `json:"policy"`
	Groups  []string `json:"groups,omitempty"`
	Within  string   `json:"within,omitempty"`
}

// ParseForwardSettings reads the settings of an application: {"hosts": ["wiki.example.com"], "rules": [{"path": "/public/*", "policy":
// "bypass"}], "session": "12h"}. Members beside these are other doors'; a rule has no member that is not known. Error:
// forward.settings, with Part naming what is wrong.
func ParseForwardSettings(raw json.RawMessage) (ForwardSettings, error) {
	var text struct {
		Hosts   []string          `json:"hosts"`
		Rules   []json.RawMessage `json:"rules"`
		Session string            `json:"session"`
	}
	out := ForwardSettings{Session: forwardSession}
	if err := json.Unmarshal(raw, &text); err != nil {
		return out, fail(BadInput, "forward.settings", "Part", "settings")
	}
	var ok bool
	if out.Origins, ok = forwardOriginsOf(text.Hosts); !ok || len(out.Origins) == 0 {
		return out, fail(BadInput, "forward.settings", "Part", "hosts")
	}
	if text.Session != "" {
		if out.Session, ok = forwardSpan(text.Session, forwardSessionMin, forwardSessionMax); !ok {
			return out, fail(BadInput, "forward.settings", "Part", "session")
		}
	}
	if len(text.Rules) > forwardRules {
		return out, fail(BadInput, "forward.settings", "Part", "rules")
	}
	for _, one := range text.Rules {
		rule, part := parseForwardRule(one, out.Origins)
		if part != "" {
			return out, fail(BadInput, "forward.settings", "Part", part)
		}
		out.Rules = append(out.Rules, rule)
	}
	return out, nil
}

func parseForwardRule(raw json.RawMessage, origins []string) (rule ForwardRule, wrong string) {
	var text forwardRuleText
	if err := wire.DecodeStrict(raw, &text); err != nil {
		return rule, "rules"
	}
	rule.Policy = ForwardPolicy(text.Policy)
	if !slices.Contains(forwardStrictness, rule.Policy) {
		return rule, "policy"
	}
	asks := rule.Policy == ForwardOneFactor || rule.Policy == ForwardTwoFactors
	var ok bool
	if rule.Origins, ok = forwardOriginsOf(text.Hosts); !ok || slices.ContainsFunc(rule.Origins, func(o string) bool { return !slices.Contains(origins, o) }) {
		return rule, "hosts"
	}
	if rule.Path, ok = forwardRulePath(text.Path); !ok {
		return rule, "path"
	}
	for _, method := range text.Methods {
		if !isMethod(method) {
			return rule, "methods"
		}
	}
	rule.Methods = text.Methods
	groups, err := parseGroups(text.Groups)
	if err != nil || len(groups) > 0 && !asks {
		return rule, "groups"
	}
	rule.Groups = groups
	if text.Within != "" {
		if rule.Within, ok = forwardSpan(text.Within, forwardWithinMin, forwardSessionMax); !ok || !asks {
			return rule, "within"
		}
	}
	return rule, ""
}

// forwardRulePath reads a path as it stands in an address, with * at its end for all that follows.
func forwardRulePath(text string) (string, bool) {
	if text == "" || text == "*" || text == "/*" {
		return "", true
	}
	written, all := strings.CutSuffix(text, "*")
	if all && !strings.HasSuffix(written, "/") || strings.ContainsAny(written, "*?") {
		return "", false
	}
	path, unclear, ok := readForwardPath(written)
	if !ok || unclear != "" || strings.Contains(path, "*") {
		return "", false
	}
	if all {
		path += "*"
	}
	return path, true
}

// forwardOriginsOf reads "wiki.example.com", which is https, "https://wiki.example.com:8443" and "http://wiki.localhost:8080".
func forwardOriginsOf(hosts []string) ([]string, bool) {
	var origins []string
	for _, host := range hosts {
		scheme, authority, whole := strings.Cut(host, "://")
		if !whole {
			scheme, authority = "https", host
		}
		origin, ok := forwardOrigin(scheme, authority)
		if !ok || len(origins) == forwardOrigins {
			return nil, false
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins, true
}

func forwardSpan(text string, least, most time.Duration) (time.Duration, bool) {
	span, err := time.ParseDuration(text)
	return span, err == nil && span >= least && span <= most
}

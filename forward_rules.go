package nodkey

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ForwardPolicy is what a rule asks of whoever sends a request.
type ForwardPolicy string

// The policies, the stricter the further down.
const (
	ForwardBypass     ForwardPolicy = "bypass"      // nothing
	ForwardOneFactor  ForwardPolicy = "one_factor"  // name and password, or more
	ForwardTwoFactors ForwardPolicy = "two_factors" // a sign-in with password and phone
	ForwardDeny       ForwardPolicy = "deny"        // nobody gets through
)

var forwardStrictness = []ForwardPolicy{ForwardBypass, ForwardOneFactor, ForwardTwoFactors, ForwardDeny}

// ForwardRule is one rule of an application behind a proxy. The first rule that fits a request decides; where none does, two factors
// are asked for.
type ForwardRule struct {
	Origins []string // of the application's; none: all of them
	// Path is decoded: "/robots.txt" is that alone, "/api/*" is all that begins with /api/, empty is everything.
	Path    string
	Methods []string // GET is HEAD, too; none: all
	Policy  ForwardPolicy
	// Groups are those of which a person must be in one. They do not choose the rule: whoever is in none of them is refused.
	Groups []string
	Within time.Duration // how long ago the person signed in at most, with what was enough; zero: no matter. Not with bypass and deny.
}

// ForwardWho is what is known of whoever sends a request; the zero one is nobody.
type ForwardWho struct {
	Known  bool
	Factor string // what a phone answered with: pin, biometric or code; anything else, such as FactorPassword, is one factor
	Groups []string
	At     time.Time // when the person signed in
}

// twoFactors are what a phone answers with, after the password.
var twoFactors = []string{"pin", "biometric", FactorCode}

// ForwardVerdict is what becomes of a request.
type ForwardVerdict string

// The verdicts.
const (
	ForwardAllowed ForwardVerdict = "allowed"
	ForwardSignIn  ForwardVerdict = "sign_in" // the person is to sign in, or to do so again
	ForwardRefused ForwardVerdict = "refused"
)

// ForwardNeed is what rules ask for one request.
type ForwardNeed struct {
	Policy ForwardPolicy
	Groups [][]string    // one of each list
	Within time.Duration // zero: no matter
}

// NeedForward finds what the rules ask for a request. ok is false for a request that they cannot be applied to: a method that is none,
// or, where rules look at the path, a path that is unclear. Such a one is refused.
//
// Servers differ in whether letters' case and a slash at the end count in a path. So a request is read in all these ways, and has to
// satisfy each.
func NeedForward(rules []ForwardRule, method string, t ForwardTarget) (need ForwardNeed, ok bool) {
	paths := slices.ContainsFunc(rules, func(r ForwardRule) bool { return r.Path != "" })
	if !isMethod(method) || t.Unclear != "" && paths {
		return ForwardNeed{Policy: ForwardDeny}, false
	}
	last := firstForwardRule(rules, method, t, forwardReading{})
	need = last.need()
	if !paths {
		return need, true
	}
	for _, as := range []forwardReading{{fold: true}, {slash: true}, {fold: true, slash: true}} {
		if rule := firstForwardRule(rules, method, t, as); rule != last {
			need, last = need.and(rule.need()), rule
		}
	}
	return need, true
}

// forwardReading is how a server reads a path; the zero one takes it as it is.
type forwardReading struct {
	fold  bool // large and small letters are one
	slash bool // with and without a slash at its end is one
}

// Decide tells what becomes of a request that needs this and is sent by who, at a time.
func (n ForwardNeed) Decide(who ForwardWho, now time.Time) ForwardVerdict {
	switch n.Policy {
	case ForwardBypass:
		return ForwardAllowed
	case ForwardOneFactor, ForwardTwoFactors:
	default:
		return ForwardRefused
	}
	if !who.Known {
		return ForwardSignIn
	}
	for _, list := range n.Groups {
		if !slices.ContainsFunc(list, func(g string) bool { return slices.Contains(who.Groups, g) }) {
			return ForwardRefused
		}
	}
	if n.Policy == ForwardTwoFactors && !slices.Contains(twoFactors, who.Factor) || n.Within > 0 && now.Sub(who.At) > n.Within {
		return ForwardSignIn
	}
	return ForwardAllowed
}

// firstForwardRule gives the rule that decides, nil when none fits.
func firstForwardRule(rules []ForwardRule, method string, t ForwardTarget, as forwardReading) *ForwardRule {
	for i := range rules {
		if rules[i].fits(method, t, as) {
			return &rules[i]
		}
	}
	return nil
}

func (r *ForwardRule) fits(method string, t ForwardTarget, as forwardReading) bool {
	if len(r.Origins) > 0 && !slices.Contains(r.Origins, t.Origin) {
		return false
	}
	if len(r.Methods) > 0 && !slices.Contains(r.Methods, method) && !(method == "HEAD" && slices.Contains(r.Methods, "GET")) {
		return false
	}
	if r.Path == "" {
		return true
	}
	path, rule := t.Path, r.Path
	below, all := strings.CutSuffix(rule, "*")
	if as.slash {
		path, rule = strings.TrimRight(path, "/"), strings.TrimRight(rule, "/")
		if all {
			path += "/"
		}
	}
	switch {
	case all && as.fold:
		return hasPrefixFold(path, below)
	case all:
		return strings.HasPrefix(path, below)
	case as.fold:
		return strings.EqualFold(path, rule)
	}
	return path == rule
}

// hasPrefixFold is strings.HasPrefix under Unicode's simple case folding, under which a letter may have another length.
func hasPrefixFold(s, prefix string) bool {
	for _, want := range prefix {
		got, size := utf8.DecodeRuneInString(s)
		if size == 0 || got != want && !sameFold(got, want) {
			return false
		}
		s = s[size:]
	}
	return true
}

func sameFold(a, b rune) bool {
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

// need is what a rule asks for; no rule asks for two factors.
func (r *ForwardRule) need() ForwardNeed {
	if r == nil {
		return ForwardNeed{Policy: ForwardTwoFactors}
	}
	n := ForwardNeed{Policy: r.Policy, Within: r.Within}
	if len(r.Groups) > 0 {
		n.Groups = [][]string{r.Groups}
	}
	return n
}

// and is what satisfies both.
func (n ForwardNeed) and(o ForwardNeed) ForwardNeed {
	n.Policy = forwardStrictness[max(slices.Index(forwardStrictness, n.Policy), slices.Index(forwardStrictness, o.Policy))]
	n.Groups = append(slices.Clone(n.Groups), o.Groups...)
	if n.Within == 0 || o.Within > 0 && o.Within < n.Within {
		n.Within = o.Within
	}
	return n
}

// isMethod reports whether a method is written as methods are. One in small letters is another one to some servers, and the same to
// others.
func isMethod(method string) bool {
	if len(method) == 0 || len(method) > 20 {
		return false
	}
	for i := range len(method) {
		if c := method[i]; (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

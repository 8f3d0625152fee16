package nodkey_test

import (
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"pgregory.net/rapid"
)

func target(t testing.TB, uri string) nodkey.ForwardTarget {
	t.Helper()
	got, err := nodkey.ParseForwardTarget("https", "wiki.example.com", uri)
	if err != nil {
		t.Fatalf("%q: %v", uri, err)
	}
	return got
}

func settings(t testing.TB, text string) nodkey.ForwardSettings {
	t.Helper()
	got, err := nodkey.ParseForwardSettings(json.RawMessage(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return got
}

const wikiSettings = `{"hosts": ["wiki.example.com", "https://docs.example.com:8443"], "session": "8h", "launch_url": "https://wiki.example.com/", "rules": [
	{"path": "/public/*", "methods": ["GET"], "policy": "bypass"},
	{"path": "/robots.txt", "policy": "bypass"},
	{"path": "/api/*", "policy": "one_factor"},
	{"path": "/admin/*", "policy": "two_factors", "groups": ["staff"], "within": "1h"},
	{"path": "/internal/*", "policy": "deny"},
	{"hosts": ["https://docs.example.com:8443"], "policy": "one_factor"}]}`

func TestTheFirstRuleThatFitsDecides(t *testing.T) {
	rules := settings(t, wikiSettings).Rules
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	staff := nodkey.ForwardWho{Known: true, Factor: "pin", Groups: []string{"all", "staff"}, At: now.Add(-30 * time.Minute)}
	other := nodkey.ForwardWho{Known: true, Factor: "biometric", Groups: []string{"all"}, At: now.Add(-3 * time.Hour)}
	typed := nodkey.ForwardWho{Known: true, Factor: "password", Groups: []string{"staff"}, At: now}
	const yes, in, no = nodkey.ForwardAllowed, nodkey.ForwardSignIn, nodkey.ForwardRefused
	for _, c := range []struct {
		method, uri                 string
		nobody, staff, other, typed nodkey.ForwardVerdict
	}{
		{"GET", "/", in, yes, yes, in},
		{"GET", "/public/logo.png", yes, yes, yes, yes},
		{"HEAD", "/public/logo.png?x=/admin/", yes, yes, yes, yes},
		{"POST", "/public/logo.png", in, yes, yes, in},
		{"GET", "/robots.txt", yes, yes, yes, yes},
		{"GET", "/robots.txt2", in, yes, yes, in},
		{"GET", "/api/v1", in, yes, yes, yes},
		{"GET", "/admin/users", in, yes, no, in},
		{"GET", "/internal/", no, no, no, no},
		// Readings in which servers differ: both have to be satisfied.
		{"GET", "/PUBLIC/logo.png", in, yes, yes, in},
		{"GET", "/Admin/users", in, yes, no, in},
		{"GET", "/admin", in, yes, no, in},
		{"GET", "/API/v1", in, yes, yes, in},
		{"GET", "/INTERNAL/x", no, no, no, no},
		{"GET", "/internal", no, no, no, no},
		{"GET", "/Robots.txt", in, yes, yes, in},
		{"GET", "/robots.txt/", in, yes, yes, in},
		// One way to read it, another way to write it.
		{"GET", "/%61dmin/users", in, yes, no, in},
		{"GET", "/publi%63/x", yes, yes, yes, yes},
	} {
		need, ok := nodkey.NeedForward(rules, c.method, target(t, c.uri))
		if !ok {
			t.Errorf("%s %s cannot be decided", c.method, c.uri)
			continue
		}
		for name, who := range map[string]struct {
			who  nodkey.ForwardWho
			want nodkey.ForwardVerdict
		}{"nobody": {nodkey.ForwardWho{}, c.nobody}, "staff": {staff, c.staff}, "other": {other, c.other}, "typed": {typed, c.typed}} {
			if got := need.Decide(who.who, now); got != who.want {
				t.Errorf("%s %s by %s: %s, want %s", c.method, c.uri, name, got, who.want)
			}
		}
	}
	need, _ := nodkey.NeedForward(rules, "GET", target(t, "/admin/"))
	if got := need.Decide(staff, now.Add(31*time.Minute)); got != in {
		t.Errorf("an hour after signing in: %s, want %s", got, in)
	}
	docs, err := nodkey.ParseForwardURL("https://docs.example.com:8443/page")
	if err != nil {
		t.Fatal(err)
	}
	if need, _ := nodkey.NeedForward(rules, "GET", docs); need.Decide(typed, now) != yes {
		t.Error("a rule for a host of its own does not count there")
	}
}

// What two servers may read differently is refused where rules look at paths, and only there.
func TestUnclearPathsAreRefusedWhereRulesLookAtPaths(t *testing.T) {
	withPaths := settings(t, wikiSettings).Rules
	without := settings(t, `{"hosts": ["wiki.example.com"], "rules": [{"policy": "two_factors", "groups": ["staff"]}]}`).Rules
	for uri, why := range map[string]string{
		"/public/%2e%2e/admin/":     nodkey.UnclearDots,
		"/public/../admin/":         nodkey.UnclearDots,
		"/public/.%2E/admin":        nodkey.UnclearDots,
		"/public/./x":               nodkey.UnclearDots,
		"/public/..":                nodkey.UnclearDots,
		"/public//admin":            nodkey.UnclearSlash,
		"//admin":                   nodkey.UnclearSlash,
		"/public%2fx":               nodkey.UnclearSlash,
		"/public/..%2Fadmin":        nodkey.UnclearSlash,
		"/public/..%5cadmin":        nodkey.UnclearSlash,
		`/public/..\admin`:          nodkey.UnclearSlash,
		"/public/%252e%252e/admin":  nodkey.UnclearTwice,
		"/public/%25%32e/admin":     nodkey.UnclearTwice,
		"/public/x%00.png":          nodkey.UnclearControl,
		"/public/x%0d%0aSet-Cookie": nodkey.UnclearControl,
		"/public/%c0%ae%c0%ae/":     nodkey.UnclearControl,
		"/public/x;/../admin":       nodkey.UnclearParam,
		"/public;a=b/x":             nodkey.UnclearParam,
		"/public/..%3b/admin":       nodkey.UnclearParam,
	} {
		got := target(t, uri)
		if got.Unclear != why || got.Path != "" {
			t.Errorf("%q is read as %q, unclear for %q, want %q", uri, got.Path, got.Unclear, why)
		}
		if need, ok := nodkey.NeedForward(withPaths, "GET", got); ok || need.Decide(nodkey.ForwardWho{Known: true, Factor: "pin", Groups: []string{"staff"}}, time.Now()) != nodkey.ForwardRefused {
			t.Errorf("%q is let through rules on paths", uri)
		}
		if need, ok := nodkey.NeedForward(without, "GET", got); !ok || need.Decide(nodkey.ForwardWho{Known: true, Factor: "pin", Groups: []string{"staff"}}, time.Now()) != nodkey.ForwardAllowed {
			t.Errorf("%q is refused where no rule looks at it", uri)
		}
	}
	for _, uri := range []string{"/", "/a/", "/100%25.txt", "/%E3%81%82", "/a.b/..c/c..", "/a?x=//../;\\%00", "/a/*"} {
		if got := target(t, uri); got.Unclear != "" || got.Path == "" {
			t.Errorf("%q is unclear for %q", uri, got.Unclear)
		}
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	for _, raw := range []string{
		"", "/", "https://", "https:///x", "https://wiki.example.com", "https://wiki.example.com?x", "HTTPS://wiki.example.com/", "ftp://wiki.example.com/",
		"http://wiki.example.com/", "//wiki.example.com/", "https:/wiki.example.com/", `https:\\wiki.example.com/`, `https://wiki.example.com\@evil.example/`,
		"https://user@wiki.example.com/", "https://wiki.example.com@evil.example/", "https://wiki.example.com:x/", "https://wiki.example.com:0/",
		"https://wiki.example.com:65536/", "https://wiki.example.com:/", "https://wiki.example.com:0443/", "https://wiki.example.com./", "https://.example.com/",
		"https://wiki..example.com/", "https://wiki.example.com /", "https://wiki_x.example.com/", "https://w\u0131ki.example.com/", "https://wiki%2eexample.com/",
		"https://[::1/", "https://[fe80::1%25lo]/", "https://::1/", "https://[127.0.0.1]/", "https://wiki.example.com,evil.example/",
		"https://wiki.example.com/#x", "https://wiki.example.com/a b", "https://wiki.example.com/a\r\nSet-Cookie: x=y", "https://wiki.example.com/\x00",
		"https://wiki.example.com/ä", "https://wiki.example.com/%", "https://wiki.example.com/%zz", "https://wiki.example.com/" + strings.Repeat("a", 8<<10),
		"http://127.evil.example/", "http://localhost.evil.example/", "javascript://wiki.example.com/%0aalert(1)",
	} {
		if got, err := nodkey.ParseForwardURL(raw); !nodkey.HasKey(err, "forward.request") {
			t.Errorf("%q is read as %+v", raw, got)
		}
	}
	for raw, want := range map[string]string{
		"https://WIKI.example.com:443/x": "https://wiki.example.com", "https://wiki.example.com:8443/": "https://wiki.example.com:8443",
		"http://wiki.localhost:80/": "http://wiki.localhost", "http://127.0.0.1:8080/": "http://127.0.0.1:8080", "https://[::1]:443/": "https://[::1]",
		"https://[2001:DB8:0::1]:8443/": "https://[2001:db8::1]:8443",
	} {
		if got, err := nodkey.ParseForwardURL(raw); err != nil || got.Origin != want {
			t.Errorf("%q is of %q, want %q: %v", raw, got.Origin, want, err)
		}
	}
}

func TestMethodsThatAreNoneAreRefused(t *testing.T) {
	for _, method := range []string{"", "get", "Get", "GET ", "GET\r\n", "GET,POST", strings.Repeat("A", 21)} {
		if need, ok := nodkey.NeedForward(nil, method, target(t, "/")); ok || need.Policy != nodkey.ForwardDeny {
			t.Errorf("%q is a method", method)
		}
	}
}

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	for text, part := range map[string]string{
		`[]`:                                  "settings",
		`{"hosts": "wiki.example.com"}`:       "settings",
		`{}`:                                  "hosts",
		`{"hosts": []}`:                       "hosts",
		`{"hosts": ["*.example.com"]}`:        "hosts",
		`{"hosts": ["http://a.example.com"]}`: "hosts",
		`{"hosts": ["a.example.com/x"]}`:      "hosts",
		`{"hosts": ["a.example.com"], "session": "1m"}`:                                                                   "session",
		`{"hosts": ["a.example.com"], "session": "forever"}`:                                                              "session",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "two_factors", "group": ["x"]}]}`:                              "rules",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "bypass", "policy": "deny"}]}`:                                 "rules",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "allow"}]}`:                                                    "policy",
		`{"hosts": ["a.example.com"], "rules": [{"path": "/x"}]}`:                                                         "policy",
		`{"hosts": ["a.example.com"], "rules": [{"path": "x", "policy": "bypass"}]}`:                                      "path",
		`{"hosts": ["a.example.com"], "rules": [{"path": "/x*", "policy": "bypass"}]}`:                                    "path",
		`{"hosts": ["a.example.com"], "rules": [{"path": "/*/x", "policy": "bypass"}]}`:                                   "path",
		`{"hosts": ["a.example.com"], "rules": [{"path": "/a/../x", "policy": "bypass"}]}`:                                "path",
		`{"hosts": ["a.example.com"], "rules": [{"path": "/a?x", "policy": "bypass"}]}`:                                   "path",
		`{"hosts": ["a.example.com"], "rules": [{"methods": ["get"], "policy": "bypass"}]}`:                               "methods",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "bypass", "groups": ["staff"]}]}`:                              "groups",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "deny", "within": "1h"}]}`:                                     "within",
		`{"hosts": ["a.example.com"], "rules": [{"policy": "two_factors", "within": "1s"}]}`:                              "within",
		`{"hosts": ["a.example.com"], "rules": [{"hosts": ["b.example.com"], "policy": "bypass"}]}`:                       "hosts",
		`{"hosts": ["a.example.com"], "rules": [` + strings.Repeat(`{"policy": "deny"},`, 256) + `{"policy": "bypass"}]}`: "rules",
	} {
		_, err := nodkey.ParseForwardSettings(json.RawMessage(text))
		if !nodkey.HasKey(err, "forward.settings") || nodkey.AsError(err).Args["Part"] != part {
			t.Errorf("%.120s: %v, want %s to be wrong", text, err, part)
		}
	}
}

// In whatever order rules stand and however a path is written, a path that a server may take for another gets through no more easily
// than that other one does.
func TestRulesHoldHoweverAPathIsWritten(t *testing.T) {
	segments := []string{"admin", "Admin", "ADMIN", "api", "public", "%61dmin", "adm%69n", "..", ".", "%2e%2e", "", "x", "x;y", "%2f", "%5c", "%00", "%252e%252e", "admin.", "K", "\u212a"}
	now := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		var rules []nodkey.ForwardRule
		for range rapid.IntRange(1, 4).Draw(rt, "rules") {
			rules = append(rules, nodkey.ForwardRule{
				Path:   rapid.SampledFrom([]string{"", "/admin/*", "/admin", "/api/*", "/public/*", "/public/x", "/k/*"}).Draw(rt, "path"),
				Policy: rapid.SampledFrom([]nodkey.ForwardPolicy{nodkey.ForwardBypass, nodkey.ForwardOneFactor, nodkey.ForwardTwoFactors, nodkey.ForwardDeny}).Draw(rt, "policy"),
			})
		}
		var parts []string
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(segments), 1, 4).Draw(rt, "segments") {
			parts = append(parts, strings.ReplaceAll(s, "\u212a", "%E2%84%AA"))
		}
		asked := target(t, "/"+strings.Join(parts, "/"))
		need, ok := nodkey.NeedForward(rules, "GET", asked)
		if !ok || !slices.ContainsFunc(rules, func(r nodkey.ForwardRule) bool { return r.Path != "" }) {
			return // refused, or nothing hangs on the path
		}
		// A server that decodes, forgets parameters, tidies up and does not mind the letters' case.
		decoded, err := url.PathUnescape(asked.URI)
		if err != nil {
			rt.Fatal(err)
		}
		for _, tidy := range []string{decoded, strings.ToLower(decoded), strings.ReplaceAll(decoded, "\u212a", "k"), tidied(decoded), strings.ToLower(tidied(decoded)), strings.ReplaceAll(strings.ToLower(decoded), "\u212a", "k")} {
			for _, who := range []nodkey.ForwardWho{{}, {Known: true, Factor: "password", At: now}, {Known: true, Factor: "pin", At: now}} {
				exact := nodkey.ForwardNeed{Policy: exactly(rules, tidy)}
				if need.Decide(who, now) == nodkey.ForwardAllowed && exact.Decide(who, now) != nodkey.ForwardAllowed {
					rt.Fatalf("%q gets %+v through %+v; as %q it needs %s", asked.URI, who, rules, tidy, exact.Policy)
				}
			}
		}
	})
}

// tidied is a path without dots and double slashes.
func tidied(decoded string) string {
	clean := path.Clean(decoded)
	if strings.HasSuffix(decoded, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// exactly is what rules say of a path to a server that takes it as it is, told as simply as can be.
func exactly(rules []nodkey.ForwardRule, path string) nodkey.ForwardPolicy {
	for _, r := range rules {
		if r.Path == "" || r.Path == path || strings.HasSuffix(r.Path, "*") && strings.HasPrefix(path, r.Path[:len(r.Path)-1]) {
			return r.Policy
		}
	}
	return nodkey.ForwardTwoFactors
}

func FuzzParseForwardURL(f *testing.F) {
	for _, seed := range []string{"https://wiki.example.com/a/b?x=1", "http://127.0.0.1:8080/", "https://[::1]:8443/%2e%2e/", "https://a@b/", `https://a\b/`, "https://a.b./", "https://A.B:443//x;y#z", "https://a/%c0%af"} {
		f.Add(seed)
	}
	rules, err := nodkey.ParseForwardSettings(json.RawMessage(wikiSettings))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := nodkey.ParseForwardURL(raw)
		if err != nil {
			return
		}
		// A browser that is sent back there goes to that origin, and to no other.
		u, err := url.Parse(got.Origin + got.URI)
		if err != nil || u.User != nil || u.Fragment != "" || u.Scheme+"://"+u.Host != got.Origin || strings.ContainsAny(got.Origin+got.URI, " \r\n\t\x00#") {
			t.Fatalf("%q was read as %q and %q (%v, %v)", raw, got.Origin, got.URI, u, err)
		}
		if again, err := nodkey.ParseForwardURL(got.Origin + got.URI); err != nil || again != got {
			t.Fatalf("%q is read as %+v, and that as %+v: %v", raw, got, again, err)
		}
		if got.Unclear == "" && (got.Path != path.Clean(got.Path) && got.Path != path.Clean(got.Path)+"/" || strings.ContainsAny(got.Path, "\\;\x00")) {
			t.Fatalf("%q was read as the path %q", raw, got.Path)
		}
		need, ok := nodkey.NeedForward(rules.Rules, "GET", got)
		if ok == (got.Unclear != "") || need.Policy == nodkey.ForwardBypass && !strings.HasPrefix(got.Path, "/public/") && got.Path != "/robots.txt" {
			t.Fatalf("%q needs %+v (%t)", raw, need, ok)
		}
	})
}

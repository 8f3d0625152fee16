package nodkey_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// newApp adds an application and gives its secrets: the hashed one, and the one in the clear, where it has them.
func (h house) newApp(t failer, in nodkey.NewApplication) (hashed, inClear string) {
	t.Helper()
	added, err := h.Applications.Add(h.ctx, h.Desk(), in)
	if err != nil {
		t.Fatalf("adding an application: %v", err)
	}
	return secretsOf(added)
}

func secretsOf(added nodkey.AddedApplication) (hashed, inClear string) {
	for _, s := range added.Secrets {
		if s.InClear {
			inClear = s.Value
		} else {
			hashed = s.Value
		}
	}
	return hashed, inClear
}

func (h house) anybody() nodkey.Caller { return h.NewBrowser(h.address()).Anonymous() }

func mac(secret []byte, text string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func TestAnApplicationProvesItselfByItsOwnSecretAlone(t *testing.T) {
	h := start(t, nil)
	both := []nodkey.Door{nodkey.DoorAPI, nodkey.DoorRADIUS}
	hashed, clear := h.newApp(t, nodkey.NewApplication{ID: "bank", Name: "Bank", Doors: both})
	others, _ := h.newApp(t, nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: both})
	if hashed == clear || len(hashed) != 40 || len(clear) != 40 {
		t.Fatalf("secrets %q and %q", hashed, clear)
	}
	for name, c := range map[string]struct {
		id     nodkey.ApplicationID
		door   nodkey.Door
		secret string
		want   string
	}{
		"its own":                  {"bank", nodkey.DoorAPI, hashed, ""},
		"through another door":     {"bank", nodkey.DoorOIDC, hashed, "application.wrong"},
		"another's":                {"bank", nodkey.DoorAPI, others, "application.wrong"},
		"the one of the MACs":      {"bank", nodkey.DoorAPI, clear, "application.wrong"},
		"none":                     {"bank", nodkey.DoorAPI, "", "application.wrong"},
		"a part":                   {"bank", nodkey.DoorAPI, hashed[:39], "application.wrong"},
		"in other letters":         {"bank", nodkey.DoorAPI, strings.ToUpper(hashed), "application.wrong"},
		"of an unknown one":        {"nobody", nodkey.DoorAPI, hashed, "application.wrong"},
		"of the built-in one":      {"operator", nodkey.DoorAPI, "", "application.wrong"},
		"with an id that is none":  {"ba nk\n", nodkey.DoorAPI, hashed, "application.wrong"},
		"with id and secret moved": {"bankx", nodkey.DoorAPI, hashed[1:], "application.wrong"},
	} {
		got, err := h.Applications.Caller(h.ctx, h.anybody(), c.id, c.door, c.secret)
		is(t, err, c.want, "%s", name)
		if err == nil && got.Application().ID != c.id || err != nil && got.Application().ID != "" {
			t.Errorf("%s: the caller is %+v", name, got.Application())
		}
	}
	for name, c := range map[string]struct {
		id     nodkey.ApplicationID
		door   nodkey.Door
		secret string
		want   string
	}{
		"its own":               {"bank", nodkey.DoorRADIUS, clear, ""},
		"through another door":  {"bank", nodkey.DoorDuo, clear, "application.wrong"},
		"the one that is shown": {"bank", nodkey.DoorRADIUS, hashed, "application.wrong"},
		"none":                  {"bank", nodkey.DoorRADIUS, "", "application.wrong"},
		"of an unknown one":     {"nobody", nodkey.DoorRADIUS, clear, "application.wrong"},
	} {
		sent := mac([]byte(c.secret), "Access-Request")
		asked := 0
		_, err := h.Applications.CallerBy(h.ctx, h.anybody(), c.id, c.door, func(secret []byte) bool {
			asked++
			return hmac.Equal(mac(secret, "Access-Request"), sent)
		})
		is(t, err, c.want, "MAC with %s", name)
		if asked == 0 {
			t.Errorf("MAC with %s: nothing was computed, which tells by its time", name)
		}
	}
	yes := func([]byte) bool { return true } // a door whose check is broken opens to secrets that there are, and to no others
	for _, id := range []nodkey.ApplicationID{"nobody", "operator", ""} {
		_, err := h.Applications.CallerBy(h.ctx, h.anybody(), id, nodkey.DoorRADIUS, yes)
		is(t, err, "application.wrong", "no secret of %q", id)
	}
	h.newApp(t, nodkey.NewApplication{ID: "public", Name: "Public", Doors: both, NoSecret: true})
	_, err := h.Applications.CallerBy(h.ctx, h.anybody(), "public", nodkey.DoorRADIUS, yes)
	is(t, err, "application.wrong", "an application without secrets")
	_, err = h.Applications.Caller(h.ctx, h.anybody(), "public", nodkey.DoorAPI, "")
	is(t, err, "application.wrong", "an application without secrets, and none given")
}

func TestWrongSecretsAreSlowedDownAndShutNobodyOut(t *testing.T) {
	h := start(t, nil)
	secret, clear := h.newApp(t, nodkey.NewApplication{ID: "vpn", Name: "VPN", Doors: []nodkey.Door{nodkey.DoorAPI, nodkey.DoorRADIUS}})
	for what, from := range map[string]func() nodkey.Caller{
		"one source":   func() func() nodkey.Caller { c := h.anybody(); return func() nodkey.Caller { return c } }(),
		"many sources": h.anybody,
	} {
		h.Clock.Advance(time.Hour)
		slow := 0
		for range 100 {
			_, err := h.Applications.Caller(h.ctx, from(), "vpn", nodkey.DoorAPI, "wrong")
			if nodkey.HasKey(err, "application.slow") {
				slow++
			} else {
				is(t, err, "application.wrong", "from %s", what)
			}
		}
		if slow < 40 {
			t.Errorf("from %s: %d of 100 were slowed down", what, slow)
		}
		_, err := h.Applications.Caller(h.ctx, from(), "vpn", nodkey.DoorAPI, secret)
		is(t, err, "", "the right one after 100 wrong ones from %s", what)
		_, err = h.Applications.CallerBy(h.ctx, from(), "vpn", nodkey.DoorRADIUS, func(s []byte) bool { return bytes.Equal(s, []byte(clear)) })
		is(t, err, "", "the right MAC after them")
	}
	h.Clock.Advance(time.Hour)
	unknown := 0
	for range 100 { // an unknown application answers as a known one, also in this
		if _, err := h.Applications.Caller(h.ctx, h.anybody(), "nobody", nodkey.DoorAPI, "wrong"); nodkey.HasKey(err, "application.slow") {
			unknown++
		}
	}
	if unknown < 40 {
		t.Errorf("of an unknown application %d of 100 were slowed down", unknown)
	}
	rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{Action: "application.wrong"}, 0, 1000)
	if err != nil || len(rows) > 200 {
		t.Errorf("%d rows were written down, %v", len(rows), err)
	}
	for _, row := range rows {
		if strings.Contains(row.Detail+row.Subject, "wrong\"") || strings.Contains(row.Detail, secret) {
			t.Errorf("a secret is in %+v", row)
		}
	}
}

func TestSecretsAreNowhereAsTheyAre(t *testing.T) {
	h := start(t, nil)
	settings := `{"redirectUris":["https://wiki.example/very-private"]}`
	hashed, clear := h.newApp(t, nodkey.NewApplication{ID: "vpn", Name: "VPN", Doors: nodkey.Doors(), Settings: []byte(settings)})
	if _, err := h.Applications.Rotate(h.ctx, h.Desk(), "vpn", time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{hashed, clear, "very-private"} {
		if table := h.rawSearch(t, text); table != "" {
			t.Errorf("%s stands in %s as it is", text, table)
		}
	}
	info, err := h.Applications.Show(h.ctx, h.Desk(), "vpn")
	if err != nil || string(info.Settings) != settings || len(info.Secrets) != 4 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestRotationKeepsTheOldSecretForItsGraceAlone(t *testing.T) {
	h := start(t, nil)
	old, oldClear := h.newApp(t, nodkey.NewApplication{ID: "vpn", Name: "VPN", Doors: []nodkey.Door{nodkey.DoorAPI, nodkey.DoorDuo}})
	tries := func(secret, clear, want, what string) {
		t.Helper()
		_, err := h.Applications.Caller(h.ctx, h.anybody(), "vpn", nodkey.DoorAPI, secret)
		is(t, err, want, "%s", what)
		_, err = h.Applications.CallerBy(h.ctx, h.anybody(), "vpn", nodkey.DoorDuo, func(s []byte) bool { return string(s) == clear })
		is(t, err, want, "%s, in the clear", what)
	}
	rotated, err := h.Applications.Rotate(h.ctx, h.Desk(), "vpn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	next, nextClear := secretsOf(rotated)
	tries(old, oldClear, "", "the old one at once")
	tries(next, nextClear, "", "the new one at once")
	h.Clock.Advance(time.Hour - time.Millisecond)
	tries(old, oldClear, "", "the old one within its grace")
	h.Clock.Advance(time.Millisecond)
	tries(old, oldClear, "application.wrong", "the old one after it")
	tries(next, nextClear, "", "the new one then")
	if rotated, err = h.Applications.Rotate(h.ctx, h.Desk(), "vpn", 0); err != nil {
		t.Fatal(err)
	}
	tries(next, nextClear, "application.wrong", "what was stolen and rotated without grace")
	last, lastClear := secretsOf(rotated)
	tries(last, lastClear, "", "the newest")
	for _, grace := range []time.Duration{-1, nodkey.SecretGraceMax + 1} {
		_, err := h.Applications.Rotate(h.ctx, h.Desk(), "vpn", grace)
		is(t, err, "application.grace", "a grace of %v", grace)
	}
	is(t, h.Applications.Remove(h.ctx, h.Desk(), "vpn"), "", "removing it")
	tries(last, lastClear, "application.wrong", "a removed one's")
}

func TestApplicationsAreTheOperatorsToMake(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	secret, _ := h.newApp(t, nodkey.NewApplication{ID: "bank", Name: "Bank", Doors: []nodkey.Door{nodkey.DoorAPI}})
	app, err := h.Applications.Caller(h.ctx, h.anybody(), "bank", nodkey.DoorAPI, secret)
	if err != nil {
		t.Fatal(err)
	}
	for who, c := range map[string]nodkey.Caller{"nobody": {}, "a session": p.enter(t), "a phone": p.phoneCaller(t), "an application": app} {
		_, err := h.Applications.Add(h.ctx, c, nodkey.NewApplication{ID: "own", Name: "Own", Doors: nodkey.Doors()})
		is(t, err, "operator.only", "%s adds", who)
		_, err = h.Applications.List(h.ctx, c, "")
		is(t, err, "operator.only", "%s lists", who)
		_, err = h.Applications.Show(h.ctx, c, "bank")
		is(t, err, "operator.only", "%s looks", who)
		_, err = h.Applications.Rotate(h.ctx, c, "bank", 0)
		is(t, err, "operator.only", "%s rotates", who)
		is(t, h.Applications.Remove(h.ctx, c, "bank"), "operator.only", "%s removes", who)
		_, err = h.Applications.AsOperator(c)
		is(t, err, "operator.only", "%s asks as the operator", who)
		is(t, h.Users.SetGroups(h.ctx, c, p.name, []string{"admins"}), "operator.only", "%s changes groups", who)
		is(t, h.Users.JoinGroup(h.ctx, c, p.name, "admins"), "operator.only", "%s joins", who)
		is(t, h.Users.LeaveGroup(h.ctx, c, p.name, "admins"), "operator.only", "%s leaves", who)
		_, err = h.Users.Groups(h.ctx, c, p.name)
		is(t, err, "operator.only", "%s reads groups", who)
	}
}

func TestAnApplicationThatProvesItselfByItsSettings(t *testing.T) {
	h := start(t, nil)
	h.newApp(t, nodkey.NewApplication{ID: "public", Name: "Public", Doors: []nodkey.Door{nodkey.DoorOIDC}, NoSecret: true, Settings: []byte(`{"key":"k1"}`)})
	h.newApp(t, nodkey.NewApplication{ID: "other", Name: "Other", Doors: []nodkey.Door{nodkey.DoorOIDC}, NoSecret: true, Settings: []byte(`{"key":"k2"}`)})
	by := func(key string) func(nodkey.ApplicationInfo) bool {
		return func(a nodkey.ApplicationInfo) bool { return string(a.Settings) == `{"key":"`+key+`"}` }
	}
	for what, c := range map[string]struct {
		id   nodkey.ApplicationID
		door nodkey.Door
		key  string
		want string
	}{
		"its own": {"public", nodkey.DoorOIDC, "k1", ""}, "another's": {"public", nodkey.DoorOIDC, "k2", "application.wrong"},
		"another door": {"public", nodkey.DoorAPI, "k1", "application.wrong"}, "nobody": {"nobody", nodkey.DoorOIDC, "k1", "application.wrong"},
	} {
		got, err := h.Applications.CallerOf(h.ctx, h.anybody(), c.id, c.door, by(c.key))
		is(t, err, c.want, "%s", what)
		if err == nil && got.Application().ID != "public" {
			t.Errorf("%s: %+v", what, got.Application())
		}
	}
	asked := 0
	_, err := h.Applications.CallerOf(h.ctx, h.anybody(), "nobody", nodkey.DoorOIDC, func(nodkey.ApplicationInfo) bool { asked++; return true })
	is(t, err, "application.wrong", "a door whose check is broken opens for nobody that there is not")
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

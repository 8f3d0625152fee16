package nodkey_test

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func FuzzParseUserName(f *testing.F) {
	for _, seed := range []string{"mara", " Mara.Lindqvist@example.org ", "", "-a", "a\x00", "ÄÖÜ", "K", strings.Repeat("a", 65), "İ", "9_x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		name, err := nodkey.ParseUserName(typed)
		if err != nil {
			if name != "" || !nodkey.HasKey(err, "user.name_form") {
				t.Fatalf("%q: %q, %v", typed, name, err)
			}
			return
		}
		if len(name) < 1 || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-@") != "" || strings.ContainsAny(name[:1], "._-@") {
			t.Fatalf("%q became %q", typed, name)
		}
		if again, err := nodkey.ParseUserName(strings.ToUpper(name) + " "); err != nil || again != name {
			t.Fatalf("%q became %q, and that %q, %v", typed, name, again, err)
		}
	})
}

func TestAccountsOfAnOperator(t *testing.T) {
	h := start(t, nil)
	desk := h.Desk()
	for what, c := range map[string]struct {
		user nodkey.NewUser
		key  string
	}{
		"no name":               {nodkey.NewUser{}, "user.name_form"},
		"a name with a blank":   {nodkey.NewUser{Name: "a b"}, "user.name_form"},
		"a long display name":   {nodkey.NewUser{Name: "eve", DisplayName: strings.Repeat("x", 81)}, "user.display_name"},
		"a display name turned": {nodkey.NewUser{Name: "eve", DisplayName: "a\u202eb"}, "user.display_name"},
		"a short password":      {nodkey.NewUser{Name: "eve", Password: "short"}, "password.short"},
		"a password of a name":  {nodkey.NewUser{Name: "evelyn.smith", Password: "evelyn.smith1"}, "password.guessable"},
		"a long password":       {nodkey.NewUser{Name: "eve", Password: strings.Repeat("long ", 60)}, "password.long"},
		"a password not a text": {nodkey.NewUser{Name: "eve", Password: "\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff"}, "password.text"},
	} {
		_, err := h.Users.Add(h.ctx, desk, c.user)
		is(t, err, c.key, "%s", what)
	}
	p := h.join(t)
	_, err := h.Users.Add(h.ctx, desk, nodkey.NewUser{Name: strings.ToUpper(p.name)})
	is(t, err, "user.exists", "the same name")
	for what, call := range map[string]func(string) error{
		"show":       func(name string) error { _, err := h.Users.Show(h.ctx, desk, name); return err },
		"password":   func(name string) error { return h.Users.SetPassword(h.ctx, desk, name, "another good one") },
		"first code": func(name string) error { _, err := h.Users.NewFirstCode(h.ctx, desk, name, false); return err },
		"unlock":     func(name string) error { _, err := h.Users.Unlock(h.ctx, desk, name); return err },
		"remove":     func(name string) error { return h.Users.Remove(h.ctx, desk, name) },
	} {
		is(t, call("nobody"), "user.unknown", "%s of nobody", what)
	}
	_, err = h.Users.NewFirstCode(h.ctx, desk, p.name, false)
	is(t, err, "user.has_phones", "a first-access code beside a phone")
	c := p.enter(t)
	added, err := h.Users.NewFirstCode(h.ctx, desk, p.name, true)
	if err != nil || c.Session() == nil || p.caller(t).Session() != nil {
		t.Fatalf("a code for a lost phone leaves its sessions: %v", err)
	}
	is(t, p.browser.Begin(h.ctx, p.name, password), "sign_in.no_phone", "the password alone, then")
	p.first = strings.ToLower(strings.ReplaceAll(added.FirstCode, "-", " "))
	key, r, err := h.phone("Pixel 10").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "active" {
		t.Fatalf("the new phone: %q, %v", r.State, err)
	}
	p.key = key
	p.enter(t)
	is(t, h.Users.Remove(h.ctx, desk, p.name), "", "removing")
	if _, err := p.key.Caller(h.ctx); !nodkey.HasKey(err, "proof.wrong") {
		t.Errorf("a removed user's phone: %v", err)
	}
	if p.caller(t).Session() != nil || len(h.actions(t, p.id, "user.removed")) != 1 {
		t.Error("a removed user's session lives on, or its audit rows are gone")
	}
}

package nodkey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

func TestApplicationsComeBackAsTheyWereMade(t *testing.T) {
	h := start(t, nil)
	h.newApp(t, nodkey.NewApplication{ID: " wiki", Name: "Wiki der Bank", Doors: []nodkey.Door{nodkey.DoorRADIUS, nodkey.DoorOIDC, nodkey.DoorOIDC}, Groups: []string{"Staff", "admins", "staff"}, Plain: true})
	got, err := h.Applications.Show(h.ctx, h.Desk(), "wiki")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Wiki der Bank" || !slices.Equal(got.Doors, []nodkey.Door{"oidc", "radius"}) || !slices.Equal(got.Groups, []string{"admins", "staff"}) || !got.Plain || got.Settings != nil || len(got.Secrets) != 2 {
		t.Errorf("%+v", got)
	}
	h.newApp(t, nodkey.NewApplication{ID: "app", Name: "A", Doors: []nodkey.Door{"forward"}})
	list, err := h.Applications.List(h.ctx, h.Desk(), "")
	if err != nil || len(list) != 2 || list[0].ID != "app" || list[1].ID != "wiki" {
		t.Errorf("%+v, %v", list, err)
	}
	if at, err := h.Applications.At(h.ctx, nodkey.DoorRADIUS); err != nil || len(at) != 1 || at[0].ID != "wiki" || at[0].Secrets != nil {
		t.Errorf("at RADIUS: %+v, %v", at, err)
	}
	_, err = h.Applications.Rotate(h.ctx, h.Desk(), "app", 0)
	is(t, err, "application.no_secret", "what needs no secret")
	for _, key := range []nodkey.ApplicationID{"nobody", ""} {
		_, err = h.Applications.Show(h.ctx, h.Desk(), key)
		is(t, err, "application.unknown", "looking at %q", key)
		_, err = h.Applications.Rotate(h.ctx, h.Desk(), key, 0)
		is(t, err, "application.unknown", "rotating %q", key)
		is(t, h.Applications.Remove(h.ctx, h.Desk(), key), "application.unknown", "removing %q", key)
	}
	if rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{Action: "application."}, 0, 9); err != nil || len(rows) != 2 || rows[0].Action != "application.added" || rows[0].Subject != "app" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestAnApplicationsSettingsAreOpenToItsDoor(t *testing.T) {
	h := start(t, nil)
	with := h.app(t, "shop", func(a *nodkey.NewApplication) { a.Settings = []byte(`{"webhook":"https://shop.example.com/"}`) })
	if got, err := h.Applications.Settings(with); err != nil || string(got) != `{"webhook":"https://shop.example.com/"}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := h.Applications.Settings(h.app(t, "wiki", nil)); err != nil || got != nil {
		t.Errorf("none: %s, %v", got, err)
	}
	_, err := h.Applications.Settings(h.NewBrowser(h.address()).Anonymous())
	is(t, err, "application.wrong", "a browser")
}

func TestApplicationsThatCannotBeMeant(t *testing.T) {
	h := start(t, nil)
	good := nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorOIDC}}
	for what, c := range map[string]struct {
		bend func(*nodkey.NewApplication)
		want string
	}{
		"no id":                  {func(a *nodkey.NewApplication) { a.ID = "" }, "application.id_form"},
		"an id in capitals":      {func(a *nodkey.NewApplication) { a.ID = "Wiki" }, "application.id_form"},
		"an id with a colon":     {func(a *nodkey.NewApplication) { a.ID = "wiki:1" }, "application.id_form"},
		"an id like a flag":      {func(a *nodkey.NewApplication) { a.ID = "-wiki" }, "application.id_form"},
		"a long id":              {func(a *nodkey.NewApplication) { a.ID = strings.Repeat("w", 41) }, "application.id_form"},
		"the built-in one":       {func(a *nodkey.NewApplication) { a.ID = "operator" }, "application.exists"},
		"no name":                {func(a *nodkey.NewApplication) { a.Name = "" }, "application.name"},
		"a long name":            {func(a *nodkey.NewApplication) { a.Name = strings.Repeat("w", 41) }, "application.name"},
		"a name that turns":      {func(a *nodkey.NewApplication) { a.Name = "Wiki \u202eknab" }, "application.name"},
		"a name with a line":     {func(a *nodkey.NewApplication) { a.Name = "Wiki\nBank" }, "application.name"},
		"no door":                {func(a *nodkey.NewApplication) { a.Doors = nil }, "application.doors"},
		"a door that is none":    {func(a *nodkey.NewApplication) { a.Doors = append(a.Doors, "saml") }, "application.doors"},
		"a group that is none":   {func(a *nodkey.NewApplication) { a.Groups = []string{"all staff"} }, "group.form"},
		"settings that are none": {func(a *nodkey.NewApplication) { a.Settings = []byte("[]") }, "application.settings"},
		"settings null":          {func(a *nodkey.NewApplication) { a.Settings = []byte("null") }, "application.settings"},
		"settings without end":   {func(a *nodkey.NewApplication) { a.Settings = []byte(`{"a":"` + strings.Repeat("x", 40_000) + `"}`) }, "application.settings"},
	} {
		in := good
		c.bend(&in)
		_, err := h.Applications.Add(h.ctx, h.Desk(), in)
		is(t, err, c.want, "%s", what)
	}
	if _, err := h.Applications.Add(h.ctx, h.Desk(), good); err != nil {
		t.Fatal(err)
	}
	_, err := h.Applications.Add(h.ctx, h.Desk(), good)
	is(t, err, "application.exists", "the same once more")
}

func TestGroupsOfAUser(t *testing.T) {
	h := start(t, nil)
	p := h.add(t)
	groups := func(want ...string) {
		t.Helper()
		if got, err := h.Users.Groups(h.ctx, h.Desk(), p.name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, want %v, %v", got, want, err)
		}
	}
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "Staff "), "", "joining")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining again")
	groups("staff")
	is(t, h.Users.SetGroups(h.ctx, h.Desk(), p.name, []string{"vpn", "admins"}), "", "setting")
	groups("admins", "vpn")
	is(t, h.Users.LeaveGroup(h.ctx, h.Desk(), p.name, "vpn"), "", "leaving")
	is(t, h.Users.LeaveGroup(h.ctx, h.Desk(), p.name, "vpn"), "", "leaving again")
	groups("admins")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "no such/name"), "group.form", "a name that is none")
	is(t, h.Users.LeaveGroup(h.ctx, h.Desk(), p.name, ""), "group.form", "no name")
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), "nobody", "staff"), "user.unknown", "nobody")
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprint("group-", i))
	}
	is(t, h.Users.SetGroups(h.ctx, h.Desk(), p.name, many), "group.most", "too many")
	groups("admins")
	if got := h.actions(t, p.id, "group."); !slices.Equal(got, []string{"group.left", "group.joined", "group.joined", "group.left", "group.joined"}) {
		t.Errorf("the log says %v", got)
	}
}

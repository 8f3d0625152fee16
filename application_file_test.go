package nodkey_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	fileSecret  = "0123456789abcdef"
	otherSecret = "fedcba9876543210-fedcba"
)

func inFile(id string, change func(*nodkey.FileApplication)) nodkey.FileApplication {
	in := nodkey.FileApplication{NewApplication: nodkey.NewApplication{ID: id, Name: "Name of " + id, Doors: []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorRADIUS},
		Groups: []string{"staff"}, Settings: json.RawMessage(`{"networks": ["10.0.0.0/8"]}`)}, Secrets: []string{fileSecret}}
	if change != nil {
		change(&in)
	}
	return in
}

// ofApplications tells what the audit log says of applications, newest first.
func (h house) ofApplications(t failer) (out []string) {
	t.Helper()
	for _, action := range h.actions(t, "", "application.") {
		if action != "application.wrong" {
			out = append(out, action)
		}
	}
	return out
}

func TestTheConfigurationFileHasApplications(t *testing.T) {
	h := start(t, nil)
	sync := func(want string, list ...nodkey.FileApplication) {
		t.Helper()
		h.Clock.Advance(time.Second)
		is(t, h.Applications.Sync(h.ctx, h.Desk(), list), want, "the file")
	}
	proves := func(id nodkey.ApplicationID, secret string, want bool) {
		t.Helper()
		key := map[bool]string{false: "application.wrong"}[want]
		_, err := h.Applications.Caller(h.ctx, h.anybody(), id, nodkey.DoorOIDC, secret)
		is(t, err, key, "%s by its hash", id)
		_, err = h.Applications.CallerBy(h.ctx, h.anybody(), id, nodkey.DoorRADIUS, func(kept []byte) bool { return string(kept) == secret })
		is(t, err, key, "%s by what it computed", id)
	}
	byHand, _ := h.newApp(t, nodkey.NewApplication{ID: "hand", Name: "By hand", Doors: []nodkey.Door{nodkey.DoorOIDC}})
	before := len(h.ofApplications(t))
	told := func(want ...string) {
		t.Helper()
		all := h.ofApplications(t)
		if got := all[:len(all)-before]; !slices.Equal(got, want) {
			t.Errorf("the log says %v, want %v", got, want)
		}
		before = len(all)
	}
	sync("")
	told()
	sync("", inFile("vpn", nil), inFile("door", func(in *nodkey.FileApplication) {
		in.Doors, in.Groups, in.Settings, in.Secrets, in.NoSecret = []nodkey.Door{nodkey.DoorForward}, nil, nil, nil, true
	}))
	told("application.added", "application.added")
	proves("vpn", fileSecret, true)
	proves("vpn", otherSecret, false)
	if table := h.rawSearch(t, fileSecret); table != "" {
		t.Errorf("the secret stands in %s", table)
	}
	// What stands there is changed there.
	_, err := h.Applications.Rotate(h.ctx, h.Desk(), "vpn", 0)
	is(t, err, "application.in_file", "rotating by command")
	_, err = h.Applications.Edit(h.ctx, h.Desk(), "vpn", nodkey.ApplicationEdit{})
	is(t, err, "application.in_file", "changing by command")
	is(t, h.Applications.Remove(h.ctx, h.Desk(), "vpn"), "application.in_file", "removing by command")
	proves("vpn", fileSecret, true)
	// The same again changes nothing, however it is written.
	sync("", inFile("vpn", func(in *nodkey.FileApplication) { in.Settings = json.RawMessage(`{ "networks":["10.0.0.0/8"]  }`) }),
		inFile("door", func(in *nodkey.FileApplication) {
			in.Doors, in.Groups, in.Settings, in.Secrets, in.NoSecret = []nodkey.Door{nodkey.DoorForward}, nil, nil, nil, true
		}))
	told()
	// Two secrets while it is told the new one; then that alone.
	sync("", inFile("vpn", func(in *nodkey.FileApplication) { in.Secrets = []string{otherSecret, fileSecret} }))
	told("application.rotated", "application.removed")
	proves("vpn", fileSecret, true)
	proves("vpn", otherSecret, true)
	sync("", inFile("vpn", func(in *nodkey.FileApplication) {
		in.Secrets, in.Name, in.Plain = []string{otherSecret}, "Another name", true
	}))
	told("application.rotated", "application.changed")
	proves("vpn", fileSecret, false)
	proves("vpn", otherSecret, true)
	if a, err := h.Applications.Show(h.ctx, h.Desk(), "vpn"); err != nil || a.Name != "Another name" || !a.Plain || !a.InFile || len(a.Secrets) != 2 || string(a.Settings) != `{"networks": ["10.0.0.0/8"]}` {
		t.Errorf("%+v, %v", a, err)
	}
	// What is wrong changes nothing at all.
	for key, list := range map[string][]nodkey.FileApplication{
		"application.file_name":   {inFile("hand", nil)},
		"application.file_secret": {inFile("new", nil), inFile("vpn", func(in *nodkey.FileApplication) { in.Secrets = []string{"short"} })},
		"application.id_form":     {inFile("Not An ID", nil)},
		"application.doors":       {inFile("new", func(in *nodkey.FileApplication) { in.Doors = nil })},
		"application.exists":      {inFile("new", nil), inFile("new", nil)},
		"application.settings":    {inFile("new", func(in *nodkey.FileApplication) { in.Settings = json.RawMessage("[]") })},
	} {
		sync(key, list...)
	}
	for _, secrets := range [][]string{nil, {fileSecret, otherSecret, fileSecret + "x"}, {"with a space in it it it"}, {string(make([]byte, 129))}} {
		sync("application.file_secret", inFile("new", func(in *nodkey.FileApplication) { in.Secrets = secrets }))
	}
	sync("application.file_secret", inFile("new", func(in *nodkey.FileApplication) { in.NoSecret = true }))
	told()
	proves("vpn", otherSecret, true)
	for _, c := range []nodkey.Caller{h.anybody(), {}} {
		is(t, h.Applications.Sync(h.ctx, c, nil), "operator.only", "a stranger")
	}
	sync("")
	told("application.removed")
	proves("vpn", otherSecret, false)
	if _, err := h.Applications.Caller(h.ctx, h.anybody(), "hand", nodkey.DoorOIDC, byHand); err != nil {
		t.Errorf("one that was added by command: %v", err)
	}
}

func TestAnApplicationIsChangedByCommand(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", func(in *nodkey.NewApplication) { in.Settings = json.RawMessage(`{"a":1}`) })
	groups, name, plain := []string{"staff"}, "The bank", true
	edit := func(in nodkey.ApplicationEdit, key string) nodkey.ApplicationInfo {
		t.Helper()
		out, err := h.Applications.Edit(h.ctx, h.Desk(), "bank", in)
		is(t, err, key, "changing it")
		return out
	}
	bad, long := []string{"no group!"}, string(make([]byte, 41))
	edit(nodkey.ApplicationEdit{Groups: &bad}, "group.form")
	edit(nodkey.ApplicationEdit{Name: &long}, "application.name")
	edit(nodkey.ApplicationEdit{Settings: json.RawMessage("1")}, "application.settings")
	_, err := h.Applications.Edit(h.ctx, h.Desk(), "none", nodkey.ApplicationEdit{})
	is(t, err, "application.unknown", "one that there is not")
	_, err = h.Applications.Edit(h.ctx, p.enter(t), "bank", nodkey.ApplicationEdit{Plain: &plain})
	is(t, err, "operator.only", "a person")
	if out := edit(nodkey.ApplicationEdit{}, ""); out.Name != "Till of bank" || string(out.Settings) != `{"a":1}` || len(out.Secrets) != 1 {
		t.Errorf("%+v", out)
	}
	p.requests(t, bank, p.asks())
	if out := edit(nodkey.ApplicationEdit{Groups: &groups, Name: &name, Plain: &plain, Settings: json.RawMessage(`{}`)}, ""); out.Name != name || !out.Plain || string(out.Settings) != "{}" ||
		!slices.Equal(out.Groups, groups) {
		t.Errorf("%+v", out)
	}
	h.Clock.Advance(time.Minute)
	same, err := h.Applications.Show(h.ctx, h.Desk(), "bank")
	if err != nil || same.Name != name || !slices.Equal(same.Doors, []nodkey.Door{nodkey.DoorAPI}) {
		t.Errorf("%+v, %v", same, err)
	}
	if got := h.ofApplications(t); !slices.Equal(got, []string{"application.changed", "application.changed", "application.added"}) {
		t.Errorf("the log says %v", got)
	}
}

// Nobody goes on being asked in the name of an application that is gone.
func TestWhatAnApplicationAskedIsTakenBackWithIt(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	other := h.app(t, "other", nil)
	first, second := p.requests(t, bank, p.asks()), p.requests(t, bank, p.asks())
	p.agree(t, second.Number, byPIN)
	kept := p.requests(t, other, p.asks())
	wake, cancel := h.Ports.Bus.Subscribe("key:" + p.key.ID)
	defer cancel()
	is(t, h.Applications.Remove(h.ctx, h.Desk(), "bank"), "", "removing it")
	select {
	case <-wake:
	default:
		t.Error("the phone was not told")
	}
	open, err := p.key.Open(h.ctx)
	if err != nil || len(open) != 1 {
		t.Fatalf("the phone shows %d, %v", len(open), err)
	}
	h.view(t, func(tx nodkey.Tx) error {
		for id, want := range map[nodkey.SignInID]nodkey.SignInState{first.ID: nodkey.SignInCancelled, second.ID: nodkey.SignInCancelled, kept.ID: nodkey.SignInPending} {
			if s, err := tx.SignIn(id); err != nil || s.State != want {
				t.Errorf("%s is %s, %v", id, s.State, err)
			}
		}
		return nil
	})
	// One that takes its name gets nothing of it.
	again := h.app(t, "bank", nil)
	_, err = h.Applications.Collect(h.ctx, again, second.Token)
	is(t, err, "sign_in.over", "collecting what another was given")
}

func TestWhatAPersonMayStart(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	add := func(id, settings string, groups ...string) {
		h.newApp(t, nodkey.NewApplication{ID: id, Name: "Name of " + id, Doors: []nodkey.Door{nodkey.DoorOIDC}, Groups: groups, Settings: json.RawMessage(settings)})
	}
	add("wiki", `{"launch_url":"https://wiki.example.com/start?a=b"}`)
	add("desk", `{"launch_url":"https://desk.example.com/"}`, "desk")
	add("staff", `{"launch_url":"http://staff.localhost:8080/"}`, "desk", "staff")
	add("silent", `{"redirect_uris":[]}`)
	add("bare", "")
	for i, bad := range []string{`"javascript:alert(1)"`, `"//evil.example/"`, `"data:text/html,x"`, `"https:///x"`, `["https://x.example/"]`, `null`, `"https://x.example/\u0000"`} {
		add("bad-"+string(rune('a'+i)), `{"launch_url":`+bad+`}`)
	}
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "a group")
	got, err := h.Applications.Open(h.ctx, p.enter(t))
	want := []nodkey.Launch{{ID: "staff", Name: "Name of staff", URL: "http://staff.localhost:8080/"}, {ID: "wiki", Name: "Name of wiki", URL: "https://wiki.example.com/start?a=b"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = h.Applications.Open(h.ctx, h.anybody())
	is(t, err, "session.none", "nobody")
	_, err = h.Applications.Open(h.ctx, h.add(t).visit(t))
	is(t, err, "session.restricted", "a password alone")
}

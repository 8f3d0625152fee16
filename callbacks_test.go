package nodkey_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// callbacks takes what one door's applications are to be told.
func (h house) callbacks(t failer, door nodkey.Door) []nodkey.Callback {
	t.Helper()
	list, err := h.Callbacks.Take(h.ctx, door, 100)
	if err != nil {
		t.Fatalf("taking callbacks: %v", err)
	}
	return list
}

// oneCallback takes the only callback that there is.
func (h house) oneCallback(t failer, door nodkey.Door) nodkey.Callback {
	t.Helper()
	list := h.callbacks(t, door)
	if len(list) != 1 {
		t.Fatalf("%d callbacks are due: %+v", len(list), list)
	}
	return list[0]
}

func TestAnApplicationHearsThatThePersonSignedOut(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, p *person, c nodkey.Caller){
		"signing out": func(t *testing.T, p *person, c nodkey.Caller) { is(t, p.Sessions.SignOut(p.ctx, c), "", "signing out") },
		"another browser ends it": func(t *testing.T, p *person, c nodkey.Caller) {
			is(t, p.Sessions.EndOthers(p.ctx, p.signIn(t, p.NewBrowser(p.address()))), "", "ending the others")
		},
		"nobody used it": func(t *testing.T, p *person, c nodkey.Caller) {
			p.Clock.Advance(31 * time.Minute)
			is(t, p.Upkeep.Tick(p.ctx), "", "a tick")
		},
		"it ran out": func(t *testing.T, p *person, c nodkey.Caller) {
			p.Clock.Advance(12 * time.Hour)
			is(t, p.Upkeep.Tick(p.ctx), "", "a tick")
		},
		"its row is purged before": func(t *testing.T, p *person, c nodkey.Caller) {
			p.Clock.Advance(13 * time.Hour)
			if _, err := p.Upkeep.Purge(p.ctx); err != nil {
				t.Fatal(err)
			}
			is(t, p.Upkeep.Tick(p.ctx), "", "a tick")
		},
		"the user is removed": func(t *testing.T, p *person, c nodkey.Caller) {
			is(t, p.Users.Remove(p.ctx, p.Desk(), p.name), "", "removing the user")
		},
		"the phone is removed": func(t *testing.T, p *person, c nodkey.Caller) {
			is(t, p.Keys.RemoveOwn(p.ctx, p.phoneCaller(t)), "", "removing itself")
		},
	} {
		for _, offline := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", offline"}[offline], func(t *testing.T) {
				h := start(t, byPassword)
				wiki := h.wiki(t, nil)
				p := h.join(t)
				c := p.enter(t)
				in := wants()
				in.TellEnd = true
				if offline {
					in.Scopes = append(in.Scopes, nodkey.ScopeOffline)
				}
				p.codeFor(t, in) // the application never came for it
				for range 2 {    // two tabs, one session there
					p.held(t, wiki, in)
				}
				p.held(t, wiki, wants()) // which does not want to be told
				if got := h.callbacks(t, nodkey.DoorOIDC); len(got) != 0 {
					t.Fatalf("before: %+v", got)
				}
				end(t, p, c)
				// One that was made grant by grant may say it twice, and never of another session.
				got := h.callbacks(t, nodkey.DoorOIDC)
				if len(got) < 1 || len(got) > 2 {
					t.Fatalf("%d callbacks", len(got))
				}
				for _, told := range got {
					if told.Kind != nodkey.CallbackLogout || told.Application != "wiki" || told.User != p.id || told.SID != string(c.Session().ID) || told.Tries != 1 {
						t.Errorf("%+v", told)
					}
					is(t, h.Callbacks.Settle(h.ctx, told.ID, true), "", "settling")
					is(t, h.Callbacks.Settle(h.ctx, told.ID, true), "", "settling twice")
				}
				h.Clock.Advance(2 * time.Hour)
				is(t, h.Upkeep.Tick(h.ctx), "", "a tick")
				if got := h.callbacks(t, nodkey.DoorOIDC); len(got) != 0 {
					t.Errorf("it is told again: %+v", got)
				}
			})
		}
	}
}

func TestAnApplicationIsNotToldWhatItDid(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	p.enter(t)
	in := wants()
	in.TellEnd = true
	g, _ := p.held(t, wiki, in)
	is(t, h.Grants.End(h.ctx, wiki, g.ID), "", "ending it")
	g, access := p.held(t, wiki, in)
	refresh, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Grants.Revoke(h.ctx, wiki, access), "", "revoking the access token")
	h.counts(t, access, false)
	is(t, h.Grants.Revoke(h.ctx, wiki, refresh), "", "revoking the refresh token")
	is(t, h.Grants.Revoke(h.ctx, wiki, refresh), "", "revoking it again")
	_, _, err = h.Grants.Refresh(h.ctx, wiki, refresh, nil)
	is(t, err, "grant.unknown", "refreshing")
	if got := h.callbacks(t, nodkey.DoorOIDC); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAnApplicationHearsThatItsRequestHasEnded(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(t *testing.T, p *person, c nodkey.Caller, asked nodkey.Asked)
		want nodkey.SignInState
	}{
		"yes": {func(t *testing.T, p *person, _ nodkey.Caller, asked nodkey.Asked) { p.agree(t, asked.Number, byPIN) }, nodkey.SignInApproved},
		"no": {func(t *testing.T, p *person, _ nodkey.Caller, _ nodkey.Asked) {
			if got, err := p.key.Answer(p.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonMistake}); err != nil || got.State != "denied" {
				t.Fatal(got, err)
			}
		}, nodkey.SignInDenied},
		"nobody answered": {func(t *testing.T, p *person, _ nodkey.Caller, _ nodkey.Asked) { p.Clock.Advance(nodkey.ApprovalLife) }, nodkey.SignInExpired},
		"nobody answered, written down": {func(t *testing.T, p *person, _ nodkey.Caller, _ nodkey.Asked) {
			p.Clock.Advance(nodkey.ApprovalLife)
			is(t, p.Upkeep.Tick(p.ctx), "", "a tick")
		}, nodkey.SignInExpired},
		"taken back": {func(t *testing.T, p *person, c nodkey.Caller, asked nodkey.Asked) {
			is(t, p.Applications.Cancel(p.ctx, c, asked.Token), "", "cancelling")
		}, nodkey.SignInCancelled},
		"collected before": {func(t *testing.T, p *person, c nodkey.Caller, asked nodkey.Asked) {
			p.agree(t, asked.Number, byPIN)
			if _, err := p.Applications.Collect(p.ctx, c, asked.Token); err != nil {
				t.Fatal(err)
			}
		}, nodkey.SignInApproved},
		"a new password": {func(t *testing.T, p *person, _ nodkey.Caller, _ nodkey.Asked) {
			is(t, p.Users.SetPassword(p.ctx, p.Desk(), p.name, "ein ganz neues Wort"), "", "the desk sets one")
		}, nodkey.SignInCancelled},
		"the user removed": {func(t *testing.T, p *person, _ nodkey.Caller, _ nodkey.Asked) {
			is(t, p.Users.Remove(p.ctx, p.Desk(), p.name), "", "removing the user")
			p.Clock.Advance(nodkey.ApprovalLife) // it counts as one that ran out
		}, nodkey.SignInExpired},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, byPassword)
			bank := h.app(t, "bank", nil)
			p := h.join(t)
			in := p.asks()
			in.Tell, in.Data = nodkey.DoorAPI, json.RawMessage(`{"url":"https://bank.example/hook"}`)
			asked := p.requests(t, bank, in)
			silent := p.asks() // of which nobody wants to hear
			silent.Life = nodkey.AskLifeMin
			p.requests(t, bank, silent)
			h.Clock.Advance(nodkey.AskLifeMin)
			is(t, h.Upkeep.Tick(h.ctx), "", "a tick")
			if got := h.callbacks(t, nodkey.DoorAPI); len(got) != 0 {
				t.Fatalf("before it ended: %+v", got)
			}
			end.do(t, p, bank, asked)
			if got := h.callbacks(t, nodkey.DoorCIBA); len(got) != 0 {
				t.Errorf("at another door: %+v", got)
			}
			got := h.oneCallback(t, nodkey.DoorAPI)
			if got.Kind != nodkey.CallbackEnded || got.Application != "bank" || got.Subject != string(asked.ID) || got.State != end.want || got.Token != asked.Token ||
				string(got.Data) != string(in.Data) {
				t.Errorf("%+v with %s", got, got.Data)
			}
			if again := h.callbacks(t, nodkey.DoorAPI); len(again) != 0 {
				t.Errorf("two workers have it: %+v", again)
			}
			is(t, h.Callbacks.Settle(h.ctx, got.ID, true), "", "settling")
			h.Clock.Advance(time.Hour)
			is(t, h.Upkeep.Tick(h.ctx), "", "a tick")
			if again := h.callbacks(t, nodkey.DoorAPI); len(again) != 0 {
				t.Errorf("it is told again: %+v", again)
			}
			if table := h.rawSearch(t, string(asked.Token)); table != "" {
				t.Errorf("the token stands in %s", table)
			}
		})
	}
}

// A code gives a request more time than it was asked with, and nobody is told before it has passed.
func TestACodesTimeIsNotCutShort(t *testing.T) {
	h := start(t, byPassword)
	bank := h.app(t, "bank", nil)
	p := h.join(t)
	asked := p.requests(t, bank, nodkey.Asking{User: p.name, Kind: nodkey.ApproveSignIn, CodeOnly: true, Life: 30 * time.Second, Tell: nodkey.DoorAPI})
	code, err := h.Applications.Challenge(h.ctx, bank, asked.Token)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(4 * time.Minute)
	if got := h.callbacks(t, nodkey.DoorAPI); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	is(t, h.Applications.Respond(h.ctx, bank, asked.Token, p.typed(t, code)), "", "the code")
	if got := h.oneCallback(t, nodkey.DoorAPI); got.State != nodkey.SignInApproved || got.Tries != 1 || got.Data != nil {
		t.Errorf("%+v", got)
	}
}

func TestACallbackIsTriedForADay(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	c := p.enter(t)
	in := wants()
	in.TellEnd = true
	p.held(t, wiki, in)
	is(t, h.Sessions.SignOut(h.ctx, c), "", "signing out")
	began := h.Clock.Now()
	var pauses []time.Duration
	last := began
	for h.Clock.Now().Sub(began) < 30*time.Hour {
		for _, got := range h.callbacks(t, nodkey.DoorOIDC) {
			pauses = append(pauses, h.Clock.Now().Sub(last))
			last = h.Clock.Now()
			if got.Tries != len(pauses) {
				t.Fatalf("try %d is counted as %d", len(pauses), got.Tries)
			}
			is(t, h.Callbacks.Settle(h.ctx, got.ID, false), "", "it failed")
		}
		h.Clock.Advance(10 * time.Second)
	}
	want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 640 * time.Second, 1280 * time.Second,
		2560 * time.Second, time.Hour, time.Hour}
	for i, pause := range want {
		if pauses[i] != pause {
			t.Errorf("the pause before try %d was %s, want %s", i+1, pauses[i], pause)
		}
	}
	if total := last.Sub(began); total > 24*time.Hour || total < 22*time.Hour || h.rawRows(t, "callbacks") != 0 {
		t.Errorf("the last of %d tries was after %s; %d are left", len(pauses), total, h.rawRows(t, "callbacks"))
	}
	h.tellsOf(t, p.id, "callback.given_up")
}

// A worker that dies leaves a callback to be taken again after a minute, and not for ever.
func TestACallbackOfAWorkerThatDied(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	c := p.enter(t)
	in := wants()
	in.TellEnd = true
	p.held(t, wiki, in)
	is(t, h.Sessions.SignOut(h.ctx, c), "", "signing out")
	h.oneCallback(t, nodkey.DoorOIDC)
	h.Clock.Advance(time.Minute)
	if got := h.oneCallback(t, nodkey.DoorOIDC); got.Tries != 2 {
		t.Errorf("%+v", got)
	}
	h.Clock.Advance(24 * time.Hour)
	if got := h.callbacks(t, nodkey.DoorOIDC); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	h.tellsOf(t, p.id, "callback.given_up")
}

package sqlstore

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// A house whose applications were there before grants: they are untouched, of no configuration file, and people's browsers may go to
// them from then on.
func TestApplicationsOfBeforeAreGivenGrants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 10)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO applications (id, created_at, name, doors, groups, plain, settings) VALUES ('bank', 6, 'The bank', 'oidc api', 'staff', 1, x'0102')",
		"INSERT INTO application_secrets (id, application_id, created_at, expires_at, hash, value) VALUES ('s', 'bank', 7, 0, x'03', NULL)",
		"INSERT INTO sign_ins (id, user_id, created_at, state, token, approval_id, source, agent, known, notified, cause, key_id, session_id, expires_at, ended_at, "+
			"application_id, app, asked, text) VALUES ('i', 'u', 8, 'pending', 't', 'a', '', '', 0, 1, '', '', '', 9000, 0, 'bank', 'The bank', 'sign_in', '')")
	s := openAt(t, path)
	at := time.UnixMilli(10).UTC()
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		got, err := tx.Application("bank")
		want := nodkey.Application{ID: "bank", Name: "The bank", Doors: []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorAPI}, Groups: []string{"staff"}, Plain: true,
			SealedSettings: []byte{1, 2}, CreatedAt: time.UnixMilli(6).UTC()}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the application of before: %+v, %v", got, err)
		}
		if asks, err := tx.AsksOf("bank", time.Time{}, 9); err != nil || len(asks) != 1 || asks[0].ID != "i" {
			t.Errorf("what it asked before: %+v, %v", asks, err)
		}
		return errors.Join(
			tx.InsertGrantRequest(nodkey.SealedGrantRequest{ID: "r", ApplicationID: "bank", Token: "r", ExpiresAt: at}),
			tx.InsertGrant(nodkey.SealedGrant{ID: "g", UserID: "u", ApplicationID: "bank", Code: "c", LookAt: at}),
			tx.InsertAccess(nodkey.AccessToken{Token: "t", GrantID: "g", ExpiresAt: at}),
			tx.SaveConsent("u", nodkey.Consent{Application: "bank", At: at}),
			tx.InsertCallback(nodkey.SealedCallback{ID: "c", ApplicationID: "bank", DueAt: at}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err = s.Update(t.Context(), func(tx nodkey.Tx) error {
		if err := tx.DeleteApplication("bank"); err != nil {
			return err
		}
		for what, gone := range map[string]error{
			"request": second(tx.GrantRequestByToken("r")), "grant": second(tx.GrantView("g")), "consent": second(tx.Consent("u", "bank")), "callback": second(tx.Callback("c")),
		} {
			if !errors.Is(gone, nodkey.ErrNoRow) {
				t.Errorf("the %s is still there: %v", what, gone)
			}
		}
		tokens, err := tx.AccessOf("g")
		if len(tokens) > 0 {
			t.Errorf("tokens are still there: %v", tokens)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Browsers that were signed in, and ways that were open, before a password alone could be enough: all of them need a phone's yes as before.
func TestWaysOfBeforeNeedThePhone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 12)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO applications (id, created_at, name, doors, groups, plain, settings) VALUES ('wiki', 6, 'The wiki', 'forward', '', 0, NULL)",
		"INSERT INTO sessions (id, user_id, created_at, token, level, may_activate, key_id, approval_id, source, agent, last_seen_at, expires_at) "+
			"VALUES ('s', 'u', 7, 't', 'full', 0, 'k', 'a', '192.0.2.1', 'Firefox', 8, 9000)",
		"INSERT INTO grant_requests (id, application_id, created_at, token, browser, door, return_to, scopes, ask, ask_again, again, max_age, hint, user_name, tell_end, data, refused, agreed_by, expires_at) "+
			"VALUES ('r', 'wiki', 7, 'w', 'b', 'forward', '/forward/return', 'email', 0, 0, 0, -1, '', '', 0, NULL, '', '', 9000)")
	s := openAt(t, path)
	err := s.View(t.Context(), func(tx nodkey.Tx) error {
		session, err := tx.SessionByToken("t")
		want := nodkey.Session{ID: "s", UserID: "u", Token: "t", Level: nodkey.Full, KeyID: "k", ApprovalID: "a", Source: "192.0.2.1", Agent: "Firefox",
			CreatedAt: time.UnixMilli(7).UTC(), LastSeenAt: time.UnixMilli(8).UTC(), ExpiresAt: time.UnixMilli(9000).UTC()}
		if !reflect.DeepEqual(session, want) {
			t.Errorf("the session of before: %+v, %v", session, err)
		}
		way, err := tx.GrantRequestByToken("w")
		if way.Password != 0 || way.PassedBy != "" || !way.PassedAt.IsZero() || way.Browser != "b" {
			t.Errorf("the way of before: %+v, %v", way, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

package sqlstore

import (
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/pressly/goose/v3"
)

// olderFile makes a database as the release of that version did.
func olderFile(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, openTimeout, "_foreign_keys", "1"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseOfTheFirstVersionIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 1)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO keys (id, user_id, created_at, state, phone_id, phone_name, phone_platform, phone_os_version, phone_model, phone_app, public, ocra, "+
			"activation_id, approved_by, pin_tries, activated_at, last_used_at, removed_at) "+
			"VALUES ('k', 'u', 6, 'active', 'p', 'Pixel 8', 'android', '16', 'm', 'a', x'04', x'01', 'act', '', 2, 7, 8, 0)")
	s := openAt(t, path)
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		key, err := tx.Key("k")
		if err != nil {
			return err
		}
		if key.Phone.Name != "Pixel 8" || key.PINTries != 2 || key.CodeTries != 0 || len(key.OCRA) != 1 || !key.LastUsedAt.Equal(time.UnixMilli(8)) {
			t.Errorf("the key of before: %+v", key)
		}
		tries, err := tx.ReserveCodeTry("k", 1)
		if tries != 1 {
			t.Errorf("its first code is counted as %d", tries)
		}
		return errors.Join(err, tx.AskChallenge("k", "314159", time.UnixMilli(9)), tx.SaveSubscription(nodkey.SealedSubscription{Row: "k", KeyID: "k", Channel: "webpush", Service: "s"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMessagesAndSubscriptionsOfOneChannelBecomeThoseOfWebPush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 3)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO keys (id, user_id, created_at, state, phone_id, phone_name, phone_platform, phone_os_version, phone_model, phone_app, public, ocra, "+
			"activation_id, approved_by, pin_tries, activated_at, last_used_at, removed_at) "+
			"VALUES ('k', 'u', 6, 'active', 'p', 'Pixel 8', 'android', '16', 'm', 'a', x'04', x'01', 'act', '', 2, 7, 8, 0)",
		"INSERT INTO approvals (id, user_id, key_ids, kind, state, statement, digest, number, notified, known, source, session_id, subject, payload, created_at, "+
			"expires_at, decided_at, decided_by, decision, factor, reason) "+
			"VALUES ('a', 'u', 'k', 'test', 'open', 's', x'01', 0, 1, 1, '', '', 'k', NULL, 10, 9000, 0, '', '', '', '')",
		"INSERT INTO subscriptions (key_id, service, created_at, target) VALUES ('k', 's', 9, x'0102')",
		"INSERT INTO outbox (approval_id, key_id, service, created_at, due_at, expires_at, attempts) VALUES ('a', 'k', 's', 10, 11, 9000, 3)")
	s := openAt(t, path)
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		got, err := tx.Subscription("k", nodkey.ChannelWebPush)
		want := nodkey.SealedSubscription{Row: "k", KeyID: "k", Channel: nodkey.ChannelWebPush, Service: "s", CreatedAt: time.UnixMilli(9).UTC(), Target: []byte{1, 2}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the subscription of before: %+v, %v", got, err)
		}
		notices, err := tx.NoticesOf("a")
		if err != nil || len(notices) != 1 || notices[0].Channel != nodkey.ChannelWebPush || notices[0].Attempts != 3 || notices[0].DueAt != time.UnixMilli(11).UTC() {
			t.Errorf("the message of before: %+v, %v", notices, err)
		}
		_, err = tx.TakeNotice(notices[0], time.UnixMilli(20))
		return errors.Join(err, tx.MergeDelivery(nodkey.Delivery{ApprovalID: "a", KeyID: "k"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A house that was there before the message centre: its people have messages, addresses and openings from then on, and what was
// there is untouched.
func TestAHouseOfBeforeHasAMessageCentre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	olderFile(t, path, 4)
	inFile(t, path,
		"INSERT INTO users (id, name, display_name, locale, first_code_until, had_key, created_at) VALUES ('u', 'mara', 'Mara', 'en', 0, 1, 5)",
		"INSERT INTO keys (id, user_id, created_at, state, phone_id, phone_name, phone_platform, phone_os_version, phone_model, phone_app, public, ocra, "+
			"activation_id, approved_by, pin_tries, activated_at, last_used_at, removed_at) "+
			"VALUES ('k', 'u', 6, 'active', 'p', 'Pixel 8', 'android', '16', 'm', 'a', x'04', x'01', 'act', '', 2, 7, 8, 0)",
		"INSERT INTO sessions (id, user_id, created_at, token, level, may_activate, key_id, approval_id, source, agent, last_seen_at, expires_at) "+
			"VALUES ('s', 'u', 9, 't', 'full', 0, 'k', 'a', '', '', 9, 9000)",
		"INSERT INTO known_browsers (browser, user_id, at) VALUES ('b', 'u', 9)")
	s := openAt(t, path)
	at := time.UnixMilli(10).UTC()
	err := s.Update(t.Context(), func(tx nodkey.Tx) error {
		sessions, err := tx.SessionsOf("u", at)
		if err != nil || len(sessions) != 1 || sessions[0].Level != nodkey.Full || sessions[0].KeyID != "k" {
			t.Errorf("the session of before: %+v, %v", sessions, err)
		}
		if known, err := tx.KnownBrowser("b", "u"); err != nil || !known {
			t.Errorf("the browser of before: %v, %v", known, err)
		}
		if n, err := tx.UnreadOf("u", 10); err != nil || n != 0 {
			t.Errorf("%d messages, %v", n, err)
		}
		message := nodkey.SealedMessage{ID: "m", UserID: "u", CreatedAt: at, Year: 2026, Number: 1, Kind: nodkey.MessageSecurity, Priority: nodkey.PriorityHigh,
			Status: nodkey.MessageOpen, UpdatedAt: at, Unread: true}
		try := nodkey.ContactTry{ID: "t", UserID: "u", CreatedAt: at, Channel: nodkey.SummaryEmail, SessionID: "s", Language: "en", State: nodkey.ContactOpen, DueAt: at, ExpiresAt: at}
		_, err = tx.CountMessages(2026, 1)
		return errors.Join(err, tx.InsertMessage(message), tx.InsertContactTry(try), tx.InsertCountry("u", "CH", at),
			tx.SaveOpening(nodkey.Opening{KeyID: "k", ApprovalID: "a", Until: at}), tx.SaveMessageSettings(nodkey.MessageSettings{UserID: "u", First: "en", Delivery: nodkey.DeliverEmail}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	// All of it goes with its person.
	err = s.Update(t.Context(), func(tx nodkey.Tx) error {
		if err := tx.DeleteUser("u"); err != nil {
			return err
		}
		for what, gone := range map[string]error{
			"message": second(tx.Message("m")), "code": second(tx.ContactTry("t")), "opening": second(tx.Opening("k")), "settings": second(tx.MessageSettings("u")),
		} {
			if !errors.Is(gone, nodkey.ErrNoRow) {
				t.Errorf("the %s is still there: %v", what, gone)
			}
		}
		countries, err := tx.CountriesOf("u")
		if len(countries) > 0 {
			t.Errorf("countries are still there: %v", countries)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/prose"
	"github.com/nodkey/nodkey/web"
)

// stage is a demo's page over a real store, with one person of the demo's own.
func stage(t *testing.T) (*Door, *nodkeytest.House, *httptest.Server) {
	t.Helper()
	store, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	policy := nodkey.DefaultPolicy()
	policy.ActivationFirst = nodkey.FirstByPassword
	house, err := nodkeytest.OpenHouse(t.Context(), store, nodkeytest.NewClock(time.Now()), policy)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	assets, err := web.NewAssets(fstest.MapFS{"manifest.json": {Data: []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) web.Origin {
		o, err := web.ParseOrigin(text)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	d := New(Config{
		Origin: at("http://nodkey.localhost:8080"), Portal: at("http://portal.nodkey.localhost:8080"), Phone: at("http://phone.nodkey.localhost:8080"),
		People: []Person{{Name: "mara", DisplayName: "Mara Lindqvist", Password: "bavo-kimu-tela-27"}},
	}, house.Services, texts, assets, slog.New(slog.DiscardHandler))
	if err := d.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	d.Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return d, house, server
}

// listen reads the stream until a line of the log holds a piece of text, and gives all lines up to it.
func listen(t *testing.T, address, piece string) (lines []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	scan, name := bufio.NewScanner(answer.Body), ""
	for scan.Scan() {
		if event, ok := strings.CutPrefix(scan.Text(), "event: "); ok {
			name = event
		}
		data, ok := strings.CutPrefix(scan.Text(), "data: ")
		if !ok || name != "line" {
			continue
		}
		var l Line
		if err := json.Unmarshal([]byte(data), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l.Text)
		if strings.Contains(l.Text, piece) {
			return lines
		}
	}
	t.Fatalf("%q was not said: %q, %v", piece, lines, scan.Err())
	return nil
}

func TestTheLogIsOfTheDemosUsersOnly(t *testing.T) {
	_, house, server := stage(t)
	if _, err := house.Users.Add(t.Context(), house.Desk(), nodkey.NewUser{Name: "eve", DisplayName: "Eve Elsewhere", Password: "another-long-one"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"eve", "nobody", "mara"} {
		if err := house.NewBrowser("192.0.2.7").Begin(t.Context(), name, "a wrong password"); !nodkey.HasKey(err, "sign_in.wrong") {
			t.Fatal(err)
		}
	}
	lines := listen(t, server.URL+"/events?after=0", "wrong password for Mara")
	if all := strings.Join(lines, "\n"); strings.Contains(all, "Eve") || len(lines) != 2 {
		t.Errorf("the log says %q", lines)
	}
}

func TestThePageGoesOnWhereTheLogWas(t *testing.T) {
	_, house, server := stage(t)
	browser := house.NewBrowser("192.0.2.7")
	if err := browser.Begin(t.Context(), "mara", "bavo-kimu-tela-27"); err != nil {
		t.Fatal(err)
	}
	if lines := listen(t, server.URL+"/events?after=1", "no phone yet"); len(lines) != 1 {
		t.Errorf("after the first row the log says %q", lines)
	}
}

func TestABadPlaceInTheLogIsRefused(t *testing.T) {
	_, _, server := stage(t)
	for _, query := range []string{"", "?after=", "?after=-1", "?after=x", "?after=99999999999999999999"} {
		answer, err := http.Get(server.URL + "/events" + query)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %s", query, answer.Status)
		}
	}
}

// Everybody finds a welcome and an answered ticket, also after starting again, and nothing twice.
func TestTheMessageCentreIsNotEmpty(t *testing.T) {
	d, house, server := stage(t)
	look := func(when string, announcements int) {
		t.Helper()
		for more := true; more; {
			var err error
			if _, more, err = house.Announcements.Send(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		tickets, err := house.MessageDesk.List(t.Context(), house.Desk(), nodkey.MessageFilter{}, "", 10)
		if err != nil || len(tickets.Messages) != 1 || tickets.Messages[0].Status != nodkey.MessageAnswered || !tickets.Messages[0].Unread {
			t.Fatalf("%s: %+v, %v", when, tickets, err)
		}
		thread, err := house.MessageDesk.Read(t.Context(), house.Desk(), tickets.Messages[0].Reference)
		if err != nil || len(thread.Entries) != 2 || thread.Subject != "Your question about a second phone" {
			t.Errorf("%s: %+v, %v", when, thread, err)
		}
		list, err := house.Announcements.Progress(t.Context(), house.Desk())
		if err != nil || len(list) != announcements || list[0].Sent != 1 || len(list[0].Languages) != 3 {
			t.Errorf("%s: %+v, %v", when, list, err)
		}
		for _, key := range []string{"demo.welcome_text", "demo.ticket_text", "demo.ticket_answer"} {
			for _, language := range nodkey.Languages() {
				if text := prose.Plain(d.texts.For(language).T(key, nil)); strings.Contains(text, "*") || strings.Contains(text, "`") || len(text) < 60 {
					t.Errorf("%s in %s reads %q", key, language, text)
				}
			}
		}
	}
	look("at first", 1)
	if err := d.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	look("prepared again, as by --keep", 1)
	answer, err := http.Post(server.URL+"/again", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	look("started again", 2)
}

func TestStartingAgainMakesThePeopleNew(t *testing.T) {
	d, house, server := stage(t)
	browser := house.NewBrowser("192.0.2.7")
	if err := browser.Begin(t.Context(), "mara", "bavo-kimu-tela-27"); err != nil {
		t.Fatal(err)
	}
	before, err := house.Users.Show(t.Context(), house.Desk(), "mara")
	if err != nil || len(before.Sessions) != 1 {
		t.Fatalf("%d sessions, %v", len(before.Sessions), err)
	}
	answer, err := http.Post(server.URL+"/again", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	after, err := house.Users.Show(t.Context(), house.Desk(), "mara")
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatalf("%s, %v", answer.Status, err)
	}
	if after.User.ID == before.User.ID || len(after.Sessions) != 0 || len(after.Keys) != 0 {
		t.Errorf("after starting again: %+v", after)
	}
	if _, known := d.who(before.User.ID); known {
		t.Error("the log still follows the person that was")
	}
	if err := browser.Begin(t.Context(), "mara", "bavo-kimu-tela-27"); err != nil || browser.Session == "" {
		t.Errorf("the same password does not begin anew: %v", err)
	}
}

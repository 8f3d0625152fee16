package test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

// pushPatience bounds what a test of real push waits for: a browser may have to start a service worker for it.
const pushPatience = time.Minute

// pushedPage is a page of a phone's browser, as every driver has it.
type pushedPage interface {
	Go(address string)
	Wait(selector string)
	Says(selector, piece string)
	Click(selector string)
	Type(selector, text string)
	Until(what, expression string)
	Picture(name string)
	Close()
}

// pushed is a house whose phone is a real browser with a push service of the test's behind it. The portal is used without a
// browser, as nothing here is about it.
type pushed struct {
	*server
	t       *testing.T
	service *pushservice.Service
	open    func() pushedPage                              // opens an empty page on the phone
	list    func(p pushedPage, expression string) []string // evaluates an expression in a page
	read    pushservice.Verdict                            // what this browser says of a message that it could read
	unread  pushservice.Verdict                            // and of one that it could not
}

// servePush starts a server that sends to a push service, where Mara has a password.
func servePush(t *testing.T, service *pushservice.Service) *server {
	t.Helper()
	roots := filepath.Join(t.TempDir(), "push.pem")
	if err := os.WriteFile(roots, service.Roots(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, err := range service.Refused() {
			t.Errorf("the push service refused a message: %v", err)
		}
	})
	s := serve(t, map[string]string{"push.own_services": service.OwnServices(), "push.ca_roots": roots, "push.subject": "mailto:desk@aldermere.example"})
	s.addUser(maraName, "Mara Lindqvist", maraPassword)
	return s
}

// enters is Mara at another browser, as far as the password goes: her phone is asked.
func (s *server) enters(to string) *webUser {
	s.t.Helper()
	desk := newWebUser(s.portal, nil)
	if err := desk.post(s.t.Context(), to, "/sign-in", "username", maraName, "password", maraPassword); err != nil {
		s.t.Fatal(err)
	}
	return desk
}

// await waits for something that the push service sees.
func (h *pushed) await(what string, holds func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), pushPatience)
	defer cancel()
	if err := h.service.Await(ctx, what, holds); err != nil {
		h.t.Fatal(err)
	}
}

// verdict waits until the browser has said of every copy of the nth message what is expected, and gives the message.
func (h *pushed) verdict(n int, want pushservice.Verdict) pushservice.Message {
	h.t.Helper()
	var message pushservice.Message
	h.await("a message that is "+string(want), func() bool {
		all := h.service.Messages()
		if len(all) < n {
			return false
		}
		message = all[n-1]
		for _, c := range message.Copies {
			if c.Verdict != want {
				return false
			}
		}
		return true
	})
	return message
}

// count counts the lines of the server's log that hold a piece of text.
func (s *server) count(piece string) int { return strings.Count(s.log.String(), piece) }

// logged waits until the server's log holds a piece of text so often.
func (s *server) logged(piece string, times int) {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(pushPatience); s.count(piece) < times; <-look.C {
		if time.Now().After(end) {
			s.t.Fatalf("the server did not log %q %d times", piece, times)
		}
	}
}

// arrived tells whether a browser's waiting page says that the request is on the phone: there the service worker has said so,
// signed (docs/protocol.md §5.8).
func (h *pushed) arrived(desk *webUser) bool {
	h.t.Helper()
	got, err := desk.get(h.t.Context(), "/sign-in/wait")
	if err != nil || got.status != http.StatusOK {
		h.t.Fatalf("the waiting page: %v, %d to %q", err, got.status, got.location)
	}
	return strings.Contains(got.body, "Arrived on ")
}

// reports waits until it says so.
func (h *pushed) reports(desk *webUser) {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(pushPatience); !h.arrived(desk); <-look.C {
		if time.Now().After(end) {
			h.t.Fatal("the phone never said that the request has come")
		}
	}
}

// activate makes the phone active with a code that is typed, and waits until the server can reach it.
func (h *pushed) activate() {
	h.t.Helper()
	code, err := h.enters("/").code(h.t.Context(), "/")
	if err != nil {
		h.t.Fatal(err)
	}
	app := h.open()
	app.Go(h.phone + "/")
	app.Click("#register")
	for i, group := range strings.Split(code, "-") {
		app.Type("#code-group-"+string(rune('1'+i)), group)
	}
	app.Click("#continue")
	app.Wait("[data-screen=offer]")
	app.Click("[data-screen=offer] #continue")
	app.Type("[data-screen=pin] #pin", maraPIN)
	app.Type("#pin-repeat", maraPIN)
	app.Click("#activate")
	app.Wait("[data-screen=activated]")
	app.Click("#done")
	app.Wait("[data-screen=home]")
	h.await("a subscription", func() bool { return h.service.Subscriptions() == 1 })
	h.logged("POST /api/phone/v1/push/subscribe", 1)
	app.Close()
}

// shows waits until the phone shows one notification, that of a message: the topic is made of the id that only the message's
// plaintext holds (docs/protocol.md §5.7).
func (h *pushed) shows(message pushservice.Message) {
	h.t.Helper()
	beside := h.open()
	beside.Go(h.phone + "/api/phone/v1/server") // a page of the phone's origin on which nothing of the app runs
	beside.Until("a notification", shownTags+`.then(all => all.length > 0 && (globalThis.found = all))`)
	tags := h.list(beside, "found")
	beside.Close()
	if len(tags) != 1 || topicOf(tags[0]) != message.Topic {
		h.t.Fatalf("the notifications are of %q, want the one whose topic is %s", tags, message.Topic)
	}
}

func topicOf(id string) string {
	sum := sha256.Sum256([]byte("nodkey/v1/push-topic\x00" + id))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// spoiled are bodies that nobody can read: a bit of the ciphertext turned, the tag cut off, another salt, another sender.
func spoiled(body []byte) [][]byte {
	somebody, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // it is never so
	}
	turned, cut, salted, other := []byte(string(body)), []byte(string(body[:len(body)-1])), []byte(string(body)), []byte(string(body))
	turned[90] ^= 1
	salted[0] ^= 1
	copy(other[21:86], somebody.PublicKey().Bytes())
	return [][]byte{turned, cut, salted, other}
}

// approve says yes on the phone to what waits, and sees the person let in.
func (h *pushed) approve(app pushedPage, desk *webUser, name string) {
	h.t.Helper()
	number, err := desk.number(h.t.Context(), "/sign-in/wait")
	if err != nil {
		h.t.Fatal(err)
	}
	app.Type("[data-screen=approval] #number-1", number[:1])
	app.Type("#number-2", number[1:])
	app.Wait("[data-screen=approval] #confirm")
	app.Picture(name + "-approval")
	app.Click("[data-screen=approval] #confirm")
	app.Type("[data-screen=confirm] #pin", maraPIN)
	app.Click("[data-screen=confirm] #confirm")
	app.Wait("[data-screen=decided]")
	app.Says("h1", "Approved")
	got, err := desk.get(h.t.Context(), "/sign-in/wait")
	if err != nil || got.location != "/" {
		h.t.Fatalf("after the yes: %v, %d to %q", err, got.status, got.location)
	}
}

// comesBack signs a browser out and in again. It is known now, so that it may wake the phone beside others (fatigue.go).
func (h *pushed) comesBack(desk *webUser) {
	h.t.Helper()
	for _, step := range [][]string{{"/sign-in", "/sign-out"}, {"/sign-in/wait", "/sign-in", "username", maraName, "password", maraPassword}} {
		if err := desk.post(h.t.Context(), step[0], step[1], step[2:]...); err != nil {
			h.t.Fatal(err)
		}
	}
}

// tested has the phone look at each part of a notification's way, and send itself a test along it.
func (h *pushed) tested(app pushedPage, name string) {
	h.t.Helper()
	app.Click("#done")
	app.Click("#more")
	app.Click("#settings")
	app.Click("#notifications")
	app.Click("#send-test")
	app.Wait("[data-test=ms]")
	message := h.verdict(2, h.read)
	for _, part := range []string{"permission", "worker", "subscription", "service", "receipt"} {
		app.Wait("[data-check=" + part + "][data-state=good]")
	}
	app.Picture(name + "-tested")
	// It stays for the person to see, who puts it away.
	app.Until("the test's notification", `navigator.serviceWorker.getRegistration("/").then(r => r.getNotifications()).then(all => all.length === 1 && (globalThis.found = all.map(n => n.tag), all[0].close(), true))`)
	if tag := h.list(app, "found")[0]; topicOf(tag) != message.Topic {
		h.t.Errorf("the notification is of %q, and not of the test, whose topic is %s", tag, message.Topic)
	}
}

// journey is the whole way of a push: the app is closed, somebody signs in, the push service gets a message that it cannot
// read, the browser decrypts it and starts the service worker, which shows a notification and tells the server; the app that is
// opened then has the request, and a yes lets the person in. What was changed on the way never arrives.
func (h *pushed) journey(name string) {
	h.t.Helper()
	h.activate()

	desk := h.enters("/sign-in/wait")
	message := h.verdict(1, h.read)
	if message.Urgency != "high" || message.TTL > 3*time.Minute || message.TTL < 2*time.Minute {
		h.t.Errorf("the message is %q and lives %s", message.Urgency, message.TTL)
	}
	h.shows(message)
	h.reports(desk)

	app := h.open()
	app.Go(h.phone + "/")
	h.approve(app, desk, name)
	app.Until("no notification in the app that is looked at", shownTags+`.then(all => all.length === 0)`)
	h.tested(app, name)
	app.Close()

	// Of two requests that wait, the phone hears of one.
	h.service.Spoil(spoiled)
	elsewhere := h.enters("/sign-in/wait")
	if lost := h.verdict(3, h.unread); len(lost.Copies) != 4 {
		h.t.Fatalf("%d copies were sent", len(lost.Copies))
	}
	h.service.Spoil(nil)
	h.comesBack(desk)
	h.shows(h.verdict(4, h.read))
	h.reports(desk)
	if h.arrived(elsewhere) {
		h.t.Error("a message that was changed on its way has arrived")
	}
}

package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// shown is an account with five phones, each reached in another way.
func shown() nodkey.Details {
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	d := nodkey.Details{User: nodkey.User{Name: "mara", DisplayName: "Mara Lindqvist", CreatedAt: now}, Delivery: map[nodkey.KeyID]nodkey.KeyDelivery{}}
	add := func(id nodkey.KeyID, off bool, test *nodkey.PushTest, channels ...nodkey.PushChannel) {
		d.Keys = append(d.Keys, nodkey.Key{ID: id, State: nodkey.KeyActive, Phone: nodkey.Phone{Name: string(id)}})
		d.Delivery[id] = nodkey.KeyDelivery{CodesOff: off, Push: nodkey.PushState{Now: now, Channels: channels, Test: test}}
	}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	add("Well", false, &nodkey.PushTest{AskedAt: ago(3 * time.Hour), AcceptedAt: ago(3*time.Hour - 50*time.Millisecond), ReceivedAt: ago(3*time.Hour - 1234*time.Millisecond)},
		nodkey.PushChannel{Channel: "webpush", Service: "fcm.example", Since: ago(time.Hour), AcceptedAt: ago(time.Minute)},
		nodkey.PushChannel{Channel: "ntfy", Service: "ntfy:ntfy.example", Since: ago(time.Hour), AcceptedAt: ago(time.Minute)})
	add("Broken", true, &nodkey.PushTest{AskedAt: ago(12 * 24 * time.Hour), AcceptedAt: ago(12 * 24 * time.Hour)},
		nodkey.PushChannel{Channel: "webpush", Service: "fcm.example", Since: ago(time.Hour), RefusedAt: ago(time.Minute), Failing: true})
	add("Fresh", false, &nodkey.PushTest{AskedAt: ago(40 * time.Second)}, nodkey.PushChannel{Channel: "webhook", Service: "webhook", Since: ago(time.Hour)})
	add("Mute", false, nil)
	return d
}

func TestWhatTheDeskSeesOfAPhonesNotifications(t *testing.T) {
	var out strings.Builder
	if err := printDetails(&out, shown()); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	text := strings.Join(lines, "\n")
	at := func(d time.Duration) string { return day(shown().User.CreatedAt.Add(-d)) }
	for _, want := range []string{
		"Well webpush: fcm.example " + at(time.Hour) + " " + at(time.Minute) + " never good", "Well ntfy:ntfy.example " + at(time.Hour),
		"Broken webpush: fcm.example " + at(time.Hour) + " never " + at(time.Minute) + " failing: the phone should subscribe anew",
		"Fresh webhook " + at(time.Hour) + " never never not used yet", "Mute nothing: requests are seen once the app is opened",
		"Well " + at(3*time.Hour) + " 3 h arrived after 1.2s", "Broken " + at(12*24*time.Hour) + " 12 days sent, but the phone did not confirm it",
		"Fresh " + at(40*time.Second) + " 40 s not sent", "Mute never", "locked: too many wrong ones",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, " locked: too many wrong ones"); n != 1 {
		t.Errorf("codes are off for %d phones, want one", n)
	}
	raw, err := json.Marshal(detailsJSON(shown()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"codesOff":true`, `"service":"ntfy:ntfy.example"`, `"failing":true`, `"pushTest":null`, `"receivedAt":"2026-03-05T06:00:01.234Z"`, `"channels":[]`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("--json does not say %s: %s", want, raw)
		}
	}
}

func TestAnAgeIsInTheLargestUnitThatFits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 59 * time.Minute: "59 min", time.Hour: "1 h", 47 * time.Hour: "47 h", 48 * time.Hour: "2 days", 400 * 24 * time.Hour: "400 days",
	} {
		if got := inDays(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

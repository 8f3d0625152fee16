package demo

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

func english(t *testing.T) *i18n.Localizer {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	return texts.For("en")
}

func TestEveryActionThatHasALineHasItsSentence(t *testing.T) {
	say, mara := english(t), Person{Name: "mara", DisplayName: "Mara Lindqvist", Password: "bavo-kimu-tela-27"}
	for action := range sentences {
		for _, detail := range []string{"{}", `{"phone":"Pixel 8","left":1}`, `{"left":3}`} {
			l, ok := line(say, mara, nodkey.AuditRow{Seq: 7, Action: action, Detail: detail, UserID: "m"})
			if !ok || l.Text == "" || strings.HasPrefix(l.Text, "demo.log") || l.Seq != 7 {
				t.Errorf("%s %s gives %q", action, detail, l.Text)
			}
			if strings.Contains(l.Text, mara.Password) {
				t.Errorf("%s tells the password", action)
			}
		}
	}
}

func TestALineTellsHowAndWhy(t *testing.T) {
	say := english(t)
	for _, c := range []struct{ action, detail, piece string }{
		{"approval.approved", `{"factor":"pin","kind":"sign_in"}`, "PIN"},
		{"approval.approved", `{"factor":"biometric","kind":"sign_in"}`, "fingerprint or face"},
		{"approval.approved", `{"factor":"pin","kind":"test"}`, "nobody got in"},
		{"approval.approved", `{"factor":"pin","kind":"pin_check"}`, "nobody got in"},
		{"approval.approved", `{"factor":"biometric","kind":"messages_open"}`, "ten minutes"},
		{"approval.denied", `{"reason":"wrong_number"}`, "wrong number"},
		{"approval.denied", `{"reason":"not_me"}`, "not me"},
		{"approval.denied", `{"reason":"mistake"}`, "said no"},
		{"pin.wrong", `{"left":1}`, "1 try"},
		{"pin.wrong", `{"left":4}`, "4 tries"},
		{"key.activated", `{"phone":"Pixel 8"}`, "Pixel 8"},
		{"key.activated", `{`, "the phone"},
	} {
		l, ok := line(say, Person{DisplayName: "Mara"}, nodkey.AuditRow{Action: c.action, Detail: c.detail})
		if !ok || !strings.Contains(l.Text, c.piece) {
			t.Errorf("%s %s: %q lacks %q", c.action, c.detail, l.Text, c.piece)
		}
	}
}

func TestWhatHasNoSentenceIsNotShown(t *testing.T) {
	for _, action := range []string{"user.unlocked", "alarm.codes_guessed", "", "demo.log.denied"} {
		if l, ok := line(english(t), Person{}, nodkey.AuditRow{Action: action, Detail: "{}"}); ok {
			t.Errorf("%q gives %q", action, l.Text)
		}
	}
}

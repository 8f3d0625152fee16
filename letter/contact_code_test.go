package letter

import (
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// A code before the first phone says what it is for, and what it means that nobody asked for it: somebody knows the password.
func TestACodeBeforeTheFirstPhoneSaysWhatItMeans(t *testing.T) {
	texts := bundle(t)
	for lang, words := range map[string]string{"en": "knows your password", "de": "kennt jemand Ihr Passwort", "ja": "パスワードを知っていて"} {
		for purpose, first := range map[nodkey.ContactPurpose]bool{nodkey.ForAddress: false, nodkey.ForActivation: true} {
			l, err := writer().Code(texts.For(lang), nodkey.ContactCode{Code: "042917", For: purpose, Left: 10 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(l.Text, words) != first || strings.Count(l.Text, "\n042917\n") != 1 || strings.Contains(l.Subject, "042917") || strings.Contains(l.Text, "://") {
				t.Errorf("%s, for %s: %q\n%s", lang, purpose, l.Subject, l.Text)
			}
		}
		for _, operator := range []string{"Aldermere Savings", "安田銀行", ""} {
			sms := Texter{Portal: portalOfTests, Operator: operator}.Code(texts.For(lang), nodkey.ContactCode{Code: "042917", For: nodkey.ForActivation, Left: 10 * time.Minute})
			if sms.Parts != 1 || !strings.Contains(sms.Text, "042917") {
				t.Errorf("%s: %d parts\n%s", lang, sms.Parts, sms.Text)
			}
		}
	}
	sms := Texter{Portal: "http://portal.localhost"}.Code(texts.For("en"), nodkey.ContactCode{Code: "042917", For: nodkey.ForActivation, Left: 10 * time.Minute})
	if !strings.Contains(sms.Text, "Somebody knows your password") {
		t.Errorf("it says\n%s", sms.Text)
	}
}

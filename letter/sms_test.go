package letter

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

const (
	portalOfTests = "https://portal.aldermere.example"
	linkOfTests   = portalOfTests + "/messages/2026-0412"
)

func speakers(t *testing.T) *i18n.Bundle {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	return texts
}

func summaryFor(name, lang string, subject nodkey.SummarySubject) nodkey.Summary {
	return nodkey.Summary{Kind: nodkey.MessageTicket, Reason: nodkey.SummaryNew, Subject: subject, Reference: "2026-0412", FirstName: name, Language: lang, Path: "/messages/2026-0412"}
}

func TestASummaryInOneMessage(t *testing.T) {
	texts := speakers(t)
	for name, c := range map[string]struct {
		who     Texter
		s       nodkey.Summary
		text    string
		unicode bool
	}{
		"English": {Texter{portalOfTests, "Aldermere Savings"}, summaryFor("Mara", "en", nodkey.SubjectTicket),
			"Aldermere Savings:\nHello Mara.\nYou have a new message: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"an apostrophe that the catalogue sets": {Texter{portalOfTests, ""}, summaryFor("", "en", nodkey.SubjectSecurity),
			"A notice about your account's security: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"German, umlauts in the alphabet": {Texter{portalOfTests, "Sparkasse Überlingen"}, summaryFor("Jürgen", "de", nodkey.SubjectReply),
			"Sparkasse Überlingen:\nGuten Tag Jürgen.\nSie haben eine Antwort: 2026-0412\nZum Lesen anmelden:\n" + linkOfTests, false},
		"the greeting goes first": {Texter{portalOfTests, "Sparkasse Überlingen-Pfullendorf"}, summaryFor("Maximiliane", "de", nodkey.SubjectSecurity),
			"Sparkasse Überlingen-Pfullendorf:\nEin Hinweis zur Sicherheit Ihres Kontos: 2026-0412\nZum Lesen anmelden:\n" + linkOfTests, false},
		"then the advice": {Texter{portalOfTests, "Sparkasse Überlingen-Pfullendorf-Meßkirch"}, summaryFor("Maximiliane", "de", nodkey.SubjectSecurity),
			"Sparkasse Überlingen-Pfullendorf-Meßkirch:\nEin Hinweis zur Sicherheit Ihres Kontos: 2026-0412\n" + linkOfTests, false},
		"then the operator": {Texter{portalOfTests, strings.Repeat("Sparkasse ", 8)}, summaryFor("", "de", nodkey.SubjectSecurity),
			"Ein Hinweis zur Sicherheit Ihres Kontos: 2026-0412\nZum Lesen anmelden:\n" + linkOfTests, false},
		"a name outside the alphabet": {Texter{portalOfTests, "Aldermere Savings"}, summaryFor("Łukasz", "en", nodkey.SubjectTicket),
			"Aldermere Savings:\nYou have a new message: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"an emoji in the operator's name": {Texter{portalOfTests, "Aldermere 🏦"}, summaryFor("Mara", "en", nodkey.SubjectTicket),
			"Hello Mara.\nYou have a new message: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"a name that would be a link": {Texter{portalOfTests, ""}, summaryFor("evil.example", "en", nodkey.SubjectTicket),
			"You have a new message: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"a name that would be a line": {Texter{portalOfTests, ""}, summaryFor("Mara\n\u202eCall 0900", "en", nodkey.SubjectTicket),
			"Hello Mara Call 0900.\nYou have a new message: 2026-0412\nSign in to read it:\n" + linkOfTests, false},
		"Japanese": {Texter{portalOfTests, "Aldermere Savings"}, summaryFor("美咲", "ja", nodkey.SubjectReply),
			"美咲 様\n返信が届いています\n" + linkOfTests, true},
		"Japanese with room": {Texter{"https://p.example", "安田"}, summaryFor("美咲", "ja", nodkey.SubjectReply),
			"【安田】\n美咲 様\n返信が届いています（2026-0412）\n" + "https://p.example/messages/2026-0412", true},
		"Japanese with less": {Texter{"https://portal.aldermere-savings.example", "安田"}, summaryFor("美咲", "ja", nodkey.SubjectSecurity),
			"新着メッセージ\n" + "https://portal.aldermere-savings.example/messages/2026-0412", true},
	} {
		got := c.who.Summary(texts.For(c.s.Language), c.s)
		if got.Text != c.text || got.Unicode != c.unicode || got.Parts != 1 {
			t.Errorf("%s: %d parts, UCS-2 %t:\n%s", name, got.Parts, got.Unicode, got.Text)
		}
	}
}

// Every summary that there can be fits one message, from a portal whose name is not unusually long.
func TestEverySummaryFitsOneMessage(t *testing.T) {
	texts := speakers(t)
	for _, lang := range texts.Langs() {
		for _, subject := range nodkey.SummarySubjects() {
			for _, name := range []string{"", "Mara", "Łukasz", "美咲", "👩\u200d💻", strings.Repeat("Ä", 40)} {
				got := Texter{"https://portal.aldermere-savings.example", "Aldermere 🏦 Überlingen"}.Summary(texts.For(lang), summaryFor(name, lang, subject))
				if got.Parts != 1 || !strings.HasSuffix(got.Text, "\nhttps://portal.aldermere-savings.example/messages/2026-0412") || got.Unicode != (lang == "ja") {
					t.Errorf("%s, %s, %q: %d parts, UCS-2 %t:\n%s", lang, subject, name, got.Parts, got.Unicode, got.Text)
				}
			}
		}
	}
}

// How long a host may be that leaves a summary one message, as docs/sms.md says.
func TestTheLongestHostOfOneMessage(t *testing.T) {
	texts := speakers(t)
	for lang, most := range map[string]int{"en": 121, "de": 118, "ja": 35} {
		for n, parts := range map[int]int{most: 1, most + 1: 2} {
			host := strings.Repeat("p.", n/2) + strings.Repeat("q", n-n/2*2)
			got := Texter{"https://" + host, "Aldermere"}.Summary(texts.For(lang), summaryFor("Mara", lang, nodkey.SubjectSecurity))
			if got.Parts != parts {
				t.Errorf("%s, a host of %d characters: %d parts:\n%s", lang, n, got.Parts, got.Text)
			}
		}
	}
}

// Whatever the names: the link is whole and the only one, the reference is there, the counts are right, and nothing is left out for
// nothing: it takes no more messages than the barest text would.
func TestSummariesOfAnyNames(t *testing.T) {
	texts := speakers(t)
	hosts := rapid.StringMatching(`[a-z]([a-z0-9-]{0,50}[a-z0-9])?(\.[a-z]{2,12}){1,9}`)
	names := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zäöüß€\[\]’ŁŻ日本語😀\x{200d}\x{202e}./:@ \n]{0,90}`))
	rapid.Check(t, func(t *rapid.T) {
		who := Texter{Portal: "https://" + hosts.Draw(t, "host"), Operator: names.Draw(t, "operator")}
		lang := rapid.SampledFrom(texts.Langs()).Draw(t, "language")
		s := summaryFor(names.Draw(t, "name"), lang, rapid.SampledFrom(nodkey.SummarySubjects()).Draw(t, "subject"))
		got := who.Summary(texts.For(lang), s)
		link := who.Portal + s.Path
		if !strings.HasSuffix(got.Text, "\n"+link) || !strings.Contains(got.Text, s.Reference) {
			t.Fatalf("the link %s is not in\n%s", link, got.Text)
		}
		if before := strings.TrimSuffix(got.Text, link); !strings.Contains(who.Operator, "//") && strings.Contains(before, "//") {
			t.Fatalf("another link:\n%s", got.Text)
		}
		parts, unicode := Parts(got.Text)
		if len(parts) != got.Parts || unicode != got.Unicode {
			t.Fatalf("%d parts, UCS-2 %t, and it says %+v", len(parts), unicode, got)
		}
		barest, _ := Parts(texts.For(lang).T("mail.sms_new", nil) + "\n" + link)
		if got.Parts > len(barest) {
			t.Fatalf("%d parts where %d would do:\n%s", got.Parts, len(barest), got.Text)
		}
		if lines := strings.Count(got.Text, "\n") + 1; lines > 5 {
			t.Fatalf("%d lines:\n%s", lines, got.Text)
		}
	})
}

func TestACodeIsBoundToThePortal(t *testing.T) {
	texts := speakers(t)
	code := func(lang string, left time.Duration) nodkey.ContactCode {
		return nodkey.ContactCode{Channel: nodkey.SummarySMS, To: "+41795550142", Code: "042137", Language: lang, Left: left}
	}
	for name, c := range map[string]struct {
		who  Texter
		code nodkey.ContactCode
		text string
	}{
		"English": {Texter{portalOfTests, "Aldermere Savings"}, code("en", 10*time.Minute-time.Second),
			"Aldermere Savings:\nYour code: 042137\nIt is good for 10 minutes.\nNot asked for? Then ignore it, and give it to nobody.\n@portal.aldermere.example #042137"},
		"its last minute": {Texter{portalOfTests, ""}, code("en", 20*time.Second),
			"Your code: 042137\nIt is good for 1 minute.\nNot asked for? Then ignore it, and give it to nobody.\n@portal.aldermere.example #042137"},
		"German": {Texter{portalOfTests, "Sparkasse"}, code("de", 10*time.Minute),
			"Sparkasse:\nIhr Code: 042137\nEr gilt 10 Minuten.\nNicht angefordert? Dann ist nichts zu tun. Geben Sie ihn niemandem.\n@portal.aldermere.example #042137"},
		"Japanese": {Texter{portalOfTests, "安田銀行"}, code("ja", 10*time.Minute),
			"【安田銀行】\n確認コード：042137\n有効期間は10分です。\n@portal.aldermere.example #042137"},
		"a name that leaves no room for the last line": {Texter{"https://" + strings.Repeat("portal.", 8) + "example", "安田銀行"}, code("ja", 10*time.Minute),
			"【安田銀行】\n確認コード：042137\n有効期間は10分です。\nお心当たりがない場合は無視し、誰にも教えないでください。"},
		"no name of its own": {Texter{"https://127.0.0.1:8080", ""}, code("ja", 10*time.Minute), "確認コード：042137\n有効期間は10分です。\nお心当たりがない場合は無視し、誰にも教えないでください。"},
		"a port of its own":  {Texter{"https://portal.example:8443", ""}, code("ja", 10*time.Minute), "確認コード：042137\n有効期間は10分です。\nお心当たりがない場合は無視し、誰にも教えないでください。"},
		"an address":         {Texter{"https://192.0.2.7", ""}, code("ja", 10*time.Minute), "確認コード：042137\n有効期間は10分です。\nお心当たりがない場合は無視し、誰にも教えないでください。"},
		"no https":           {Texter{"http://portal.localhost", ""}, code("ja", 10*time.Minute), "確認コード：042137\n有効期間は10分です。\nお心当たりがない場合は無視し、誰にも教えないでください。"},
	} {
		got := c.who.Code(texts.For(c.code.Language), c.code)
		if got.Text != c.text || got.Parts != 1 || got.Unicode != (c.code.Language == "ja") {
			t.Errorf("%s: %d parts, UCS-2 %t:\n%s", name, got.Parts, got.Unicode, got.Text)
		}
		if strings.Contains(got.Text, c.code.To) {
			t.Errorf("%s: the number stands in\n%s", name, got.Text)
		}
	}
}

// Whoever gets a code for a first phone that they did not ask for has to know what it means, whatever else has room.
func TestACodeForAFirstPhoneSaysWhatItMeans(t *testing.T) {
	texts := speakers(t)
	for lang, want := range map[string]string{
		"en": "Aldermere:\nYour code: 042137\nIt is good for 10 minutes.\nNot asked for? Somebody knows your password: call the service desk.\n@portal.aldermere.example #042137",
		"de": "Aldermere:\nIhr Code: 042137\nEr gilt 10 Minuten.\nNicht angefordert? Dann kennt jemand Ihr Passwort. Rufen Sie den Service an.\n@portal.aldermere.example #042137",
		"ja": "【Aldermere】\n確認コード：042137\nお心当たりがない場合はパスワードが知られています。サービスデスクへご連絡ください。",
	} {
		got := Texter{portalOfTests, "Aldermere"}.Code(texts.For(lang), nodkey.ContactCode{Code: "042137", For: nodkey.ForActivation, Left: 10 * time.Minute})
		if got.Text != want || got.Parts != 1 {
			t.Errorf("%s: %d parts:\n%s", lang, got.Parts, got.Text)
		}
	}
}

func TestATestTextIsInTheCodingThatItTests(t *testing.T) {
	texts := speakers(t)
	for _, lang := range []string{"en", "de"} { // a sentence in Japanese is in UCS-2 in any case
		for _, unicode := range []bool{false, true} {
			got := Texter{portalOfTests, "Aldermere"}.Test(texts.For(lang), unicode)
			if got.Unicode != unicode || got.Parts > 2 || !strings.Contains(got.Text, "Ä") {
				t.Errorf("%s: %+v", lang, got)
			}
		}
	}
}

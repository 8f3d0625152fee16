package test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// How many numbered steps each guide of the reference has. Those of B have two ways in, 1a and 1b, besides.
var stepCounts = map[string]int{"A1": 9, "A2": 11, "A3": 9, "A4": 11, "B1": 6, "B2": 8, "B3": 6, "B4": 8, "M": 7}

// perform does what a row says and finds fault with a screen that does not show what it should.
type perform func(*walk)

// performers are those of both systems, and of the portal.
func performers(t *testing.T) map[string]perform {
	t.Helper()
	all := map[string]perform{}
	for _, system := range []map[string]perform{onAndroid, onIPhone, inPortal} {
		for key, p := range system {
			if all[key] != nil {
				t.Errorf("%s is performed twice", key)
			}
			all[key] = p
		}
	}
	return all
}

func (r row) key() string { return r.guide + "/" + r.step }

// waysOf are the ways along a guide: one, or by 1a and by 1b.
func waysOf(guide string) []string {
	if strings.HasPrefix(guide, "B") {
		return []string{"1a", "1b"}
	}
	return []string{""}
}

// rowsOf are a guide's rows in the order in which they are walked; 1b leaves step 2 out, as the guides do.
func rowsOf(guide, way string) (walked []row) {
	for _, r := range rows {
		switch {
		case r.guide != guide:
		case way != "" && (r.step == "1a" || r.step == "1b") && r.step != way:
		case way == "1b" && r.step == "2":
		default:
			walked = append(walked, r)
		}
	}
	return walked
}

func TestTheGuidesTableIsWhole(t *testing.T) {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, r := range rows {
		if seen[r.key()] {
			t.Errorf("%s stands in the table twice", r.key())
		}
		seen[r.key()] = true
		if r.does == "" {
			t.Errorf("%s has no words", r.key())
		}
		if r.step != "1a" && r.step != "1b" {
			counts[r.guide]++
		}
		if performers(t)[r.key()] == nil {
			t.Errorf("nothing performs %s: %s", r.key(), r.does)
		}
	}
	for key := range performers(t) {
		if !seen[key] {
			t.Errorf("%s is performed, but is no row of the table", key)
		}
	}
	for guide, want := range stepCounts {
		if counts[guide] != want {
			t.Errorf("%s has %d steps, want %d", guide, counts[guide], want)
		}
		for n := range want {
			if key := fmt.Sprintf("%s/%d", guide, n+1); !seen[key] {
				t.Errorf("%s is missing", key)
			}
		}
		if strings.HasPrefix(guide, "B") && (!seen[guide+"/1a"] || !seen[guide+"/1b"]) {
			t.Errorf("%s has not both ways in", guide)
		}
	}
	if len(counts) != len(stepCounts) {
		t.Errorf("the table has %d guides, want %d", len(counts), len(stepCounts))
	}
}

func TestAFurtherUserIsAddedByBothWaysIn(t *testing.T) {
	for guide, steps := range stepCounts {
		if guide[0] != 'B' {
			continue
		}
		// By Services all steps and 1a; by More 1b instead, and no step 2.
		if a, b := len(rowsOf(guide, "1a")), len(rowsOf(guide, "1b")); a != steps+1 || b != steps {
			t.Errorf("%s is walked in %d steps by 1a and %d by 1b", guide, a, b)
		}
	}
}

// TestEveryGuideIsWalkedInEveryLanguage takes every step of the table in a real browser, in every language, with a picture of
// what the person then sees in build/guides. Both kinds of phone are Chromium: it poses as Chrome on Android, and as Safari on
// an iPhone (name, touch screen, no client hints), also opened from the home screen; what the real engine of iPhones makes of
// the app is TestThePhoneAppRunsInWebKit's matter.
func TestEveryGuideIsWalkedInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	running(t) // before the languages want it at the same time
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	for _, lang := range texts.Langs() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel() // a server and people of its own
			place := &place{t: t, server: serve(t, waysOut()), lang: lang, text: texts.For(lang), owned: map[bool]*browser.Tab{}}
			for _, guide := range slices.Sorted(maps.Keys(stepCounts)) {
				for _, way := range waysOf(guide) {
					t.Run(guide+way, func(t *testing.T) { place.walk(t, guide, way) })
				}
			}
		})
	}
}

// place is a server, where people of one language walk the guides.
type place struct {
	t      *testing.T
	server *server
	lang   string
	text   *i18n.Localizer
	owned  map[bool]*browser.Tab // phones where somebody is active already; true: an iPhone
}

// guidePeople are those who walk the guides.
var guidePeople = map[string]string{"en": "Mara Lindqvist", "de": "Jonas Weiß", "ja": "佐藤 美咲"}

const guidePassword = "quiet-otter-lantern"

// walk is one person's way along one guide.
type walk struct {
	*place
	t         *testing.T
	guide     string
	iPhone    bool
	who, name string // as shown, and the user name
	desk      *browser.Tab
	phone     *browser.Tab // what the person holds: the browser, then the opened app
	step      string
	seen      *browser.Tab // what the picture of the step shows; nil: the phone
	link      string       // what the phone's own camera read
	let       func()       // lets others use camera and clipboard again
}

// walk walks a guide, each step with its picture.
func (p *place) walk(t *testing.T, guide, way string) {
	w := &walk{place: p, t: t, guide: guide, iPhone: strings.HasSuffix(guide, "3") || strings.HasSuffix(guide, "4"), who: guidePeople[p.lang], name: strings.ToLower(guide) + way, let: func() {}}
	t.Cleanup(func() { w.let() })
	p.server.addUser(w.name, w.who, guidePassword)
	w.desk = open(t, "portal", browser.Desktop)
	w.desk.Speak(p.lang)
	for _, r := range rowsOf(guide, way) {
		w.seen, w.step = nil, r.step
		performers(t)[r.key()](w)
		w.picture(r)
	}
	if w.phone.Has("[data-error]") {
		t.Error("a fault is left on the screen")
	}
	if guide != "M" {
		w.desk.Wait("#activated") // the portal has moved on by itself
	}
}

// picture keeps what the person sees after a step: a small phone's screen, or the portal on a desk.
func (w *walk) picture(r row) {
	w.t.Helper()
	tab := w.seen
	if tab == nil {
		tab = w.phone
	}
	w.keep(tab, r.step)
}

// also keeps a screen that is passed within a step.
func (w *walk) also(name string) {
	w.t.Helper()
	w.keep(w.phone, w.step+"-"+name)
}

func (w *walk) keep(tab *browser.Tab, name string) {
	w.t.Helper()
	file := filepath.Join(running(w.t).Root(), "build", "guides", w.lang, w.guide+"-"+name+".png")
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	tab.Photograph(file)
	if info, err := os.Stat(file); err != nil || info.Size() < 5_000 {
		w.t.Errorf("%s-%s has no picture: %v", w.guide, name, err)
	}
}

// guidePhone is the phone of the guides.
var guidePhone = browser.Device{Width: 360, Height: 740, Phone: true}

// device is a phone of the guide's kind.
func (w *walk) device() browser.Device {
	d := guidePhone
	d.IPhone = w.iPhone
	return d
}

// hands is held by whoever uses what all devices of one Chromium share: the film before the cameras, and the clipboard.
var hands sync.Mutex

// reach takes camera and clipboard until let is called.
func (w *walk) reach() {
	hands.Lock()
	w.let = sync.OnceFunc(hands.Unlock)
}

// says waits until an element says a sentence of the catalogues, in the language of the walk; args are pairs of placeholder
// and value.
func (w *walk) says(selector, key string, args ...string) {
	w.t.Helper()
	w.saysOn(w.phone, selector, key, args...)
}

func (w *walk) saysOn(tab *browser.Tab, selector, key string, args ...string) {
	w.t.Helper()
	values := map[string]any{}
	for i := 0; i < len(args); i += 2 {
		values[args[i]] = args[i+1]
	}
	tab.Says(selector, strings.Join(strings.Fields(strings.ReplaceAll(w.text.T(key, values), "**", "")), " "))
}

// on waits for a screen of the phone, in the language of the walk.
func (w *walk) on(screen string) {
	w.t.Helper()
	w.phone.Wait("[data-screen=" + screen + "]")
	if got := w.phone.Attribute("html", "lang"); got != w.lang {
		w.t.Errorf("%s is in %q, want %q", screen, got, w.lang)
	}
}

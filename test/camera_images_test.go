package test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/nodkeytest/film"
)

// The pictures of the test and of the benchmark.
const (
	filmSeed      = 20261122
	filmPictures  = 200
	filmReadAtAll = 0.95 // at least
)

// picture is one shot, developed.
type picture struct {
	film.Shot
	png   []byte
	pitch float64 // of the smallest module, in pixels
}

// pictures are the same ones for every test of the package.
var pictures = sync.OnceValues(func() ([]picture, error) {
	shots, err := film.Shots(filmSeed, filmPictures)
	if err != nil {
		return nil, err
	}
	all, faults := make([]picture, len(shots)), make([]error, len(shots))
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for i, shot := range shots {
		done.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			grey, pitch, err := shot.Develop()
			var out bytes.Buffer
			if err == nil {
				err = png.Encode(&out, grey)
			}
			all[i], faults[i] = picture{shot, out.Bytes(), pitch}, err
		})
	}
	done.Wait()
	return all, errors.Join(faults...)
})

// chunk is the address of a piece of the built phone app, by the beginning of its name.
func chunk(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "phoneapp", "dist", "precache.json"))
	if err != nil {
		t.Fatal(err)
	}
	var built struct{ Paths []string }
	if err := json.Unmarshal(raw, &built); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(built.Paths, func(path string) bool { return strings.HasPrefix(path, "/assets/"+name+"-") })
	if at < 0 {
		t.Fatalf("the built phone app has no %s", name)
	}
	return built.Paths[at]
}

// reading is what the scanner made of a picture.
type reading struct {
	Text         *string // nil when it saw no code
	Milliseconds float64
}

// scanner opens the running phone app and gives its own scanner, to read pictures with. The app's page and its security
// policy are those that people get.
func scanner(t testing.TB, phone *browser.Tab, origin string) func(p picture) reading {
	t.Helper()
	phone.Go(origin + "/")
	phone.Wait("[data-screen=first]")
	browser.Eval[bool](phone, `import("`+chunk(t, "scan")+`").then(module => { globalThis.scanFrom = module.scanFrom; return true; })`)
	return func(p picture) reading {
		return browser.Eval[reading](phone, `(async () => {
  const bytes = Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(p.png)+`"), c => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const from = performance.now();
  const text = await globalThis.scanFrom(bitmap);
  return {Text: text ?? null, Milliseconds: performance.now() - from};
})()`)
	}
}

// 200 pictures of activation links as cameras take them, read by the very scanner that the phone app loads. Those that it
// does not read are in build/camera.
func TestTheScannerReadsWhatCamerasSee(t *testing.T) {
	all, err := pictures()
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil)
	read := scanner(t, open(t, "phone", browser.Handset), s.phone)
	folder := filepath.Join(running(t).Root(), "build", "camera")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, p := range all {
		if p.pitch < film.MinPitch-0.01 {
			t.Errorf("%v: only %.2f pixels a module", p.Shot, p.pitch)
		}
		got := read(p)
		if got.Text != nil && *got.Text == p.Link {
			count++
			continue
		}
		if got.Text != nil {
			t.Errorf("%v was read wrongly:\n got %s\nwant %s", p.Shot, *got.Text, p.Link)
		} else {
			t.Logf("not read: %v", p.Shot)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d.png", p.Number)), p.png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d pictures read", count, len(all))
	if share := float64(count) / float64(len(all)); share < filmReadAtAll {
		t.Errorf("%.1f %% of the pictures are read, want %.0f %% or more", 100*share, 100*filmReadAtAll)
	}
	// A picture without a code has no text: a scanner that always finds something would pass until here.
	blank := all[0]
	blank.Link, blank.png = "", grey(t)
	if got := read(blank); got.Text != nil {
		t.Errorf("a grey wall says %q", *got.Text)
	}
}

// BenchmarkCamera tells what docs/bench.md says of the camera: how many of the pictures are read, how long one takes, and
// how long it takes from opening the scan screen to the offer.
func BenchmarkCamera(b *testing.B) {
	all, err := pictures()
	if err != nil {
		b.Fatal(err)
	}
	chrome, err := chromium()
	if err != nil {
		b.Fatal(err)
	}
	s := serve(b, nil)
	phone := chrome.Open(b, "phone", browser.Handset)
	read := scanner(b, phone, s.phone)
	read(all[0]) // loads the reader
	b.ResetTimer()
	for b.Loop() {
		count, times := 0, make([]float64, 0, len(all))
		for _, p := range all {
			got := read(p)
			if got.Text != nil && *got.Text == p.Link {
				count++
			}
			times = append(times, got.Milliseconds)
		}
		slices.Sort(times)
		b.ReportMetric(float64(count), "read/"+fmt.Sprint(len(all)))
		b.ReportMetric(times[len(times)/2], "median-ms/picture")
		b.ReportMetric(times[len(times)*95/100], "p95-ms/picture")
	}
	b.StopTimer()
	b.ReportMetric(firstRead(b, s, chrome).Seconds()*1000, "first-read-ms")
}

// firstRead is how long it takes from the touch that opens the scan screen to the offer, by the portal's own picture before
// the camera; the median of several.
func firstRead(b *testing.B, s *server, chrome *browser.Browser) time.Duration {
	b.Helper()
	s.addUser(maraName, "Mara Lindqvist", maraPassword)
	desk := chrome.Open(b, "portal", browser.Desktop)
	desk.SignIn(s.portal, maraName, maraPassword)
	desk.Wait("#activation[data-state=offer]")
	chrome.ShowCamera(desk, "#qr")
	defer chrome.CloseCamera(desk)
	const rounds = 9
	took := make([]time.Duration, rounds)
	for i := range took {
		phone := chrome.Open(b, "phone", browser.Handset)
		phone.Allow("camera", s.phone, true)
		phone.Go(s.phone + "/")
		phone.Click("#register")
		phone.Wait("[data-screen=code]")
		milliseconds := browser.Eval[float64](phone, `new Promise(done => {
  const from = performance.now();
  const look = new MutationObserver(() => {
    if (document.querySelector("[data-screen=offer]") === null) return;
    look.disconnect();
    done(performance.now() - from);
  });
  look.observe(document.body, {subtree: true, childList: true, attributes: true});
  document.getElementById("scan").click();
})`)
		took[i] = time.Duration(milliseconds * float64(time.Millisecond))
		phone.Click("#not-me")
	}
	slices.Sort(took)
	return took[rounds/2]
}

// grey is a picture of nothing.
func grey(t testing.TB) []byte {
	t.Helper()
	wall := image.NewGray(image.Rect(0, 0, film.Width, film.Height))
	for i := range wall.Pix {
		wall.Pix[i] = 160
	}
	var out bytes.Buffer
	if err := png.Encode(&out, wall); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

package film

import (
	"bytes"
	"math"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

func TestShotsTakeTheWholeOfEveryRange(t *testing.T) {
	shots, err := Shots(7, 200)
	if err != nil {
		t.Fatal(err)
	}
	type ends struct{ low, high float64 }
	found := map[string]*ends{}
	note := func(name string, v float64) {
		if found[name] == nil {
			found[name] = &ends{v, v}
		}
		found[name].low, found[name].high = min(found[name].low, v), max(found[name].high, v)
	}
	links, inverted, lights := map[string]bool{}, 0, map[Light]int{}
	for _, s := range shots {
		note("turn", s.Turn)
		note("tilt", s.Tilt)
		note("pitch", s.Pitch)
		note("blur", s.Blur)
		note("contrast", s.Contrast)
		links[s.Link] = true
		lights[s.Light]++
		if s.Inverted {
			inverted++
		}
		if _, _, _, err := wire.ParseActivationLink(s.Link); err != nil {
			t.Errorf("%s is no activation link: %v", s.Link, err)
		}
	}
	for name, want := range map[string]ends{
		"turn": {0, 360}, "tilt": {0, MaxTilt}, "pitch": {MinPitch, maxPitch}, "blur": {0, MaxBlur}, "contrast": {MinContrast, maxContrast},
	} {
		if got := *found[name]; math.Abs(got.low-want.low) > 1e-9 || math.Abs(got.high-want.high) > 1e-9 {
			t.Errorf("%s goes from %v to %v, want %v to %v", name, got.low, got.high, want.low, want.high)
		}
	}
	if len(links) != 200 || inverted != 100 || lights[Even] != 50 || lights[Spot] != 50 {
		t.Errorf("%d links, %d inverted, lights %v", len(links), inverted, lights)
	}
}

func TestTheSameSeedGivesTheSamePictures(t *testing.T) {
	once, err := Shots(7, 3)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Shots(7, 3)
	other, _ := Shots(8, 3)
	if once[2] != again[2] || once[2] == other[2] {
		t.Fatal("shots do not follow their seed")
	}
	a, _, err := once[2].Develop()
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ := again[2].Develop()
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same shot is developed differently")
	}
}

// What a shot promises is measured in its picture.
func TestAPictureIsWhatItsShotSays(t *testing.T) {
	shots, err := Shots(7, 40)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shots {
		modules, err := Modules(s.Link)
		if err != nil {
			t.Fatal(err)
		}
		half := float64(len(modules)) / 2
		p := stand(s, len(modules))
		if pitch := p.smallest(half); pitch < MinPitch-0.01 || pitch > s.Pitch+0.01 {
			t.Errorf("%v: the smallest module has %.2f pixels", s, pitch)
		}
		for _, corner := range corners(half) {
			x, y := p.project(corner[0], corner[1])
			x, y = x+p.shift[0], y+p.shift[1]
			if math.Abs(x) > Width/2 || math.Abs(y) > Height/2 {
				t.Errorf("%v: a corner is outside the picture, at %.0f, %.0f", s, x, y)
			}
			if u, v, ok := p.unproject(x, y); !ok || math.Hypot(u-corner[0], v-corner[1]) > 1e-6 {
				t.Errorf("%v: the way back from the picture leads to %.2f, %.2f", s, u, v)
			}
		}
		if got := math.Acos(p.right[0]*p.down[1]-p.right[1]*p.down[0]) * 180 / math.Pi; math.Abs(got-s.Tilt) > 1e-4 {
			t.Errorf("%v: the plane is tilted by %.2f°", s, got)
		}
	}
	plain := Shot{Link: shots[0].Link, Pitch: 8, Contrast: 2, Light: Even, At: [2]float64{0.5, 0.5}}
	picture, _, err := plain.Develop()
	if err != nil {
		t.Fatal(err)
	}
	modules, _ := Modules(plain.Link)
	p := stand(plain, len(modules))
	shade := func(module float64) float64 { // of the diagonal's module, in linear light
		at := module + 0.5 - float64(len(modules))/2
		x, y := p.project(at, at)
		v := float64(picture.GrayAt(int(x+p.shift[0])+Width/2, int(y+p.shift[1])+Height/2).Y) / 255
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	if got := shade(-2) / shade(0); math.Abs(got-2) > 0.1 {
		t.Errorf("quiet zone to finder pattern is %.2f:1, want 2:1", got)
	}
}

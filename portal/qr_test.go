package portal

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey/nodkeytest/film"
)

// The camera tests stand or fall with it: what they hold before a camera is what the portal shows.
func TestTheCodeOfTheCameraTestsIsThePortalsOwn(t *testing.T) {
	shots, err := film.Shots(1, 12)
	if err != nil {
		t.Fatal(err)
	}
	for _, shot := range shots {
		drawn, err := drawQR(shot.Link, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(drawn))
		if err != nil {
			t.Fatal(err)
		}
		modules, err := film.Modules(shot.Link)
		if err != nil {
			t.Fatal(err)
		}
		if want := (len(modules) + 2*qrQuiet) * qrModule; picture.Bounds().Dx() != want {
			t.Fatalf("the portal's picture is %d pixels wide, want %d", picture.Bounds().Dx(), want)
		}
		for y, row := range modules {
			for x, dark := range row {
				r, _, _, _ := picture.At((x+qrQuiet)*qrModule+qrModule/2, (y+qrQuiet)*qrModule+qrModule/2).RGBA()
				if (r < 0x8000) != dark {
					t.Fatalf("%s: module %d in row %d is dark: %v", shot.Link, x, y, dark)
				}
			}
		}
	}
}

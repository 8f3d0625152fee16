package browser

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/png" // what screenshots are
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// The camera's film: YUV 4:2:0, one frame over and over (https://wiki.multimedia.cx/index.php/YUV4MPEG2).
const filmWidth, filmHeight = 640, 480

func (b *Browser) camera() string { return filepath.Join(b.dir, "camera.y4m") }

// ShowCamera puts a picture of an element of a page before every device's camera.
func (b *Browser) ShowCamera(from *Tab, selector string) {
	from.t.Helper()
	from.Wait(selector)
	from.Until("the picture", "document.querySelector("+quote(selector)+").complete")
	shot, err := chromedp.Run(from.ctx, chromedp.ScreenshotScale(chromedp.CSS(selector), 2))
	if err != nil {
		from.fail("picture of %s: %v", selector, err)
	}
	picture, _, err := image.Decode(bytes.NewReader(shot))
	if err != nil {
		from.t.Fatal(err)
	}
	if err := b.showCamera(picture); err != nil {
		from.t.Fatal(err)
	}
}

// CloseCamera lets every camera see nothing but grey.
func (b *Browser) CloseCamera(tab *Tab) {
	tab.t.Helper()
	if err := b.showCamera(nil); err != nil {
		tab.t.Fatal(err)
	}
}

// showCamera writes the film: the picture in the middle of a grey wall, or the wall alone.
func (b *Browser) showCamera(picture image.Image) error {
	luma := bytes.Repeat([]byte{160}, filmWidth*filmHeight)
	if picture != nil {
		size := picture.Bounds().Size()
		if size.X > filmWidth || size.Y > filmHeight {
			return fmt.Errorf("a picture of %d × %d does not fit before the camera", size.X, size.Y)
		}
		left, top := (filmWidth-size.X)/2, (filmHeight-size.Y)/2
		for y := range size.Y {
			for x := range size.X {
				grey := color.GrayModel.Convert(picture.At(picture.Bounds().Min.X+x, picture.Bounds().Min.Y+y)).(color.Gray)
				luma[(top+y)*filmWidth+left+x] = 16 + byte(int(grey.Y)*219/255) // studio range
			}
		}
	}
	var film bytes.Buffer
	fmt.Fprintf(&film, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n", filmWidth, filmHeight)
	film.WriteString("FRAME\n")
	film.Write(luma)
	film.Write(bytes.Repeat([]byte{128}, filmWidth*filmHeight/2))
	// In place and always as long: a camera that is open goes on with the new picture.
	file, err := os.OpenFile(b.camera(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(film.Bytes(), 0)
	return errors.Join(err, file.Close())
}

package portal

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// qrModule is how many pixels a module of the picture has; 4 modules around it stay white (ISO/IEC 18004 §5.3.8).
const (
	qrModule = 8
	qrQuiet  = 4
)

// showQR answers with the picture of a QR code.
func (d *Door) showQR(x *exchange, text string, level qr.ErrorCorrectionLevel) error {
	picture, err := drawQR(text, level)
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "image/png")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = x.w.Write(picture) // the browser may be gone
	return nil
}

// drawQR makes a PNG of a QR code with its quiet zone.
func drawQR(text string, level qr.ErrorCorrectionLevel) ([]byte, error) {
	code, err := qr.Encode(text, level, qr.Auto)
	if err != nil {
		return nil, err
	}
	modules := code.Bounds().Dx()
	scaled, err := barcode.Scale(code, modules*qrModule, modules*qrModule)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, withQuietZone(scaled, qrQuiet*qrModule)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// withQuietZone puts a picture on white paper with a margin of so many pixels, in two colours.
func withQuietZone(code image.Image, margin int) image.Image {
	size := code.Bounds().Size()
	paper := image.NewPaletted(image.Rect(0, 0, size.X+2*margin, size.Y+2*margin), color.Palette{color.White, color.Black})
	draw.Draw(paper, code.Bounds().Sub(code.Bounds().Min).Add(image.Pt(margin, margin)), code, code.Bounds().Min, draw.Src)
	return paper
}

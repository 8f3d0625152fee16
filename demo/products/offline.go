package products

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// offer is what a door gives for a phone without a connection: six digits where there is no text to agree to, and in any case the
// statement, which the phone can scan.
type offer struct {
	Digits    string `json:"digits"`
	Statement string `json:"statement"`
}

// offline asks a door for an offer or, with a code, hands over what the phone answered; false where there is none, or it was not
// taken.
type offline func(code string) (offer, bool)

// turnedTo is what the page sends when the person says that the phone has no connection.
const turnedTo = "code"

// typedOffline handles what was typed while a request waits: the turn to a code, or the code itself.
func (t *talk) typedOffline(typed string, ask offline) (ok bool) {
	if t.look().Picture == nil {
		if typed != turnedTo {
			return true // from a page of before
		}
		made, ok := ask("")
		if !ok {
			return false
		}
		picture, err := draft(made.Statement)
		if err != nil {
			t.answered(err.Error())
			return false
		}
		t.change(func(s *Shown) {
			s.Number, s.MayCode, s.Wants, s.Digits, s.Picture = "", false, true, made.Digits, picture
		})
		return true
	}
	t.change(func(s *Shown) { s.Wants, s.Wrong = false, false })
	_, taken := ask(typed)
	t.change(func(s *Shown) { s.Wants, s.Wrong = !taken, !taken }) // after a right one the end comes by itself
	return true
}

// qrModule and qrQuiet are the pixels of a module, and the modules around that stay white (ISO/IEC 18004 §5.3.8).
const (
	qrModule = 8
	qrQuiet  = 4
)

// draft draws a statement for the phone to scan.
func draft(statement string) ([]byte, error) {
	code, err := qr.Encode(statement, qr.L, qr.Auto)
	if err != nil {
		return nil, err
	}
	side := code.Bounds().Dx() * qrModule
	scaled, err := barcode.Scale(code, side, side)
	if err != nil {
		return nil, err
	}
	margin := qrQuiet * qrModule
	paper := image.NewPaletted(image.Rect(0, 0, side+2*margin, side+2*margin), color.Palette{color.White, color.Black})
	draw.Draw(paper, image.Rect(margin, margin, margin+side, margin+side), scaled, image.Point{}, draw.Src)
	var out bytes.Buffer
	err = png.Encode(&out, paper)
	return out.Bytes(), err
}

// next takes what the person types until something else has come, whose value it gives; ok is false when the talk has to end.
func next[T any](ctx context.Context, t *talk, came <-chan T, ask offline) (value T, ok bool) {
	for {
		select {
		case value, ok = <-came:
			return value, ok
		case typed := <-t.answers:
			if !t.typedOffline(typed, ask) {
				return value, false
			}
		case <-ctx.Done():
			return value, false
		}
	}
}

package portal

import (
	"image"
	"image/color"
	"image/draw"
)

// withQuietZone puts a picture on white paper with a margin of so many pixels, in two colours.
func withQuietZone(code image.Image, margin int) image.Image {
	size := code.Bounds().Size()
	paper := image.NewPaletted(image.Rect(0, 0, size.X+2*margin, size.Y+2*margin), color.Palette{color.White, color.Black})
	draw.Draw(paper, code.Bounds().Sub(code.Bounds().Min).Add(image.Pt(margin, margin)), code, code.Bounds().Min, draw.Src)
	return paper
}

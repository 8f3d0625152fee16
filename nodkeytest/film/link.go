package film

import (
	"io"
	"math/rand/v2"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey/wire"
)

// origins are phone apps' addresses from short to long, which make codes of several sizes.
var origins = []string{
	"https://p.alder.example", "https://phone.nodkey.localhost:8443", "https://phone.aldermere.example",
	"https://nodkey.branch-office.aldermere-savings.example",
}

// link makes an activation link (docs/protocol.md §4.1) from nothing but the source of random numbers.
func link(random *rand.Rand, source io.Reader) (string, error) {
	code, err := wire.NewCode(source)
	if err != nil {
		return "", err
	}
	key := make([]byte, 65) // only its fingerprint is in the link
	if _, err := io.ReadFull(source, key); err != nil {
		return "", err
	}
	return wire.ActivationLink(origins[random.IntN(len(origins))], code, key), nil
}

// Modules are the dark modules of a text's QR code as the portal draws it, without the quiet zone: [row][column].
func Modules(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	size := code.Bounds().Size()
	rows := make([][]bool, size.Y)
	for y := range rows {
		rows[y] = make([]bool, size.X)
		for x := range rows[y] {
			r, _, _, _ := code.At(code.Bounds().Min.X+x, code.Bounds().Min.Y+y).RGBA()
			rows[y][x] = r < 0x8000
		}
	}
	return rows, nil
}

package web

import (
	"crypto/sha256"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Seal draws the guilloche of a server: an SVG of two bands of waves whose
// counts come from the SHA-256 of the server's public key (DER,
// SubjectPublicKeyInfo). The same key always gives the same bytes; the
// TypeScript twin is web/design/seal.ts, the shared vector testdata/seal.json.
//
// It is for recognition only and proves nothing, so it is hidden from
// readers. It uses the ids seal-outer and seal-inner, hence stands once a
// page, and takes its colour from the text around it.
func Seal(publicKeyDER []byte) template.HTML {
	sum := sha256.Sum256(publicKeyDER)
	outer := 9 + int(sum[0]%6)
	inner := outer - 2 - int(sum[1]%3)
	copies := 8 + int(sum[2]%5)

	var b strings.Builder
	b.WriteString(`<svg viewBox="0 0 200 200" aria-hidden="true" fill="none" stroke="currentColor" stroke-width=".85">`)
	b.WriteString(`<defs>`)
	writeBand(&b, "seal-outer", outer, 78, 14.5)
	writeBand(&b, "seal-inner", inner, 52, 8.5)
	b.WriteString(`</defs>`)
	b.WriteString(`<g opacity=".34"><circle cx="100" cy="100" r="97" vector-effect="non-scaling-stroke"/><circle cx="100" cy="100" r="94.5" vector-effect="non-scaling-stroke"/>`)
	writeTurns(&b, "seal-outer", outer, copies)
	b.WriteString(`</g><g opacity=".26">`)
	writeTurns(&b, "seal-inner", inner, copies)
	b.WriteString(`</g></svg>`)
	return template.HTML(b.String()) //nolint:gosec // digits and fixed markup only
}

// pointsPerWave is how finely a band's curve is drawn.
const pointsPerWave = 30

// writeBand writes one closed curve of n waves around the radius:
// r(θ) = R + A·cos nθ + 0.32·A·cos(2nθ + 1), centred on (100, 100).
func writeBand(b *strings.Builder, id string, n int, radius, swing float64) {
	b.WriteString(`<path id="` + id + `" vector-effect="non-scaling-stroke" d="`)
	for i := range n * pointsPerWave {
		theta := 2 * math.Pi * float64(i) / float64(n*pointsPerWave)
		wave := float64(n) * theta
		r := radius + swing*math.Cos(wave) + 0.32*swing*math.Cos(2*wave+1)
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(decimal(100+r*math.Cos(theta), 10))
		b.WriteByte(' ')
		b.WriteString(decimal(100+r*math.Sin(theta), 10))
	}
	b.WriteString(`Z"/>`)
}

// writeTurns draws a band k times, each turned by one k-th of a wave.
func writeTurns(b *strings.Builder, id string, n, k int) {
	for i := range k {
		angle := 360 * float64(i) / float64(n*k)
		b.WriteString(`<use href="#` + id + `" transform="rotate(` + decimal(angle, 1000) + ` 100 100)"/>`)
	}
}

// decimal prints a number that is not negative, rounded half up to one unit
// in scale, without trailing zeros; integer arithmetic keeps both languages alike.
func decimal(v float64, scale int) string {
	units := int(math.Floor(v*float64(scale) + 0.5))
	whole, rest := units/scale, units%scale
	if rest == 0 {
		return strconv.Itoa(whole)
	}
	digits := strconv.Itoa(scale + rest)[1:]
	return strconv.Itoa(whole) + "." + strings.TrimRight(digits, "0")
}

package film

import (
	"fmt"
	"math/rand/v2"
)

// Width and Height of every picture, in pixels.
const Width, Height = 640, 480

// The bounds within which pictures are taken.
const (
	MaxTilt     = 45.0 // degrees
	MinPitch    = 3.0  // pixels a module, where the picture shows it smallest
	maxPitch    = 9.0
	MaxBlur     = 1.0 // modules
	MinContrast = 2.0 // luminance of the light modules over that of the dark ones
	maxContrast = 20.0
	maxNoise    = 3.0 // standard deviation, in steps of 255
)

// Light is how a code is lit.
type Light string

// The lights.
const (
	Even     Light = "even"
	Gradient Light = "gradient" // from one side, to a third
	Vignette Light = "vignette" // dark corners
	Spot     Light = "spot"     // a lamp on one part of it
)

// Shot is what one picture shows, and how.
type Shot struct {
	Number   int
	Link     string
	Turn     float64 // degrees within the code's plane, 0 to 360
	Tilt     float64 // degrees between the code's plane and the camera's, 0 to MaxTilt
	Toward   float64 // degrees: the direction of the tilt
	Pitch    float64 // pixels a module where it is smallest, MinPitch or more
	Blur     float64 // of a point of light: its width at half its height, in modules, 0 to MaxBlur
	Contrast float64 // MinContrast or more
	Inverted bool    // light modules on dark
	Light    Light
	LitFrom  float64    // degrees
	Noise    float64    // standard deviation, in steps of 255
	At       [2]float64 // where the code is, within the room that it has: 0 to 1 each
	seed     uint64
}

// String tells a shot in one line.
func (s Shot) String() string {
	polarity := "dark on light"
	if s.Inverted {
		polarity = "light on dark"
	}
	return fmt.Sprintf("%03d: turned %.0f°, tilted %.0f°, %.1f px a module, blur %.2f modules, contrast %.1f:1, %s, %s light, noise %.1f",
		s.Number, s.Turn, s.Tilt, s.Pitch, s.Blur, s.Contrast, polarity, s.Light, s.Noise)
}

// Shots plans so many pictures. Each property takes its whole range in even steps, each in an order of its own, so that
// both ends of every range are among them.
func Shots(seed uint64, count int) ([]Shot, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	source := rand.NewChaCha8(key)
	spread := func(from, to float64) []float64 {
		steps := make([]float64, count)
		for i, at := range random.Perm(count) {
			steps[i] = from + (to-from)*float64(at)/float64(max(count-1, 1))
		}
		return steps
	}
	turns, tilts, towards := spread(0, 360), spread(0, MaxTilt), spread(0, 360)
	pitches, blurs, contrasts := spread(0, 1), spread(0, MaxBlur), spread(1/MinContrast, 1/maxContrast)
	lights, noises, polarities := random.Perm(count), spread(0, maxNoise), random.Perm(count)
	kinds := []Light{Even, Gradient, Vignette, Spot}
	shots := make([]Shot, count)
	for i := range shots {
		text, err := link(random, source)
		if err != nil {
			return nil, err
		}
		shots[i] = Shot{
			Number: i, Link: text, Turn: turns[i], Tilt: tilts[i], Toward: towards[i],
			Pitch: MinPitch + (maxPitch-MinPitch)*pitches[i]*pitches[i], // more small ones than large ones
			Blur:  blurs[i], Contrast: 1 / contrasts[i], Inverted: polarities[i]%2 == 1,
			Light: kinds[lights[i]%len(kinds)], LitFrom: 360 * random.Float64(), Noise: noises[i],
			At: [2]float64{random.Float64(), random.Float64()}, seed: random.Uint64(),
		}
	}
	return shots, nil
}

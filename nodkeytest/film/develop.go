package film

import (
	"image"
	"math"
	"math/rand/v2"
)

// samples are taken along each side of a pixel.
const samples = 3

// Develop takes the picture. It returns it with the pitch that its smallest module really has, in pixels: less than the
// shot wished where the code would not have fitted into the picture.
func (s Shot) Develop() (*image.Gray, float64, error) {
	modules, err := Modules(s.Link)
	if err != nil {
		return nil, 0, err
	}
	p := stand(s, len(modules))
	scene := s.expose(modules, p)
	middle := p.pitchAt(0, 0)
	blur(scene, s.Blur*middle/math.Sqrt(8*math.Ln2)) // a Gaussian's width at half its height
	return s.write(scene), p.smallest(float64(len(modules)) / 2), nil
}

// expose is the light that comes to each pixel: the code on a sheet with some lines of text, a wall behind it.
func (s Shot) expose(modules [][]bool, p pose) []float64 {
	size := float64(len(modules))
	light := 1.0
	dark := light / s.Contrast
	paper, ink := light, dark
	if s.Inverted {
		paper, ink = dark, light
	}
	wall := math.Sqrt(light * dark)
	edge := size/2 + quiet
	at := func(u, v float64) float64 {
		if column, row := math.Floor(u+size/2), math.Floor(v+size/2); column >= 0 && row >= 0 && column < size && row < size {
			if modules[int(row)][int(column)] {
				return ink
			}
			return paper
		}
		switch {
		case math.Abs(u) > edge*1.5 || v < -edge*1.4 || v > edge*2:
			return wall
		case v > edge+2 && math.Abs(u) < edge && math.Mod(v-edge, 4) < 1.5 && math.Mod(math.Abs(u), 7) > 1:
			return ink
		}
		return paper
	}
	scene := make([]float64, Width*Height)
	for y := range Height {
		for x := range Width {
			sum := 0.0
			for i := range samples {
				for j := range samples {
					px := float64(x) + (float64(i)+0.5)/samples - Width/2
					py := float64(y) + (float64(j)+0.5)/samples - Height/2
					if u, v, ok := p.unproject(px, py); ok {
						sum += at(u, v)
					} else {
						sum += wall
					}
				}
			}
			scene[y*Width+x] = sum / (samples * samples) * s.lit(float64(x), float64(y), p.shift)
		}
	}
	return scene
}

// lit is how much light falls on what a pixel shows, at most 1. The code's middle is in the picture at shift from its middle.
func (s Shot) lit(x, y float64, shift [2]float64) float64 {
	x, y = x-Width/2, y-Height/2
	from := radians(s.LitFrom)
	switch s.Light {
	case Gradient:
		along := (x*math.Cos(from) + y*math.Sin(from)) / math.Hypot(Width/2, Height/2) // -1 to 1
		return 0.35 + 0.65*(along+1)/2
	case Vignette:
		r := math.Hypot(x, y) / math.Hypot(Width/2, Height/2)
		return 1 - 0.65*r*r
	case Spot:
		const reach = 130.0
		r := math.Hypot(x-shift[0]-60*math.Cos(from), y-shift[1]-60*math.Sin(from)) / reach
		return 0.4 + 0.6*math.Exp(-r*r)
	default:
		return 0.9
	}
}

// blur spreads every point of light as a Gaussian, sigma in pixels.
func blur(scene []float64, sigma float64) {
	if sigma < 0.05 {
		return
	}
	reach := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i - reach)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	pass := func(lines, length, next, step int) {
		line := make([]float64, length)
		for l := range lines {
			for i := range line {
				line[i] = scene[l*next+i*step]
			}
			for i := range line {
				v := 0.0
				for k, weight := range kernel {
					v += weight * line[min(max(i+k-reach, 0), length-1)]
				}
				scene[l*next+i*step] = v
			}
		}
	}
	pass(Height, Width, Width, 1)
	pass(Width, Height, 1, Width)
}

// write makes a picture of the light, in sRGB, with the sensor's noise.
func (s Shot) write(scene []float64) *image.Gray {
	random := rand.New(rand.NewPCG(s.seed, 2))
	picture := image.NewGray(image.Rect(0, 0, Width, Height))
	for i, light := range scene {
		v := 255*sRGB(light) + s.Noise*random.NormFloat64()
		picture.Pix[i] = uint8(min(max(math.Round(v), 0), 255))
	}
	return picture
}

// sRGB is the transfer function of IEC 61966-2-1.
func sRGB(light float64) float64 {
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

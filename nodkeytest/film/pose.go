package film

import "math"

// focal is the camera's focal length in pixels: 56° from side to side, as a phone's main camera has.
const focal = 600.0

// quiet is the quiet zone in modules, as the portal draws it.
const quiet = 4

// pose is where a code is before the camera. Coordinates on the code are in modules from its middle; x to the right, y
// down, z away from the camera.
type pose struct {
	right, down [3]float64 // what one module along the code's axes is in space
	distance    float64    // of the code's middle
	shift       [2]float64 // of the picture, in pixels
}

func turned(s Shot) pose {
	turn, tilt, toward := radians(s.Turn), radians(s.Tilt), radians(s.Toward)
	axis := [3]float64{math.Cos(toward), math.Sin(toward), 0}
	spin := func(v [3]float64) [3]float64 { // Rodrigues' rotation about the axis
		dot := v[0]*axis[0] + v[1]*axis[1]
		cross := [3]float64{axis[1] * v[2], -axis[0] * v[2], axis[0]*v[1] - axis[1]*v[0]}
		var out [3]float64
		for i := range out {
			out[i] = v[i]*math.Cos(tilt) + cross[i]*math.Sin(tilt) + axis[i]*dot*(1-math.Cos(tilt))
		}
		return out
	}
	return pose{
		right: spin([3]float64{math.Cos(turn), math.Sin(turn), 0}),
		down:  spin([3]float64{-math.Sin(turn), math.Cos(turn), 0}),
	}
}

// project tells where a point of the code is in the picture, in pixels from its middle, shift left out.
func (p pose) project(u, v float64) (x, y float64) {
	z := p.distance + u*p.right[2] + v*p.down[2]
	return focal * (u*p.right[0] + v*p.down[0]) / z, focal * (u*p.right[1] + v*p.down[1]) / z
}

// unproject tells which point of the code's plane a pixel shows; false when the plane is not before the camera there.
func (p pose) unproject(x, y float64) (u, v float64, ok bool) {
	x, y = (x-p.shift[0])/focal, (y-p.shift[1])/focal
	a, b, e := p.right[0]-x*p.right[2], p.down[0]-x*p.down[2], x*p.distance
	c, d, f := p.right[1]-y*p.right[2], p.down[1]-y*p.down[2], y*p.distance
	det := a*d - b*c
	if math.Abs(det) < 1e-9 {
		return 0, 0, false
	}
	u, v = (e*d-b*f)/det, (a*f-e*c)/det
	return u, v, p.distance+u*p.right[2]+v*p.down[2] > 0
}

// pitchAt is how many pixels a module measures at a point of the code, along the direction in which it is smallest.
func (p pose) pitchAt(u, v float64) float64 {
	const step = 0.5
	x1, y1 := p.project(u+step, v)
	x0, y0 := p.project(u-step, v)
	x3, y3 := p.project(u, v+step)
	x2, y2 := p.project(u, v-step)
	a, b, c, d := x1-x0, x3-x2, y1-y0, y3-y2
	// The smaller singular value of the Jacobian.
	sum, det := a*a+b*b+c*c+d*d, a*d-b*c
	return math.Sqrt(max(0, (sum-math.Sqrt(max(0, sum*sum-4*det*det)))/2))
}

// smallest is the pitch at the corner where it is smallest.
func (p pose) smallest(half float64) float64 {
	least := math.Inf(1)
	for _, corner := range corners(half) {
		least = min(least, p.pitchAt(corner[0], corner[1]))
	}
	return least
}

// box is what the code covers of the picture, shift left out.
func (p pose) box(half float64) (left, top, right, bottom float64) {
	left, top, right, bottom = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, corner := range corners(half) {
		x, y := p.project(corner[0], corner[1])
		left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
	}
	return left, top, right, bottom
}

func corners(half float64) [][2]float64 {
	return [][2]float64{{-half, -half}, {half, -half}, {half, half}, {-half, half}}
}

// stand puts a code of so many modules before the camera so that its smallest module has the pitch that the shot wishes,
// or as near as the whole code still fits into the picture; then moves it to its place.
func stand(s Shot, modules int) pose {
	p := turned(s)
	half := float64(modules) / 2
	const margin = 2
	near, far := half*1.2, 1e5
	for range 60 { // both get smaller with the distance
		p.distance = math.Sqrt(near * far)
		left, top, right, bottom := p.box(half + margin)
		if p.smallest(half) > s.Pitch || right-left > Width || bottom-top > Height {
			near = p.distance
		} else {
			far = p.distance
		}
	}
	p.distance = far
	left, top, right, bottom := p.box(half + margin)
	p.shift = [2]float64{
		-Width/2 - left + s.At[0]*(Width-(right-left)),
		-Height/2 - top + s.At[1]*(Height-(bottom-top)),
	}
	return p
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

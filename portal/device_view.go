package portal

import "slices"

// DeviceView is "device": which of several phones is asked.
type DeviceView struct {
	Page
	Request   string // that the choice takes the place of; empty: the first
	Devices   []Device
	All       bool // all of them at once is a choice
	AllChosen bool
	Waits     bool // a request is open still
	Known     bool // the browser had signed in before: it is told systems and last uses
	Problem   *Problem
}

// Device is a phone to choose; one is chosen.
type Device struct {
	ID       string
	Name     string // "Pixel 8"
	System   string // "Android 16"; may be empty
	LastUsed string // "today, 14:33"; empty: never, where the browser is told
	Asked    DeviceNote
	Chosen   bool
}

// DeviceNote is a key of the catalogues: how the request before went, empty where it was not for this phone.
type DeviceNote string

// The notes.
const (
	DeviceAsked  DeviceNote = "device.asked"
	DeviceSilent DeviceNote = "device.silent"
)

// preselect marks what was chosen before, else the first phone that was not asked yet.
func (v *DeviceView) preselect(chosen string) {
	if v.AllChosen = v.All && chosen == everyDevice; v.AllChosen {
		return
	}
	if slices.ContainsFunc(v.Devices, func(d Device) bool { return d.Chosen }) {
		return
	}
	v.Devices[max(0, slices.IndexFunc(v.Devices, func(d Device) bool { return d.Asked == "" }))].Chosen = true
}

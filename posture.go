package nodkey

import (
	"strconv"
	"strings"
)

// PosturePolicy is what an organisation asks of phones before it activates them. A phone says these things of itself and
// proves none of them (SECURITY.md); what it does not say is not held against it, because a browser cannot know it all.
type PosturePolicy struct {
	// MinAndroid and MinIOS are the oldest systems, like "6.0"; empty asks for none.
	MinAndroid, MinIOS string
	// Rooted lets rooted or jailbroken phones in.
	Rooted bool
	// NoScreenLock lets phones without a screen lock in.
	NoScreenLock bool
}

// DefaultPosture is what the reference asks for: Android 6.0, iOS 11.0, not rooted, with a screen lock.
func DefaultPosture() PosturePolicy { return PosturePolicy{MinAndroid: "6.0", MinIOS: "11.0"} }

// ParseOSVersion reads one to four numbers with dots, each below a million: "11", "6.0.1". It is what MinAndroid, MinIOS
// and a phone's OSVersion are compared by.
func ParseOSVersion(text string) ([]int, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return nil, false
	}
	numbers := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || len(p) > 6 || p[0] == '+' || p[0] == '-' {
			return nil, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// older reports whether a version is below another, missing numbers counting as 0. A version that cannot be read is not
// older: it proves nothing.
func older(version, least string) bool {
	have, ok := ParseOSVersion(version)
	want, wanted := ParseOSVersion(least)
	if !ok || !wanted {
		return false
	}
	for i := range max(len(have), len(want)) {
		var h, w int
		if i < len(have) {
			h = have[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if h != w {
			return h < w
		}
	}
	return false
}

// check tells why a phone may not be activated: posture.android and posture.ios with Min and Have, posture.rooted,
// posture.screen_lock.
func (p PosturePolicy) check(phone Phone) error {
	switch {
	case phone.Platform == Android && older(phone.OSVersion, p.MinAndroid):
		return fail(Refused, "posture.android", "Min", p.MinAndroid, "Have", phone.OSVersion)
	case phone.Platform == IOS && older(phone.OSVersion, p.MinIOS):
		return fail(Refused, "posture.ios", "Min", p.MinIOS, "Have", phone.OSVersion)
	case !p.Rooted && phone.Rooted != nil && *phone.Rooted:
		return fail(Refused, "posture.rooted")
	case !p.NoScreenLock && phone.ScreenLock != nil && !*phone.ScreenLock:
		return fail(Refused, "posture.screen_lock")
	}
	return nil
}

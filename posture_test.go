package nodkey_test

import (
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// What policy refuses uses nothing up: the same code activates a phone that policy lets in.
func TestPhonesThatPolicyRefusesUseNothingUp(t *testing.T) {
	yes, no := true, false
	h := start(t, byPassword)
	person := h.join(t)
	c := person.enter(t)
	banner, err := h.Activations.Start(h.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	try := func(platform, version string, rooted, locked *bool) error {
		phone := nodkeytest.NewPhone(h.Services, h.Clock, "Pixel 8")
		phone.Facts.Platform, phone.Facts.OSVersion, phone.Facts.Rooted, phone.Facts.ScreenLock = platform, version, rooted, locked
		_, _, err := phone.Activate(h.ctx, banner.Code, nodkeytest.Making{PIN: "q7=Zm"})
		return err
	}
	for _, refused := range []struct {
		platform, version string
		rooted, locked    *bool
		key               string
	}{
		{"android", "5.1.1", nil, nil, "posture.android"},
		{"android", "5", nil, nil, "posture.android"},
		{"ios", "10.3.4", nil, nil, "posture.ios"},
		{"android", "16", &yes, nil, "posture.rooted"},
		{"ios", "18.1", &no, &no, "posture.screen_lock"},
	} {
		if err := try(refused.platform, refused.version, refused.rooted, refused.locked); !nodkey.HasKey(err, refused.key) {
			t.Errorf("%s %s: got %v, want %s", refused.platform, refused.version, err, refused.key)
		}
	}
	if err := try("android", "6.0", &no, &yes); err != nil {
		t.Errorf("the oldest Android that is let in: %v", err)
	}
}

// A phone that does not say is not refused for it, nor one whose version nobody can read.
func TestWhatAPhoneDoesNotSayIsNotHeldAgainstIt(t *testing.T) {
	for _, version := range []string{"", "Nougat", "6.x", "99999999999"} {
		h := start(t, byPassword)
		person := h.join(t)
		banner, err := h.Activations.Start(h.ctx, person.enter(t))
		if err != nil {
			t.Fatal(err)
		}
		phone := nodkeytest.NewPhone(h.Services, h.Clock, "Pixel 8")
		phone.Facts.Platform, phone.Facts.OSVersion = "android", version
		if _, _, err := phone.Activate(h.ctx, banner.Code, nodkeytest.Making{PIN: "q7=Zm"}); err != nil {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestOSVersionsAreReadStrictly(t *testing.T) {
	for text, fine := range map[string]bool{
		"6": true, "6.0": true, "11.0.0.1": true, "": false, ".": false, "6.": false, "-6": false, "+6": false, "6.0.0.0.0": false, "1234567": false, "6 ": false,
	} {
		if _, ok := nodkey.ParseOSVersion(text); ok != fine {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

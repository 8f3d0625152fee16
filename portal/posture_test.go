package portal

import (
	"slices"
	"testing"

	"github.com/nodkey/nodkey"
)

func TestSystemsAreNamedWithoutEmptyParts(t *testing.T) {
	for version, want := range map[string]string{"16.0.0": "Android 16", "6.0": "Android 6", "6.0.1": "Android 6.0.1", "10": "Android 10", "": "Android"} {
		if got := systemName(nodkey.Phone{Platform: nodkey.Android, OSVersion: version}); got != want {
			t.Errorf("%q is %q, want %q", version, got, want)
		}
	}
}

func TestOnlyWhatAPhoneSaidIsTold(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		phone nodkey.Phone
		want  []Told
	}{
		{nodkey.Phone{Platform: nodkey.Android}, nil},
		{nodkey.Phone{Platform: nodkey.Android, ScreenLock: &yes, Rooted: &no}, []Told{{"security.told_lock", "security.on", false}, {"security.told_rooted", "security.no", false}}},
		{nodkey.Phone{Platform: nodkey.IOS, ScreenLock: &no, Rooted: &yes}, []Told{{"security.told_lock", "security.off", true}, {"security.told_jailbroken", "security.yes", true}}},
	} {
		if got := told(c.phone); !slices.Equal(got, c.want) {
			t.Errorf("%+v is told as %v, want %v", c.phone, got, c.want)
		}
	}
}

func TestFingerprintAndFaceAreRecommendedWhereThereMayBeSome(t *testing.T) {
	key := func(platform nodkey.Platform, state nodkey.KeyState, c *nodkey.Credential) nodkey.Key {
		return nodkey.Key{State: state, Credential: c, Phone: nodkey.Phone{Platform: platform}}
	}
	for _, c := range []struct {
		key  nodkey.Key
		want string
	}{
		{key(nodkey.Android, nodkey.KeyActive, nil), "/help/screen-lock#android"},
		{key(nodkey.IOS, nodkey.KeyActive, nil), "/help/screen-lock#iphone"},
		{key(nodkey.IOS, nodkey.KeyActive, &nodkey.Credential{}), ""},
		{key(nodkey.Android, nodkey.KeySuspended, nil), ""},
		{key(nodkey.Terminal, nodkey.KeyActive, nil), ""},
		{key(nodkey.Other, nodkey.KeyActive, nil), ""},
	} {
		if got := factorHelp(c.key); got != c.want {
			t.Errorf("%s, %s leads to %q, want %q", c.key.Phone.Platform, c.key.State, got, c.want)
		}
	}
}

func TestNothingIsSaidToBeAskedThatPolicyDoesNotAsk(t *testing.T) {
	if got := (Asks{}).sentences(); len(got) != 0 {
		t.Errorf("a policy that asks nothing asks %v", got)
	}
	if got := (Asks{MinIOS: "15.0"}).sentences(); len(got) != 1 || got[0].Key != "security.asks_ios" || got[0].Args["Min"] != "15.0" {
		t.Errorf("got %v", got)
	}
}

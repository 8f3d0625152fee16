package duo

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

// IntegrationKey is what an application is called by its clients: DI and 18 of A–Z 2–7, as some of them check. It follows from the
// application's id and is no secret.
func IntegrationKey(id nodkey.ApplicationID) string {
	return opaque("DI", "integration key", string(id))
}

// DeviceID names a phone to one application: DP and 18 of A–Z 2–7. Another application gets another name for it.
func DeviceID(app nodkey.ApplicationID, key nodkey.KeyID) string {
	return opaque("DP", "device", string(app), string(key))
}

func opaque(prefix, purpose string, parts ...string) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "nodkey duo %s", purpose)
	for _, p := range parts {
		fmt.Fprintf(hash, "\x00%d\x00%s", len(p), p)
	}
	return prefix + base32.StdEncoding.EncodeToString(hash.Sum(nil))[:18]
}

// Settings are what an operator says of one application of this door: members of its settings object. Those of other doors are
// passed over.
type Settings struct {
	// Number says that its clients show the person what is said while they wait (status_msg), so that the number can be shown there.
	Number bool `json:"duo_number"`
	// Legacy lets it speak the dialect without a date, /rest/v1.
	Legacy bool `json:"duo_legacy"`
	// Enroll lets it add people who are not there yet.
	Enroll bool `json:"duo_enroll"`
	// Wait is how long phones are asked, 10s to 3m; default 60s.
	Wait Wait `json:"duo_wait"`
}

// Wait is a time as operators write it: "90s".
type Wait time.Duration

// DefaultWait is how long phones are asked where the settings do not say.
const DefaultWait = Wait(60 * time.Second)

// UnmarshalText reads what time.ParseDuration does, from 10 s to 3 min.
func (w *Wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < nodkey.AskLifeMin || d > nodkey.ApprovalLife {
		return fmt.Errorf("duo_wait: %q is not a time from %s to %s", text, nodkey.AskLifeMin, nodkey.ApprovalLife)
	}
	*w = Wait(d)
	return nil
}

// settingNames are all members that are this door's.
var settingNames = []string{"duo_number", "duo_legacy", "duo_enroll", "duo_wait", "duo_redirect_uris"}

// ParseSettings reads an application's settings. A member that begins as this door's do and is none of them is an error: it would be
// taken for one that was set.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	s := Settings{Wait: DefaultWait}
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("the settings of door duo: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return s, fmt.Errorf("the settings of door duo: %w", err)
	}
	for name := range members {
		if strings.HasPrefix(name, "duo_") && !slices.Contains(settingNames, name) {
			return s, fmt.Errorf("%s: there is no such setting; there are %s", name, strings.Join(settingNames, ", "))
		}
	}
	return s, nil
}

// CheckSettings says what is wrong with an application's settings.
func CheckSettings(raw json.RawMessage) error {
	if _, err := ParseSettings(raw); err != nil {
		return err
	}
	_, err := parseUniversal(raw)
	return err
}

// directory finds applications by their integration keys. What it keeps decides nothing: whoever it finds has to prove itself.
type directory struct {
	applications *nodkey.Applications
	clock        nodkey.Clock

	mu     sync.Mutex
	byKey  map[string]nodkey.ApplicationID
	loaded time.Time
}

// reloadAfter bounds how often unknown keys have the applications listed anew.
const reloadAfter = 100 * time.Millisecond

// find gives the id behind an integration key. Where there is none it gives what is no application's: the domain refuses it as it
// refuses any that is unknown.
func (d *directory) find(ctx context.Context, key string) (nodkey.ApplicationID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.byKey[key]; ok {
		return id, nil
	}
	if now := d.clock.Now(); d.byKey == nil || now.Sub(d.loaded) >= reloadAfter {
		list, err := d.applications.At(ctx, nodkey.DoorDuo)
		if err != nil {
			return "", err
		}
		d.byKey, d.loaded = make(map[string]nodkey.ApplicationID, len(list)), now
		for _, a := range list {
			d.byKey[IntegrationKey(a.ID)] = a.ID
		}
	}
	if id, ok := d.byKey[key]; ok {
		return id, nil
	}
	return nodkey.ApplicationID("?" + key), nil
}

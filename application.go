package nodkey

import (
	"slices"
	"strings"
	"time"
)

// ApplicationID is the operator's name for an application: 1 to 40 of a–z 0–9 and -, neither first nor last a hyphen.
type ApplicationID string

// ParseApplicationID gives an application's id of what was typed.
func ParseApplicationID(typed string) (ApplicationID, error) {
	id := strings.TrimSpace(typed)
	if len(id) < 1 || len(id) > 40 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(id, "-") != id {
		return "", fail(BadInput, "application.id_form")
	}
	return ApplicationID(id), nil
}

// Door is a way in for applications.
type Door string

// The doors (docs/applications.md).
const (
	DoorOIDC    Door = "oidc"    // OpenID Connect, in the person's browser
	DoorCIBA    Door = "ciba"    // OpenID Connect's backchannel: the person's phone is asked, wherever they are
	DoorForward Door = "forward" // a reverse proxy asks whether a request may pass
	DoorRADIUS  Door = "radius"
	DoorDuo     Door = "duo" // what clients of Duo's Auth API speak
	DoorAPI     Door = "api" // the HTTP API of this server's own
)

// Doors are all there are.
func Doors() []Door { return []Door{DoorOIDC, DoorCIBA, DoorForward, DoorRADIUS, DoorDuo, DoorAPI} }

// secretInClear reports whether a door computes with its applications' secrets, so that a hash of them would not do.
func (d Door) secretInClear() bool { return d == DoorRADIUS || d == DoorDuo }

// secretHashed reports whether a door is shown its applications' secrets.
func (d Door) secretHashed() bool { return d == DoorOIDC || d == DoorCIBA || d == DoorAPI }

// Application is somebody else's product that asks this server about people.
type Application struct {
	ID     ApplicationID
	Name   string   // what phones show as who asks, 1 to 40 characters
	Doors  []Door   // that it may come through
	Groups []string // whose users it may ask about; none: everybody
	// Plain lets it wake phones with requests that have no number, where it cannot show one. The phone says so.
	Plain bool
	// SealedSettings is sealed JSON that the doors make sense of: redirect URIs, networks, modes. Applications open it.
	SealedSettings []byte
	InFile         bool // it stands in the configuration file, and is changed there
	CreatedAt      time.Time
}

// Has reports whether the application may come through a door.
func (a Application) Has(door Door) bool { return slices.Contains(a.Doors, door) }

// admits reports whether the application may ask about a user in these groups.
func (a Application) admits(groups []string) bool {
	return len(a.Groups) == 0 || slices.ContainsFunc(a.Groups, func(g string) bool { return slices.Contains(groups, g) })
}

// ApplicationSecret is what an application proves itself with: Hash for doors that are shown the secret, Sealed for those that
// compute with it. While it is rotated there are two.
type ApplicationSecret struct {
	ID            string
	ApplicationID ApplicationID
	CreatedAt     time.Time
	ExpiresAt     time.Time // zero: it does not end
	Hash          []byte    // keyed; nil, or Sealed is
	Sealed        []byte
}

// aliveAt reports whether the secret counts at a time.
func (s ApplicationSecret) aliveAt(now time.Time) bool {
	return s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt)
}

// ParseGroup gives the stored form of a group's name: trimmed, lower case, 1 to 40 of a–z 0–9 . _ -, starting with a letter or
// digit.
func ParseGroup(typed string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(typed))
	if len(name) < 1 || len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || strings.ContainsRune("._-", rune(name[0])) {
		return "", fail(BadInput, "group.form")
	}
	return name, nil
}

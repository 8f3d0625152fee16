package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodkey/nodkey"
)

// DoorsConfig says which doors for applications are open on the portal's host. RADIUS has a section of its own.
type DoorsConfig struct {
	Open DoorNames `key:"open" default:"" doc:"Doors for other people's applications on portal_host, with commas between: oidc, ciba, forward, duo, api. One that is not named answers nothing. docs/doors has a page for each."`
}

// DoorNames are doors that speak HTTP.
type DoorNames []nodkey.Door

func httpDoors() []nodkey.Door {
	return []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorCIBA, nodkey.DoorForward, nodkey.DoorDuo, nodkey.DoorAPI}
}

// UnmarshalText reads "oidc, api".
func (d *DoorNames) UnmarshalText(text []byte) error {
	*d = nil
	for name := range strings.SplitSeq(string(text), ",") {
		door := nodkey.Door(strings.TrimSpace(name))
		switch {
		case door == "":
		case !slices.Contains(httpDoors(), door):
			return fmt.Errorf("has %q, which is none of oidc, ciba, forward, duo and api", string(door))
		case !slices.Contains(*d, door):
			*d = append(*d, door)
		}
	}
	return nil
}

// String writes what UnmarshalText reads.
func (d DoorNames) String() string {
	names := make([]string, len(d))
	for i, door := range d {
		names[i] = string(door)
	}
	return strings.Join(names, ", ")
}

// has reports whether a door is open.
func (d DoorNames) has(door nodkey.Door) bool { return slices.Contains(d, door) }

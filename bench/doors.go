package bench

import (
	"fmt"
	"io"
	"runtime"
)

// Doors is all that one run of `nodkey bench doors` measured: medians of its rounds.
type Doors struct {
	Processors int         `json:"processors"`
	Go         string      `json:"go"`
	Forward    ForwardLoad `json:"forward"`
	Tokens     TokenLoad   `json:"tokens"`
	RADIUS     RADIUSLoad  `json:"radius"`
}

// ForwardLoad compares decisions of forward-auth, for a browser that is signed in, with an empty answer of the same server.
type ForwardLoad struct {
	Decisions float64 `json:"decisions"` // a second
	Empty     float64 `json:"empty"`     // a second
}

// TokenLoad compares refreshing, each time an access token, a refresh token and an id token, with what that signs.
type TokenLoad struct {
	Refreshes  float64 `json:"refreshes"`  // a second
	Signatures float64 `json:"signatures"` // a second, RS256 with 2048 bits, on all processors
	Commits    float64 `json:"commits"`    // durable updates a second, sharing commits
}

// RADIUSLoad is what the RADIUS door does while others wait for their phones.
type RADIUSLoad struct {
	Waiting int     `json:"waiting"`
	Alone   float64 `json:"alone"`  // requests a second while nobody waits
	Beside  float64 `json:"beside"` // … and while Waiting do
	Commits float64 `json:"commits"`
	Memory  float64 `json:"memory"` // KiB that one who waits holds on to
}

// NewDoors begins a report about this machine.
func NewDoors() Doors { return Doors{Processors: runtime.NumCPU(), Go: runtime.Version()} }

// Print writes the report for people.
func (d Doors) Print(w io.Writer) {
	fmt.Fprintf(w, "%d processors, %s; server and clients share them\n\n", d.Processors, d.Go)
	line := newLines(w)
	line("forward-auth", d.Forward.Decisions, 0, "/s", "an empty answer of the same server %.0f/s: %.2f times the time", d.Forward.Empty, ratio(d.Forward.Empty, d.Forward.Decisions))
	line("tokens", d.Tokens.Refreshes, 0, "/s", "refreshed; signatures alone %.0f/s, durable commits alone %.0f/s", d.Tokens.Signatures, d.Tokens.Commits)
	if d.RADIUS.Alone > 0 {
		line("radius", d.RADIUS.Beside, 0, "/s", "while %d wait, %.0f/s while nobody does; durable commits alone %.0f/s", d.RADIUS.Waiting, d.RADIUS.Alone, d.RADIUS.Commits)
		line("who waits", d.RADIUS.Memory, 1, "KiB", "in the server's memory")
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

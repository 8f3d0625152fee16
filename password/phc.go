package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrHash is returned for a stored hash that is not one that this package writes,
// or whose parameters are beyond what it is ready to spend.
var ErrHash = errors.New("password: not an argon2id hash")

// Bounds of parameters, for hashes that are read as well as for a Config: whoever
// could write a hash into the database could otherwise have the server take all
// memory, or hash for hours.
const (
	maxMemory  = 256 * 1024 // KiB
	maxPasses  = 16
	maxLanes   = 16
	minSalt    = 8 // bytes, RFC 9106, section 3.1
	maxSalt    = 64
	minTag     = 16
	maxTag     = 64
	saltLength = 16 // of new hashes, RFC 9106, section 3.1
	tagLength  = 32
)

// Params are the costs of argon2id, RFC 9106, section 3.1. The zero value stands
// for the default, see [DefaultParams].
type Params struct {
	Memory uint32 // m, KiB, at least 8 a lane, at most 262,144 (256 MiB)
	Passes uint32 // t, 1 to 16
	Lanes  uint8  // p, 1 to 16; more than one makes each hash run on several processors
}

// DefaultParams returns m=19456 (19 MiB), t=2, p=1: OWASP's recommendation.
func DefaultParams() Params {
	return Params{Memory: 19 * 1024, Passes: 2, Lanes: 1}
}

// Check tells whether the parameters are within their bounds.
func (p Params) Check() error {
	switch {
	case p.Lanes < 1 || p.Lanes > maxLanes:
		return fmt.Errorf("password: p=%d is not 1 to %d", p.Lanes, maxLanes)
	case p.Passes < 1 || p.Passes > maxPasses:
		return fmt.Errorf("password: t=%d is not 1 to %d", p.Passes, maxPasses)
	case p.Memory < 8*uint32(p.Lanes) || p.Memory > maxMemory:
		return fmt.Errorf("password: m=%d KiB is not %d to %d", p.Memory, 8*uint32(p.Lanes), maxMemory)
	}
	return nil
}

// hash is a stored hash, read.
type hash struct {
	params    Params
	salt, tag []byte
}

// String writes the PHC string, see the package comment.
func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.params.Memory, h.params.Passes, h.params.Lanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.tag))
}

// parseHash reads exactly what String writes, within the bounds.
func parseHash(phc string) (hash, error) {
	// The longest that String writes is under 240 bytes; nothing else is worth a look.
	parts := strings.Split(phc[:min(len(phc), 256)], "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return hash{}, ErrHash
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return hash{}, ErrHash
	}
	var h hash
	h.params.Memory = uint32(cost(costs[0], "m=", 32))
	h.params.Passes = uint32(cost(costs[1], "t=", 32))
	h.params.Lanes = uint8(cost(costs[2], "p=", 8))
	b64 := base64.RawStdEncoding.Strict()
	var saltErr, tagErr error
	h.salt, saltErr = b64.DecodeString(parts[4])
	h.tag, tagErr = b64.DecodeString(parts[5])
	switch {
	case h.params.Check() != nil,
		saltErr != nil || len(h.salt) < minSalt || len(h.salt) > maxSalt,
		tagErr != nil || len(h.tag) < minTag || len(h.tag) > maxTag,
		// The decoders forgive signs, leading zeros and line ends; this does not.
		h.String() != phc:
		return hash{}, ErrHash
	}
	return h, nil
}

// cost reads a number behind its name; 0, which no cost may be, if there is none.
func cost(text, name string, bits int) uint64 {
	digits, ok := strings.CutPrefix(text, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	if err != nil {
		return 0
	}
	return n
}

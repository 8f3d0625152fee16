package nodkey

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the caller can do about them. Doors turn it into an HTTP status, an exit code or a reply.
type Kind int

// The kinds.
const (
	Internal        Kind = iota // our fault
	BadInput                    // the caller sent something that cannot be meant
	Unauthenticated             // who are you
	Refused                     // known, but not allowed
	NotFound                    // unknown, or somebody else's: the same answer
	Conflict                    // too late, or already so
	Limited                     // too often; try again later
	Unavailable                 // full; try again soon
)

var kindNames = map[Kind]string{
	Internal: "internal", BadInput: "bad_input", Unauthenticated: "unauthenticated", Refused: "refused",
	NotFound: "not_found", Conflict: "conflict", Limited: "limited", Unavailable: "unavailable",
}

// String is the kind's name in the phone API (docs/protocol.md §2.2).
func (k Kind) String() string { return kindNames[k] }

// Args are the values that an error's sentence needs. They are shown to the caller: nothing secret goes in.
type Args map[string]any

// Error is the only error that the domain's calls return. Kind and Key (with Args) are for the caller, Key being a
// sentence in the catalogues; Err is for the log and for nobody else.
type Error struct {
	Kind Kind
	Key  string
	Args Args
	Err  error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Key, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Key)
}

func (e *Error) Unwrap() error { return e.Err }

// AsError makes an *Error of any error: those that are none become Internal, so that no inner text reaches a caller.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Key: "internal", Err: err}
}

func fail(kind Kind, key string, args ...any) *Error {
	e := &Error{Kind: kind, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = Args{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

func (e *Error) because(err error) *Error { e.Err = err; return e }

// HasKey reports whether err is an *Error with this key.
func HasKey(err error, key string) bool {
	var e *Error
	return errors.As(err, &e) && e.Key == key
}

// Package password hashes and checks passwords with argon2id (RFC 9106), so that
// neither a stolen database gives them away nor a flood of sign-ins takes the
// server down.
//
// A hash is a string of the PHC format,
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>
//
// with salt (16 bytes) and tag (32 bytes) in base64 without padding. It carries the
// parameters it was made with, so they can be raised: a password that is right and
// whose hash has others than the pool's is reported for hashing again. The default
// is the recommendation of the OWASP Password Storage Cheat Sheet: 19 MiB, two
// passes, one lane.
//
// # The pool
//
// One hash costs tens of milliseconds of a processor and megabytes of memory on
// purpose. [Pool] lets a fixed number run, one a processor by default, and has the
// rest wait in a queue that one source cannot fill or hold up for others:
//
//   - Each source (an address prefix) has its own line, a few places long. A source
//     that nothing was done for lately goes first, then the sources take turns.
//     So whoever comes with a single request waits for the hashes that are running
//     and for other such sources, not for a line that somebody else has made.
//   - Browsers that a user has signed in with before ([Request].Known) have places
//     that nobody else takes, and go first, three times out of four.
//   - When its places are taken a request gets [ErrBusy] at once. The door answers
//     503: late is worse than no.
//
// A request whose context ends leaves the queue. A hash that runs cannot be stopped,
// it only loses its listener.
//
// # Passwords
//
// A password is brought to Unicode normalisation form NFKC before it is hashed
// (NIST SP 800-63B, section 3.1.1.2), so that it is the same password whichever
// keyboard composed its accents. It has at most [MaxLength] code points as typed.
// How short or how guessable it may be is for the domain to say.
//
// # Names that do not exist
//
// Verify with an empty hash does the work of a hash with the pool's parameters and
// says no, so the answer takes as long as for a name that exists. A hash with older
// parameters takes another time until its owner has signed in once more.
package password

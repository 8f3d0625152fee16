// Package seal keeps secrets at rest: it seals values on their way into the
// database and opens them on their way out.
//
// # Envelope
//
// A 32-byte master key lives outside the database, in a file that only the
// operator's machine holds. It seals nothing but data keys: each of those has a
// version, is stored wrapped under the master key as a row of the database, and
// seals the values themselves. So the master key can change without a single
// value being sealed again, and the data keys can change while the server runs:
// the newest version seals, every version opens, and a sweep that opens and
// seals each row moves them over in its own time.
//
//	master key (file) ──wraps──► data key 1, 2, … (rows) ──seal──► values (columns)
//
// # Cipher
//
// Everything is sealed by XAES-256-GCM (https://c2sp.org/XAES-256-GCM) with a
// random 24-byte nonce. Plain AES-256-GCM has a nonce of 12 bytes, too short to
// be drawn at random for as many rows as a busy server writes.
//
// A sealed value is
//
//	01 ‖ version (4 bytes, big-endian) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//
// which makes it [Overhead] bytes longer than its plaintext. Its length is not
// hidden. What it is sealed to (its additional data) is
//
//	"nodkey/seal/v1" ‖ ⟨install⟩ ‖ ⟨table⟩ ‖ ⟨column⟩ ‖ ⟨row⟩ ‖ version (4 bytes)
//
// where ⟨x⟩ is x with its length in front as 4 big-endian bytes. Whoever can
// write the database but not read the master key can therefore not move a sealed
// value to another row, column, table or installation and have it opened there.
// Putting back an older value of the very same place is not noticed here: that
// is what the sealed audit log is for.
//
// # Short codes
//
// Codes that a person types are too short to be hashed plainly: whoever reads
// the table would try them all. [Ring.MAC] hashes them under a key of its own.
// That key is drawn with the first data key and wrapped beside every data key
// since, so what it hashed stays comparable over rotations, and old data keys
// can be dropped once nothing is sealed under them.
package seal

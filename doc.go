// Package nodkey is the domain of Nodkey: people sign in with a nod of their phone. It knows users, keys, approvals and
// sessions, and what may follow on what. It knows no HTTP, no SQL and no library but Go's own; what it needs of the world it
// asks for in [Ports]. [Open] makes the [Services] on them, and doors (package portal, package phoneapi, the command) call
// these.
//
// # One sign-in from end to end
//
// Mara has an account ([User]) and a phone. The phone holds a [Key]: a key pair that was made there, whose private half
// never leaves it. How the key came to be is told further down.
//
// She types name and password at the portal. The door makes a [Caller] of the request, which says where it comes from and
// that nobody has proved anything yet, and calls [SignIns.Begin]. The try is charged to the buckets of limits.go before
// anything is looked at; then the password is compared in the bounded pool behind [Passwords], with the same work for a
// name that nobody has. It is right, and Mara has an active key, so Begin stores two rows in one transaction: a [SignIn],
// which belongs to this browser, and an [Approval], which asks the phones. The browser gets a [Token] for its cookie; the
// store has only the token's hash. The fatigue table says whether the request may wake the phones or is only found by
// opening the app, so that nobody says yes out of weariness.
//
// The approval carries its statement: a JWS by the server over everything that Mara is going to read, and the names of the
// keys that may answer. The waiting page asks [SignIns.Wait] where things stand and shows two digits. They are in no row and
// on no phone: the server computes them when the page needs them.
//
// In the same transaction a row of the outbox was made for each of these phones that takes messages: whoever carries them
// ([Outbox]) sends an id that says nothing, and a phone that was asleep comes and asks.
//
// The [Bus] has woken the phone's stream. The phone proves who it is with a signed request, which [Keys.Caller] turns into
// a Caller with a key, and reads [Approvals.Open]. It checks the statement against the server's key that it pinned, shows
// it, asks for the digits and for PIN or fingerprint, and signs a decision over the statement's hash. [Approvals.Decide]
// takes it:
//
//   - It is signed by this key, for this approval and this very statement.
//   - A wrong number denies. That is not the phone of the person who sits before the page.
//   - A fingerprint is a WebAuthn assertion over the decision. A PIN is proved by a MAC over the decision; the try is
//     counted and committed before the proof is looked at, so that a hundred guesses at once are five checks.
//   - One conditional update moves the approval from open to approved. Whoever comes second is told what became of it.
//
// The effect of the yes, the audit row and the spending of the request's proof are in that same transaction. Then the bus
// wakes the page, and the page's browser calls [SignIns.Finish] with its token. One more conditional update lets it do so
// once, in one tab; the key must still be active. The browser gets a [Session], and the token by which it counts as known
// from now on: strangers who guess at Mara's password slow each other down, and her not at all.
//
// # How the key came to be
//
// A session makes an [Activation]: a code of 75 bits, shown as QR code and as text, and a signed offer with a one-use ECDH
// key. [Activations.Lookup] gives the offer to whoever names the code's id, and claims nothing. The code itself stays off
// the wire: offer and submission are bound to it by MACs. [Activations.Submit] checks the submission and claims the
// activation, for one key and one user. The key is active at once, or when six digits were typed in that session, or, when
// there is an active key already, after that one's yes. What a session may bring in is asked when the code is made and
// again when the key arrives: a session that had the password only brings in a first key and no other.
//
// Everything else that matters asks the phone in the same way: removing a phone, a new password, a new PIN. The kind of the
// approval decides what a yes does; nothing hangs on that of a test request, which only shows that the phone works. When
// the session that asked is gone, so is the question.
//
// # The message centre
//
// What happens to the account is also told to its person: [AccountNotice] is written in the same transaction, as data, into the
// box that [Messages] reads, beside what person and desk write to each other and what is announced to all. Of any of it
// a [Summary] leaves the house at most. docs/messages.md describes it.
//
// # What holds everywhere
//
// Every call takes its Caller and decides itself whether it is allowed. Only this package makes a Caller stand for a
// session or a key, so no door can claim to be somebody.
//
// Every change is one [Store] transaction, with the [AuditRow] that tells of it. [Audit.Seal] puts the rows into signed
// blocks, each naming the one before; [Audit.Verify] finds what was changed behind the server's back.
//
// Time is the [Clock]'s. What has run out counts as over from that moment, whether or not [Upkeep.Tick] has written it down.
//
// Every secret that the store keeps is sealed and bound to its place (package seal), or kept as a keyed hash.
//
// Every error is an [*Error]: a Kind for programs, a Key and Args for a sentence in the reader's language, and the cause,
// which goes to the log and to nobody else.
//
// The messages between phone and server are described in docs/protocol.md, and their Go types are in package wire.
package nodkey

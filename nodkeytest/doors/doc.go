// Package doors starts a server in the test's own process: the phones' door and whatever further doors a test names, on the
// real domain and a database in a file. Only password hashing is fast, and the clock stands still until it is moved.
package doors

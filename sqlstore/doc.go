// Package sqlstore keeps everything in an SQLite database: it is a [nodkey.Store].
//
// # Writes
//
// One connection writes, held by one goroutine. Updates queue up to it; it takes those that wait, at most 64,
// begins one transaction, gives each its turn inside a savepoint, and commits once: one fsync, then every caller is told.
// While that fsync runs the next batch gathers, so the more there is to do, the more updates share a commit. A closure's
// error, or a panic, undoes its savepoint and nothing else. The closure runs on its caller's goroutine, so that a panic
// goes where it belongs.
//
// Nobody is told anything, an error of the closure's own included, before the commit succeeded: an error may rest on what
// a neighbour in the same batch wrote. When the commit fails, everybody in it gets that error, and nothing is tried
// again: after a failed fsync nobody knows what the disk holds. When one closure makes the engine drop the whole
// transaction (a full disk does), that closure gets the error and the others run again, each in a transaction of its own.
//
// Another process may use the same database, as the command line does while the server runs. Whoever finds the write lock
// taken tries again for up to ten seconds.
//
// An Update must not be called inside the closure of another: it would wait for itself.
//
// # Reads
//
// A View is one read transaction on one of a few read-only connections, beside the writer and never waiting for it (WAL).
// It may be called inside an Update, and sees what was committed before; inside another View it may wait for itself.
//
// # Rows
//
// Times are kept in milliseconds; the zero time is kept as 0 and comes back zero, others come back in UTC. An empty blob
// comes back empty and a nil one nil. Saving a row that is not there gives ErrNoRow, and so does inserting one whose user
// or key is not there. Saving never moves a row to another user and never changes when it was made. Deleting what is not
// there is no error. Lists with the same time are ordered by id.
//
// # Another engine
//
// The SQL holds for PostgreSQL too: $n placeholders, integer milliseconds, text ids, named columns, ON CONFLICT,
// RETURNING, and nothing that only one engine has. Migrations are in migrations/; a file whose DDL is of one engine says
// so in its name (00001_start.sqlite.sql), one without holds for both. Text columns compare byte for byte here, which
// PostgreSQL calls COLLATE "C". What an engine must do is in the suite that nodkeytest.StoreSuite runs.
package sqlstore

// Package database opens new databases for tests in a fraction of the time that a server needs for its first one: the
// tables are made once in a process, by the store itself, and every test begins with a copy of that file. How they are
// made is what the tests of sqlstore are about, and those of the command, which start where an operator does.
package database

// Package places knows where addresses are, from a file in the MaxMind DB format (https://maxmind.github.io/MaxMind-DB/) that the
// operator keeps: of countries or of cities, from whichever publisher. It asks nobody, and what it says is for people to read: it is
// never exact, and nothing is decided by it.
package places

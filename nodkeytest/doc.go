// Package nodkeytest holds what tests of several packages share: a software authenticator, a clock that stands still
// until it is moved, the suite that every nodkey.Store must pass, and with them whatever stands in for the world around
// a server.
package nodkeytest

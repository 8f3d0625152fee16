// Package nodkeytest holds what tests of several packages share: a software authenticator, and with it whatever stands
// in for the world around a server.
package nodkeytest

// Package demo is the door of `nodkey demo`: the page that shows a portal and
// a phone side by side, says what the machine just did, and starts the demo
// over. The phone plays either platform, and a panel of troubles shows what
// goes wrong in real life: what is wrong with the phone the phone app pretends,
// what happens at the server happens there, by what anybody may do to it. In the demo on a local network it also serves the page that tells a
// real phone how to trust the demo's certificate authority.
//
// Nothing of it is part of a server for real use: serve neither makes this door
// nor serves one of its files (Files).
package demo

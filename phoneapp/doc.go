// Package phoneapp holds the phone app that people install from the phone
// host: its TypeScript under src (protocol core in src/core, camera in
// src/scan, screens in src/screens), its service worker, and the files that
// build.mjs makes of them, embedded from dist.
//
// The protocol that it speaks is docs/protocol.md; the vectors in
// testdata/protocol are run by its tests and by those of package wire alike.
package phoneapp

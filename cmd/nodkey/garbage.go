package main

import (
	"os"
	"runtime/debug"
)

// garbagePercent is by how much the heap may grow before garbage is collected. What a server keeps is small, some ten
// megabytes, so Go's 100 would collect many times a second under load; this spends some memory, only under load, and
// saves a tenth of a sign-in's processor time.
const garbagePercent = 300

// collectLess sets garbagePercent, unless the environment says otherwise (GOGC, see package runtime).
func collectLess(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// Command nodkey is the whole product: the server (serve, demo), the service
// desk's tools (user, audit), a phone for the terminal (phone), and a load
// generator (bench). It is the only place that knows every package: it reads
// the configuration, makes the adapters, hands them to the domain and the
// domain to the doors.
//
// Files: main.go has the exit codes, config*.go the configuration, server.go
// the life of the server with listen.go, tls.go, acme.go, health.go and
// metrics.go around it; each command has a file of its own.
package main

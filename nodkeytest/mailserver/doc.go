// Package mailserver is a mail server in the test itself: it speaks SMTP (RFC 5321) as strictly as a real one, and answers each
// command as the test tells it to. What a real one makes of letters is seen in package test, which runs one.
package mailserver

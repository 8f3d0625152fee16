// Package letter writes Nodkey's e-mails: whole messages after RFC 5322, plain
// text in the reader's language, ready for a mail program to send.
//
// A letter never carries a code or a password, and says so. Sending is no
// business of this package: it opens no connection and knows no server.
package letter

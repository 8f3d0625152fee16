// Package letter writes what Nodkey sends to people outside: e-mails, whole messages after RFC 5322, and text messages, counted as the
// network counts them (3GPP TS 23.038), in the reader's language.
//
// Of messages it is given a summary alone ([nodkey.Summary]), so that nothing of what they say can be in it. No letter carries a password, and
// the one that has a code, like the text message that does, says what the code is for. Sending is no business of this package: it opens no
// connection and knows no server.
package letter

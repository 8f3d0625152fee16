// Package bench loads a server with whole sign-ins and measures what they cost: it is the work behind `nodkey bench`.
//
// A Load is a crowd of people. Each has a browser, which is an HTTP client with cookies, and a phone, which is a
// client.Phone with its stream open. A sign-in is whole: name and password, the waiting page, its event stream, the
// statement on the phone's stream, the two digits, the decision with the PIN, the wake-up of the waiting page, and the
// session cookie.
//
// Nothing here knows the server but through HTTP, and the process that it runs in by its number. MeasureLimit says what
// the machine could do if a sign-in were nothing but its ECDSA operations and its durable commits.
package bench

// Package ntfy is an ntfy server for tests, as docs.ntfy.sh describes one: publishing to topics with access tokens, the JSON
// stream of those who subscribe, and errors in its own words. It is stricter than a real one: a request that has any header or
// content beside those a notification needs is a failure of the test.
package ntfy

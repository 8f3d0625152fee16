// Package browser drives a real Chromium for tests of several packages: tabs that are devices of their own, acts as a
// person does them (a click must hit what it is meant for), and looks: every screen that a test visits is photographed and
// checked for accessibility, for narrow and large text, and for what the browser complains about.
package browser

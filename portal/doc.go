// Package portal is the door for browsers: sign-in, the waiting page, home
// with the activation banner, the security page.
//
// Every page is a view (views.go: plain data), a template (templates/*.html,
// no logic beyond if and range, every sentence by its key) and the Renderer
// that joins them. Forms are real POSTs, so everything works without script;
// the scripts in assets/ only make waiting pages move by themselves.
package portal

// Package web holds what the HTTP doors share of the browser's side: the
// built styles, scripts, fonts and pictures (embedded from web/dist, which
// web/build.mjs makes) and the server's seal.
//
// The design system's sources are in web/design; DIRECTION there is code:
// tokens.css has every colour, size and time, base.css every component.
package web

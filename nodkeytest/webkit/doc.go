// Package webkit drives a real WebKit (WebKitGTK's MiniBrowser) by the W3C's WebDriver protocol, for the one question that
// package browser cannot answer: whether the phone app runs in the engine that every browser on an iPhone has.
package webkit

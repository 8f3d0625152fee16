// Package film makes pictures of activation links as a phone's camera takes them: turned, tilted, small, blurred, pale,
// inverted, unevenly lit and noisy. The same seed gives the same pictures, so that what a scanner reads of them can be a
// test and a figure.
//
// Light is reckoned as light: colours, blur and lamps are linear, and only the finished picture is written in sRGB. A
// contrast of 2:1 is one of luminances, as in the Web Content Accessibility Guidelines, and much paler than 2:1 of the
// numbers in a picture would be. A blur of one module means that a point of light is one module wide at half its height;
// lines of one module beside lines of one module keep two fifths of their contrast then.
package film

// Package test holds the tests of the product as a whole: the real binary, a real browser, real phones in both.
package test

// Package eye waits until a page is as a test wants it, in any browser whose driver evaluates expressions.
package eye

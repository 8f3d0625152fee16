// Package ports finds addresses of this machine for programs that a test starts, and that open them themselves.
package ports

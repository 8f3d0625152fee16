// Package nodkey is the domain.
package nodkey

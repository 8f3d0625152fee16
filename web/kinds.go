package web

import (
	"net/http"
	"strings"

	"github.com/nodkey/nodkey"
)

// StatusOf is the HTTP status of an error's kind (docs/protocol.md §2.2).
func StatusOf(kind nodkey.Kind) int {
	switch kind {
	case nodkey.BadInput:
		return http.StatusBadRequest
	case nodkey.Unauthenticated:
		return http.StatusUnauthorized
	case nodkey.Refused:
		return http.StatusForbidden
	case nodkey.NotFound:
		return http.StatusNotFound
	case nodkey.Conflict:
		return http.StatusConflict
	case nodkey.Limited:
		return http.StatusTooManyRequests
	case nodkey.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// WishedLanguage is the first language that the browser asks for (RFC 9110 §12.5.4), at most 12 characters of letters,
// digits and hyphens; "en" when it asks for none.
func WishedLanguage(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	first = strings.TrimSpace(first)
	if first == "" || len(first) > 12 || strings.ContainsFunc(first, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-')
	}) {
		return "en"
	}
	return first
}

package web

import (
	"net/http"
	"strings"
)

// HeaderPolicy is what one door allows the browser beyond the strictest
// setting. The zero value is the portal's: scripts, styles, pictures and
// connections of its own origin only, no framing, no camera.
type HeaderPolicy struct {
	// Wasm lets scripts compile WebAssembly: the phone app reads QR codes
	// with it.
	Wasm bool
	// Devices lets the page use the camera and WebAuthn: the phone app only.
	Devices bool
	// FramedBy is the one origin that may frame the pages. Only the demo's
	// side-by-side page ever stands here; zero forbids framing altogether.
	FramedBy Origin
	// Frames are the origins that the pages may frame, and to which they
	// hand on the camera and WebAuthn: the side-by-side page only.
	Frames []Origin
}

// Headers sets the security headers before the door runs; the door may still
// replace Cache-Control for what may be kept (assets with their hash in the
// name). Strict-Transport-Security goes out over TLS only (RFC 6797 §7.2),
// which is why Remote has to come first.
func Headers(policy HeaderPolicy) func(http.Handler) http.Handler {
	fixed := map[string]string{
		"Content-Security-Policy":      policy.contentSecurity(),
		"Permissions-Policy":           policy.permissions(),
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	}
	if policy.FramedBy.IsZero() {
		fixed["X-Frame-Options"] = "DENY" // for what is older than frame-ancestors
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			head := w.Header()
			for name, value := range fixed {
				head.Set(name, value)
			}
			if ClientOf(r.Context()).Secure {
				head.Set("Strict-Transport-Security", "max-age=63072000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (p HeaderPolicy) contentSecurity() string {
	script, ancestors, frames := "'self'", "'none'", "'none'"
	if p.Wasm {
		script += " 'wasm-unsafe-eval'"
	}
	if !p.FramedBy.IsZero() {
		ancestors = p.FramedBy.String()
	}
	if len(p.Frames) > 0 {
		frames = strings.Join(originTexts(p.Frames, ""), " ")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + script,
		"style-src 'self'",
		"img-src 'self'",
		"font-src 'self'",
		"connect-src 'self'",
		"manifest-src 'self'", // without it the phone app is not installable
		"worker-src 'self'",
		"frame-src " + frames,
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors " + ancestors,
	}, "; ")
}

func (p HeaderPolicy) permissions() string {
	allow := "()"
	if p.Devices {
		allow = "(self)"
	}
	if len(p.Frames) > 0 {
		allow = "(" + strings.Join(originTexts(p.Frames, `"`), " ") + ")"
	}
	return strings.Join([]string{
		"camera=" + allow,
		"publickey-credentials-create=" + allow,
		"publickey-credentials-get=" + allow,
		"microphone=()", "geolocation=()", "payment=()", "usb=()", "serial=()", "hid=()", "midi=()",
		"display-capture=()", "browsing-topics=()",
	}, ", ")
}

func originTexts(origins []Origin, quote string) []string {
	texts := make([]string, len(origins))
	for i, o := range origins {
		texts[i] = quote + o.String() + quote
	}
	return texts
}
